// Duplex: one connection between two streams of bytes and two streams of messages, up to the end of the transport.
// Knows when to read, what to answer and how to end; how frames are written is outgoing.ts.

import { type Connection, Data, Information, type Message, RemoteProtocolError } from '../index.js'
import { bytesOf, ownBytes } from './chunks.js'
import { isWebSocketError, type WebSocketCloseInfo, type WebSocketError } from './error.js'
import { Messages } from './messages.js'
import type { ByteDuplex, ByteReader, Used, WebSocketDuplex, WebSocketOpenInfo, Writable } from './options.js'
import { Outcome } from './outcome.js'
import { BATCH, Outgoing } from './outgoing.js'
import { Pulse } from './pulse.js'

/**
 * How many bytes of messages are kept for the reader beyond its own room, once writable.close() has begun the closing
 * handshake: so that who waits for that before it reads on does not wait for itself.
 */
const KEPT_WHEN_CLOSING = 1024 * 1024

const UNSUPPORTED_DATA = 1003
const INTERNAL_ERROR = 1011

type CloseInfo = Awaited<WebSocketDuplex['closed']>

const CLOSING = 'the closing handshake has begun; nothing more can be written'

export class Duplex implements WebSocketDuplex {
  readonly opened: Promise<WebSocketOpenInfo>
  readonly closed: Promise<CloseInfo>

