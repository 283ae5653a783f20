// What a connection writes: everything of one read, or of one turn of the event loop, in one write.
// Knows bytes, callbacks and a socket; no frame but by the Connection that writes it.

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Connection, Data } from '../index.js'

export type SendCallback = (error?: Error | null) => void

const SLAB_SIZE = 64 * 1024
/** A payload of more bytes than this is written from where it is. */
const COPIED = 4096
/** The same for what may leave in a write of its own: one write of all bytes costs less than a list of two, up to here. */
const COPIED_ALONE = 16 * 1024
/** Where less than this is left of a slab that was lent, another one is made. */
const LEAST_LEFT = 16 * 1024

// RFC 6455 section 5.2: the low bits of a frame's first byte.
const NOT_OPCODE = 0xf0
const OPCODE_TEXT = 1

/** Types of the frames that ws sends. */
export type FrameType = 'text' | 'binary' | 'continue' | 'ping' | 'pong' | 'close'

/**
 * The turn of the event loop, which all connections of the thread share: the memory that their frames are put together in,
 * and those that have something to write. State at module level, because turns are the thread's.
 */
const turn = {
  slab: Buffer.allocUnsafeSlow(SLAB_SIZE),
  /** Bytes of the slab that are in use. */
  used: 0,
  /** Whether a socket still has to write something of the slab after it was given it. */
  lent: false,
  waiting: [] as Outgoing[],
  /** Reads in progress: one inside another where a stream is no socket. */
  reads: 0,
  isScheduled: false,
}

/** Until the end of the read, nothing is written. */
export function beginRead(): void {
  turn.reads++
}

export function endRead(): void {
  if (--turn.reads === 0) writeAll()
}

/** Functions to call once everything was written, as what they keep is of use in one turn only. */
const atEnd: (() => void)[] = []

export function onTurnEnd(callback: () => void): void {
  atEnd.push(callback)
}

function writeAll(): void {
  try {
    while (turn.waiting.length > 0) {
      const { waiting } = turn
      turn.waiting = []
      flushFrom(waiting, 0)
    }
  } finally {
    if (!turn.lent) turn.used = 0
    else if (SLAB_SIZE - turn.used < LEAST_LEFT) newSlab()
    for (const callback of atEnd) callback()
  }
}

/** Flushes all, even where the stream or a listener of one throws. */
function flushFrom(waiting: readonly Outgoing[], first: number): void {
  let i = first
  try {
    for (; i < waiting.length; i++) waiting[i]?.flush()
  } finally {
    if (i < waiting.length) flushFrom(waiting, i + 1)
  }
}

/** The slab has no room: writes what is in it, and continues at the beginning of this one or of another. */
function makeRoom(): void {
  writeAll()
  if (turn.used > 0) newSlab()
}

function newSlab(): void {
  turn.slab = Buffer.allocUnsafeSlow(SLAB_SIZE)
  turn.used = 0
  turn.lent = false
}

function endTurn(): void {
  turn.isScheduled = false
  writeAll()
}

/** Is told what became of a write. */
export interface OutgoingOwner {
  /** Something waits in the socket. */
  backlogged(): void
  /** The socket took at once what is as much as may wait in it, or more. */
  taken(): void
}

/** The way out of one connection. */
export class Outgoing {
  readonly #socket: Duplex
  readonly #owner: OutgoingOwner
  /** Whether what is written is in the kernel, or was encrypted, once the socket says that nothing waits. */
  readonly #isSocket: boolean
  #isWaiting = false
  // What waits: mostly one part, or bytes of the slab behind those parts. Lists are made where they are needed.
  #part: Uint8Array | undefined
  #parts: Uint8Array[] | undefined
  #slab: Buffer | undefined
  #start = 0
  #end = 0
  /** Whether some of those parts are in the slab. */
  #isOfSlab = false
  #callbacks: SendCallback[] | undefined
  /** Bytes that are not given to the socket yet. */
  pending = 0

  constructor(socket: Duplex, owner: OutgoingOwner) {
    this.#socket = socket
    this.#owner = owner
    this.#isSocket = socket instanceof Socket
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed
  }

