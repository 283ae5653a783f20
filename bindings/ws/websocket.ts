// WebSocket: the class that programs use, at either end of a connection, with the methods and events of ws.
// Knows ready states and listeners; frames are sending.ts, the socket is link.ts, the opening is client.ts and server.ts.

import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { ClientHandshake, type ClientSettings } from './client.js'
import type { Compression } from './deflate.js'
import { addEventListener, enumerable, getHandler, removeEventListener, setHandler, type Target } from './events.js'
import { Sender } from './frame.js'
import { Link, type LinkOwner } from './link.js'
import { DEFAULTS, type SocketOptions } from './options.js'
import type { SendCallback } from './outgoing.js'
import { bufferOf, EMPTY, normalised, sizeOf } from './payload.js'
import { closeFrame, Sending } from './sending.js'

export const CONNECTING = 0
export const OPEN = 1
export const CLOSING = 2
export const CLOSED = 3

const STATES = { CONNECTING, OPEN, CLOSING, CLOSED } as const
const NAMES = Object.keys(STATES)
const BINARY_TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob']
const ABNORMAL = 1006

/** What both ends agreed upon besides the protocol itself. */
export interface Agreed {
  readonly protocol: string
  readonly compression: Compression | undefined
}

type SendArguments = { mask?: boolean; binary?: boolean; compress?: boolean; fin?: boolean }

/** One end of a connection. */
export class WebSocket extends EventEmitter implements LinkOwner, Target {
  /** @internal */
  _isServer: boolean
  #readyState: 0 | 1 | 2 | 3 = CONNECTING
  #binaryType = 'nodebuffer'
  #protocol = ''
  #compression: Compression | undefined
  #autoPong: boolean
  #closeTimeout: number
  #link: Link | undefined
  #sending: Sending | undefined
  #handshake: ClientHandshake | undefined
  #sender: Sender | undefined
  #hasFailed = false
  #isClean = false
  /** Bytes that were to be sent after the connection had begun to close. */
  #unsent = 0

  constructor(address: string | URL | null, protocols?: unknown, options?: unknown) {
    super()
    if (address === null) {
      const given = (options ?? {}) as { autoPong?: boolean; closeTimeout?: number }
      this._isServer = true
      this.#autoPong = given.autoPong ?? DEFAULTS.autoPong
      this.#closeTimeout = given.closeTimeout ?? DEFAULTS.closeTimeout
      return
    }
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols)
    const list = protocols === undefined || isOptions ? [] : Array.isArray(protocols) ? protocols : [protocols]
    const given = ((isOptions ? protocols : options) ?? {}) as ClientSettings
    this._isServer = false
    this.#autoPong = given.autoPong ?? DEFAULTS.autoPong
    this.#closeTimeout = given.closeTimeout ?? DEFAULTS.closeTimeout
    this.#handshake = new ClientHandshake(this, address, list, given)
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

  get binaryType(): string {
    return this.#binaryType
  }

