// @ts-nocheck: the types of this runtime are not among those of the project.
// Streams over TransformStreams and over TCP in Deno, whose sockets are pairs of byte streams.

import { converse, pipes, vanish } from './streams.js'

async function sockets() {
  const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const [client, server] = await Promise.all([Deno.connect({ port: listener.addr.port }), listener.accept()])
  listener.close()
  return [client, server]
}

await converse(...pipes())
await converse(...(await sockets()))
await vanish(...pipes())
await vanish(...(await sockets()))
console.log('as it should be')
