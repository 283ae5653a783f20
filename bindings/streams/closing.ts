// Closing: how far the end of a connection has come, and the time that it may take.
// Knows no frame and no stream.

/**
 * OPEN: messages go both ways. DRAINING: close() was called, and what was written before it is being sent. CLOSING: the
 * close frame was sent, or nothing more can be; messages still arrive. ENDING: no more messages will come, and the
 * transport is being ended. OVER: it has ended, or was aborted.
 */
export type Phase = 'OPEN' | 'DRAINING' | 'CLOSING' | 'ENDING' | 'OVER'
export type Step = 'drain' | 'close' | 'end' | 'finish'

export const TRANSITIONS: Readonly<Record<Phase, Readonly<Partial<Record<Step, Phase>>>>> = {
  OPEN: { drain: 'DRAINING', close: 'CLOSING', end: 'ENDING', finish: 'OVER' },
  DRAINING: { close: 'CLOSING', end: 'ENDING', finish: 'OVER' },
  CLOSING: { end: 'ENDING', finish: 'OVER' },
  ENDING: { finish: 'OVER' },
  OVER: {},
}

/** The phases of one connection, with one deadline for all that comes after OPEN. */
export class Closing {
  readonly #timeout: number
  readonly #late: () => void
  #phase: Phase = 'OPEN'
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `timeout`: in ms, or Infinity. `late`: called where OVER is not reached in that time. */
  constructor(timeout: number, late: () => void) {
    this.#timeout = timeout
    this.#late = late
  }

  get phase(): Phase {
    return this.#phase
  }

  get isOver(): boolean {
    return this.#phase === 'OVER'
  }

  /** Whether the step leads anywhere: only the first of its kind does, and none that comes too late. */
  step(step: Step): boolean {
    const next = TRANSITIONS[this.#phase][step]
    if (next === undefined) return false
    if (next === 'OVER') clearTimeout(this.#timer)
    else if (this.#phase === 'OPEN' && this.#timeout !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(this.#late, this.#timeout)
    }
    this.#phase = next
    return true
  }
}