  set binaryType(type: string) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type
  }

  /** Whether both close frames were exchanged. @internal */
  get closedCleanly(): boolean {
    return this.#isClean
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
    const link = new Link(this, socket, {
      isServer: this._isServer,
      extension: this.#compression,
      maxPayload: options.maxPayload ?? 0,
      generateMask: this._isServer ? undefined : generateMask,
      isSynchronous: options.allowSynchronousEvents !== false,
      closeTimeout: this.#closeTimeout,
    })
    this.#link = link
    const failed = (error: Error) => this.#failSending(error)
    this.#sending = new Sending(link.connection, link.outgoing, this.#compression, generateMask, failed)
    // These may be missing where the stream is no socket.
    const { setTimeout, setNoDelay } = socket as { setTimeout?(ms: number): void; setNoDelay?(): void } & Duplex
    if (setTimeout) setTimeout.call(socket, 0)
    if (setNoDelay) setNoDelay.call(socket)
    link.start(head)
    this.#readyState = OPEN
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

  send(data: unknown, options?: SendArguments | SendCallback, callback?: SendCallback): void {
    this.#checkOpened()
    if (typeof options === 'function') {
      callback = options
      options = {}
    }
    const given = normalised(data)
    if (this.#readyState !== OPEN) {
      this.#refuse(given, callback)
      return
    }
    const { binary = typeof given !== 'string', compress = true, fin = true, mask = !this._isServer } = options ?? {}
    this.#sending?.data(given, { binary, compress, fin, mask }, callback)
  }

  ping(data?: unknown, mask?: unknown, callback?: SendCallback): void {
    this.#control('ping', data, mask, callback)
  }

  pong(data?: unknown, mask?: unknown, callback?: SendCallback): void {
    this.#control('pong', data, mask, callback)
  }

  #control(type: 'ping' | 'pong', data: unknown, mask: unknown, callback: SendCallback | undefined): void {
    this.#checkOpened()
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

  #checkOpened(): void {
    if (this.#readyState === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)')
  }

  /** Nothing may be sent any more: that is no error to throw, as the program could not know. */
  #refuse(data: unknown, callback: SendCallback | undefined): void {
    this.#unsent += sizeOf(data)
    if (typeof callback !== 'function') return
    const state = this.#readyState
    process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${NAMES[state]})`))
  }

  addEventListener(type: string, listener: unknown, options?: { once?: boolean }): void {
    addEventListener(this, type, listener, options)
  }

  removeEventListener(type: string, listener: unknown): void {
    removeEventListener(this, type, listener)
  }

  // What the link tells.

  /** @internal */
  received(payload: Uint8Array, isBinary: boolean): void {
    this.emit(
      'message',
      isBinary && this.#binaryType !== 'nodebuffer' ? this.#binary(payload) : bufferOf(payload),
      isBinary,
    )
  }

  #binary(payload: Uint8Array): unknown {
    if (this.#binaryType === 'fragments') return [bufferOf(payload)]
    const isWhole = payload.byteLength === payload.buffer.byteLength
    const buffer = isWhole
      ? payload.buffer
      : payload.buffer.slice(payload.byteOffset, payload.byteOffset + payload.length)
    return this.#binaryType === 'arraybuffer' ? buffer : new Blob([buffer as ArrayBuffer])
  }

  /** @internal */
  control(type: 'ping' | 'pong', payload: Buffer): void {
    if (type === 'ping' && this.#autoPong) this.pong(payload, !this._isServer, ignore)
    this.emit(type, payload)
  }

  /** @internal */
  closing(): void {
    this.#readyState = CLOSING
  }

  /** @internal */
  failed(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.emit('error', error)
  }

  /** @internal */
  closed(code: number, reason: Buffer): void {
    this.#readyState = CLOSED
    this.#isClean = (this.#link?.closeReceived && this.#link.closeSent) ?? false
    this.#sending?.abandon(new Error('The socket was closed before the data was sent'))
    this.emit('close', code, reason)
  }

  /** Something that was to be sent could not be read or compressed. */
  #failSending(error: Error): void {
    if (this.#readyState === CLOSED) return
    if (this.#readyState === OPEN) {
      this.#readyState = CLOSING
      this.#link?.startCloseTimer()
    }
    this.#link?.end()
    this.failed(error)
  }

  // What the opening handshake of a client tells.

  /** @internal */
  get isConnecting(): boolean {
    return this.#readyState === CONNECTING
  }

  /** The opening failed: 'error', then 'close'. @internal */
  openingFailed(error: Error): void {
    this.#readyState = CLOSING
    this.#hasFailed = true
    this.emit('error', error)
    this.openingClosed()
  }

  /** @internal */
  openingClosed(): void {
    this.#readyState = CLOSED
    this.emit('close', ABNORMAL, EMPTY)
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

for (const type of ['open', 'error', 'close', 'message']) {
  Object.defineProperty(WebSocket.prototype, `on${type}`, {
    enumerable: true,
    configurable: true,
    get(this: WebSocket) {
      return getHandler(this, type)
    },
    set(this: WebSocket, handler: unknown) {
      setHandler(this, type, handler)
    },
  })
}
