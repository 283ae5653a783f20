// What a program asks to be sent, as frames in its order: every kind of data, fragments, compression, Blobs.
// Knows frames and the way out; nothing of ready states and of how a connection ends.

import { isUint8Array } from 'node:util/types'
import { type Connection, Data, LocalProtocolError } from '../index.js'
import { sharedData, sharedFrame, sharedText } from './broadcast.js'
import type { Compression } from './deflate.js'
import { Sender } from './frame.js'
import { type FrameType, type Outgoing, type SendCallback, settle } from './outgoing.js'
import { bufferOf, bytesOf, isBlob, payloadOf } from './payload.js'

export interface SendOptions {
  readonly binary: boolean
  readonly compress: boolean
  readonly fin: boolean
  readonly mask: boolean
}

const OPCODES: Readonly<Record<FrameType, number>> = { continue: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

const MAX_CONTROL = 125
const MAX_REASON = 123
/** The most bytes that UTF-8 takes for a unit of a string. */
const UTF8_FACTOR = 3
/** Strings up to this length are not measured, as their frames are copied in any case. */
const SHORT = 1024
/** Strings of more are never copied. */
const LONG = 4096

/** What is sent in its turn. A Blob stays the first of the queue until it was read. */
interface Job {
  readonly isBlob: boolean
  readonly size: number
  readonly callback: SendCallback | undefined
  run(): void
}

/** The connection that is sent on. */
export interface SendingLink {
  readonly connection: Connection
  readonly outgoing: Outgoing
  /** Something could not be read or compressed. */
  failedToSend(error: Error): void
}

export class Sending {
  readonly #link: SendingLink
  readonly compression: Compression | undefined
  readonly #generateMask: ((mask: Buffer) => void) | undefined
  /** What waits for a Blob to be read. */
  #jobs: Job[] | undefined
  /** A message is in progress; whether its frames are made by hand. */
  #fragments: 'none' | 'connection' | 'hand' = 'none'
  /** Whether the message that is made by hand is compressed. */
  #isCompressed = false

  constructor(
    link: SendingLink,
    compression: Compression | undefined,
    generateMask: ((mask: Buffer) => void) | undefined,
  ) {
    this.#link = link
    this.compression = compression
    this.#generateMask = generateMask
  }

  get #masks(): boolean {
    return this.#link.connection.role === 'CLIENT'
  }

  /** Bytes that wait for a Blob. */
  get queued(): number {
    return this.#jobs?.reduce((size, job) => size + job.size, 0) ?? 0
  }

  data(data: unknown, options: SendOptions, callback: SendCallback | undefined): void {
    // Most of what is sent: checked in the order in which it is told apart with the least work.
    const isPlain = typeof data === 'string' || data instanceof Uint8Array
    if (isPlain && this.#jobs === undefined) {
      this.#message(data, options, callback)
    } else if (isBlob(data)) {
      this.#blob(data, callback, (bytes) => this.#message(bytes, options, callback))
    } else if (data instanceof Data) {
      this.#inOrder(0, callback, () => this.#prepared(data, options, callback))
    } else {
      const payload = payloadOf(data)
      this.#inOrder(payload.length, callback, () => this.#message(payload, options, callback))
    }
  }

  control(type: 'ping' | 'pong', data: unknown, mask: boolean, callback: SendCallback | undefined): void {
    const send = (payload: string | Uint8Array) => {
      if (mask === this.#masks) this.#link.outgoing.frame(this.#link.connection, new Data(payload, type), MAX_CONTROL)
      else this.#byHand(payload, { fin: true, mask, binary: true, compress: false }, type)
      if (callback !== undefined) this.#link.outgoing.callback(callback)
    }
    const size = isBlob(data) ? data.size : typeof data === 'string' ? Buffer.byteLength(data) : bytesOf(data).length
    if (size > MAX_CONTROL) throw new RangeError('The data size must not be greater than 125 bytes')
    if (isBlob(data)) this.#blob(data, callback, send)
    else this.#inOrder(size, callback, () => send(payloadOf(data)))
  }

  close(frame: Data<'close'>, callback: SendCallback): void {
    this.#inOrder(0, callback, () => {
      this.#link.outgoing.frame(this.#link.connection, frame, MAX_CONTROL)
      this.#link.outgoing.callback(callback)
      // Nothing will follow it.
      this.#link.outgoing.flush()
    })
  }

  #message(payload: string | Uint8Array, options: SendOptions, callback: SendCallback | undefined): void {
    if (!options.fin || this.#fragments !== 'none' || options.mask !== this.#masks) {
      this.#fragment(payload, options.binary, options)
    } else if (typeof payload === 'string') {
      this.#text(payload, options)
    } else {
      if (this.compression !== undefined) this.compression.prepare(options.compress)
      if (options.binary) this.#link.outgoing.frame(this.#link.connection, new Data(payload, 'binary'), payload.length)
      else this.#bytesOfText(payload, options)
    }
    if (callback !== undefined) this.#link.outgoing.callback(callback)
  }

  /** A message in one frame, given as a string. */
  #text(text: string, options: SendOptions): void {
    const { binary, compress } = options
    if (this.compression !== undefined) {
      this.compression.prepare(compress, compress ? sharedText(text) : undefined)
    } else if (!this.#masks && !binary) {
      const frame = sharedFrame(text, this.#link.connection)
      if (frame !== undefined) {
        this.#link.outgoing.shared(frame)
        return
      }
    }
    this.#link.outgoing.frame(this.#link.connection, new Data(text, binary ? 'binary' : 'text'), mostBytes(text))
  }

  /** A message in one frame, given as bytes that are called text. */
  #bytesOfText(payload: Uint8Array, options: SendOptions): void {
    try {
      this.#link.outgoing.text(this.#link.connection, payload)
    } catch (error) {
      if (!isNotText(error)) throw error
      this.#byHand(payload, options, 'text')
    }
  }

  /** A message that the program has made for many. */
  #prepared(data: Data, options: SendOptions, callback: SendCallback | undefined): void {
    const { data: payload } = data
    const size = typeof payload === 'string' ? mostBytes(payload) : payload.byteLength
    if (this.compression !== undefined) this.compression.prepare(options.compress, sharedData(data))
    this.#link.outgoing.frame(this.#link.connection, data as Data<FrameType>, size)
    if (callback !== undefined) this.#link.outgoing.callback(callback)
  }

  /** A fragment of a message, or a frame that is masked against the role. */
  #fragment(payload: string | Uint8Array, binary: boolean, options: SendOptions): void {
    const isFirst = this.#fragments === 'none'
    const type = isFirst ? (binary ? 'binary' : 'text') : 'continue'
    // A Connection would look at whether text is UTF-8.
    if (isFirst) this.#fragments = options.mask !== this.#masks || type === 'text' ? 'hand' : 'connection'
    if (this.#fragments === 'hand') {
      this.#byHand(payload, options, type)
    } else {
      this.compression?.prepare(options.compress)
      this.#link.outgoing.frame(
        this.#link.connection,
        new Data(payload, type, { fin: options.fin }),
        Number.POSITIVE_INFINITY,
      )
    }
    if (options.fin) this.#fragments = 'none'
  }

  #byHand(given: string | Uint8Array | ArrayBuffer, options: SendOptions, type: FrameType): void {
    const { fin, mask } = options
    let payload: Uint8Array = typeof given === 'string' ? Buffer.from(given) : bytesOf(given)
    const isData = OPCODES[type] < OPCODES.close
    if (isData && type !== 'continue') {
      this.compression?.prepare(options.compress)
      this.#isCompressed = this.compression?.encodes(type, payload.length) ?? false
    }
    const isCompressed = isData && this.#isCompressed
    if (isCompressed) payload = (this.compression as Compression).encode(payload, fin)
    const rsv1 = isCompressed && type !== 'continue'
    const frame = Sender.frame(payload, { opcode: OPCODES[type], fin, rsv1, mask, generateMask: this.#generateMask })
    for (const part of frame) this.#link.outgoing.bytes(part)
  }

  /** Now, or after the Blobs that were sent before. */
  #inOrder(size: number, callback: SendCallback | undefined, run: () => void): void {
    if (this.#jobs === undefined) run()
    else this.#jobs.push({ isBlob: false, run, size, callback })
  }

  #blob(blob: Blob, callback: SendCallback | undefined, send: (bytes: Uint8Array) => void): void {
    const read = () => {
      const given = (buffer: ArrayBuffer) => {
        if (this.#jobs === undefined) return
        if (this.#link.outgoing.isDestroyed) {
          this.#abandon()
          return
        }
        this.#jobs.shift()
        send(new Uint8Array(buffer))
        this.#goOn()
      }
      const refused = (error: Error) => {
        try {
          this.#abandon(error)
        } finally {
          this.#link.failedToSend(error)
        }
      }
      // What a callback or a listener throws surfaces as it does elsewhere: not as a rejection.
      blob.arrayBuffer().then(
        (buffer) => process.nextTick(given, buffer),
        (error) => process.nextTick(refused, error),
      )
    }
    const isFirst = this.#jobs === undefined
    this.#jobs ??= []
    this.#jobs.push({ isBlob: true, run: read, size: blob.size, callback })
    if (isFirst) read()
  }

  /** Nothing will be sent any more: calls back those that wait for a Blob. */
  #abandon(error = new Error('The socket was closed while the blob was being read')): void {
    const jobs = this.#jobs
    this.#jobs = undefined
    const callbacks = jobs?.flatMap(({ callback }) => (callback === undefined ? [] : [callback]))
    if (callbacks !== undefined) settle(callbacks, error)
  }

  #goOn(): void {
    while (this.#jobs !== undefined) {
      const job = this.#jobs[0]
      if (job === undefined) {
        this.#jobs = undefined
        return
      }
      if (job.isBlob) {
        job.run()
        return
      }
      this.#jobs.shift()
      job.run()
    }
  }
}

