// @ts-nocheck: the types of this runtime are not among those of the project.
// An echo server over Bun.listen: bun bun-server.js 8081

import { Session } from './session.js'

const server = Bun.listen({
  hostname: '127.0.0.1',
  port: Number(process.argv[2] ?? 8081),
  socket: {
    open(socket) {
      socket.data = { session: new Session(), unsent: new Uint8Array(0) }
    },
    data(socket, chunk) {
      if (socket.data.session.over) return
      const bytes = socket.data.session.take(chunk)
      socket.data.unsent = Buffer.concat([socket.data.unsent, bytes])
      flush(socket)
    },
    drain: flush,
  },
})
console.log(`port ${server.port}`)

/** Writes what the kernel takes; Bun calls again when it takes more. */
function flush(socket) {
  const { unsent, session } = socket.data
  if (unsent.length > 0) socket.data.unsent = unsent.subarray(Math.max(0, socket.write(unsent)))
  if (socket.data.unsent.length === 0 && session.over) socket.end()
}
