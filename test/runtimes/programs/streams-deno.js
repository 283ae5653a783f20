// @ts-nocheck: the types of this runtime are not among those of the project.
// Streams over TransformStreams and over TCP in Deno, whose sockets are pairs of byte streams; and over node:net, which Deno
// has, too.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { converse, pipes, vanish } from './streams.js'

async function sockets() {
  const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const [client, server] = await Promise.all([Deno.connect({ port: listener.addr.port }), listener.accept()])
  listener.close()
  return [client, server]
}

async function nodeSockets() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const client = connect(server.address().port, '127.0.0.1')
  const [socket] = await accepted
  server.close()
  return [client, socket]
}

await converse(...pipes())
await converse(...(await sockets()))
await vanish(...pipes())
await vanish(...(await sockets()))
await converse(...(await nodeSockets()))
await vanish(...(await nodeSockets()))
console.log('as it should be')
