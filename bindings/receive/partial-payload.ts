// PartialPayload: where a payload rests that is not whole when its chunk ends: of a frame, of the fragments of a message,
// or of a control frame. Knows bytes, sizes and keys; nothing of headers.
//
// What it must do: take a piece of a chunk; be told that the chunk has ended; give the whole payload.
//
// What it is for:
// - Time is linear in the bytes, however they were cut.
// - Memory is at most AHEAD times the bytes that have arrived: a declared length allocates nothing by itself.
// - Each byte is unmasked once, on a copy that has to be made anyway.
//
// How: pieces stay in their chunks at first, with the masking key that they still need. When a chunk ends, and keeping it
// costs more than AHEAD times its pieces, all pieces are copied to memory of the payload's own, which doubles. That is
// lent by the arena while it is small, because most payloads rest for the time of one more chunk. At the end what is in
// memory and what is in chunks are put together in a buffer of just their size.

import { part } from '../base/bytes.js'
import { LARGEST_PENDING, lendPending, ownBuffer, payloads, returnPending } from '../memory/arena.js'
import { copyMasked } from '../memory/codec.js'
import type { Chunk } from '../model/chunk.js'

/** How far memory may run ahead of the bytes that have arrived, or be kept in chunks for them. */
const AHEAD = 4
/** About what a chunk costs in addition to its memory, in bytes. */
const CHUNK_COST = 512
/** More pieces than this, or more bytes than a cache holds, are copied at once. */
const MOST_PIECES = 64
const MOST_LEFT = 2 ** 18

const NOTHING = new Uint8Array(0)

export class PartialPayload {
  /** The head of the first frame that it belongs to. */
  readonly head: number
  readonly #limit: number
  // The payload's own memory, and how much of it is used.
  #memory = NOTHING
  #used = 0
  // Pieces after that, which lie in their chunks: of each its chunk, and where it begins and ends, and its key.
  #chunks: Chunk[] = []
  #bounds: number[] = []
  /** Bytes in those pieces, and in those of the current chunk. */
  #left = 0
  #leftInChunk = 0
  /** What the chunks before the current one cost, in bytes. */
  #kept = 0

  /** `limit`: bytes that the payload cannot exceed. */
  constructor(head: number, limit: number) {
    this.head = head
    this.#limit = limit
  }

  /** Takes bytes `start` to `end` of the current chunk. `key`: what they are masked with, first byte lowest, or 0. */
  append(chunk: Chunk, start: number, end: number, key: number): void {
    if (start === end) return
    if (this.#chunks.length === MOST_PIECES) this.#copyPieces(0, false)
    this.#chunks.push(chunk)
    this.#bounds.push(start, end, key)
    this.#left += end - start
    this.#leftInChunk += end - start
  }

  /** The current chunk is used up. `toCome`: bytes known to follow. `final`: nothing but those will. */
  chunkEnded(toCome: number, final: boolean): void {
    if (this.#leftInChunk === 0) return
    const cost = this.#chunks[this.#chunks.length - 1].kept + CHUNK_COST
    const isCheap = cost <= this.#leftInChunk * AHEAD && this.#memory.length + this.#kept + cost <= this.#limit
    if (isCheap && this.#left < MOST_LEFT) {
      this.#kept += cost
      this.#leftInChunk = 0
    } else {
      this.#copyPieces(toCome, final)
    }
  }

  /** The whole payload, in memory of just its size. */
  finish(): Uint8Array {
    const size = this.#used + this.#left
    if (size !== this.#memory.length || size <= LARGEST_PENDING) this.#moveTo(payloads.take(size))
    this.#writePieces()
    const payload = this.#memory
    this.#memory = NOTHING
    return payload
  }

  /** Forgets all of it: the payload will not be whole. */
  drop(): void {
    this.#moveTo(NOTHING)
    this.#forgetPieces()
  }

  #copyPieces(toCome: number, final: boolean): void {
    const needed = this.#used + this.#left
    if (needed > this.#memory.length) {
      const ahead = final ? Math.min(needed * AHEAD, needed + toCome) : Math.min(needed * 2, this.#limit)
      this.#moveTo(needed <= LARGEST_PENDING ? lendPending(needed) : ownBuffer(ahead))
    }
    this.#writePieces()
    this.#forgetPieces()
  }

  #writePieces(): void {
    const bounds = this.#bounds
    for (let i = 0; i < this.#chunks.length; i++) {
      const piece = this.#chunks[i].view(bounds[3 * i], bounds[3 * i + 1])
      copyMasked(this.#memory, this.#used, piece, bounds[3 * i + 2])
      this.#used += piece.length
    }
  }

  #forgetPieces(): void {
    this.#chunks.length = 0
    this.#bounds.length = 0
    this.#left = 0
    this.#leftInChunk = 0
    this.#kept = 0
  }

  /** Continues in other memory. */
  #moveTo(memory: Uint8Array<ArrayBuffer>): void {
    const before = this.#memory
    this.#memory = memory
    if (memory.length > 0 && this.#used > 0) memory.set(part(before, 0, this.#used))
    if (before.length > 0 && before.length <= LARGEST_PENDING) returnPending(before)
  }
}
