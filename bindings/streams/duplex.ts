// Duplex: one connection between two streams of bytes and two streams of messages, up to the end of the transport.
// Knows when to read, what to answer and how to end; how frames are written is outgoing.ts, what may follow closing.ts.

import { Data, Information, type Message, RemoteProtocolError } from '../index.js'
import { bytesOf, ownBytes } from './chunks.js'
import { closedError, closeFor, closeFrame, INTERNAL_ERROR, UNSUPPORTED_DATA } from './close-frame.js'
import { Closing, type Step } from './closing.js'
import type { WebSocketError } from './error.js'
import { Incoming } from './incoming.js'
import type { ByteDuplex, Used, WebSocketDuplex, Writable } from './options.js'
import { Outcome } from './outcome.js'
import { BATCH, Outgoing, type OutgoingHandlers } from './outgoing.js'
import { Pulse, type PulseHandlers } from './pulse.js'
import { MessageSink, type SinkHandlers } from './sink.js'
import { MessageSource, type SourceHandlers } from './source.js'

/**
 * How many bytes of messages are kept for the reader at least, once writable.close() has begun the closing handshake: so
 * that a program that waits for that before it reads on does not wait for itself.
 */
const KEPT_WHEN_CLOSING = 1024 * 1024

type CloseInfo = Awaited<WebSocketDuplex['closed']>

export class Duplex implements SourceHandlers, SinkHandlers, OutgoingHandlers, PulseHandlers {
  readonly closed: WebSocketDuplex['closed']
  readonly source: MessageSource
  readonly sink: MessageSink

  readonly #used: Used
  readonly #incoming: Incoming
  readonly #outgoing: Outgoing
  readonly #closing: Closing
  readonly #outcome: Outcome
  readonly #pulse: Pulse | undefined
  #settle!: { resolve(info: CloseInfo): void; reject(error: WebSocketError): void }
  /** Ends the wait for room in the readable. */
  #wake: (() => void) | undefined
  /** Whether messages are thrown away, because the program does not want more. */
  #discards = false
  /** What close() has asked to send, behind what was written before. */
  #close: Data | undefined

  constructor(duplex: ByteDuplex, used: Used) {
    const { connection, closeTimeout, keepAlive, highWaterMark } = used
    this.#used = used
    this.#outcome = new Outcome(connection)
    this.#incoming = new Incoming(connection, duplex.readable, this.#outcome)
    try {
      this.#outgoing = new Outgoing(connection, duplex.writable, this)
    } catch (error) {
      this.#incoming.release()
      throw error
    }
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Nobody has to listen.
    this.closed.catch(() => {})
    this.source = new MessageSource(this, highWaterMark)
    this.sink = new MessageSink(this, BATCH)
    this.#closing = new Closing(closeTimeout, () => this.#late())
    if (keepAlive !== undefined && connection.state === 'OPEN') this.#pulse = new Pulse(keepAlive, this)
    void this.#run()
  }

  /** Begins the closing handshake; see {@link WebSocketDuplex.close}. */
  close(close: Data): void {
    if (this.#closing.phase === 'OPEN') this.#beginClosing(close)
  }

  pull(): void {
    this.#wake?.()
  }

  cancel(reason: unknown): void {
    this.#beginClosing(closeFor(reason))
  }

  write(chunk: Writable, more: boolean): Promise<void> | undefined {
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
  async finish(): Promise<void> {
    if (this.#used.connection.state === 'OPEN') {
      this.#outgoing.close(this.#close ?? closeFrame())
      this.#closeSent()
    }
    await this.closed
  }

  /** writable.abort(): what was written before is no longer wanted, either. */
  abandon(reason: unknown): void {
    if (this.#used.connection.state === 'OPEN') this.#sendClose(this.#close ?? closeFor(reason))
    this.#discard()
  }

  sending(): void {
    this.#pulse?.sending()
  }

  sent(more: boolean): void {
    this.#pulse?.sent(more)
  }

  /** The transport takes no more. It may still hold what the peer sent before, its close frame too. */
  failed(cause: unknown): WebSocketError {
    this.#outcome.becauseOf(cause)
    const error = this.#outcome.failure
    this.sink.end(error)
    this.#closeSent()
    return error
  }

  ping(): void {
    this.#outgoing.ping()
  }

  dead(reason: string): void {
    this.#outcome.becauseLate(reason)
    this.#abort()
  }

  /** To the end of the transport; never rejects. */
  async #run(): Promise<void> {
    const { connection } = this.#used
    // Its previous user may have begun to close it.
    if (connection.state !== 'OPEN') {
      this.sink.end(closedError())
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
          this.source.deliver(message.type === 'text' ? message.text() : ownBytes(message.message))
        }
        return
      default:
        // RFC 6455 section 7.4.1: "a type of data it cannot accept".
        this.#refuse(new TypeError(`a stream has no place for the type '${message.type}'`), UNSUPPORTED_DATA)
    }
  }

  /** What cannot be delivered: the readable ends with the error, and the connection with the code. */
  #refuse(error: TypeError, statusCode: number): void {
    this.source.end(error)
    this.#beginClosing(closeFrame(statusCode))
  }

  /** close() and readable.cancel(): what was written before is still sent, and what arrives is no longer wanted. */
  #beginClosing(close: Data): void {
    if (this.#used.connection.state === 'OPEN' && this.#step('drain')) {
      this.#close = close
      this.sink.afterWaiting(() => this.#sendClose(close))
    }
    this.#discard()
  }

  /** Nothing may follow a close frame: RFC 6455 section 5.5.1. `error`: what writers get. */
  #sendClose(close: Data, error: unknown = closedError()): void {
    this.#outgoing.close(close)
    this.sink.end(error)
    this.#closeSent()
  }

  #discard(): void {
    this.#discards = true
    this.#wake?.()
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
    return this.#discards || phase === 'OVER' || this.source.unread < room
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
    const waits = this.#hasRoom ? '' : `; messages of ${this.source.unread} bytes lie unread in front of its answer`
    this.#outcome.becauseLate(`the peer did not end the connection within ${this.#used.closeTimeout} ms${waits}`)
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
    this.source.end(error)
    this.sink.end(error ?? closedError())
  }
}
