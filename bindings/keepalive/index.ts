// noio-ws/keepalive: when to ping a peer that is silent, and when it is dead (RFC 6455 sections 5.5.2 and 5.5.3).
// A state machine over times that its caller tells; knows no timer, no clock and no connection.

import { checkOptions } from '../base/options.js'

/** How long silence may last; each has a default. */
export interface KeepAliveOptions {
  /** Silence after which a ping is due, in ms, more than 0. Default 30,000. */
  interval?: number | undefined
  /**
   * How long the answer to a ping may take, in ms, more than 0. Default 10,000. Whatever is received is an answer. Where
   * large messages are sent over slow lines: more than one takes to be sent, because the ping goes out behind it.
   */
  timeout?: number | undefined
}

/**
 * What to do now. 'wait': nothing. 'ping': send a ping. 'dead': end the transport, there is no one to close with;
 * `reason` is a sentence for an error. `at`: when to ask again, in ms of the caller's clock.
 */
export type KeepAliveStep =
  | { readonly action: 'wait'; readonly at: number }
  | { readonly action: 'ping'; readonly at: number }
  | { readonly action: 'dead'; readonly reason: string }

const INTERVAL = 30_000
const TIMEOUT = 10_000

/**
 * Finds out whether the peer is still there. Tell it when bytes arrive, and ask it what to do: at once, and then at the
 * time it names, and neither earlier nor more often than that helps.
 *
 * Any byte is a sign of life, not only a pong: a peer in the middle of a large message cannot answer before its end.
 * Silence counts only while the caller reads, see {@link pause}. A peer that sends and takes nothing is dead, too, where
 * the caller tells what it sends, see {@link sending}: once no byte was taken for `interval` and `timeout` together. A
 * caller that asks later than a whole `timeout` after the time named was suspended: both begin anew.
 *
 * All times are in ms of one clock of the caller's, best a monotonic one (`performance.now()`); where it goes back, time
 * stands still.
 */
export class KeepAlive {
  readonly #interval: number
  readonly #timeout: number
  #now: number
  /** When the peer was last heard. */
  #heard: number
  /** When the ping went out that is not yet answered. */
  #pinged: number | undefined
  #paused = false
  /** Since when bytes wait for the transport, and it has taken none. */
  #stalled: number | undefined

  /**
   * @param now The time now: the peer was just heard, because the opening handshake is over.
   * @param options See {@link KeepAliveOptions}.
   * @throws TypeError where a time is no number, RangeError where it is out of range.
   */
  constructor(now: number, options: KeepAliveOptions = {}) {
    checkOptions(options, ['interval', 'timeout'])
    this.#interval = duration('interval', options.interval ?? INTERVAL)
    this.#timeout = duration('timeout', options.timeout ?? TIMEOUT)
    this.#now = time(now)
    this.#heard = this.#now
  }

  /** Bytes have arrived, whatever they are. */
  received(now: number): void {
    this.#heard = this.#advance(now)
    this.#pinged = undefined
  }

  /** Bytes were given to the transport, and wait until it takes them: it may be full, because the peer reads nothing. */
  sending(now: number): void {
    this.#advance(now)
    this.#stalled ??= this.#now
  }

  /** The transport has taken bytes. `more`: others still wait. Default false. */
  sent(now: number, more = false): void {
    this.#advance(now)
    this.#stalled = more ? this.#now : undefined
  }

  /** The caller has stopped reading, because it has no room: until it reads again, silence says nothing. */
  pause(): void {
    this.#paused = true
  }

  /** The caller reads again; a ping that is not yet answered has its whole `timeout` from now on. */
  resume(now: number): void {
    this.#advance(now)
    this.#paused = false
    if (this.#pinged !== undefined) this.#pinged = this.#now
  }

  /**
   * What to do now. A 'ping' is said once for each ping that is due; 'dead' as long as nothing is received.
   *
   * @throws TypeError where `now` is no number, RangeError where it is not finite.
   */
  next(now: number): KeepAliveStep {
    this.#advance(now)
    const step = this.#judgeSilence()
    if (this.#stalled === undefined || step.action === 'dead') return step
    const limit = this.#interval + this.#timeout
    const deadline = this.#stalled + limit
    if (this.#now < deadline) return { action: step.action, at: Math.min(step.at, deadline) }
    if (this.#now - deadline <= this.#timeout) return dead(`the peer has taken nothing for ${limit} ms`)
    this.#stalled = this.#now
    return step
  }

  #judgeSilence(): KeepAliveStep {
    if (this.#pinged === undefined) {
      const due = this.#heard + this.#interval
      return this.#now < due ? { action: 'wait', at: due } : this.#ping()
    }
    if (this.#paused) this.#pinged = this.#now
    const deadline = this.#pinged + this.#timeout
    if (this.#now < deadline) return { action: 'wait', at: deadline }
    if (this.#now - deadline > this.#timeout) return this.#ping()
    return dead(`the peer did not answer a ping within ${this.#timeout} ms`)
  }

  #ping(): KeepAliveStep {
    this.#pinged = this.#now
    return { action: 'ping', at: this.#now + this.#timeout }
  }

  #advance(now: number): number {
    this.#now = Math.max(this.#now, time(now))
    return this.#now
  }
}

function dead(reason: string): KeepAliveStep {
  return { action: 'dead', reason }
}

function time(now: unknown): number {
  if (typeof now !== 'number') throw new TypeError(`a time must be a number of ms, not ${typeof now}`)
  if (!Number.isFinite(now)) throw new RangeError(`a time is a finite number of ms, not ${now}`)
  return now
}

function duration(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of ms, not ${typeof value}`)
  if (!(value > 0 && Number.isFinite(value)))
    throw new RangeError(`${name} is ${value}; it is more than 0 ms, and finite`)
  return value
}
