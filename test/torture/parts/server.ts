// A server of the engine that is put to the test, and counts of what happened to it. Knows the API of ws.

import { createServer, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Engine, socketOf, type WebSocket } from '../engine.js'

export interface ServerArgument {
  /** Options of the WebSocketServer. */
  readonly options?: object
  /** Options of the HTTP server. */
  readonly http?: ServerOptions
  /** What it does with a message. Default: nothing. */
  readonly does?: 'echo' | 'broadcast'
}

export function counting(webSockets: { on(event: 'connection', listener: (webSocket: WebSocket) => void): unknown }) {
  const counts = { connections: 0, messages: 0, bytes: 0, errors: 0, closed: 0, closedTwice: 0, pings: 0 }
  const codes: Record<number, number> = {}
  webSockets.on('connection', (webSocket) => {
    counts.connections++
    webSocket.on('message', (data: Buffer) => {
      counts.messages++
      counts.bytes += data.length
    })
    webSocket.on('ping', () => {
      counts.pings++
    })
    countEnds(webSocket, counts, codes)
  })
  return { counts, codes }
}

/** Counts errors and ends of one more WebSocket. */
export function countEnds(
  webSocket: WebSocket,
  counts: { errors: number; closed: number; closedTwice: number },
  codes: Record<number, number>,
): void {
  let closes = 0
  webSocket.on('error', () => {
    counts.errors++
  })
  webSocket.on('close', (code) => {
    counts.closed++
    if (++closes > 1) counts.closedTwice++
    codes[code] = (codes[code] ?? 0) + 1
  })
}

export async function server(engine: Engine, { options, http = {}, does }: ServerArgument) {
  const httpServer = createServer(http)
  const webSockets = new engine.WebSocketServer({ ...options, server: httpServer })
  const { counts, codes } = counting(webSockets)
  webSockets.on('connection', (webSocket) => {
    if (does === 'echo') {
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }))
    } else if (does === 'broadcast') {
      webSocket.on('message', (data: Buffer) => {
        const text = data.toString()
        for (const client of webSockets.clients) if (client.readyState === client.OPEN) client.send(text)
      })
    }
  })
  await new Promise<void>((resolve) => httpServer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  const sockets = () =>
    new Promise<number>((resolve, reject) =>
      httpServer.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
  const listeners = () =>
    [httpServer, webSockets]
      .flatMap((one) => one.eventNames().map((name) => one.listenerCount(name)))
      .reduce((a, b) => a + b)
  return {
    port: () => (httpServer.address() as AddressInfo).port,
    counts: async () => ({
      ...counts,
      codes,
      open: webSockets.clients.size,
      sockets: await sockets(),
      listeners: listeners(),
    }),
    /** Begins a close handshake with each. */
    close: (code: number, reason: string) => {
      for (const client of webSockets.clients) client.close(code, reason)
    },
    terminate: () => {
      for (const client of webSockets.clients) client.terminate()
    },
    halfClose: () => {
      for (const client of webSockets.clients) socketOf(client)?.end()
    },
    reset: () => {
      for (const client of webSockets.clients) socketOf(client)?.resetAndDestroy()
    },
    /** What waits for all peers together, in bytes. */
    buffered: () => [...webSockets.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
  }
}
