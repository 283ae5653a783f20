// @ts-check
// A chat: everybody who has the page open sees what anybody says. Run it with: node server.js [port]
// An ordinary program for ws, with its import changed, and the three options at the end that ws does not have.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { WebSocketServer } from 'noio-ws/ws'

const page = readFileSync(new URL('index.html', import.meta.url))
const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
  response.end(page)
})
const chat = new WebSocketServer({
  server,
  path: '/chat',
  maxPayload: 4096,
  perMessageDeflate: true,
  heartbeat: true,
  maxBufferedAmount: 1024 * 1024,
})

/** @param {object} message */
function tell(message) {
  const text = JSON.stringify(message)
  for (const client of chat.clients) client.send(text)
}

chat.on('connection', (client, request) => {
  const name = new URLSearchParams(request.url?.split('?')[1]).get('name') || 'somebody'
  tell({ name, did: 'joined', there: chat.clients.size })
  client.on('message', (data) => tell({ name, said: String(data), there: chat.clients.size }))
  client.on('close', () => tell({ name, did: 'left', there: chat.clients.size }))
  client.on('error', (error) => console.error(`${name}: ${error.message}`))
})

server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  const address = server.address()
  console.log(`The chat is at http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/`)
})
process.once('SIGTERM', async () => {
  await chat.shutdown({ timeout: 1000 })
  server.close()
})
