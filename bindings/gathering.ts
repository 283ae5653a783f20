// Gathering: a payload that comes in several pieces, put together in memory that grows with what has arrived.
// Knows sizes; nothing of frames.

import { part } from './bytes.js'
import { MOST_SHARED, Slab, SMALL_BUFFER } from './slab.js'
import { NO_SOURCE, type Source } from './source.js'
import { bytesAt, contentAt, enter, PLACE_SIZE, type Tenant, vacate } from './stash.js'

/** Of a row's head, without the row's own flags. */
const FIRST_BYTE = 0xff

/** How far memory may run ahead of the bytes that have arrived, or be kept beside them. */
export const AHEAD = 4

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0)

/** Where payloads of up to MOST_SHARED bytes are put when they are complete: no peer can keep one by waiting. */
const slab = new Slab(16 * 1024)

/** How many pieces of one chunk are left in it before they are copied. */
const MOST_PIECES = 64
/** Bytes of pieces that are left in a chunk while others come, at least in one chunk and at most in all. */
export const LEAST_LEFT = 1024
export const MOST_LEFT = 2 ** 18

/** About what an entry costs beside the chunk's own bytes. */
export const ENTRY_SIZE = 512

/** Pieces in a chunk: where each begins and ends. */
interface Pieces {
  readonly source: Source
  readonly bounds: number[]
}

/** Memory for a payload that is complete. */
function exact(size: number): Uint8Array<ArrayBuffer> {
  return size > SMALL_BUFFER && size <= MOST_SHARED ? slab.take(size) : new Uint8Array(size)
}

const NO_PLACE = -1
const NO_PIECES: Pieces = { source: NO_SOURCE, bounds: [] }

/** Joins pieces into one buffer. A declared size allocates nothing by itself. */
export class Gathering implements Tenant {
  /** What the payload belongs to: the first byte of its first frame's header. */
  readonly head: number
  readonly #most: number
  /** Pieces that were copied, up to #copied. */
  #bytes: Uint8Array = NOTHING
  #copied = 0
  /** Where in the stash #bytes are, if they are. */
  #place = NO_PLACE
  /** Pieces after them, left in the last chunk that had any, and in chunks before that. */
  #last: Pieces = NO_PIECES
  #earlier: Pieces[] | undefined
  /** Bytes that those before keep in memory. */
  #kept = 0
  /** Bytes of pieces in the last chunk, and in all. */
  #leftInLast = 0
  #left = 0

  /** `most`: bytes that the payload cannot exceed. */
  constructor(head: number, most: number) {
    this.head = head & FIRST_BYTE
    this.#most = most
  }

  /** The memory that pieces are written to; see {@link reserve}. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** How many bytes of it are of the payload. */
  get size(): number {
    return this.#copied
  }

