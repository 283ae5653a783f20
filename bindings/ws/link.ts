// One open connection: a socket and its Connection, and the order in which they close and fail, as ws has it.
// Knows the closing handshake; nothing of HTTP, and of what owns it only that it is told what happens.

import type { Duplex } from 'node:stream'
import { Connection, type Extension, type Message, type RemoteProtocolError } from '../index.js'
import { failureOf } from './errors.js'
import { Incoming, type IncomingOwner } from './incoming.js'
import { Outgoing } from './outgoing.js'
import { bufferOf, EMPTY } from './payload.js'
import type { SendingLink } from './sending.js'
import { attach, detach, listen, listenForDrain, type SocketListener, stopReading } from './socket-events.js'

/** Whom a link tells what happens. */
export interface LinkOwner {
  /** A whole message. */
  received(payload: Uint8Array, isBinary: boolean): void
  /** A ping or a pong. */
  control(type: 'ping' | 'pong', payload: Buffer): void
  /** Nothing may be sent any more but a close frame. */
  closing(): void
  /** A close frame or a violation is to be answered. */
  answerClose(code?: number, reason?: Buffer): void
  failed(error: Error): void
  /** Something that was to be sent could not be read or compressed. */
  failedToSend(error: Error): void
  closed(code: number, reason: Buffer): void
  /** Nothing waits in the socket any more. */
  drained(): void
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
  /** See {@link Incoming}. */
  readonly isSynchronous: boolean
}

// RFC 6455 section 7.1.5: what counts where there was no close frame, or none with a status code.
const ABNORMAL = 1006
const NO_STATUS = 1005

const NO_CLOSE_FRAME: { readonly code: number; readonly reason: Buffer } = { code: ABNORMAL, reason: EMPTY }

export class Link implements IncomingOwner, SendingLink, SocketListener {
  readonly socket: Duplex
  readonly connection: Connection
  readonly outgoing: Outgoing
  readonly incoming: Incoming
  readonly #owner: LinkOwner
  #closeTimer: NodeJS.Timeout | undefined
  /** A close frame was written. */
  closeSent = false
  closeReceived = false
  /** What the peer's close frame said. */
  #status = NO_CLOSE_FRAME
  isSocketClosed = false
  follower: Follower | undefined
  #awaitsDrain = false
  /** Pongs that were sent while the peer took nothing. */
  #pongs = 0

  constructor(owner: LinkOwner, socket: Duplex, options: LinkOptions) {
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
      // Nobody is told when a message came.
      now: never,
    })
    this.outgoing = new Outgoing(socket, this)
    this.incoming = new Incoming(this, options.isSynchronous)
    this.#owner = owner
    attach(socket, this)
  }

  /** Begins to listen. `head`: what came behind the handshake. */
  start(head: Buffer): void {
    if (head.length > 0) this.socket.unshift(head)
    listen(this.socket)
  }

  socketRead(chunk: Buffer): void {
    this.follower?.heard()
    this.incoming.read(chunk)
  }

  arrived(message: Message): void {
    const { type } = message
    if (type === 'text' || type === 'binary') this.#owner.received(message.message, type === 'binary')
    else if (type === 'close') this.#conclude(message)
    else this.#owner.control(type as 'ping' | 'pong', bufferOf(message.message))
  }

  violated(violation: RemoteProtocolError): void {
    const { error, closeCode } = failureOf(violation)
    this.#stopReading()
    if (!this.isSocketClosed) this.#owner.answerClose(closeCode)
    this.#owner.failed(error)
  }

  emptied(): void {
    if (this.isSocketClosed) this.#finish()
  }

  #conclude(message: Message): void {
    this.closeReceived = true
    this.incoming.isOver = true
    const code = message.statusCode as number
    const reason = bufferOf(message.message.subarray(2))
    this.#status = { code, reason }
    this.#stopReading()
    if (code === NO_STATUS) this.#owner.answerClose()
    else this.#owner.answerClose(code, reason)
  }

  /** What still comes is of no interest, but the end of it is. */
  #stopReading(): void {
    if (this.isSocketClosed) return
    stopReading(this.socket)
    process.nextTick(resume, this.socket)
  }

  /** Something waits in the socket. */
  backlogged(): void {
    if (!this.#awaitsDrain && this.socket.writableNeedDrain) {
      this.#awaitsDrain = true
      listenForDrain(this.socket)
    }
    this.follower?.backlogged()
  }

  taken(): void {
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    process.nextTick(drained, this)
  }

  socketDrained(): void {
    this.#awaitsDrain = false
    this.follower?.drained()
    this.#owner.drained()
  }

  failedToSend(error: Error): void {
    this.#owner.failedToSend(error)
  }

  /** Whether one more ping may be answered: a peer that takes no answers must not fill the memory with them. */
  mayPong(most: number): boolean {
    if (this.socket.writableLength === 0) this.#pongs = 0
    else this.#pongs++
    return this.#pongs <= most
  }

  /** The close frame was written: the socket ends once there is nothing more to come. */
  closeWasSent(): void {
    this.closeSent = true
    this.endIfDone()
  }

  endIfDone(): void {
    if (this.closeSent && this.incoming.isOver) this.end()
  }

  end(): void {
    this.outgoing.flush()
    this.socket.end()
  }

  /** Ends the socket after `timeout` ms, whatever the peer does. */
  startCloseTimer(timeout: number): void {
    this.#closeTimer = setTimeout(() => this.socket.destroy(), timeout)
  }

  destroy(): void {
    this.outgoing.flush()
    this.socket.destroy()
  }

  socketEnded(): void {
    this.#owner.closing()
    this.end()
  }

  /** The socket closes now, and 'close' tells of it. */
  socketFailed(): void {
    this.#owner.closing()
    this.socket.destroy()
  }

  socketClosed(): void {
    const { socket } = this
    detach(socket)
    this.#owner.closing()
    clearTimeout(this.#closeTimer)
    // Where reading was paused, or the socket was destroyed, there may be something left.
    const rest: Buffer | null =
      socket.readableEnded || this.incoming.isOver || socket.readableLength === 0
        ? null
        : socket.read(socket.readableLength)
    this.isSocketClosed = true
    if (rest !== null) this.connection.recv(rest)
    this.incoming.emitAll()
  }

  #finish(): void {
    this.follower?.stop()
    this.connection.recvEof()
    this.#owner.closed(this.#status.code, this.#status.reason)
  }
}

function never(): number {
  return 0
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

function drained(link: Link): void {
  link.socketDrained()
}
