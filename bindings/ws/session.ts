// The life of one WebSocket, from CONNECTING to CLOSED: what may be done in each state, and what the program is told.
// Knows ready states and events; frames are sending.ts, the socket is link.ts, the opening is client.ts and server.ts.

import type { Duplex } from 'node:stream'
import { Care, type CaredFor } from './care.js'
import { ClientHandshake, type ClientSettings, type Opening, type OpeningOwner } from './client.js'
import type { Compression } from './deflate.js'
import { Sender } from './frame.js'
import { Link, type LinkOwner } from './link.js'
import { DEFAULTS, type SocketOptions } from './options.js'
import type { SendCallback } from './outgoing.js'
import { asType, type BinaryType, bufferOf, EMPTY, normalised, sizeOf } from './payload.js'
import { closeFrame, Sending } from './sending.js'
import type { SendOptions } from './types.js'

/** Values of readyState, as the web has them. */
export const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const
export const { CONNECTING, OPEN, CLOSING, CLOSED } = STATES
export type State = (typeof STATES)[keyof typeof STATES]

const NAMES = Object.keys(STATES)
const ABNORMAL = 1006
const NO_OPTIONS: SendOptions = {}

/** What both ends agreed upon besides the protocol itself. */
export interface Agreed {
  readonly protocol: string
  readonly compression: Compression | undefined
}

const NOTHING_AGREED: Agreed = { protocol: '', compression: undefined }

/**
 * The WebSocket of a session. Answers are given by its own methods, which a program may have replaced, as ws gives them.
 */
export interface Face extends Opening, CaredFor {
  readonly _isServer: boolean
  close(code?: number, data?: string | Buffer): void
  pong(data: Buffer, mask: boolean, callback: SendCallback): void
}

export class Session implements LinkOwner, OpeningOwner {
  readonly #webSocket: Face
  readyState: State = CONNECTING
  binaryType: BinaryType = 'nodebuffer'
  protocol = ''
  link: Link | undefined
  /** Pongs that may wait for the peer; -1 where the program answers pings. */
  readonly #maxPongs: number
  readonly #closeTimeout: number
  #sending: Sending | undefined
  #handshake: ClientHandshake | undefined
  #sender: Sender | undefined
  #hasFailed = false
  /** Bytes that were to be sent after the connection had begun to close. */
  #unsent = 0

  constructor(webSocket: Face, settings: ClientSettings) {
    this.#webSocket = webSocket
    const answersPings = settings.autoPong ?? DEFAULTS.autoPong
    this.#maxPongs = answersPings ? settings.maxPendingAutoPongs || DEFAULTS.maxPendingAutoPongs : -1
    this.#closeTimeout = settings.closeTimeout ?? DEFAULTS.closeTimeout
  }

  /** Begins the opening handshake of a client; throws where the address or an option is wrong. */
  connect(address: string | URL, protocols: readonly unknown[], settings: ClientSettings): void {
    this.#handshake = new ClientHandshake(this.#webSocket, this, address, protocols, settings)
    this.#handshake.start()
  }

