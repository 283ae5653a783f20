// One open connection: a socket, its Connection, and the order in which they begin, close and fail, as ws has it.
// Knows the events of a socket; nothing of HTTP, and of what owns it only that it is told LinkEvents.

import type { Duplex } from 'node:stream'
import { Connection, type Extension, type Message, RemoteProtocolError } from '../index.js'
import { failureOf } from './errors.js'
import { beginRead, endRead, Outgoing } from './outgoing.js'
import { bufferOf, EMPTY } from './payload.js'

/**
 * What a link tells its owner, and asks of it. One table of functions for all owners, because methods of theirs would be in
 * the way of a program's own names.
 */
export interface LinkEvents<Owner> {
  /** A whole message. */
  received(owner: Owner, payload: Uint8Array, isBinary: boolean): void
  /** A ping or a pong. */
  control(owner: Owner, type: 'ping' | 'pong', payload: Buffer): void
  /** Nothing may be sent any more but a close frame. */
  closing(owner: Owner): void
  /** Answers a close frame or a violation. */
  close(owner: Owner, code?: number, reason?: Buffer): void
  failed(owner: Owner, error: Error): void
  /** Something that was to be sent could not be read or compressed. */
  failedToSend(owner: Owner, error: Error): void
  closed(owner: Owner, code: number, reason: Buffer): void
  /** Nothing waits in the socket any more. */
  drained(owner: Owner): void
}

/** Who else is told what happens, if anybody is. */
export interface Follower {
  heard(): void
  backlogged(): void
  drained(): void
  stop(): void
}

export interface LinkOptions {
  readonly isServer: boolean
  readonly extension: Extension | undefined
  readonly maxPayload: number
  readonly generateMask: ((mask: Buffer) => void) | undefined
  /** Whether messages may be emitted one after another without a turn of the event loop between. */
  readonly isSynchronous: boolean
  readonly closeTimeout: number
}

/** Where a socket has its link, so that one function listens for all of them. */
const LINK = Symbol('noio-ws link')
type LinkedSocket = Duplex & { [LINK]?: Link<unknown> | undefined }

/** Whether a WebSocket has begun over a socket, be it at its end or not. */
export function isLinked(socket: Duplex): boolean {
  return LINK in socket
}

const ABNORMAL = 1006
const NO_STATUS = 1005
/** Bytes that may wait for a turn of the event loop. */
const UNREAD = 16 * 1024

export class Link<Owner = unknown> {
  readonly socket: Duplex
  readonly connection: Connection
  readonly outgoing: Outgoing
  readonly #owner: Owner
  readonly #events: LinkEvents<Owner>
  readonly #isSynchronous: boolean
  readonly #closeTimeout: number
  #closeTimer: NodeJS.Timeout | undefined
  /** A close frame was written. */
  closeSent = false
  closeReceived = false
  #code = ABNORMAL
  #reason: Buffer = EMPTY
  #hasFailed = false
  #isReading = false
  /** What goes on in a later turn of the event loop; until then nothing is emitted. */
  #resting: NodeJS.Immediate | undefined
  /** Bytes that came meanwhile. */
  #unread = 0
  #isSocketClosed = false
  #isFinished = false
  /** Whether the program wants nothing to be read. */
  isPaused = false
  follower: Follower | undefined
  #awaitsDrain = false
  /** Pongs that were sent while the peer took nothing. */
  #pongs = 0

  constructor(owner: Owner, events: LinkEvents<Owner>, socket: Duplex, options: LinkOptions) {
    const { isServer, extension, maxPayload, generateMask } = options
    // As ws counts: whole bytes in 31 bits, and no limit from there on.
    const limit = (maxPayload | 0) > 0 ? maxPayload | 0 : Number.POSITIVE_INFINITY
    this.socket = socket
    this.connection = new Connection(isServer ? 'SERVER' : 'CLIENT', {
      delivery: 'message',
      ownership: 'take',
      reservedBits: [0, 0, 0],
      extensions: extension === undefined ? undefined : [extension],
      maxFrameSize: limit,
      maxMessageSize: limit,
      maskKey: generateMask === undefined ? undefined : keyFrom(generateMask),
    })
    this.outgoing = new Outgoing(socket, this)
    this.#owner = owner
    this.#events = events
    this.#isSynchronous = options.isSynchronous
    this.#closeTimeout = options.closeTimeout
    ;(socket as LinkedSocket)[LINK] = this as Link<unknown>
  }

  /** Begins to listen. `head`: what came behind the handshake. */
  start(head: Buffer): void {
    const socket = this.socket
    if (head.length > 0) socket.unshift(head)
    socket.on('close', socketClosed)
    socket.on('data', socketRead)
    socket.on('end', socketEnded)
    socket.on('error', socketFailed)
  }

  /** Bytes from the socket. */
  read(chunk: Uint8Array): void {
    this.follower?.heard()
    this.connection.recv(chunk)
    if (this.#resting === undefined) {
      this.#emitAll()
      return
    }
    this.#unread += chunk.length
    if (this.#unread > UNREAD) this.socket.pause()
  }

  #emitAll(): void {
    if (this.#isReading || this.#resting !== undefined) return
    this.#isReading = true
    let isDone = false
    beginRead()
    try {
      for (let message = this.#next(); message !== undefined; message = this.#next()) {
        if (this.#isSynchronous || message.type === 'close') {
          this.#emit(message)
        } else {
          this.#rest(message)
          break
        }
      }
      isDone = true
    } finally {
      this.#isReading = false
      // What a listener throws is the program's affair; what comes after it is still to be emitted.
      if (!isDone) this.#rest()
      endRead()
    }
    if (this.#isSocketClosed && this.#resting === undefined) this.#finish()
  }

  /** Goes on in a later turn of the event loop: with this message, and what comes after it. */
  #rest(message?: Message): void {
    this.#unread = 0
    this.#resting = setImmediate(() => {
      beginRead()
      try {
        if (message !== undefined) this.#emit(message)
      } finally {
        this.#resting = undefined
        this.#emitAll()
        endRead()
      }
      if (this.#resting === undefined && !this.isPaused && !this.#isSocketClosed) this.socket.resume()
    })
  }

