// What is put to the test: ws, or noio-ws/ws in its place. Knows both by the API that they share.

import type { Socket } from 'node:net'
import type * as Ws from 'ws'

export const TARGETS = ['noio-ws/ws', 'ws'] as const
export type Target = (typeof TARGETS)[number]

/** Either, as far as the scenarios use it. */
export interface Engine {
  readonly name: Target
  readonly WebSocket: typeof Ws.WebSocket
  readonly WebSocketServer: typeof Ws.WebSocketServer
}

export type WebSocket = Ws.WebSocket
export type WebSocketServer = Ws.WebSocketServer

/** Imports one of them, so that a process has only that one. */
export async function load(name: Target): Promise<Engine> {
  const { WebSocket, WebSocketServer } = (await (name === 'ws' ? import('ws') : import('noio-ws/ws'))) as typeof Ws
  return { name, WebSocket, WebSocketServer }
}

/** The socket under a WebSocket, which both have although it is not documented. */
export function socketOf(webSocket: WebSocket): Socket | null {
  return (webSocket as unknown as { _socket: Socket | null })._socket
}
