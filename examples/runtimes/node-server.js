// @ts-check
// An echo server over node:net: node node-server.js 8081

import { createServer } from 'node:net'
import { Session } from './session.js'

const server = createServer(async (socket) => {
  const session = new Session()
  socket.on('error', (error) => console.error(error.message))
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const bytes = session.take(chunk)
      if (bytes.length > 0) socket.write(bytes)
      if (session.over) break
    }
    socket.end()
  } catch (error) {
    socket.destroy(/** @type {Error} */ (error))
  }
})

server.listen(Number(process.argv[2] ?? 8081), '127.0.0.1', () => {
  console.log(`port ${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`)
})
