// A page in jsdom, which is the client. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { once } from 'node:events'
import { JSDOM } from 'jsdom'
import { WebSocketServer } from 'ws'

const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (p) => [...p][0] }, () => {
  wss.on('connection', (ws, req) => {
    console.log(req.headers.origin, req.headers['user-agent']?.slice(0, 7), ws.protocol)
    ws.on('message', (m, b) => {
      ws.send(m, { binary: b })
    })
    ws.on('close', (c, r) => wss.emit('gone', 'server', c, String(r)))
  })
  const gone = once(wss, 'gone')
  const dom = new JSDOM('', { url: 'http://example.org/', runScripts: 'outside-only' })
  const { window } = dom
  const ws = new window.WebSocket(`ws://127.0.0.1:${wss.address().port}/`, ['p', 'q'])
  ws.binaryType = 'arraybuffer'
  ws.onopen = () => {
    console.log('open', ws.protocol, ws.readyState)
    ws.send('text')
    ws.send(new window.Uint8Array([1, 2, 3]))
  }
  ws.onmessage = (e) => {
    console.log(typeof e.data === 'string' ? e.data : e.data.byteLength)
    if (typeof e.data !== 'string') ws.close(3000, 'done')
  }
  ws.onclose = async (e) => {
    console.log(e.code, e.reason, e.wasClean, await gone)
    process.exit()
  }
})
