// @ts-nocheck: the types of this runtime are not among those of the project.
// Streams over TransformStreams and over TCP in Bun, whose own sockets are made pairs of byte streams here; and over
// node:net, which Bun has too.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { converse, pipes, vanish } from './streams.js'

/** The handlers of Bun's sockets, and the streams. There is no way to stop a socket of Bun's from reading but pause(). */
function duplex() {
  let source
  let drained = () => {}
  const opened = Promise.withResolvers()
  const streams = {
    readable: new ReadableStream({
      start(controller) {
        source = controller
      },
      async pull() {
        ;(await opened.promise).resume()
      },
      cancel: async () => (await opened.promise).terminate(),
    }),
    writable: new WritableStream({
      async write(chunk) {
        const socket = await opened.promise
        for (let at = 0; at < chunk.length; ) {
          const taken = socket.write(chunk, at)
          if (taken < 0) throw new Error('the socket is closed')
          at += taken
          if (at < chunk.length) {
            await new Promise((resolve) => {
              drained = resolve
            })
          }
        }
      },
      close: async () => void (await opened.promise).end(),
      abort: async () => (await opened.promise).terminate(),
    }),
  }
  let over = false
  const end = () => {
    if (!over) source.close()
    over = true
  }
  const handlers = {
    open: (socket) => opened.resolve(socket),
    data(socket, chunk) {
      source.enqueue(new Uint8Array(chunk))
      if (source.desiredSize <= 0) socket.pause()
    },
    drain: () => drained(),
    end,
    close: end,
  }
  return { streams, handlers }
}

async function sockets() {
  const [client, server] = [duplex(), duplex()]
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, allowHalfOpen: true, socket: server.handlers })
  await Bun.connect({ hostname: '127.0.0.1', port: listener.port, allowHalfOpen: true, socket: client.handlers })
  listener.stop()
  return [client.streams, server.streams]
}

async function nodeSockets() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(server.address().port, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  server.close()
  return [client, accepted]
}

for (const [name, make] of Object.entries({ pipes, sockets, nodeSockets })) {
  console.log(`over ${name}`)
  await converse(...(await make()))
  await vanish(...(await make()))
}
console.log('as it should be')
