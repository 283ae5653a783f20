// WebSocket: the class that programs use, at either end of a connection, with the methods and events of ws.
// Knows ready states and listeners; frames are sending.ts, the socket is link.ts, the opening is client.ts and server.ts.

import { EventEmitter } from 'node:events'
import type { ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { Care } from './care.js'
import { ClientHandshake, type ClientSettings, type OpeningEvents } from './client.js'
import type { Compression } from './deflate.js'
import { addEventListener, addHandlers, enumerable, removeEventListener, WAS_CLEAN } from './events.js'
import { Sender } from './frame.js'
import { Link, type LinkEvents } from './link.js'
import { DEFAULTS, type SocketOptions } from './options.js'
import type { SendCallback } from './outgoing.js'
import { asType, BINARY_TYPES, type BinaryType, bufferOf, EMPTY, normalised, sizeOf } from './payload.js'
import { closeFrame, Sending } from './sending.js'
import type * as types from './types.js'

export const CONNECTING = 0
export const OPEN = 1
export const CLOSING = 2
export const CLOSED = 3

const STATES = { CONNECTING, OPEN, CLOSING, CLOSED } as const
const NAMES = Object.keys(STATES)
const ABNORMAL = 1006
const NO_OPTIONS: types.SendOptions = {}

/** What both ends agreed upon besides the protocol itself. */
export interface Agreed {
  readonly protocol: string
  readonly compression: Compression | undefined
}

let LINK_EVENTS: LinkEvents<WebSocket>
let OPENING_EVENTS: OpeningEvents<WebSocket>

export interface WebSocket {
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
  onopen: ((event: types.Event<WebSocket>) => void) | null
  onerror: ((event: types.ErrorEvent<WebSocket>) => void) | null
  onclose: ((event: types.CloseEvent<WebSocket>) => void) | null
  onmessage: ((event: types.MessageEvent<WebSocket>) => void) | null
  on: types.SocketListening<WebSocket, this>
  once: types.SocketListening<WebSocket, this>
  off: types.SocketListening<WebSocket, this>
  addListener: types.SocketListening<WebSocket, this>
  removeListener: types.SocketListening<WebSocket, this>
}

/** One end of a connection. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what is declared above is defined below the class.
export class WebSocket extends EventEmitter {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSING: 2
  declare static readonly CLOSED: 3

  static {
    LINK_EVENTS = {
      received(webSocket, payload, isBinary) {
        webSocket.emit('message', isBinary ? asType(payload, webSocket.#binaryType) : bufferOf(payload), isBinary)
      },
      control(webSocket, type, payload) {
        if (type === 'ping' && webSocket.#autoPong) {
          if (webSocket.#link?.mayPong(webSocket.#maxPongs)) webSocket.pong(payload, !webSocket._isServer, ignore)
          else webSocket.terminate()
        }
        webSocket.emit(type, payload)
      },
      closing(webSocket) {
        webSocket.#readyState = CLOSING
      },
      close(webSocket, code, reason) {
        webSocket.close(code, reason)
      },
      failed(webSocket, error) {
        if (webSocket.#hasFailed) return
        webSocket.#hasFailed = true
        webSocket.emit('error', error)
      },
      failedToSend(webSocket, error) {
        if (webSocket.#readyState === CLOSED) return
        if (webSocket.#readyState === OPEN) {
          webSocket.#readyState = CLOSING
          webSocket.#link?.startCloseTimer()
        }
        webSocket.#link?.end()
        LINK_EVENTS.failed(webSocket, error)
      },
      closed(webSocket, code, reason) {
        webSocket.#readyState = CLOSED
        webSocket.#sending?.abandon()
        webSocket.emit('close', code, reason)
      },
      drained(webSocket) {
        webSocket.emit('drain')
      },
    }
    OPENING_EVENTS = {
      isConnecting: (webSocket) => webSocket.#readyState === CONNECTING,
      closing: LINK_EVENTS.closing,
      failed(webSocket, error) {
        webSocket.#readyState = CLOSING
        webSocket.#hasFailed = true
        webSocket.emit('error', error)
        OPENING_EVENTS.closed(webSocket)
      },
      closed(webSocket) {
        webSocket.#readyState = CLOSED
        webSocket.emit('close', ABNORMAL, EMPTY)
      },
    }
  }

  /** @internal */
  _isServer: boolean
  #readyState: 0 | 1 | 2 | 3 = CONNECTING
  #binaryType: BinaryType = 'nodebuffer'
  #protocol = ''
  #compression: Compression | undefined
  #autoPong: boolean
  readonly #maxPongs: number
  #closeTimeout: number
  #link: Link<WebSocket> | undefined
  #sending: Sending | undefined
  #handshake: ClientHandshake<WebSocket> | undefined
  #sender: Sender | undefined
  #hasFailed = false
  /** Bytes that were to be sent after the connection had begun to close. */
  #unsent = 0

  constructor(address: null, protocols?: undefined, options?: object)
  constructor(address: string | URL, options?: types.ClientOptions<WebSocket> | ClientRequestArgs)
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: types.ClientOptions<WebSocket> | ClientRequestArgs,
  )
  constructor(address: string | URL | null, protocols?: unknown, options?: unknown) {
    super()
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols)
    const given = ((isOptions ? protocols : options) ?? {}) as ClientSettings
    this._isServer = address === null
    this.#autoPong = given.autoPong ?? DEFAULTS.autoPong
    this.#maxPongs = given.maxPendingAutoPongs || DEFAULTS.maxPendingAutoPongs
    this.#closeTimeout = given.closeTimeout ?? DEFAULTS.closeTimeout
    if (address === null) return
    const list = protocols === undefined || isOptions ? [] : Array.isArray(protocols) ? protocols : [protocols]
    this.#handshake = new ClientHandshake<WebSocket>(this, OPENING_EVENTS, address, list, given)
    this.#handshake.start()
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState
  }

  get url(): string {
    return this.#handshake?.url ?? (undefined as never)
  }

  get protocol(): string {
    return this.#protocol
  }

  get extensions(): string {
    return this.#compression?.name ?? ''
  }

  get isPaused(): boolean {
    return this.#link?.isPaused ?? false
  }

  get bufferedAmount(): number {
    const link = this.#link
    if (link === undefined) return this.#unsent
    return link.socket.writableLength + link.outgoing.pending + (this.#sending?.queued ?? 0) + this.#unsent
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type
  }

  /** @internal */
  get [WAS_CLEAN](): boolean {
    return (this.#link?.closeReceived && this.#link.closeSent) ?? false
  }

  /** The socket, which has everything that was sent. @internal */
  get _socket(): Duplex | null {
    this.#link?.outgoing.flush()
    return this.#link?.socket ?? null
  }

  /** What sends frames that were made by {@link Sender.frame}. @internal */
  get _sender(): Sender | null {
    if (this.#link !== undefined) this.#sender ??= new Sender(this.#link.outgoing)
    return this.#sender ?? null
  }

  /** Begins the connection over a stream on which the opening handshake is done. @internal */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions, agreed?: Agreed): void {
    if (agreed !== undefined) {
      this.#protocol = agreed.protocol
      this.#compression = agreed.compression
    }
    const { generateMask } = options
    const link = new Link<WebSocket>(this, LINK_EVENTS, socket, {
      isServer: this._isServer,
      extension: this.#compression,
      maxPayload: options.maxPayload ?? 0,
      generateMask: this._isServer ? undefined : generateMask,
      isSynchronous: options.allowSynchronousEvents !== false,
      closeTimeout: this.#closeTimeout,
    })
    this.#link = link
    this.#sending = new Sending(link.connection, link.outgoing, this.#compression, generateMask, link)
    // These may be missing where the stream is no socket.
    const { setTimeout, setNoDelay } = socket as { setTimeout?(ms: number): void; setNoDelay?(): void } & Duplex
    if (setTimeout) setTimeout.call(socket, 0)
    if (setNoDelay) setNoDelay.call(socket)
    link.start(head)
    this.#readyState = OPEN
    if (options.heartbeat || options.maxBufferedAmount !== undefined) link.follower = new Care(this, link, options)
    this.emit('open')
  }

  close(code?: number, data?: string | Buffer): void {
    const state = this.#readyState
    if (state === CLOSED) return
    if (state === CONNECTING) {
      this.#abort()
      return
    }
    const link = this.#link
    if (state === CLOSING || link === undefined) {
      link?.endIfDone()
      return
    }
    const wasSent = (error?: Error | null) => {
      if (!error) link.closeWasSent()
    }
    const frame = closeFrame(code, data)
    // Before anything is written, because a stream that is no socket may answer at once.
    this.#readyState = CLOSING
    link.startCloseTimer()
    this.#sending?.close(frame, wasSent)
  }

  terminate(): void {
    if (this.#readyState === CLOSED) return
    if (this.#readyState === CONNECTING) {
      this.#abort()
      return
    }
    this.#readyState = CLOSING
    this.#link?.destroy()
  }

  pause(): void {
    if (this.#readyState === CONNECTING || this.#readyState === CLOSED || this.#link === undefined) return
    this.#link.pause()
  }

  resume(): void {
    if (this.#readyState === CONNECTING || this.#readyState === CLOSED || this.#link === undefined) return
    this.#link.resume()
  }

  send(data: types.BufferLike, callback?: (error?: Error) => void): void
  send(data: types.BufferLike, options: types.SendOptions, callback?: (error?: Error) => void): void
  send(
    data: unknown,
    options?: types.SendOptions | ((error?: Error) => void),
    callback?: (error?: Error) => void,
  ): void {
    if (typeof options === 'function') {
      callback = options
      options = undefined
    }
    const given = typeof data === 'object' && data !== null ? data : normalised(data)
    if (this.#readyState !== OPEN) {
      this.#refuse(given, callback as SendCallback)
      return
    }
    const binary = typeof given !== 'string'
    const mask = !this._isServer
    const { binary: isBinary = binary, compress = true, fin = true, mask: isMasked = mask } = options ?? NO_OPTIONS
    const how = { binary: isBinary, compress, fin, mask: isMasked }
    this.#sending?.data(given, how, callback as SendCallback)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  ping(data?: any, mask?: boolean, callback?: (error: Error) => void): void {
    this.#control('ping', data, mask, callback as SendCallback)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  pong(data?: any, mask?: boolean, callback?: (error: Error) => void): void {
    this.#control('pong', data, mask, callback as SendCallback)
  }

  #control(type: 'ping' | 'pong', data: unknown, mask: unknown, callback: SendCallback | undefined): void {
    if (typeof data === 'function') {
      callback = data as SendCallback
      data = undefined
      mask = undefined
    } else if (typeof mask === 'function') {
      callback = mask as SendCallback
      mask = undefined
    }
    const given = normalised(data)
    if (this.#readyState !== OPEN) this.#refuse(given, callback)
    else this.#sending?.control(type, given, mask === undefined ? !this._isServer : Boolean(mask), callback)
  }

  /** Nothing may be sent any more: that is no error to throw, as the program could not know. */
  #refuse(data: unknown, callback: SendCallback | undefined): void {
    if (this.#readyState === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)')
    this.#unsent += sizeOf(data)
    if (typeof callback !== 'function') return
    const state = this.#readyState
    process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${NAMES[state]})`))
  }

  addEventListener<K extends keyof types.WebSocketEventMap<WebSocket>>(
    type: K,
    listener: types.Handler<types.WebSocketEventMap<WebSocket>[K]>,
    options?: types.EventListenerOptions,
  ): void {
    addEventListener(this, type, listener, options)
  }

  removeEventListener<K extends keyof types.WebSocketEventMap<WebSocket>>(
    type: K,
    listener: types.Handler<types.WebSocketEventMap<WebSocket>[K]>,
  ): void {
    removeEventListener(this, type, listener)
  }

  #abort(): void {
    this.#handshake?.abort('WebSocket was closed before the connection was established')
  }
}

function ignore(): void {}

for (const [name, value] of Object.entries(STATES)) {
  Object.defineProperty(WebSocket, name, { enumerable: true, value })
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value })
}

enumerable(
  WebSocket.prototype,
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
)

addHandlers(WebSocket.prototype)
