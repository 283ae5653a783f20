// Gathering: a payload that comes in several pieces, put together in memory that grows with what has arrived.
// Knows sizes; nothing of frames.

/** Of a row's head, without the row's own flags. */
const FIRST_BYTE = 0xff

/** A first allocation, in bytes; below it, growing costs more than it saves. */
const SMALLEST = 64
/** How far memory may run ahead of the bytes that have arrived, where the final size is known. */
const AHEAD = 4

/** Joins pieces into one buffer. A declared size allocates nothing by itself. */
export class Gathering {
  /** What the payload belongs to: the first byte of its first frame's header. */
  readonly head: number
  readonly #most: number
  #bytes = new Uint8Array(0)
  #length = 0

  /** `most`: bytes that the payload cannot exceed. */
  constructor(head: number, most: number) {
    this.head = head & FIRST_BYTE
    this.#most = most
  }

  /**
   * Appends bytes `start` to `end` of `source`. `toCome`: bytes known to follow. `final`: nothing but those will.
   */
  append(source: Uint8Array, start: number, end: number, toCome: number, final: boolean): void {
    const needed = this.#length + end - start
    if (needed > this.#bytes.length) {
      const ahead = Math.max(SMALLEST, final ? needed * AHEAD : needed * 2)
      const grown = new Uint8Array(Math.min(ahead, final ? needed + toCome : this.#most))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    const piece = start === 0 && end === source.length ? source : source.subarray(start, end)
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }

  /** The whole payload, in a buffer of just its size. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length)
  }
}