  #next(): Message | undefined {
    if (this.closeReceived || this.#hasFailed) return undefined
    try {
      const event = this.connection.nextEvent()
      return typeof event === 'string' ? undefined : event
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      this.#fail(error)
      return undefined
    }
  }

  #emit(message: Message): void {
    const { type } = message
    if (type === 'text' || type === 'binary') this.#events.received(this.#owner, message.message, type === 'binary')
    else if (type === 'close') this.#conclude(message)
    else this.#events.control(this.#owner, type as 'ping' | 'pong', bufferOf(message.message))
  }

  #conclude(message: Message): void {
    this.closeReceived = true
    this.#code = message.statusCode as number
    this.#reason = bufferOf(message.message.subarray(2))
    this.#stopReading()
    if (this.#code === NO_STATUS) this.#events.close(this.#owner)
    else this.#events.close(this.#owner, this.#code, this.#reason)
  }

  #fail(violation: RemoteProtocolError): void {
    const { error, closeCode } = failureOf(violation)
    this.#hasFailed = true
    this.#stopReading()
    if (!this.#isSocketClosed) this.#events.close(this.#owner, closeCode)
    this.#events.failed(this.#owner, error)
  }

  /** What still comes is of no interest, but the end of it is. */
  #stopReading(): void {
    if (this.#isSocketClosed) return
    this.socket.removeListener('data', socketRead)
    process.nextTick(resume, this.socket)
  }

  /** Something waits in the socket. */
  backlogged(): void {
    if (!this.#awaitsDrain && this.socket.writableNeedDrain) {
      this.#awaitsDrain = true
      this.socket.once('drain', socketDrained)
    }
    this.follower?.backlogged()
  }

  taken(): void {
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    process.nextTick(drained, this)
  }

  drained(): void {
    this.#awaitsDrain = false
    this.follower?.drained()
    this.#events.drained(this.#owner)
  }

  failedToSend(error: Error): void {
    this.#events.failedToSend(this.#owner, error)
  }

  /** Whether one more ping may be answered: a peer that takes no answers must not fill the memory with them. */
  mayPong(most: number): boolean {
    if (this.socket.writableLength === 0) this.#pongs = 0
    else this.#pongs++
    return this.#pongs <= most
  }

  pause(): void {
    this.isPaused = true
    this.socket.pause()
  }

  resume(): void {
    this.isPaused = false
    if (this.#resting === undefined) this.socket.resume()
  }

  /** The close frame was written: the socket ends once there is nothing more to come. */
  closeWasSent(): void {
    this.closeSent = true
    this.endIfDone()
  }

  endIfDone(): void {
    if (this.closeSent && (this.closeReceived || this.#hasFailed)) this.end()
  }

  end(): void {
    this.outgoing.flush()
    this.socket.end()
  }

  startCloseTimer(): void {
    this.#closeTimer = setTimeout(() => this.socket.destroy(), this.#closeTimeout)
  }

  destroy(): void {
    this.outgoing.flush()
    this.socket.destroy()
  }

  /** The socket has ended: nothing more will be read. */
  ended(): void {
    this.#events.closing(this.#owner)
    this.end()
  }

  /** The socket has failed; it closes then, and 'close' tells of it. */
  failSocket(): void {
    this.#events.closing(this.#owner)
    this.socket.destroy()
  }

  /** The socket is closed. */
  socketClosed(): void {
    const { socket } = this
    socket.removeListener('close', socketClosed)
    socket.removeListener('data', socketRead)
    socket.removeListener('end', socketEnded)
    this.#events.closing(this.#owner)
    clearTimeout(this.#closeTimer)
    // Where reading was paused, or the socket was destroyed, there may be something left.
    const rest: Buffer | null =
      socket.readableEnded || this.closeReceived || this.#hasFailed || socket.readableLength === 0
        ? null
        : socket.read(socket.readableLength)
    this.#isSocketClosed = true
    ;(socket as LinkedSocket)[LINK] = undefined
    if (rest !== null) this.connection.recv(rest)
    this.#emitAll()
  }

  #finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.follower?.stop()
    this.connection.recvEof()
    this.#events.closed(this.#owner, this.#code, this.#reason)
  }
}

/** The key that a function writes into a buffer, as a number. */
function keyFrom(generateMask: (mask: Buffer) => void): () => number {
  const mask = Buffer.alloc(4)
  return () => {
    generateMask(mask)
    return mask.readUInt32BE(0)
  }
}

function resume(stream: Duplex): void {
  stream.resume()
}

function drained(link: Link<unknown>): void {
  link.drained()
}

function socketRead(this: LinkedSocket, chunk: Buffer): void {
  this[LINK]?.read(chunk)
}

function socketDrained(this: LinkedSocket): void {
  this[LINK]?.drained()
}

function socketEnded(this: LinkedSocket): void {
  this[LINK]?.ended()
}

function socketClosed(this: LinkedSocket): void {
  this[LINK]?.socketClosed()
}

/** A second error is of no interest. */
function socketFailed(this: LinkedSocket): void {
  this.removeListener('error', socketFailed)
  this.on('error', ignore)
  this[LINK]?.failSocket()
}

function ignore(): void {}
