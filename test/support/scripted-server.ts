// A server of ws that does what a test says with its connections. Knows no test.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** Does these with its connections in turn. */
export async function scriptedServer(
  ...steps: ((socket: WebSocket) => void)[]
): Promise<{ readonly url: string; close(): void }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => steps.shift()?.(socket))
  await once(server, 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() }
}
