// Finds peers that are gone: those that say nothing, and those that take nothing of what waits for them.
// Knows times and what a Watched is; no frame. When to ping is noio-ws/keepalive's.

import { KeepAlive } from '../keepalive/index.js'
import type { HeartbeatOptions } from './types.js'

/** A connection, as far as its peer's life is concerned. */
export interface Watched {
  readonly isOpen: boolean
  /** Whether the program does not read, so that silence says nothing. */
  readonly isPaused: boolean
  /** What the kernel has taken so far, to be compared; undefined where nothing waits. */
  readonly taken: string | undefined
  ping(): void
  /** The peer is gone. */
  terminate(): void
}

const INTERVAL = 30_000
const TIMEOUT = 10_000

/** What an option says: undefined where it is off. TypeError or RangeError where it is wrong. */
export function readHeartbeat(given: boolean | HeartbeatOptions | undefined): HeartbeatOptions | undefined {
  if (given === undefined || given === false) return undefined
  if (given === true) return {}
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`heartbeat must be a boolean or { interval, timeout }, not ${typeof given}`)
  }
  // So that a wrong time is an error when the server is made, and not at the first connection.
  new KeepAlive(0, given)
  return given
}

/** Watches one connection until it is closed. */
export class Heartbeat {
  readonly #watched: Watched
  readonly #keepAlive: KeepAlive
  readonly #interval: number
  readonly #timeout: number
  #timer: NodeJS.Timeout | undefined
  #wasPaused = false
  #taken: string | undefined
  /** Since when the kernel has taken nothing of what waits. */
  #stuckSince = 0

  constructor(watched: Watched, options: HeartbeatOptions) {
    this.#watched = watched
    this.#interval = options.interval ?? INTERVAL
    this.#timeout = options.timeout ?? TIMEOUT
    this.#keepAlive = new KeepAlive(performance.now(), options)
    this.#look()
  }

  /** Something was received. */
  received(): void {
    this.#keepAlive.received(performance.now())
  }

  /** Something waits for the peer to take it: look in time whether it does. */
  waits(): void {
    if (this.#taken !== undefined) return
    this.#taken = this.#watched.taken
    this.#stuckSince = performance.now()
    this.#wake(this.#timeout)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    const watched = this.#watched
    if (!watched.isOpen) return
    const now = performance.now()
    if (watched.isPaused !== this.#wasPaused) {
      this.#wasPaused = watched.isPaused
      if (watched.isPaused) this.#keepAlive.pause()
      else this.#keepAlive.resume(now)
    }
    const step = this.#keepAlive.next(now)
    if (step.action === 'dead' || this.#isStuck(now)) {
      watched.terminate()
      return
    }
    if (step.action === 'ping') watched.ping()
    // An answer that comes meanwhile makes the next ping due earlier.
    const next = Math.min(step.at, now + this.#interval)
    const due = this.#taken === undefined ? next : Math.min(next, this.#stuckSince + this.#timeout)
    this.#wake(due - now)
  }

  #isStuck(now: number): boolean {
    const { taken } = this.#watched
    if (taken === undefined || taken !== this.#taken) {
      this.#taken = taken
      this.#stuckSince = now
      return false
    }
    return now - this.#stuckSince >= this.#timeout
  }

  #wake(delay: number): void {
    clearTimeout(this.#timer)
    // Rounded up, so that what is due is due then. It keeps no process alive by itself: the socket does.
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(delay)))
    this.#timer.unref()
  }
}
