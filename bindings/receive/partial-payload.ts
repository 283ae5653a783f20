// PartialPayload: where a payload rests that is not whole when its chunk ends: of a frame, of the fragments of a message,
// or of a control frame. Knows bytes, sizes and keys; nothing of headers.
//
// What it must do: take a piece of a chunk; be told that the chunk has ended; give the whole payload.
//
// What it is for:
// - Time is linear in the bytes, however they were cut.
// - Memory is at most AHEAD times the bytes that have arrived, or 128 B: a declared length allocates nothing by itself.
// - What was not unmasked by the module yet is unmasked by a copy that has to be made anyway.
//
// How: a short piece is copied at once to memory of the payload's own, which doubles, and is lent by the arena while it is
// small, because most payloads rest for the time of one more chunk. A long piece stays in its chunk, with the masking key
// that it still needs, unless keeping the chunk costs more than AHEAD times its pieces. At the end what is in memory and
// what is in chunks are put together in a buffer of just their size.

import { NO_BYTES, part } from '../base/bytes.js'
import { LARGEST_PENDING, lendPending, ownBuffer, payloads, returnPending } from '../memory/arena.js'
import { copyMasked } from '../memory/codec.js'
import type { Chunk } from '../model/chunk.js'

/** How far memory may run ahead of the bytes that have arrived, or be kept in chunks for them. */
const AHEAD = 4
/** About what a chunk costs in addition to its memory, in bytes. */
const CHUNK_COST = 512
/** Copying fewer bytes than this costs less than to remember where they are. */
const SHORTEST_IN_CHUNK = 4096
/** When there are so many pieces, or more bytes in them than a cache holds, they are copied. */
const MOST_PIECES = 64
const MOST_IN_CHUNKS = 2 ** 18

/** Bytes `start` to `end` of a chunk. `key`: what they are masked with, first byte lowest, or 0. */
interface Piece {
  readonly chunk: Chunk
  readonly start: number
  readonly end: number
  readonly key: number
}

export class PartialPayload {
  /** The head of the first frame that it belongs to. */
  readonly head: number
  readonly #limit: number
  // The payload's own memory, and how much of it is used.
  #memory = NO_BYTES
  #used = 0
  /** Pieces after that, which lie in their chunks. */
  #pieces: Piece[] = []
  /** Bytes in those pieces, and in those of the current chunk. */
  #inChunks = 0
  #inChunk = 0
  /** What the chunks before the current one cost, in bytes. */
  #kept = 0

  /** `limit`: bytes that the payload cannot exceed. */
  constructor(head: number, limit: number) {
    this.head = head
    this.#limit = limit
  }

  /** Leaves bytes `start` to `end` in the current chunk for now. `key`: what they are masked with, or 0. */
  leave(chunk: Chunk, start: number, end: number, key: number): void {
    if (start === end) return
    if (this.#pieces.length === MOST_PIECES) this.#makeRoom(0)
    this.#pieces.push({ chunk, start, end, key })
    this.#inChunks += end - start
    this.#inChunk += end - start
  }

  /**
   * Takes bytes `start` to `end`, the last ones of the current chunk. `key`: what they are masked with, first byte lowest,
   * or 0. `toCome`: how many follow until the payload is whole, undefined where that is not known.
   */
  append(chunk: Chunk, start: number, end: number, key: number, toCome?: number): void {
    const size = end - start
    if (size === 0 || size >= SHORTEST_IN_CHUNK) {
      this.leave(chunk, start, end, key)
      return
    }
    this.copy(chunk.part(start, end), key, toCome)
    chunk.clear(start, end)
  }

  /** Takes bytes that do not stay where they are. The other arguments are those of {@link append}. */
  copy(bytes: Uint8Array, key: number, toCome?: number): void {
    this.#makeRoom(bytes.length, toCome)
    copyMasked(this.#memory, this.#used, bytes, key)
    this.#used += bytes.length
  }

  /** The current chunk is used up. `toCome`: as for {@link append}. */
  chunkEnded(toCome?: number): void {
    if (this.#inChunk === 0) return
    const { chunk } = this.#pieces[this.#pieces.length - 1]
    const cost = chunk.kept + CHUNK_COST
    const isCheap = cost <= this.#inChunk * AHEAD && this.#memory.length + this.#kept + cost <= this.#limit
    // Holders of results could read what is pending in memory of the arena, unless it is all of that.
    const isShared = chunk.isCopy && chunk.kept !== this.#inChunk
    if (isCheap && !isShared && this.#inChunks < MOST_IN_CHUNKS) {
      this.#kept += cost
      this.#inChunk = 0
    } else {
      this.#makeRoom(0, toCome)
    }
  }

  /** The whole payload, in memory of just its size. The arguments are those of {@link append}, for the last piece. */
  finish(chunk: Chunk, start: number, end: number, key: number): Uint8Array {
    const size = this.#used + this.#inChunks + end - start
    // Memory that is lent is never handed out.
    const isExact = size > LARGEST_PENDING && size === this.#memory.length
    const payload = isExact ? this.#memory : payloads.take(size)
    if (!isExact) payload.set(part(this.#memory, 0, this.#used))
    const at = this.#writePieces(payload)
    if (start < end) copyMasked(payload, at, chunk.part(start, end), key)
    this.drop()
    return payload
  }

  /** Gives back all memory: the payload is whole, or never will be. */
  drop(): void {
    this.#moveTo(NO_BYTES)
    this.#pieces = []
  }

  /** Makes room in memory for `more` bytes, after the pieces that are left in chunks, which are copied. */
  #makeRoom(more: number, toCome?: number): void {
    const needed = this.#used + this.#inChunks + more
    if (needed > this.#memory.length) {
      const whole = toCome === undefined ? this.#limit : needed + toCome
      // What is lent is rounded up by as much again, and what is known to come may be asked for earlier.
      if (needed <= LARGEST_PENDING) this.#moveTo(lendPending(Math.min(needed * 2, whole, LARGEST_PENDING)))
      else this.#moveTo(ownBuffer(Math.min(needed * (toCome === undefined ? 2 : AHEAD), whole)))
    }
    if (this.#inChunks === 0) return
    this.#used = this.#writePieces(this.#memory)
    for (const { chunk, start, end } of this.#pieces) chunk.clear(start, end)
    this.#pieces = []
    this.#inChunks = 0
    this.#inChunk = 0
    this.#kept = 0
  }

  /** Copies the pieces to `out`, after what is in memory, and returns where they end. Changes nothing of this. */
  #writePieces(out: Uint8Array): number {
    let at = this.#used
    for (const { chunk, start, end, key } of this.#pieces) {
      copyMasked(out, at, chunk.part(start, end), key)
      at += end - start
    }
    return at
  }

  /** Continues in other memory. */
  #moveTo(memory: Uint8Array<ArrayBuffer>): void {
    const before = this.#memory
    this.#memory = memory
    if (memory.length > 0 && this.#used > 0) memory.set(part(before, 0, this.#used))
    if (before.length > 0 && before.length <= LARGEST_PENDING) returnPending(before)
  }
}
