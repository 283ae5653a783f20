// A header that was cut by the end of a chunk: its bytes, at most 13, until the next chunk comes.
// Knows bytes; what they say is the module's.

import { NO_BYTES } from '../base/bytes.js'

export class PartialHeader {
  #bytes: Uint8Array = NO_BYTES

  /** How many bytes there are. */
  get size(): number {
    return this.#bytes.length
  }

  /** Keeps bytes `from` to `to` of `memory`, the beginning of a header that is not complete. */
  keep(memory: Uint8Array, from: number, to: number): void {
    this.#bytes = memory.slice(from, to)
  }

  /** Moves them to `memory`, to end at `end`; returns how many there were. */
  moveTo(memory: Uint8Array, end: number): number {
    const { size } = this
    memory.set(this.#bytes, end - size)
    this.#bytes = NO_BYTES
    return size
  }
}
