// mqtt and aedes over createWebSocketStream. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { createServer } from 'node:http'
import aedesPkg, { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { createWebSocketStream, WebSocketServer } from 'ws'

const aedes = Aedes.createBroker ? await Aedes.createBroker() : new aedesPkg()
const http = createServer()
const wss = new WebSocketServer({ server: http })
wss.on('connection', (ws, req) => aedes.handle(createWebSocketStream(ws), req))
aedes.on('client', (_c) => console.log('client'))
http.listen(0, '127.0.0.1', async () => {
  const url = `ws://127.0.0.1:${http.address().port}`
  const a = await mqtt.connectAsync(url, { clientId: 'a' }),
    b = await mqtt.connectAsync(url, { clientId: 'b' })
  await b.subscribeAsync('t/#', { qos: 1 })
  const got = []
  b.on('message', (t, p) => got.push(`${t} ${p.length}`))
  for (let i = 0; i < 20; i++) await a.publishAsync(`t/${i}`, Buffer.alloc(i * 1000, i), { qos: i % 2 })
  while (got.length < 20) await new Promise((r) => setTimeout(r, 5))
  console.log(got.join())
  await a.endAsync()
  await b.endAsync()
  aedes.close(() => {
    console.log('closed')
    process.exit()
  })
})
