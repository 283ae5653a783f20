// The types of the options and events, as programs that are typed against @types/ws have them.
// Knows no code.

import type { Agent, ClientRequest, Server as HTTPServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Server as HTTPSServer } from 'node:https'
import type { createConnection } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { ZlibOptions } from 'node:zlib'
import type { Data as NoioData } from '../index.js'

/** What {@link WebSocket.send} takes. A Data of noio-ws is encoded and compressed once, however many are sent it. */
export type BufferLike =
  | string
  | Buffer
  | DataView
  | number
  | ArrayBufferView
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  | readonly any[]
  | readonly number[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string }
  | NoioData

/** A message as 'message' listeners get it, by binaryType. */
export type RawData = Buffer | ArrayBuffer | Buffer[]
/** A message as the web's listeners get it. */
export type Data = string | Buffer | ArrayBuffer | Buffer[]
export type CertMeta = string | string[] | Buffer | Buffer[]

export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
  origin: string
  secure: boolean
  req: Request
}) => boolean

export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: { origin: string; secure: boolean; req: Request },
  callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => void

export type FinishRequestCallback<Socket = never> = (request: ClientRequest, websocket: Socket) => void

export interface PerMessageDeflateOptions {
  serverNoContextTakeover?: boolean | undefined
  clientNoContextTakeover?: boolean | undefined
  serverMaxWindowBits?: number | undefined
  clientMaxWindowBits?: number | undefined
  /** `level`, `memLevel` and `strategy` are used. */
  zlibDeflateOptions?:
    | {
        flush?: number | undefined
        finishFlush?: number | undefined
        chunkSize?: number | undefined
        windowBits?: number | undefined
        level?: number | undefined
        memLevel?: number | undefined
        strategy?: number | undefined
        dictionary?: Buffer | Buffer[] | DataView | undefined
        info?: boolean | undefined
      }
    | undefined
  zlibInflateOptions?: ZlibOptions | undefined
  threshold?: number | undefined
  concurrencyLimit?: number | undefined
}

/** How a server finds peers that are gone. */
export interface HeartbeatOptions {
  /** Silence after which a ping is sent, in ms. Default 30,000. */
  interval?: number | undefined
  /** How long the answer may take, or a peer may take nothing of what waits for it, in ms. Default 10,000. */
  timeout?: number | undefined
}

/** Options of both ends that ws does not have. */
export interface BeyondOptions {
  /** Pings peers that are silent, and ends those that do not answer or do not take what they are sent. Default: none. */
  heartbeat?: boolean | HeartbeatOptions | undefined
  /** Bytes that may wait for a peer; see {@link BeyondOptions.onSlow}. Default: no limit. */
  maxBufferedAmount?: number | undefined
  /** What is done with a peer for which more waits: it is ended with 1013, or 'slow' is emitted. Default 'close'. */
  onSlow?: 'close' | 'event' | undefined
}

/** Options of both ends. */
export interface ConnectionOptions extends BeyondOptions {
  allowSynchronousEvents?: boolean | undefined
  autoPong?: boolean | undefined
  /** Taken and not used: memory is bounded by bytes. */
  maxBufferedChunks?: number | undefined
  /** Taken and not used: memory is bounded by bytes. */
  maxFragments?: number | undefined
  maxPayload?: number | undefined
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  skipUTF8Validation?: boolean | undefined
  closeTimeout?: number | undefined
  /** Pongs that may wait for a peer that does not take them; it is ended then. Default 60. */
  maxPendingAutoPongs?: number | undefined
}

/** `Socket`: the WebSocket that is opened. */
export interface ClientOptions<Socket = never> extends SecureContextOptions, ConnectionOptions {
  protocol?: string | undefined
  followRedirects?: boolean | undefined
  generateMask?(mask: Buffer): void
  handshakeTimeout?: number | undefined
  maxRedirects?: number | undefined
  localAddress?: string | undefined
  protocolVersion?: number | undefined
  headers?: { [key: string]: string } | undefined
  origin?: string | undefined
  agent?: Agent | undefined
  host?: string | undefined
  family?: number | undefined
  checkServerIdentity?(servername: string, cert: CertMeta): boolean
  rejectUnauthorized?: boolean | undefined
  createConnection?: typeof createConnection | undefined
  finishRequest?: FinishRequestCallback<Socket> | undefined
}

