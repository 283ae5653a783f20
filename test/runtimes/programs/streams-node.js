// Streams over TransformStreams and over TCP in Node, whose sockets are taken as they are, and as web streams.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Duplex } from 'node:stream'
import { converse, pipes, vanish } from './streams.js'

/** @param {boolean} allowHalfOpen */
async function sockets(allowHalfOpen) {
  const server = createServer({ allowHalfOpen }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen })
  const [accepted] = await once(server, 'connection')
  server.close()
  return /** @type {[import('node:net').Socket, import('node:net').Socket]} */ ([client, accepted])
}

/**
 * @param {[import('node:net').Socket, import('node:net').Socket]} sockets
 * @returns {[import('./streams.js').Duplex, import('./streams.js').Duplex]}
 */
function web(sockets) {
  return /** @type {any} */ (sockets.map((socket) => Duplex.toWeb(socket)))
}

await converse(...pipes())
await vanish(...pipes())
for (const allowHalfOpen of [false, true]) {
  await converse(...(await sockets(allowHalfOpen)))
  await vanish(...(await sockets(allowHalfOpen)))
}
// Many, because it depends on the moment whether Node 26.3 to 26.6 end a process here (node#64120).
for (let times = 0; times < 20; times++) {
  await converse(...web(await sockets(false)))
  await vanish(...web(await sockets(false)))
}
console.log('as it should be')