  readonly #connection: Connection<string, string>
  readonly #closeTimeout: number
  readonly #reader: ByteReader
  readonly #outgoing: Outgoing
  readonly #pulse: Pulse | undefined
  readonly #messages: Messages
  readonly #outcome: Outcome
  #settle!: { resolve(info: CloseInfo): void; reject(error: WebSocketError): void }
  /** Ends the wait for room in the readable. */
  #wake: (() => void) | undefined
  /** Whether messages are thrown away, because the program does not want more. */
  #discards = false
  /** Whether the closing handshake, or what is in its place, has begun. */
  #closing = false
  #over = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(duplex: ByteDuplex, used: Used) {
    this.#connection = used.connection
    this.#outcome = new Outcome(used.connection)
    this.#closeTimeout = used.closeTimeout
    this.#reader = duplex.readable.getReader()
    try {
      this.#outgoing = new Outgoing(used.connection, duplex.writable, (error) => this.#cannotWrite(error))
    } catch (error) {
      this.#reader.releaseLock()
      throw error
    }
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Nobody has to listen.
    this.closed.catch(() => {})
    const handlers = {
      pull: () => this.#wake?.(),
      write: (chunk: Writable, more: boolean) => this.#write(chunk, more),
      close: () => this.#finishWriting(),
      giveUp: (reason: unknown) => this.#giveUp(reason),
    }
    this.#messages = new Messages(handlers, BATCH)
    const { protocol, extensions } = used
    const { readable, writable } = this
    this.opened = Promise.resolve({ readable, writable, protocol, extensions })
    if (used.keepAlive !== undefined) {
      this.#pulse = new Pulse(used.keepAlive, this.#outgoing, (message) => {
        this.#outcome.because(message)
        this.#abort()
      })
    }
    void this.#receive()
  }

  get readable(): WebSocketDuplex['readable'] {
    return this.#messages.readable
  }

  get writable(): WebSocketDuplex['writable'] {
    return this.#messages.writable
  }

  close(info: WebSocketCloseInfo = {}): void {
    if (typeof info !== 'object' || info === null) throw new TypeError('the argument of close must be an object')
    if (this.#connection.state !== 'OPEN' || this.#over) return
    const { closeCode, reason = '' } = info
    // As WebSocketStream has it: a reason without a code has that of a normal closure. RFC 6455 section 7.4.1.
    const code = closeCode ?? (reason === '' ? undefined : 1000)
    this.#sendClose(new Data(reason, 'close', { statusCode: code }))
    this.#discard()
  }

  /** Reads, answers and delivers until no more messages can come; never rejects. */
  async #receive(): Promise<void> {
    try {
      for (;;) {
        if (!this.#hasRoom) await this.#room()
        if (this.#over) return
        const event = this.#connection.nextEvent()
        if (typeof event !== 'string') this.#take(event)
        else if (event === Information.NEED_DATA) await this.#read()
        // The close frame was given to the previous user of the connection.
        else if (event === Information.SEND_CLOSE) this.#sendClose(new Data('', 'close'))
        else break
      }
    } catch (error) {
      if (error instanceof RemoteProtocolError) {
        this.#outcome.because(error.message, error)
        // RFC 6455 section 7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code".
        if (this.#connection.state === 'CLOSING') this.#outgoing.close(error.response())
      } else {
        this.#outcome.because('the connection cannot go on', error)
      }
    }
    if (!this.#over) await this.#endTransport()
  }

  /** Gives the connection the next chunk of the transport, or its end. */
  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read()
      this.#pulse?.received()
      if (this.#over) return
      // What is no bytes is an error of the transport.
      if (!done) return this.#connection.recv(value as Uint8Array)
      this.#outcome.because('the transport has ended without a close frame')
    } catch (error) {
      this.#outcome.becauseOf(error)
    }
    this.#connection.recvEof()
  }

  #take(message: Message): void {
    switch (message.type) {
      case 'ping': {
        const pong = message.response()
        if (pong !== undefined) this.#outgoing.pong(pong)
        return
      }
      case 'pong':
        return
      case 'close': {
        const answer = message.response()
        // Also where writing has failed: the handshake is complete as far as the peer is concerned.
        if (answer !== undefined) this.#sendClose(answer)
        return
      }
      case 'text':
      case 'binary':
        if (!message.fin || message.partial) {
          this.#refuse(new TypeError("the Connection must have delivery 'message'"), INTERNAL_ERROR)
        } else if (!this.#discards) {
          this.#messages.deliver(message.type === 'text' ? message.text() : ownBytes(message.message))
        }
        return
      default:
        // RFC 6455 section 7.4.1: "a type of data it cannot accept".
        this.#refuse(new TypeError(`a stream has no place for the type '${message.type}'`), UNSUPPORTED_DATA)
    }
  }

  /** What cannot be delivered: the readable ends with the error, and the connection with the code. */
  #refuse(error: TypeError, closeCode: number): void {
    this.#messages.endReading(error)
    this.close({ closeCode })
    this.#discard()
  }

  #write(chunk: Writable, more: boolean): Promise<void> | undefined {
    try {
      if (typeof chunk === 'string') return this.#outgoing.message(new Data(chunk, 'text'), chunk.length * 3, more)
      const bytes = bytesOf(chunk)
      return this.#outgoing.message(new Data(bytes, 'binary'), bytes.length, more)
    } catch (error) {
      // The writable is lost; the peer must not wait for what cannot come.
      const close = new Data('', 'close', { statusCode: INTERNAL_ERROR })
      if (this.#connection.state === 'OPEN') this.#sendClose(close, error)
      throw error
    }
  }

  /** writable.close(): the peer's messages that are on their way are still delivered. */
  async #finishWriting(): Promise<void> {
    if (this.#connection.state === 'OPEN') {
      this.#outgoing.close(new Data('', 'close'))
      this.#beginClosing()
    }
    await this.closed
  }

  /** readable.cancel() and writable.abort(): the reason may say what the close frame does. */
  #giveUp(reason: unknown): void {
    try {
      this.close(isWebSocketError(reason) ? { closeCode: reason.closeCode ?? undefined, reason: reason.reason } : {})
    } catch {
      this.close()
    }
    this.#discard()
  }

  /** Nothing may follow a close frame: RFC 6455 section 5.5.1. `error`: what writers get. */
  #sendClose(close: Data, error: unknown = new DOMException(CLOSING, 'InvalidStateError')): void {
    this.#outgoing.close(close)
    this.#messages.endWriting(error)
    this.#beginClosing()
  }

  #discard(): void {
    this.#discards = true
    this.#wake?.()
  }

  /** The transport takes no more. It may still hold what the peer sent before, its close frame too. */
  #cannotWrite(cause: unknown): WebSocketError {
    this.#outcome.becauseOf(cause)
    const error = this.#outcome.error()
    this.#messages.endWriting(error)
    this.#beginClosing()
    return error
  }

  get #hasRoom(): boolean {
    return this.#discards || this.#over || this.#messages.unread < (this.#closing ? KEPT_WHEN_CLOSING : 1)
  }

  async #room(): Promise<void> {
    this.#pulse?.pause()
    while (!this.#hasRoom) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#wake = undefined
    this.#pulse?.resume()
  }

  /** From here on only the close timer judges the peer. */
  #beginClosing(): void {
    this.#pulse?.stop()
    if (this.#closing) return
    this.#closing = true
    this.#wake?.()
    if (this.#over || this.#closeTimeout === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => {
      this.#outcome.because(`the peer did not end the connection within ${this.#closeTimeout} ms`)
      this.#abort()
    }, this.#closeTimeout)
  }

  /** No more messages will come: the streams end, and then the transport. */
  async #endTransport(): Promise<void> {
    this.#beginClosing()
    this.#endStreams()
    const { isClean, isViolation } = this.#outcome
    // There is nobody to wait for where the transport itself has ended, or the connection cannot go on.
    if (!isClean && !isViolation) return this.#abort()
    // RFC 6455 section 7.1.1: the server closes TCP first, so that it is the one in TIME_WAIT; the client waits for it,
    // but for one that broke the protocol.
    const isFirst = this.#connection.role === 'SERVER' || isViolation
    if (isFirst) await this.#outgoing.end()
    while (!this.#over && (await this.#hasMore())) {}
    if (!isFirst) await this.#outgoing.end()
    this.#finish()
  }

  /** Whether the transport has given another chunk, which is of no interest. */
  async #hasMore(): Promise<boolean> {
    try {
      return !(await this.#reader.read()).done
    } catch {
      return false
    }
  }

  #abort(): void {
    if (this.#over) return
    const error = this.#outcome.isClean ? this.#outcome.error() : this.#outcome.failure
    this.#outgoing.abort(error)
    this.#reader.cancel(error).catch(() => {})
    this.#finish()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#pulse?.stop()
    clearTimeout(this.#timer)
    this.#endStreams()
    if (this.#outcome.isClean) this.#settle.resolve(this.#outcome.closeInfo)
    else this.#settle.reject(this.#outcome.failure)
    this.#wake?.()
  }

  #endStreams(): void {
    const error = this.#outcome.isClean ? undefined : this.#outcome.failure
    this.#messages.endReading(error)
    this.#messages.endWriting(error ?? new DOMException(CLOSING, 'InvalidStateError'))
  }
}
