// The public API of noio-ws/ws: what `import` and `require` of it give, under the names that ws and @types/ws have.
// Knows nothing itself.

import type { IncomingMessage } from 'node:http'
import { Sender } from './frame.js'
import { WebSocketServer } from './server.js'
import { createWebSocketStream } from './stream.js'
import type * as types from './types.js'
import { WebSocket as Class } from './websocket.js'

/** What is on the class, because `require` gives the class. */
interface Statics {
  readonly createWebSocketStream: typeof createWebSocketStream
  readonly Sender: typeof Sender
  readonly Server: typeof WebSocketServer
  readonly WebSocket: typeof Class & Statics
  readonly WebSocketServer: typeof WebSocketServer
}

export const WebSocket: typeof Class & Statics = Object.assign(Class, {
  createWebSocketStream,
  Sender,
  Server: WebSocketServer,
  WebSocket: Class as typeof Class & Statics,
  WebSocketServer,
})
export interface WebSocket extends Class {}

// The types that ws has as WebSocket.RawData and so on.
export declare namespace WebSocket {
  type RawData = types.RawData
  type Data = types.Data
  type CertMeta = types.CertMeta
  type VerifyClientCallbackSync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientCallbackSync<R>
  type VerifyClientCallbackAsync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientCallbackAsync<R>
  type FinishRequestCallback = types.FinishRequestCallback<Class>
  interface ClientOptions extends types.ClientOptions<Class> {}
  interface PerMessageDeflateOptions extends types.PerMessageDeflateOptions {}
  interface Event extends types.Event<Class> {}
  interface ErrorEvent extends types.ErrorEvent<Class> {}
  interface CloseEvent extends types.CloseEvent<Class> {}
  interface MessageEvent extends types.MessageEvent<Class> {}
  interface WebSocketEventMap extends types.WebSocketEventMap<Class> {}
  interface EventListenerOptions extends types.EventListenerOptions {}
  interface ServerOptions<
    U extends typeof Class = typeof Class,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends types.ServerOptions<U, V> {}
  interface AddressInfo extends types.AddressInfo {}
  type Server<
    T extends typeof Class = typeof Class,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > = import('./server.js').WebSocketServer<T, U>
  type WebSocketServer = Server
}

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
  U extends typeof Class = typeof Class,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> = WebSocket.ServerOptions<U, V>
export type { ShutdownOptions } from './shutdown.js'
export type { HeartbeatOptions, VerifyClientCallbackAsync, VerifyClientCallbackSync } from './types.js'
export { createWebSocketStream, Sender, WebSocketServer, WebSocketServer as Server }
export default WebSocket
// What `require` gives, from Node 20.19 on.
export { WebSocket as 'module.exports' }
