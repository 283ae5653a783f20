// crossws: its adapter for Node, with its own use of the server's options. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { createServer } from 'node:http'
import nodeAdapter from 'crossws/adapters/node'
import { WebSocket, WebSocketServer } from 'ws'

const closed = []
const ws = nodeAdapter({
  wss: new WebSocketServer({ noServer: true, handleProtocols: () => false }),
  hooks: {
    upgrade: (r) => {
      console.log('upgrade', new URL(r.url).pathname)
      return { headers: { 'x-cross': 'yes' } }
    },
    open(p) {
      console.log('open')
      p.send('welcome')
      p.subscribe('c')
    },
    message(p, m) {
      p.send(`got ${m.text()}`)
      p.publish('c', 'pub')
      p.send(new Uint8Array([1, 2]))
    },
    close(_p, d) {
      closed.push(`close ${d.code} ${d.reason}`)
    },
    error(_p, e) {
      console.log('err', e)
    },
  },
})
const s = createServer().listen(0, '127.0.0.1', async () => {
  const c = new WebSocket(`ws://127.0.0.1:${s.address().port}/x`)
  c.on('upgrade', (r) => console.log(r.headers['x-cross']))
  const got = []
  c.on('message', (d, b) => {
    got.push([b, d.toString('latin1')])
  })
  while (!got.length) await new Promise((r) => setTimeout(r, 5))
  const c2 = new WebSocket(`ws://127.0.0.1:${s.address().port}/x`)
  const got2 = []
  c2.on('message', (d) => got2.push(d.toString()))
  while (!got2.length) await new Promise((r) => setTimeout(r, 5))
  c.send('hi')
  while (got.length < 3 || got2.length < 2) await new Promise((r) => setTimeout(r, 5))
  console.log(JSON.stringify(got), got2.join())
  c.close(4000, 'bye')
  while (closed.length < 1) await new Promise((r) => setTimeout(r, 5))
  c2.terminate()
  while (closed.length < 2) await new Promise((r) => setTimeout(r, 5))
  console.log(closed)
  process.exit()
})
s.on('upgrade', ws.handleUpgrade)
