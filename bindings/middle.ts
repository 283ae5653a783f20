// The middle of a payload: chunks that are nothing but bytes of one frame, neither its first nor its last. What need not
// be looked at waits, so that it is unmasked together, and memory is made for it once. Knows bytes; nothing of messages.

import { part } from './bytes.js'
import { maskInto, turnKey } from './codec.js'
import type { Decoder } from './decoder.js'
import { AHEAD, ENTRY_SIZE, type Gathering, LEAST_LEFT, MOST_LEFT } from './gathering.js'

/** Up to this many bytes are sooner copied one by one. */
const FEW = 16
/** Copied, but masked still, are at most so many bytes and one chunk. */
const MOST_MASKED = 16 * 1024

/** The middle of the payload that a receiver is in. */
export class Middle {
  /** How much of the gathered payload, at its end, is masked still, and the key of the first byte of that. */
  #masked = 0
  #maskedKey = 0
  /** Chunks that come after it, how many bytes they have, and keep in memory, and the key of the first one. */
  #chunks: Uint8Array[] = []
  #size = 0
  #kept = 0
  #key = 0

  /**
   * Takes a chunk, less than is to come of the payload that `data` is the beginning of. `final`: as for
   * {@link Gathering.reserve}. `mayKeep`: whether the chunk is not the caller's any more.
   */
  take(bytes: Uint8Array, decoder: Decoder, data: Gathering, final: boolean, mayKeep: boolean): void {
    const size = bytes.length
    if (size >= LEAST_LEFT || !decoder.mayWait) {
      this.#takeLong(bytes, decoder, data, final, mayKeep)
      return
    }
    if (this.#size > 0) this.#writeChunks(decoder, data, final)
    const at = data.reserve(size, decoder.remaining - size, final)
    const out = data.bytes
    if (size > FEW) out.set(bytes, at)
    else for (let i = 0; i < size; i++) out[at + i] = bytes[i]
    if (this.#masked === 0) this.#maskedKey = decoder.key
    this.#masked += size
    decoder.leaveOut(size)
    if (this.#masked >= MOST_MASKED) this.#unmask(data)
  }

  #takeLong(bytes: Uint8Array, decoder: Decoder, data: Gathering, final: boolean, mayKeep: boolean): void {
    const size = bytes.length
    const kept = bytes.buffer.byteLength + ENTRY_SIZE
    if (decoder.mayWait && mayKeep && kept <= size * AHEAD && data.mayKeep(this.#kept + kept)) {
      if (this.#size === 0) this.#key = decoder.key
      this.#chunks.push(bytes)
      this.#size += size
      this.#kept += kept
      decoder.leaveOut(size)
      if (this.#size >= MOST_LEFT) this.#writeChunks(decoder, data, final)
    } else {
      this.finish(decoder, data, final)
      const at = data.reserve(size, decoder.remaining - size, final)
      decoder.decodeMore(bytes, data.bytes, at)
    }
  }

  /** Adds to `data` what waits. The arguments are those of {@link take}. */
  finish(decoder: Decoder, data: Gathering, final: boolean): void {
    this.#unmask(data)
    this.#writeChunks(decoder, data, final)
  }

  #unmask(data: Gathering): void {
    const end = data.size
    const start = end - this.#masked
    this.#masked = 0
    if (start < end && this.#maskedKey !== 0) {
      maskInto(data.bytes, start, part(data.bytes, start, end), this.#maskedKey)
    }
  }

  #writeChunks(decoder: Decoder, data: Gathering, final: boolean): void {
    if (this.#size === 0) return
    this.#unmask(data)
    let at = data.reserve(this.#size, decoder.remaining, final)
    let key = this.#key
    for (const chunk of this.#chunks) {
      if (key === 0) data.bytes.set(chunk, at)
      else maskInto(data.bytes, at, chunk, key)
      key = turnKey(key, chunk.length)
      at += chunk.length
    }
    this.#chunks = []
    this.#size = 0
    this.#kept = 0
  }
}
