// Gathering: a payload that comes in several pieces, put together in memory that grows with what has arrived.
// Knows sizes; nothing of frames.

import { MOST_SHARED, Slab } from './slab.js'
import type { Source } from './source.js'

/** Of a row's head, without the row's own flags. */
const FIRST_BYTE = 0xff

/** A first allocation, in bytes. The platform makes a larger one at several times the cost. */
const SMALLEST = 64
/** How far memory may run ahead of the bytes that have arrived, or be kept beside them. */
const AHEAD = 4

const NOTHING = new Uint8Array(0)

/** Where payloads of up to MOST_SHARED bytes are put when they are complete: no peer can keep one by waiting. */
const slab = new Slab(16 * 1024)

/** Joins pieces into one buffer. A declared size allocates nothing by itself. */
export class Gathering {
  /** What the payload belongs to: the first byte of its first frame's header. */
  readonly head: number
  readonly #most: number
  #bytes = NOTHING
  #length = 0
  /** The first piece, from #from on, where it is left in its chunk. */
  #held: Source | undefined
  #from = 0

  /** `most`: bytes that the payload cannot exceed. */
  constructor(head: number, most: number) {
    this.head = head & FIRST_BYTE
    this.#most = most
  }

  /** The memory that pieces are put in; see {@link reserve}. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /**
   * Appends bytes `start` to `end` of `source`, which must stay as they are. `toCome`: bytes known to follow. `final`:
   * nothing but those will.
   */
  append(source: Source, start: number, end: number, toCome: number, final: boolean): void {
    if (start === end) return
    if (this.#length === 0 && toCome > 0 && (end - start) * AHEAD >= source.kept) {
      this.#held = source
      this.#from = start
      this.#length = end - start
      return
    }
    const at = this.reserve(end - start, toCome, final)
    this.#bytes.set(source.view(start, end), at)
  }

  /** Makes room for a piece of `size` bytes that will be written at the offset returned; the rest is as for append. */
  reserve(size: number, toCome: number, final: boolean): number {
    const at = this.#length
    const needed = at + size
    if (needed > this.#bytes.length) this.#grow(needed, toCome, final)
    this.#length = needed
    return at
  }

  #grow(needed: number, toCome: number, final: boolean): void {
    let grown: Uint8Array<ArrayBuffer>
    if (final && toCome === 0 && needed > SMALLEST && needed <= MOST_SHARED) {
      grown = slab.take(needed)
    } else {
      const ahead = needed <= SMALLEST ? SMALLEST : final ? needed * AHEAD : needed * 2
      grown = new Uint8Array(Math.min(ahead, final ? needed + toCome : this.#most))
    }
    if (this.#held !== undefined) grown.set(this.#held.view(this.#from, this.#from + this.#length))
    else if (this.#length > 0) grown.set(this.#bytes.subarray(0, this.#length))
    this.#held = undefined
    this.#bytes = grown
  }

  /** The whole payload, in a buffer of just its size. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length)
  }
}
