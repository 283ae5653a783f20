// y-websocket: two documents that are kept the same. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { createRequire } from 'node:module'
import * as ywsproto from 'y-websocket'
import * as Y from 'yjs'

const require = createRequire(import.meta.url)

import http from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const { setupWSConnection } = require('y-websocket/bin/utils')
const server = http.createServer()
const wss = new WebSocketServer({ noServer: true })
wss.on('connection', setupWSConnection)
server.on('upgrade', (req, s, h) => wss.handleUpgrade(req, s, h, (ws) => wss.emit('connection', ws, req)))
server.listen(0, '127.0.0.1', async () => {
  const url = `ws://127.0.0.1:${server.address().port}`
  const a = new Y.Doc(),
    b = new Y.Doc()
  const pa = new ywsproto.WebsocketProvider(url, 'room', a, { WebSocketPolyfill: WebSocket, disableBc: true }),
    pb = new ywsproto.WebsocketProvider(url, 'room', b, { WebSocketPolyfill: WebSocket, disableBc: true })
  await Promise.all([pa, pb].map((p) => new Promise((r) => p.on('sync', r))))
  a.getText('t').insert(0, 'hello from a')
  while (b.getText('t').toString() !== 'hello from a') await new Promise((r) => setTimeout(r, 5))
  b.getArray('arr').insert(0, [1, 2, 3])
  while (a.getArray('arr').length !== 3) await new Promise((r) => setTimeout(r, 5))
  console.log(b.getText('t').toString(), JSON.stringify(a.getArray('arr').toJSON()))
  pa.destroy()
  pb.destroy()
  process.exit()
})