/** The most bytes that a string may have as UTF-8. */
function mostBytes(text: string): number {
  const { length } = text
  if (length <= SHORT) return length * UTF8_FACTOR
  return length > LONG ? length : Buffer.byteLength(text)
}

/** A close frame that says this; throws where it may not. What has no length is no reason, as with ws. */
export function closeFrame(code: unknown, reason: unknown): Data<'close'> {
  if (code === undefined) return new Data('', 'close')
  if (typeof code !== 'number' || !isCloseCode(code)) {
    throw new TypeError('First argument must be a valid error code number')
  }
  const statusCode = Math.trunc(code)
  if (reason === undefined || !(reason as { length?: number }).length) return new Data('', 'close', { statusCode })
  if (Buffer.byteLength(reason as string) > MAX_REASON) {
    throw new RangeError('The message must not be greater than 123 bytes')
  }
  if (typeof reason !== 'string' && !isUint8Array(reason)) {
    throw new TypeError('Second argument must be a string or a Uint8Array')
  }
  // Bytes that are not UTF-8 must not be in a reason: RFC 6455 section 5.5.1.
  const text = typeof reason === 'string' ? reason : bufferOf(reason).toString()
  return new Data(Buffer.byteLength(text) > MAX_REASON ? '' : text, 'close', { statusCode })
}

function isNotText(error: unknown): boolean {
  return error instanceof LocalProtocolError && error.code === 'ERR_SEND_INVALID_UTF8'
}

/** RFC 6455 section 7.4: the status codes that may be in a close frame. */
function isCloseCode(code: number): boolean {
  if (code >= 1000 && code <= 1014) return code !== 1004 && code !== 1005 && code !== 1006
  return code >= 3000 && code <= 4999
}
