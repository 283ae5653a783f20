// An echo server over node:http for a browser's own WebSocket, in every configuration: prints its port.
// To the text 'how many?' it answers how many compressed messages it has received.

import { createServer } from 'node:http'
import { Connection, Data, RemoteProtocolError } from 'noio-ws'
import { acceptUpgrade } from 'noio-ws/handshake'
import { permessageDeflate } from 'noio-ws/permessage-deflate'
import { CONFIGURATIONS } from './configurations.js'

/** One for all connections of a path, as a server has it. */
const extensionsOf = Object.fromEntries(
  Object.entries(CONFIGURATIONS).map(([path, { options }]) => [path, options ? [permessageDeflate(options)] : []]),
)

const server = createServer((_, response) => response.writeHead(426).end())
server.on('upgrade', (request, socket, head) => {
  socket.on('error', (error) => console.error(error.message))
  const answer = acceptUpgrade(request, { extensions: extensionsOf[String(request.url)] })
  socket.write(answer.responseBytes)
  if (!answer.ok) return socket.end()
  const connection = new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message', ownership: 'take' })
  let compressed = 0
  /** @param {Uint8Array} chunk */
  const read = (chunk) => {
    connection.recv(chunk)
    try {
      for (const message of connection.messages()) {
        const { type, reserved } = message
        const reply = message.response()
        if (reply !== undefined) socket.write(connection.send(reply))
        if (type !== 'text' && type !== 'binary') continue
        compressed += reserved[0]
        const asked = type === 'text' && message.text() === 'how many?'
        socket.write(connection.send(new Data(asked ? `${compressed}` : message.message, type)))
      }
    } catch (error) {
      console.error(error)
      if (!(error instanceof RemoteProtocolError)) throw error
      socket.write(connection.send(error.response()))
    }
    if (connection.state === 'CLOSED') socket.end()
  }
  read(head)
  socket.on('data', read)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`port ${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`)
})
