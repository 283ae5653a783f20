// @ts-check
// An echo server for the fuzzing client of the Autobahn suite: node examples/autobahn/server.js --port 9001
// Port 0 takes a free one; the address is printed. --backend node compresses with node:zlib instead of pako; --ws is a
// server of noio-ws/ws instead.

import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { acceptUpgrade } from 'noio-ws/handshake'
import { compression } from './compression.js'
import { converse } from './converse.js'
import { serve } from './ws.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9001' },
    backend: { type: 'string', default: 'pako' },
    ws: { type: 'boolean', default: false },
  },
})
const extensions = [compression(values.backend)]

const server = createServer((_, response) => {
  response.writeHead(426, { Connection: 'close' }).end()
})

server.on('upgrade', (request, socket, head) => {
  const answer = acceptUpgrade(request, { extensions })
  if (answer.ok) {
    socket.write(answer.responseBytes)
    converse('SERVER', /** @type {import('node:net').Socket} */ (socket), head, answer.connectionOptions, () => true)
  } else {
    socket.on('error', () => socket.destroy())
    socket.end(answer.responseBytes)
  }
})

/** @param {number} port */
const said = (port) => console.log(`listening on ws://127.0.0.1:${port}`)

if (values.ws) {
  said(await serve(Number(values.port)))
} else {
  server.listen(Number(values.port), '127.0.0.1', () => {
    said(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
  })
}
