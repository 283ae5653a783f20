// The public API of noio-ws/ws: what `import` and `require` of it give. Knows nothing itself.

import type { IncomingMessage } from 'node:http'
import { Sender } from './frame.js'
import { WebSocketServer } from './server.js'
import { createWebSocketStream } from './stream.js'
import { WebSocket } from './websocket.js'

// As ws: what there is, is on the class too, because `require` gives the class.
Object.assign(WebSocket, { createWebSocketStream, Sender, Server: WebSocketServer, WebSocket, WebSocketServer })

export type AddressInfo = WebSocket.AddressInfo
export type CertMeta = WebSocket.CertMeta
export type ClientOptions = WebSocket.ClientOptions
export type CloseEvent = WebSocket.CloseEvent
export type Data = WebSocket.Data
export type ErrorEvent = WebSocket.ErrorEvent
export type Event = WebSocket.Event
export type EventListenerOptions = WebSocket.EventListenerOptions
export type FinishRequestCallback = WebSocket.FinishRequestCallback
export type MessageEvent = WebSocket.MessageEvent
export type PerMessageDeflateOptions = WebSocket.PerMessageDeflateOptions
export type RawData = WebSocket.RawData
export type ServerOptions<
  U extends typeof WebSocket = typeof WebSocket,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> = WebSocket.ServerOptions<U, V>
export type { HeartbeatOptions, VerifyClientCallbackAsync, VerifyClientCallbackSync } from './types.js'
export { createWebSocketStream, Sender, WebSocket, WebSocketServer, WebSocketServer as Server }
export default WebSocket
// What `require` gives, from Node 20.19 on.
export { WebSocket as 'module.exports' }
