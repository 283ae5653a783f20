// @ts-nocheck: the types of this runtime are not among those of the project.
// An echo server over Deno.listen: deno run --allow-net deno-server.js 8081

import { Session } from './session.js'

const listener = Deno.listen({ hostname: '127.0.0.1', port: Number(Deno.args[0] ?? 8081) })
console.log(`port ${listener.addr.port}`)
for await (const socket of listener) serve(socket).catch((error) => console.error(error.message))

async function serve(socket) {
  const session = new Session()
  const writer = socket.writable.getWriter()
  try {
    for await (const chunk of socket.readable) {
      const bytes = session.take(chunk)
      if (bytes.length > 0) await writer.write(bytes)
      if (session.over) break
    }
  } finally {
    await writer.close().catch(() => {}) // the client may have ended it already
  }
}
