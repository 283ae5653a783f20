// Bytes that compression would make longer: each message arrives, however many go out in one turn.
// Knows ws as the peer; nothing of how frames are put together.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import WebSocketOfWs from 'ws'
import { WebSocketServer } from '../../bindings/ws/index.js'
import { mixed } from '../permessage-deflate/pairs.js'

const servers: WebSocketServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.shutdown({ timeout: 100 }))))

it('compressed with a small window and little memory, they arrive at a ws client as they were', async () => {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: { serverMaxWindowBits: 9, threshold: 0, zlibDeflateOptions: { memLevel: 3 } },
  })
  servers.push(server)
  await once(server, 'listening')
  const messages = Array.from({ length: 200 }, (_, i) => mixed(4096 - i, 45, i))
  const thrown: unknown[] = []
  server.on('connection', (webSocket) => {
    try {
      for (const message of messages) webSocket.send(message)
    } catch (error) {
      thrown.push(error)
    }
    webSocket.close(1000)
  })
  const client = new WebSocketOfWs(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate: { serverMaxWindowBits: 9 },
  })
  const received: Uint8Array[] = []
  client.on('message', (data: Buffer) => received.push(data))
  const [code] = await once(client, 'close')
  expect(thrown).toEqual([])
  expect([code, received.length]).toEqual([1000, messages.length])
  expect(received.every((data, i) => Buffer.compare(data, messages[i]) === 0)).toBe(true)
})
