// express, and two servers without one of their own, by path. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import express from 'express'
import { WebSocket, WebSocketServer } from 'ws'

const app = express()
app.get('/', (_q, s) => s.send('page'))
const a = new WebSocketServer({ noServer: true }),
  b = new WebSocketServer({ noServer: true })
a.on('connection', (ws, req) => {
  ws.send(`a ${req.url}`)
})
b.on('connection', (ws) => {
  ws.on('message', (m) => {
    for (const c of b.clients) if (c.readyState === WebSocket.OPEN) c.send(String(m))
  })
})
const s = app.listen(0, '127.0.0.1', async () => {
  const port = s.address().port
  s.on('upgrade', (q, k, h) => {
    const { pathname } = new URL(q.url, 'ws://x')
    const t = { '/a': a, '/b': b }[pathname]
    if (!t) {
      k.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
      k.destroy()
      return
    }
    t.handleUpgrade(q, k, h, (w) => t.emit('connection', w, q))
  })
  const open = (p) => new WebSocket(`ws://127.0.0.1:${port}${p}`)
  const c = open('/a?x=1')
  console.log(String(await new Promise((r) => c.on('message', r))))
  const bad = open('/c')
  bad.on('error', (e) => console.log(e.message))
  await new Promise((r) => bad.on('close', r))
  const p = [open('/b'), open('/b')]
  await Promise.all(p.map((x) => new Promise((r) => x.on('open', r))))
  const all = Promise.all(p.map((x) => new Promise((r) => x.on('message', (m) => r(String(m))))))
  p[0].send('to all')
  console.log(await all)
  console.log(await (await fetch(`http://127.0.0.1:${port}/`)).text())
  process.exit()
})
