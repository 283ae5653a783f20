// Pulse: the keep-alive machine with the platform's clock and timer. The only timers of streams apart from the close timer.
// Knows when it is asked and told; not what a connection is.

import type { KeepAlive } from '../keepalive/index.js'

/** What setTimeout can wait for, in ms; where it asks earlier, it is told 'wait' again. */
const LONGEST = 0x7fffffff

/** What a pulse makes of its connection. */
export interface PulseHandlers {
  ping(): void
  dead(reason: string): void
}

/** Pings a silent peer, and says once when it is dead. */
export class Pulse {
  readonly #machine: KeepAlive
  readonly #handlers: PulseHandlers
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(machine: KeepAlive, handlers: PulseHandlers) {
    this.#machine = machine
    this.#handlers = handlers
    this.#ask(false)
  }

  received(): void {
    this.#machine.received(performance.now())
  }

  /** See {@link KeepAlive.sending} and {@link KeepAlive.sent}. */
  sending(): void {
    this.#machine.sending(performance.now())
  }

  sent(more: boolean): void {
    this.#machine.sent(performance.now(), more)
  }

  pause(): void {
    this.#machine.pause()
  }

  resume(): void {
    this.#machine.resume(performance.now())
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** `again`: the peer was found dead a moment ago. */
  #ask(again: boolean): void {
    if (this.#stopped) return
    const now = performance.now()
    const step = this.#machine.next(now)
    if (step.action === 'dead') {
      // This timer may have come before the bytes that lie in a socket: they get a turn of the event loop.
      if (again) this.#handlers.dead(step.reason)
      else this.#in(0, true)
    } else {
      if (step.action === 'ping') this.#handlers.ping()
      this.#in(Math.min(step.at - now, LONGEST), false)
    }
  }

  #in(ms: number, again: boolean): void {
    this.#timer = setTimeout(() => this.#ask(again), ms)
    // It must not be what keeps a process running: the transport does, as long as there is one.
    ;(this.#timer as { unref?(): void }).unref?.()
  }
}
