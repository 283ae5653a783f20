// What servers on ws write by hand: an end to peers that are gone or slow, and word of what was taken.
// Knows the options for it and one WebSocket; heartbeat.ts knows the times.

import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Heartbeat, readHeartbeat, type Watched } from './heartbeat.js'
import type { Link } from './link.js'
import type { BeyondOptions } from './types.js'

/** "Try again later", of IANA's registry of close codes. */
const TRY_AGAIN_LATER = 1013
const WAYS = ['close', 'event']

/** The WebSocket that is cared for. */
export interface CaredFor extends EventEmitter {
  readonly readyState: number
  readonly bufferedAmount: number
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
}

/** Checks the options; TypeError or RangeError where one is wrong. */
export function checkBeyond({ heartbeat, maxBufferedAmount, onSlow }: BeyondOptions): void {
  readHeartbeat(heartbeat)
  if (maxBufferedAmount !== undefined) {
    if (typeof maxBufferedAmount !== 'number') {
      throw new TypeError(`maxBufferedAmount must be a number of bytes, not ${typeof maxBufferedAmount}`)
    }
    if (!(maxBufferedAmount >= 0)) {
      throw new RangeError(`maxBufferedAmount is ${maxBufferedAmount}; it is 0 bytes or more, or Infinity`)
    }
  }
  if (onSlow !== undefined && !WAYS.includes(onSlow)) {
    throw new RangeError(`onSlow must be 'close' or 'event', not ${String(onSlow)}`)
  }
}

/** Cares for one connection. */
export class Care implements Watched {
  readonly #webSocket: CaredFor
  readonly #link: Link
  readonly #most: number
  readonly #closes: boolean
  readonly #heartbeat: Heartbeat | undefined
  #isSlow = false

  constructor(webSocket: CaredFor, link: Link, options: BeyondOptions) {
    this.#webSocket = webSocket
    this.#link = link
    this.#most = options.maxBufferedAmount ?? Number.POSITIVE_INFINITY
    this.#closes = options.onSlow !== 'event'
    const heartbeat = readHeartbeat(options.heartbeat)
    this.#heartbeat = heartbeat && new Heartbeat(this, heartbeat)
  }

  /** Something was received. */
  heard(): void {
    this.#heartbeat?.received()
  }

  /** Something waits for the peer to take it. */
  backlogged(): void {
    this.#heartbeat?.waits()
    if (this.#isSlow || this.#webSocket.bufferedAmount <= this.#most) return
    this.#isSlow = true
    if (this.#closes) this.#webSocket.close(TRY_AGAIN_LATER, 'too slow')
    else this.#webSocket.emit('slow', this.#webSocket.bufferedAmount)
  }

  /** Nothing waits any more. */
  drained(): void {
    this.#isSlow = false
  }

  stop(): void {
    this.#heartbeat?.stop()
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === 1
  }

  get isPaused(): boolean {
    return this.#link.incoming.isPaused
  }

  get taken(): string | undefined {
    const { bytesWritten, writableLength, _handle } = this.#link.socket as Socket & {
      _handle?: { writeQueueSize?: number } | null
    }
    return writableLength === 0 ? undefined : `${bytesWritten} ${writableLength} ${_handle?.writeQueueSize}`
  }

  ping(): void {
    this.#webSocket.ping()
  }

  terminate(): void {
    this.#webSocket.terminate()
  }
}
