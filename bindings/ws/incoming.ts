// What a connection reads: bytes in, messages out, one after another, all of one read before anything is written.
// Knows a Connection and when to stop; nothing of what a message is for, nor of how a connection ends.

import { type Connection, type Message, RemoteProtocolError } from '../index.js'
import { beginRead, endRead } from './outgoing.js'

/** Where it reads from, and whom it tells. */
export interface IncomingOwner {
  readonly connection: Connection
  readonly socket: { pause(): unknown; resume(): unknown }
  /** Whether the socket is closed, so that there is nothing to pause or resume. */
  readonly isSocketClosed: boolean
  arrived(message: Message): void
  violated(violation: RemoteProtocolError): void
  /** Everything that was read has been emitted. */
  emptied(): void
}

/** Bytes that may wait for a later turn of the event loop. */
const MOST_UNREAD = 16 * 1024

export class Incoming {
  readonly #owner: IncomingOwner
  /** Whether messages may be emitted one after another without a turn of the event loop between. */
  readonly #isSynchronous: boolean
  #isReading = false
  /** Where the rest is emitted in a later turn of the event loop: bytes that arrived meanwhile. Until then nothing is emitted. */
  #deferred: { unread: number } | undefined
  /** Whether the program wants nothing to be read. */
  isPaused = false
  /** Nothing more is read: the peer's close frame or a violation was the last. */
  isOver = false

  constructor(owner: IncomingOwner, isSynchronous: boolean) {
    this.#owner = owner
    this.#isSynchronous = isSynchronous
  }

  /** Bytes from the socket. */
  read(chunk: Uint8Array): void {
    const { connection, socket } = this.#owner
    connection.recv(chunk)
    const deferred = this.#deferred
    if (deferred === undefined) {
      this.emitAll()
      return
    }
    deferred.unread += chunk.length
    if (deferred.unread > MOST_UNREAD) socket.pause()
  }

  /** Emits what was read, unless that is in progress or deferred. */
  emitAll(): void {
    if (this.#isReading || this.#deferred !== undefined) return
    this.#isReading = true
    let isDone = false
    beginRead()
    try {
      for (let message = this.#next(); message !== undefined; message = this.#next()) {
        if (this.#isSynchronous || message.type === 'close') {
          this.#owner.arrived(message)
        } else {
          this.#defer(message)
          break
        }
      }
      isDone = true
    } finally {
      this.#isReading = false
      // An exception of a listener is the program's to handle; what comes after it is still emitted.
      if (!isDone) this.#defer()
      endRead()
    }
    if (this.#deferred === undefined) this.#owner.emptied()
  }

  pause(): void {
    this.isPaused = true
    this.#owner.socket.pause()
  }

  resume(): void {
    this.isPaused = false
    if (this.#deferred === undefined) this.#owner.socket.resume()
  }

  /** Continues in a later turn of the event loop: with this message, and what comes after it. */
  #defer(message?: Message): void {
    this.#deferred = { unread: 0 }
    setImmediate(() => {
      beginRead()
      try {
        if (message !== undefined) this.#owner.arrived(message)
      } finally {
        this.#deferred = undefined
        this.emitAll()
        endRead()
      }
      const { socket, isSocketClosed } = this.#owner
      if (this.#deferred === undefined && !this.isPaused && !isSocketClosed) socket.resume()
    })
  }

  #next(): Message | undefined {
    if (this.isOver) return undefined
    try {
      const event = this.#owner.connection.nextEvent()
      return typeof event === 'string' ? undefined : event
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      this.isOver = true
      this.#owner.violated(error)
      return undefined
    }
  }
}
