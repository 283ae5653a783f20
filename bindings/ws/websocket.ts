// WebSocket: the class that programs use, at either end of a connection, with the methods and properties of ws.
// Knows arguments and listeners; what is done about them is session.ts.

import { EventEmitter } from 'node:events'
import type { ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ClientSettings } from './client.js'
import { addEventListener, addHandlers, enumerable, removeEventListener, WAS_CLEAN } from './events.js'
import type { Sender } from './frame.js'
import type { SocketOptions } from './options.js'
import type { SendCallback } from './outgoing.js'
import { BINARY_TYPES, type BinaryType } from './payload.js'
import { type Agreed, Session, STATES, type State } from './session.js'
import type * as types from './types.js'

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

  /** @internal */
  _isServer: boolean
  readonly #session: Session

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
    this.#session = new Session(this, given)
    if (address === null) return
    const list = protocols === undefined || isOptions ? [] : Array.isArray(protocols) ? protocols : [protocols]
    this.#session.connect(address, list, given)
  }

  get readyState(): State {
    return this.#session.readyState
  }

  get url(): string {
    return this.#session.url as string
  }

  get protocol(): string {
    return this.#session.protocol
  }

  get extensions(): string {
    return this.#session.extensions
  }

  get isPaused(): boolean {
    return this.#session.link?.incoming.isPaused ?? false
  }

  get bufferedAmount(): number {
    return this.#session.bufferedAmount
  }

  get binaryType(): BinaryType {
    return this.#session.binaryType
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#session.binaryType = type
  }

  /** @internal */
  get [WAS_CLEAN](): boolean {
    return this.#session.wasClean
  }

  /** The socket, which has everything that was sent. @internal */
  get _socket(): Duplex | null {
    const { link } = this.#session
    link?.outgoing.flush()
    return link?.socket ?? null
  }

  /** What sends frames that were made by {@link Sender.frame}. @internal */
  get _sender(): Sender | null {
    return this.#session.sender
  }

  /** Begins the connection over a stream on which the opening handshake is done. @internal */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions, agreed?: Agreed): void {
    this.#session.open(socket, head, options, agreed)
  }

  close(code?: number, data?: string | Buffer): void {
    this.#session.close(code, data)
  }

  terminate(): void {
    this.#session.terminate()
  }

  pause(): void {
    this.#session.pause()
  }

  resume(): void {
    this.#session.resume()
  }

  send(data: types.BufferLike, callback?: (error?: Error) => void): void
  send(data: types.BufferLike, options: types.SendOptions, callback?: (error?: Error) => void): void
  send(
    data: unknown,
    options?: types.SendOptions | ((error?: Error) => void),
    callback?: (error?: Error) => void,
  ): void {
    if (typeof options === 'function') this.#session.send(data, undefined, options as SendCallback)
    else this.#session.send(data, options, callback as SendCallback)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  ping(data?: any, mask?: boolean, callback?: (error: Error) => void): void {
    this.#control('ping', data, mask, callback as SendCallback)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it.
  pong(data?: any, mask?: boolean, callback?: (error: Error) => void): void {
    this.#control('pong', data, mask, callback as SendCallback)
  }

  /** The callback may be any of the arguments; it is the last. */
  #control(type: 'ping' | 'pong', data: unknown, mask: unknown, callback: SendCallback | undefined): void {
    if (typeof data === 'function') this.#session.sendControl(type, undefined, undefined, data as SendCallback)
    else if (typeof mask === 'function') this.#session.sendControl(type, data, undefined, mask as SendCallback)
    else this.#session.sendControl(type, data, mask, callback)
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
}

for (const [name, value] of Object.entries(STATES)) {
  Object.defineProperty(WebSocket, name, { enumerable: true, value })
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value })
}

enumerable(
  WebSocket.prototype,
  'addEventListener',
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'removeEventListener',
  'url',
)

addHandlers(WebSocket.prototype)
