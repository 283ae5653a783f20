// Duplex: one connection between two streams of bytes and two streams of messages, up to the end of the transport.
// Knows when to read, what to answer and how to end; how frames are written is outgoing.ts, what may follow closing.ts.

import { Data, Information, type Message, RemoteProtocolError } from '../index.js'
import { bytesOf, ownBytes } from './chunks.js'
import { closedError, closeFor, closeFrame, closeWith, INTERNAL_ERROR, UNSUPPORTED_DATA } from './close-frame.js'
import { Closing, type Step } from './closing.js'
import type { WebSocketCloseInfo, WebSocketError } from './error.js'
import { Incoming } from './incoming.js'
import { Messages } from './messages.js'
import type { ByteDuplex, Used, WebSocketDuplex, WebSocketOpenInfo, Writable } from './options.js'
import { Outcome } from './outcome.js'
import { BATCH, Outgoing } from './outgoing.js'
import { Pulse } from './pulse.js'

/**
 * How many bytes of messages are kept for the reader at least, once writable.close() has begun the closing handshake: so
 * that a program that waits for that before it reads on does not wait for itself.
 */
const KEPT_WHEN_CLOSING = 1024 * 1024

type CloseInfo = Awaited<WebSocketDuplex['closed']>

export class Duplex implements WebSocketDuplex {
  readonly closed: Promise<CloseInfo>

  readonly #used: Used
  readonly #incoming: Incoming
  readonly #outgoing: Outgoing
  readonly #messages: Messages
  readonly #closing: Closing
  readonly #outcome: Outcome
  readonly #pulse: Pulse | undefined
  #opened: Promise<WebSocketOpenInfo> | undefined
  #settle!: { resolve(info: CloseInfo): void; reject(error: WebSocketError): void }
  /** Ends the wait for room in the readable. */
  #wake: (() => void) | undefined
  /** Whether messages are thrown away, because the program does not want more. */
  #discards = false
  /** What close() has asked to send, behind what was written before. */
  #close: Data | undefined

