// undici, which is what Node's own WebSocket is, as the client. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { once } from 'node:events'
import { WebSocket } from 'undici'
import { WebSocketServer } from 'ws'

const wss = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: { threshold: 100 },
  handleProtocols: (protocols) => [...protocols][1],
})
wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }))
  ws.on('close', (code, reason) => wss.emit('gone', code, String(reason)))
})
await once(wss, 'listening')
const gone = once(wss, 'gone')
const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}/`, ['a', 'b'])
client.binaryType = 'arraybuffer'
await once(client, 'open')
console.log(client.protocol, client.extensions)
for (const data of ['text', '', 'long '.repeat(100_000), '☀']) {
  client.send(data)
  const [event] = await once(client, 'message')
  console.log(event.data === data, event.data.length)
}
for (const size of [0, 1, 125, 126, 65_536, 1_000_000]) {
  client.send(new Uint8Array(size).fill(size))
  const [event] = await once(client, 'message')
  console.log(
    new Uint8Array(event.data).every((byte) => byte === (size & 255)),
    event.data.byteLength,
  )
}
client.close(4000, 'done')
const [{ code, reason, wasClean }] = await once(client, 'close')
console.log(code, reason, wasClean, await gone)
const refused = new WebSocket(`ws://127.0.0.1:${wss.address().port}/`)
wss.on('connection', (ws) => ws.close(1013, 'not now'))
const [closed] = await once(refused, 'close')
console.log(closed.code, closed.reason)
process.exit()