  /** Appends bytes `start` to `end` of `source`, which stay where they are, at least until {@link settle}. */
  append(source: Source, start: number, end: number): void {
    if (start === end) return
    if (this.#last.bounds.length === 2 * MOST_PIECES) this.#copy(0, 0, false)
    if (this.#last.source !== source) {
      if (this.#left > 0) {
        this.#earlier ??= []
        this.#earlier.push(this.#last)
        this.#kept += this.#last.source.kept + ENTRY_SIZE
      }
      this.#last = { source, bounds: [] }
      this.#leftInLast = 0
    }
    this.#last.bounds.push(start, end)
    this.#leftInLast += end - start
    this.#left += end - start
  }

  /** Whether chunks may be kept that hold `size` bytes of memory, beside what is there already. */
  mayKeep(size: number): boolean {
    const last = this.#left > 0 ? this.#last.source.kept + ENTRY_SIZE : 0
    return this.#bytes.length + this.#kept + last + size <= this.#most
  }

  /**
   * The chunk is used up. What was left in it is copied, unless it is a great part of it. `toCome`: bytes known to
   * follow. `final`: nothing but those will.
   */
  settle(toCome: number, final: boolean): void {
    if (this.#left === 0) return
    const { kept } = this.#last.source
    const isFirst =
      this.#copied === 0 && toCome > 0 && this.#left === this.#leftInLast && this.#last.bounds.length === 2
    // Whoever has a place in the stash is known there, and so keeps no chunk.
    const mayStay = isFirst || (this.#leftInLast >= LEAST_LEFT && this.#left <= MOST_LEFT && this.#place === NO_PLACE)
    const isMuch = (isFirst ? kept : kept + ENTRY_SIZE) <= this.#leftInLast * AHEAD
    if (!mayStay || !isMuch || !this.mayKeep(0)) this.#copy(0, toCome, final)
  }

  /** Forgets all of it: the payload will not be complete. */
  drop(): void {
    if (this.#place !== NO_PLACE) vacate(this.#place)
    this.#place = NO_PLACE
    this.#bytes = NOTHING
    this.#copied = 0
    this.#forgetPieces()
  }

  /** Makes room for a piece of `size` bytes that will be written at the offset returned; the rest is as for settle. */
  reserve(size: number, toCome: number, final: boolean): number {
    this.#copy(size, toCome, final)
    const at = this.#copied
    this.#copied = at + size
    return at
  }

  /** The whole payload, in memory of just its size. */
  finish(): Uint8Array {
    const size = this.#copied + this.#left
    if (size !== this.#bytes.length || this.#place !== NO_PLACE) this.#move(exact(size))
    this.#copyPieces(this.#bytes, this.#copied)
    return this.#bytes
  }

  /** Out of the stash, to memory of its own. */
  leave(): void {
    this.#move(new Uint8Array(this.#copied))
  }

  /** Copies the pieces that were left in a chunk, with room for `more` bytes after them. */
  #copy(more: number, toCome: number, final: boolean): void {
    const size = this.#copied + this.#left
    const needed = size + more
    const isLast = final && toCome === 0
    if (needed > this.#bytes.length || (isLast && this.#place !== NO_PLACE)) {
      if (isLast) this.#move(exact(needed))
      else if (needed <= PLACE_SIZE) this.#moveToStash()
      else this.#move(this.#ahead(needed, toCome, final))
    }
    if (this.#left === 0) return
    this.#copyPieces(this.#bytes, this.#copied)
    this.#copied = size
    this.#forgetPieces()
  }

  #forgetPieces(): void {
    this.#left = 0
    this.#leftInLast = 0
    this.#kept = 0
    this.#last = NO_PIECES
    this.#earlier = undefined
  }

  #ahead(needed: number, toCome: number, final: boolean): Uint8Array<ArrayBuffer> {
    return new Uint8Array(final ? Math.min(needed * AHEAD, needed + toCome) : Math.min(needed * 2, this.#most))
  }

  /** Continues in other memory. */
  #move(bytes: Uint8Array): void {
    const place = this.#place
    const copied = this.#copied
    if (copied > 0) bytes.set(place === NO_PLACE ? part(this.#bytes, 0, copied) : contentAt(place, copied))
    this.#bytes = bytes
    if (place === NO_PLACE) return
    vacate(place)
    this.#place = NO_PLACE
  }

  #moveToStash(): void {
    const place = enter(this)
    this.#move(bytesAt(place))
    this.#place = place
  }

  #copyPieces(out: Uint8Array, at: number): void {
    if (this.#earlier !== undefined) for (const pieces of this.#earlier) at = copyPieces(pieces, out, at)
    copyPieces(this.#last, out, at)
  }
}

/** Copies pieces to `at` in `out` and returns where they end. */
function copyPieces({ source, bounds }: Pieces, out: Uint8Array, at: number): number {
  for (let i = 0; i < bounds.length; i += 2) {
    out.set(source.view(bounds[i], bounds[i + 1]), at)
    at += bounds[i + 1] - bounds[i]
  }
  return at
}
