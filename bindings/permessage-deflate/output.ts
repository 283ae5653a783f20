// Where a stream's output goes: a scratch buffer that every stream of the thread shares, from which it is gathered.
// Knows no DEFLATE. Nobody else is given a view of the scratch buffer.

const SCRATCH = 64 * 1024
const EMPTY = new Uint8Array(0)

let buffer: Uint8Array<ArrayBuffer> | undefined

/** The buffer to write to. Made when it is first needed: a program that never compresses does not pay for it. */
export function scratch(): Uint8Array<ArrayBuffer> {
  buffer ??= new Uint8Array(SCRATCH)
  return buffer
}

/** Puts together what one call gives, from runs of the scratch buffer. */
export class Output {
  /** Bytes so far. */
  size = 0
  readonly #runs: Uint8Array[] = []
  #last = 0

  /** The first `length` bytes of the scratch buffer come next. The last run stays where it is until `take` or another. */
  add(length: number): void {
    this.#keep()
    this.#last = length
    this.size += length
  }

  /** Everything, in memory of its own. */
  take(): Uint8Array {
    if (this.size === 0) return EMPTY
    if (this.#runs.length === 1 && this.#last === 0) return this.#runs[0]
    const whole = new Uint8Array(this.size)
    let at = 0
    for (const run of this.#runs) {
      whole.set(run, at)
      at += run.length
    }
    if (this.#last > 0) whole.set(scratch().subarray(0, this.#last), at)
    return whole
  }

  /** Before the scratch buffer is written to again. */
  #keep(): void {
    if (this.#last > 0) this.#runs.push(scratch().slice(0, this.#last))
    this.#last = 0
  }
}
