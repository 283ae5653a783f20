// Where a stream's output goes: a scratch buffer that every stream of the thread shares, from which it is gathered.
// Knows no DEFLATE. Nobody else is given a view of the scratch buffer.

const SCRATCH = 64 * 1024
const EMPTY = new Uint8Array(0)

let scratch: Uint8Array<ArrayBuffer> | undefined

/** Puts together what one call gives, from runs of the scratch buffer. One at a time. */
export class Output {
  /** Bytes so far. */
  size = 0
  readonly #runs: Uint8Array[] = []
  /** Bytes of the scratch buffer that come next, and are not copied yet. */
  #last = 0

  /** The scratch buffer, to write the next run to. Made when it is first needed: who never compresses does not pay. */
  buffer(): Uint8Array<ArrayBuffer> {
    scratch ??= new Uint8Array(SCRATCH)
    if (this.#last > 0) this.#runs.push(scratch.slice(0, this.#last))
    this.#last = 0
    return scratch
  }

  /** The first `length` bytes of the scratch buffer were written. */
  wrote(length: number): void {
    this.#last = length
    this.size += length
  }

  /** Everything, in memory of its own. */
  take(): Uint8Array {
    if (this.size === 0) return EMPTY
    const whole = new Uint8Array(this.size)
    let at = 0
    for (const run of this.#runs) {
      whole.set(run, at)
      at += run.length
    }
    if (scratch !== undefined && this.#last > 0) whole.set(scratch.subarray(0, this.#last), at)
    return whole
  }
}
