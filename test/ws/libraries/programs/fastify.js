// @fastify/websocket: routes, injectWS, maxPayload, and how it closes. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import WebSocket from 'ws'

const app = Fastify()
await app.register(websocket, { options: { maxPayload: 1000 } })
app.get('/ws', { websocket: true }, (socket, _req) => {
  socket.on('message', (m) => socket.send(`echo ${m}`))
  socket.on('close', (c) => console.log('server close', c))
})
app.get('/', {
  handler: (_r, p) => p.send('http'),
  wsHandler: (s) => {
    s.send('both')
    s.close()
  },
})
await app.ready()
const inj = await app.injectWS('/ws')
const m = new Promise((r) => inj.on('message', (d) => r(d.toString())))
inj.send('injected')
console.log(await m)
inj.terminate()
await app.listen({ port: 0, host: '127.0.0.1' })
const port = app.server.address().port
const c = new WebSocket(`ws://127.0.0.1:${port}/ws`)
c.on('open', () => c.send('over TCP'))
console.log(String(await new Promise((r) => c.on('message', r))))
const big = new WebSocket(`ws://127.0.0.1:${port}/ws`)
big.on('open', () => big.send('x'.repeat(1001)))
console.log('big', await new Promise((r) => big.on('close', r)))
const b = new WebSocket(`ws://127.0.0.1:${port}/`)
console.log(String(await new Promise((r) => b.on('message', r))))
console.log(await (await fetch(`http://127.0.0.1:${port}/`)).text())
const closing = new Promise((r) => c.on('close', (code) => r(code)))
await app.close()
console.log('client', await closing)
process.exit()
