// Streams over TransformStreams and over TCP in Node.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Readable, Writable } from 'node:stream'
import { converse, pipes, vanish } from './streams.js'

async function sockets() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(/** @type {import('node:net').AddressInfo} */ (server.address()).port, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  server.close()
  const [mine, others] = [client, accepted].map((socket) => ({
    readable: /** @type {ReadableStream} */ (Readable.toWeb(socket)),
    writable: Writable.toWeb(socket),
  }))
  return /** @type {const} */ ([mine, others])
}

await converse(...pipes())
await vanish(...pipes())
await converse(...(await sockets()))
await vanish(...(await sockets()))
console.log('as it should be')
