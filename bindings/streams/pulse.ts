// Pulse: the keep-alive machine with the platform's clock and timer. The only timers of streams apart from the close timer.
// Knows when it is asked and told; not what a connection is.

import type { KeepAlive } from '../keepalive/index.js'

/** What setTimeout can wait for, in ms; who is asked earlier says 'wait' again. */
const LONGEST = 0x7fffffff

/** Pings a silent peer, and says once when it is dead. */
export class Pulse {
  readonly #machine: KeepAlive
  readonly #outgoing: { ping(): void }
  readonly #dead: (message: string) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(machine: KeepAlive, outgoing: { ping(): void }, dead: (message: string) => void) {
    this.#machine = machine
    this.#outgoing = outgoing
    this.#dead = dead
    this.#ask(false)
  }

  received(): void {
    this.#machine.received(performance.now())
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
      if (again) this.#dead('the peer is dead: it did not answer a ping in time')
      else this.#in(0, true)
    } else {
      if (step.action === 'ping') this.#outgoing.ping()
      this.#in(Math.min(step.at - now, LONGEST), false)
    }
  }

  #in(ms: number, again: boolean): void {
    this.#timer = setTimeout(() => this.#ask(again), ms)
    // It must not be what keeps a process running: the transport does, as long as there is one.
    ;(this.#timer as { unref?(): void }).unref?.()
  }
}
