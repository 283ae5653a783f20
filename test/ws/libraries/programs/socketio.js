// socket.io: from polling to WebSocket, rooms, binary data, compression. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import ws from 'ws'

console.log(ws.name)
const http = createServer()
const server = new Server(http, { perMessageDeflate: { threshold: 10 }, httpCompression: true })
const upgrades = []
server.on('connection', (s) => {
  s.conn.on('upgrade', (t) => upgrades.push(t.name))
  s.join('room')
  s.on('echo', (...args) => {
    const cb = args.pop()
    cb(...args)
  })
  s.on('all', (x) => server.to('room').emit('all', x, Buffer.from([1, 2, 3])))
  s.on('vol', (x) => server.volatile.emit('vol', x))
})
http.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${http.address().port}`
  const clients = [io(url), io(url), io(url, { transports: ['websocket'] })]
  await Promise.all(clients.map((c) => new Promise((r) => c.on('connect', r))))
  await Promise.all(
    clients.map((c) =>
      c.io.engine.transport.name === 'websocket' ? 0 : new Promise((r) => c.io.engine.once('upgrade', r)),
    ),
  )
  while (upgrades.length < 2) await new Promise((r) => setTimeout(r, 5))
  console.log(
    clients.map((c) => c.io.engine.transport.name),
    'server upgrade',
    upgrades,
  )
  console.log(
    await new Promise((r) =>
      clients[0].emit('echo', 'text', { a: [1, 2] }, Buffer.from('binary'), 'x'.repeat(5000), (...a) =>
        r(a.map((x) => (Buffer.isBuffer(x) ? x.toString() : JSON.stringify(x).slice(0, 20)))),
      ),
    ),
  )
  let n = 0
  await new Promise((r) => {
    for (const c of clients)
      c.on('all', (x, b) => {
        if (x.length > 0 && b.length === 3 && ++n === 60) r()
      })
    for (let i = 0; i < 20; i++) clients[i % 3].emit('all', 'message '.repeat(i + 1))
  })
  console.log('all', n)
  let v = 0
  await new Promise((r) => {
    for (const c of clients)
      c.on('vol', () => {
        if (++v === 3) r()
      })
    clients[0].emit('vol', 1)
  })
  const gone = clients.map((c) => new Promise((r) => c.on('disconnect', r)))
  server.disconnectSockets(true)
  console.log(await Promise.all(gone))
  server.close()
  for (const c of clients) c.close()
  process.exit()
})
