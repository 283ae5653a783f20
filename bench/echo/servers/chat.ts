// A chat as programs for ws are written: each message to everybody, as a string. node chat.js MODULE [deflate], where the
// module is ws or noio-ws/ws, and nothing else differs.

import { createServer } from 'node:http'
import { serve } from './lifetime.js'

const [, , module = 'ws', compression] = process.argv
const { WebSocketServer } = (await import(module)) as typeof import('ws')
const server = createServer()
const chat = new WebSocketServer({ server, perMessageDeflate: compression === 'deflate' ? { threshold: 0 } : false })

chat.on('connection', (peer) => {
  peer.on('message', (data) => {
    const text = String(data)
    for (const client of chat.clients) client.send(text)
  })
  peer.on('error', () => peer.terminate())
})

serve(server)