/** The parts of a class of WebSockets that options name: any subclass. */
// biome-ignore lint/suspicious/noExplicitAny: its arguments are its own.
export type WebSocketClass = new (...args: any[]) => any

export interface ServerOptions<
  U extends WebSocketClass = WebSocketClass,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> extends ConnectionOptions {
  host?: string | undefined
  port?: number | undefined
  backlog?: number | undefined
  server?: HTTPServer<V> | HTTPSServer<V> | undefined
  verifyClient?: VerifyClientCallbackAsync<InstanceType<V>> | VerifyClientCallbackSync<InstanceType<V>> | undefined
  handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false
  path?: string | undefined
  noServer?: boolean | undefined
  clientTracking?: boolean | undefined
  WebSocket?: U | undefined
}

export interface AddressInfo {
  address: string
  family: string
  port: number
}

/** An event as addEventListener's listeners get it; its kinds are below. */
export interface Event<Socket> {
  type: string
  target: Socket
}

export interface ErrorEvent<Socket> extends Event<Socket> {
  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  error: any
  message: string
}

export interface CloseEvent<Socket> extends Event<Socket> {
  wasClean: boolean
  code: number
  reason: string
}

export interface MessageEvent<Socket> extends Event<Socket> {
  data: Data
}

export interface WebSocketEventMap<Socket> {
  open: Event<Socket>
  error: ErrorEvent<Socket>
  close: CloseEvent<Socket>
  message: MessageEvent<Socket>
}

/** A listener of addEventListener. */
export type Handler<Given> = ((event: Given) => void) | { handleEvent(event: Given): void }

export interface EventListenerOptions {
  once?: boolean | undefined
}

/** What `send` is told of a message. */
export interface SendOptions {
  mask?: boolean | undefined
  binary?: boolean | undefined
  compress?: boolean | undefined
  fin?: boolean | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: as EventEmitter has it.
type AnyListener<Self> = (this: Self, ...args: any[]) => void

/** `on` and its like, of a WebSocket; `Returned`: the polymorphic `this`. */
export interface SocketListening<Self, Returned> {
  (event: 'close', listener: (this: Self, code: number, reason: Buffer) => void): Returned
  (event: 'error', listener: (this: Self, error: Error) => void): Returned
  (event: 'upgrade', listener: (this: Self, request: IncomingMessage) => void): Returned
  (event: 'message', listener: (this: Self, data: RawData, isBinary: boolean) => void): Returned
  (event: 'open' | 'drain', listener: (this: Self) => void): Returned
  (event: 'slow', listener: (this: Self, bufferedAmount: number) => void): Returned
  (event: 'ping' | 'pong', listener: (this: Self, data: Buffer) => void): Returned
  (event: 'redirect', listener: (this: Self, url: string, request: ClientRequest) => void): Returned
  (
    event: 'unexpected-response',
    listener: (this: Self, request: ClientRequest, response: IncomingMessage) => void,
  ): Returned
  (event: string | symbol, listener: AnyListener<Self>): Returned
}

/** The same of a server. */
export interface ServerListening<Self, Returned, Socket, Request> {
  (event: 'connection', listener: (this: Self, websocket: Socket, request: Request) => void): Returned
  (event: 'error', listener: (this: Self, error: Error) => void): Returned
  (event: 'headers', listener: (this: Self, headers: string[], request: Request) => void): Returned
  (event: 'close' | 'listening', listener: (this: Self) => void): Returned
  (
    event: 'wsClientError',
    listener: (this: Self, error: Error, socket: import('node:stream').Duplex, request: Request) => void,
  ): Returned
  (event: string | symbol, listener: AnyListener<Self>): Returned
}