  constructor(duplex: ByteDuplex, used: Used) {
    const { connection, keepAlive } = used
    this.#used = used
    this.#outcome = new Outcome(connection)
    this.#incoming = new Incoming(connection, duplex.readable, this.#outcome)
    try {
      this.#outgoing = new Outgoing(connection, duplex.writable, {
        sending: () => this.#pulse?.sending(),
        sent: (more) => this.#pulse?.sent(more),
        failed: (error) => this.#cannotWrite(error),
      })
    } catch (error) {
      this.#incoming.release()
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
      cancel: (reason: unknown) => this.#beginClosing(closeFor(reason)),
      abort: (reason: unknown) => this.#abandonWriting(reason),
    }
    this.#messages = new Messages(handlers, used.highWaterMark, BATCH)
    this.#closing = new Closing(used.closeTimeout, () => this.#late())
    if (keepAlive !== undefined && connection.state === 'OPEN') {
      this.#pulse = new Pulse(keepAlive, { ping: () => this.#outgoing.ping(), dead: (reason) => this.#dead(reason) })
    }
    void this.#run()
  }

  get readable(): WebSocketDuplex['readable'] {
    return this.#messages.readable
  }

  get writable(): WebSocketDuplex['writable'] {
    return this.#messages.writable
  }

  get opened(): Promise<WebSocketOpenInfo> {
    const { readable, writable } = this
    const { protocol, extensions } = this.#used
    this.#opened ??= Promise.resolve({ readable, writable, protocol, extensions })
    return this.#opened
  }

  close(info: WebSocketCloseInfo = {}): void {
    if (typeof info !== 'object' || info === null) throw new TypeError('the argument of close must be an object')
    const close = closeWith(info)
    if (this.#closing.phase === 'OPEN') this.#beginClosing(close)
  }

  /** To the end of the transport; never rejects. */
  async #run(): Promise<void> {
    const { connection } = this.#used
    // Its previous user may have begun to close it.
    if (connection.state !== 'OPEN') {
      this.#messages.endWriting(closedError())
      this.#closeSent()
    }
    try {
      for (;;) {
        if (!this.#hasRoom) await this.#room()
        if (this.#closing.isOver) return
        const event = connection.nextEvent()
        if (typeof event !== 'string') {
          this.#take(event)
        } else if (event === Information.NEED_DATA) {
          await this.#incoming.read()
          this.#pulse?.received()
        } else if (event === Information.SEND_CLOSE) {
          // The peer's close frame was given to the previous user.
          this.#sendClose(closeFrame())
        } else {
          break
        }
      }
    } catch (error) {
      this.#cannotRead(error)
    }
    if (this.#step('end')) await this.#endTransport()
  }

  /** No event can be had any more: the peer broke the protocol, or received bytes were changed. */
  #cannotRead(error: unknown): void {
    if (!(error instanceof RemoteProtocolError)) {
      this.#outcome.because('the connection cannot go on', error)
      return
    }
    this.#outcome.because(error.message, error)
    // RFC 6455 section 7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code".
    if (this.#used.connection.state === 'CLOSING') this.#outgoing.close(error.response())
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
  #refuse(error: TypeError, statusCode: number): void {
    this.#messages.endReading(error)
    this.#beginClosing(closeFrame(statusCode))
  }

  #write(chunk: Writable, more: boolean): Promise<void> | undefined {
    try {
      if (typeof chunk === 'string') return this.#outgoing.message(new Data(chunk, 'text'), chunk.length * 3, more)
      const bytes = bytesOf(chunk)
      return this.#outgoing.message(new Data(bytes, 'binary'), bytes.length, more)
    } catch (error) {
      // The writable is lost; the peer must not wait for what cannot come.
      if (this.#used.connection.state === 'OPEN') this.#sendClose(closeFrame(INTERNAL_ERROR), error)
      throw error
    }
  }

  /** writable.close(): the peer's messages that are on their way are still delivered. */
  async #finishWriting(): Promise<void> {
    if (this.#used.connection.state === 'OPEN') {
      this.#outgoing.close(this.#close ?? closeFrame())
      this.#closeSent()
    }
    await this.closed
  }

  /** close() and readable.cancel(): what was written before is still sent, and what arrives is no longer wanted. */
  #beginClosing(close: Data): void {
    if (this.#used.connection.state === 'OPEN' && this.#step('drain')) {
      this.#close = close
      this.#messages.afterWaiting(() => this.#sendClose(close))
    }
    this.#discard()
  }

  /** writable.abort(): what was written before is no longer wanted, either. */
  #abandonWriting(reason: unknown): void {
    if (this.#used.connection.state === 'OPEN') this.#sendClose(this.#close ?? closeFor(reason))
    this.#discard()
  }

  /** Nothing may follow a close frame: RFC 6455 section 5.5.1. `error`: what writers get. */
  #sendClose(close: Data, error: unknown = closedError()): void {
    this.#outgoing.close(close)
    this.#messages.endWriting(error)
    this.#closeSent()
  }

  #discard(): void {
    this.#discards = true
    this.#wake?.()
  }

  /** The transport takes no more. It may still hold what the peer sent before, its close frame too. */
  #cannotWrite(cause: unknown): WebSocketError {
    this.#outcome.becauseOf(cause)
    const error = this.#outcome.failure
    this.#messages.endWriting(error)
    this.#closeSent()
    return error
  }

  #closeSent(): void {
    if (this.#step('close')) this.#wake?.()
  }

  /** From the first step on, only the deadline judges the peer. */
  #step(step: Step): boolean {
    if (!this.#closing.step(step)) return false
    this.#pulse?.stop()
    return true
  }

  get #hasRoom(): boolean {
    const { highWaterMark } = this.#used
    const { phase } = this.#closing
    const room = phase === 'OPEN' ? highWaterMark : Math.max(highWaterMark, KEPT_WHEN_CLOSING)
    return this.#discards || phase === 'OVER' || this.#messages.unread < room
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

  #late(): void {
    const waits = this.#hasRoom ? '' : `; messages of ${this.#messages.unread} bytes lie unread in front of its answer`
    this.#outcome.becauseLate(`the peer did not end the connection within ${this.#used.closeTimeout} ms${waits}`)
    this.#abort()
  }

  #dead(reason: string): void {
    this.#outcome.becauseLate(reason)
    this.#abort()
  }

  /** No more messages will come: the streams end, and then the transport. */
  async #endTransport(): Promise<void> {
    this.#endStreams()
    const { isClean, isViolation } = this.#outcome
    // There is nobody to wait for where the transport itself has ended, or the connection cannot go on.
    if (!isClean && !isViolation) return this.#abort()
    // Read all the while: a socket that is closed with bytes unread resets the connection, and the peer may lose the close
    // frame; and one that is ended may wait for the end of its other direction.
    const ended = this.#incoming.discard()
    // RFC 6455 section 7.1.1: the server closes TCP first, so that it is the one in TIME_WAIT; the client waits for it,
    // but for one that broke the protocol.
    if (this.#used.connection.role === 'CLIENT' && !isViolation) await ended
    await this.#outgoing.end()
    await ended
    this.#finish()
  }

  #abort(): void {
    if (this.#closing.isOver) return
    const error = this.#outcome.failure
    this.#outgoing.abort(error)
    this.#incoming.abort(error)
    this.#finish()
  }

  #finish(): void {
    if (!this.#step('finish')) return
    this.#endStreams()
    if (this.#outcome.isClean) this.#settle.resolve(this.#outcome.closeInfo)
    else this.#settle.reject(this.#outcome.failure)
    this.#wake?.()
  }

  #endStreams(): void {
    const error = this.#outcome.isClean ? undefined : this.#outcome.failure
    this.#messages.endReading(error)
    this.#messages.endWriting(error ?? closedError())
  }
}