  /** Sends a frame; `size`: the most bytes that its payload may have before extensions. */
  frame(connection: Connection, data: Data<FrameType>, size: number): void {
    if (size <= COPIED || (size <= COPIED_ALONE && !this.#isWaiting && this.#socket.writableLength === 0)) {
      this.#into(connection, data)
      return
    }
    for (const part of connection.sendParts(data)) this.bytes(part)
  }

  /** Sends bytes as text. That they are is the program's affair, as with ws: a Connection would look at each of them. */
  text(connection: Connection, bytes: Uint8Array): void {
    if (bytes.length > COPIED) {
      this.frame(connection, new Data(bytes, 'text'), bytes.length)
      return
    }
    const start = this.#into(connection, new Data(bytes, 'binary'))
    turn.slab[start] = ((turn.slab[start] as number) & NOT_OPCODE) | OPCODE_TEXT
  }

  /** Writes a frame to the slab, and returns where it begins there. */
  #into(connection: Connection, data: Data<FrameType>): number {
    let end = connection.sendInto(data, turn.slab, turn.used)
    if (end === -1) {
      makeRoom()
      end = connection.sendInto(data, turn.slab, turn.used)
    }
    const start = turn.used
    this.#wrote(end)
    return start
  }

  /** Sends bytes that many are sent. Behind others, short ones are copied, which is less work than a list for writev. */
  shared(frame: Uint8Array): void {
    if (frame.length > COPIED || !this.#isWaiting) {
      this.bytes(frame)
      return
    }
    if (frame.length > SLAB_SIZE - turn.used) makeRoom()
    turn.slab.set(frame, turn.used)
    this.#wrote(turn.used + frame.length)
  }

  /** The slab was written from where it was used up to `end`. */
  #wrote(end: number): void {
    if (this.#slab !== turn.slab || this.#end !== turn.used) {
      this.#cut()
      this.#slab = turn.slab
      this.#start = turn.used
    }
    this.#end = end
    this.pending += end - turn.used
    turn.used = end
    this.#wait()
  }

  /** Sends bytes as they are. They are not copied. */
  bytes(part: Uint8Array): void {
    this.#cut()
    this.#add(part)
    this.pending += part.length
    this.#wait()
  }

  /** Calls back when everything so far was written, or with why it was not. */
  callback(callback: SendCallback): void {
    if (this.#callbacks === undefined) this.#callbacks = [callback]
    else this.#callbacks.push(callback)
    this.#wait()
  }

  /** Gives the socket what waits. */
  flush(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#cut()
    const part = this.#part
    const parts = this.#parts
    const callbacks = this.#callbacks
    const isLent = this.#isOfSlab
    const { pending } = this
    this.pending = 0
    this.#isOfSlab = false
    this.#part = undefined
    this.#parts = undefined
    this.#callbacks = undefined
    const socket = this.#socket
    let wasTaken = true
    const done =
      callbacks &&
      ((error?: Error | null) => settle(callbacks, error || wasTaken || !socket.destroyed ? error : notTaken()))
    if (parts === undefined) {
      socket.write(part ?? NOTHING, done)
    } else {
      const last = parts.length - 1
      socket.cork()
      for (let i = 0; i < last; i++) socket.write(parts[i])
      socket.write(parts[last], done)
      socket.uncork()
    }
    if (socket.writableLength === 0) {
      // A program that looked at `bufferedAmount` before this write may wait for 'drain'; where the write is taken at once, no
      // socket emits it.
      if (pending >= socket.writableHighWaterMark) this.#owner.taken()
      return
    }
    // Node calls back without an error where a socket is destroyed in the middle of a write.
    wasTaken = false
    if (isLent) turn.lent = true
    this.#owner.backlogged()
  }

  #add(part: Uint8Array): void {
    if (this.#part === undefined) {
      this.#part = part
    } else if (this.#parts === undefined) {
      this.#parts = [this.#part, part]
    } else {
      this.#parts.push(part)
    }
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    turn.waiting.push(this)
    if (turn.reads > 0 || turn.isScheduled) return
    turn.isScheduled = true
    process.nextTick(endTurn)
  }

  /** Makes a part of what is in the slab. */
  #cut(): void {
    const slab = this.#slab
    if (slab === undefined) return
    const bytes = slab.subarray(this.#start, this.#end)
    // A stream that is no socket may keep what it was given, and what waits behind other bytes would keep the whole slab.
    const isLent = this.#isSocket && this.#socket.writableLength === 0
    if (isLent) this.#isOfSlab = true
    this.#add(isLent ? bytes : ownCopy(bytes))
    this.#slab = undefined
  }
}

const NOTHING = Buffer.alloc(0)

/** A copy that keeps no memory but its own, as it may have to wait. */
function ownCopy(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

/** What Node says of a write that comes too late. */
function notTaken(): Error {
  return Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' })
}

/** Calls each, even where one throws. */
export function settle(callbacks: readonly SendCallback[], error: Error | null | undefined): void {
  for (let i = 0; i < callbacks.length; i++) {
    try {
      callbacks[i]?.(error)
    } catch (thrown) {
      if (i + 1 < callbacks.length) process.nextTick(settle, callbacks.slice(i + 1), error)
      throw thrown
    }
  }
}