  /** Begins the connection over a stream on which the opening handshake is done. */
  open(socket: Duplex, head: Buffer, options: SocketOptions, agreed?: Agreed): void {
    const { protocol, compression } = agreed ?? NOTHING_AGREED
    this.protocol = protocol
    const isServer = this.#webSocket._isServer
    const { generateMask } = options
    const link = new Link(this, socket, {
      isServer,
      extension: compression,
      maxPayload: options.maxPayload ?? 0,
      generateMask: isServer ? undefined : generateMask,
      isSynchronous: options.allowSynchronousEvents !== false,
    })
    this.link = link
    this.#sending = new Sending(link, compression, generateMask)
    // These may be missing where the stream is no socket.
    const { setTimeout, setNoDelay } = socket as { setTimeout?(ms: number): void; setNoDelay?(): void } & Duplex
    if (setTimeout) setTimeout.call(socket, 0)
    if (setNoDelay) setNoDelay.call(socket)
    link.start(head)
    this.readyState = OPEN
    if (options.heartbeat || options.maxBufferedAmount !== undefined) {
      link.follower = new Care(this.#webSocket, link, options)
    }
    this.#webSocket.emit('open')
  }

  get url(): string | undefined {
    return this.#handshake?.url
  }

  /** The extensions that are in use, by name. */
  get extensions(): string {
    return this.#sending?.compression?.name ?? ''
  }

  /** Bytes that were not given to the kernel. */
  get bufferedAmount(): number {
    const { link } = this
    if (link === undefined) return this.#unsent
    return link.socket.writableLength + link.outgoing.pending + (this.#sending?.queued ?? 0) + this.#unsent
  }

  /** Whether both close frames were exchanged. */
  get wasClean(): boolean {
    return (this.link?.closeReceived && this.link.closeSent) ?? false
  }

  /** What sends frames that were made by {@link Sender.frame}. */
  get sender(): Sender | null {
    if (this.link !== undefined) this.#sender ??= new Sender(this.link.outgoing)
    return this.#sender ?? null
  }

  send(data: unknown, options: SendOptions | undefined, callback: SendCallback | undefined): void {
    const given = typeof data === 'object' && data !== null ? data : normalised(data)
    if (this.readyState !== OPEN) {
      this.#refuse(given, callback)
      return
    }
    const isBinary = typeof given !== 'string'
    const isMasked = !this.#webSocket._isServer
    const { binary = isBinary, compress = true, fin = true, mask = isMasked } = options ?? NO_OPTIONS
    this.#sending?.data(given, { binary, compress, fin, mask }, callback)
  }

  sendControl(type: 'ping' | 'pong', data: unknown, mask: unknown, callback: SendCallback | undefined): void {
    const given = normalised(data)
    if (this.readyState !== OPEN) {
      this.#refuse(given, callback)
      return
    }
    const isMasked = mask === undefined ? !this.#webSocket._isServer : Boolean(mask)
    this.#sending?.control(type, given, isMasked, callback)
  }

  /** Nothing may be sent any more: that is no error to throw, as the program could not know. */
  #refuse(data: unknown, callback: SendCallback | undefined): void {
    const state = this.readyState
    if (state === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)')
    this.#unsent += sizeOf(data)
    if (typeof callback !== 'function') return
    process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${NAMES[state]})`))
  }

  close(code: unknown, data: unknown): void {
    if (this.readyState === CLOSED) return
    if (this.readyState === CONNECTING) {
      this.#abort()
      return
    }
    const { link } = this
    if (this.readyState === CLOSING || link === undefined) {
      link?.endIfDone()
      return
    }
    const wasSent = (error?: Error | null) => {
      if (!error) link.closeWasSent()
    }
    const frame = closeFrame(code, data)
    // Before anything is written, because a stream that is no socket may answer at once.
    this.readyState = CLOSING
    link.startCloseTimer(this.#closeTimeout)
    this.#sending?.close(frame, wasSent)
  }

  terminate(): void {
    if (this.readyState === CLOSED) return
    if (this.readyState === CONNECTING) {
      this.#abort()
      return
    }
    this.readyState = CLOSING
    this.link?.destroy()
  }

  #abort(): void {
    this.#handshake?.abort('WebSocket was closed before the connection was established')
  }

  pause(): void {
    if (this.readyState === OPEN || this.readyState === CLOSING) this.link?.incoming.pause()
  }

  resume(): void {
    if (this.readyState === OPEN || this.readyState === CLOSING) this.link?.incoming.resume()
  }

  // What the link tells.

  received(payload: Uint8Array, isBinary: boolean): void {
    this.#webSocket.emit('message', isBinary ? asType(payload, this.binaryType) : bufferOf(payload), isBinary)
  }

  control(type: 'ping' | 'pong', payload: Buffer): void {
    const webSocket = this.#webSocket
    if (type === 'ping' && this.#maxPongs >= 0) {
      if (this.link?.mayPong(this.#maxPongs)) webSocket.pong(payload, !webSocket._isServer, ignore)
      else webSocket.terminate()
    }
    webSocket.emit(type, payload)
  }

  closing(): void {
    this.readyState = CLOSING
  }

  answerClose(code?: number, reason?: Buffer): void {
    this.#webSocket.close(code, reason)
  }

  failed(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#webSocket.emit('error', error)
  }

  closed(code: number, reason: Buffer): void {
    this.readyState = CLOSED
    this.#webSocket.emit('close', code, reason)
  }

  drained(): void {
    this.#webSocket.emit('drain')
  }

  /** Something that was to be sent could not be read or compressed. */
  failedToSend(error: Error): void {
    if (this.readyState === CLOSED) return
    if (this.readyState === OPEN) {
      this.readyState = CLOSING
      this.link?.startCloseTimer(this.#closeTimeout)
    }
    this.link?.end()
    this.failed(error)
  }

  // What the opening handshake tells, in addition.

  get isConnecting(): boolean {
    return this.readyState === CONNECTING
  }

  failedToOpen(error: Error): void {
    this.readyState = CLOSING
    this.#hasFailed = true
    this.#webSocket.emit('error', error)
    this.closedUnopened()
  }

  closedUnopened(): void {
    this.readyState = CLOSED
    this.#webSocket.emit('close', ABNORMAL, EMPTY)
  }
}

function ignore(): void {}
