// A header that was cut by the end of a chunk: its bytes, at most 13, until the next chunk comes.
// Knows bytes; what they say is the module's.

import { NO_BYTES } from '../base/bytes.js'

export class PartialHeader {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#bytes.length
  }

  /** Writes them to `memory`, to end at `end`. */
  copyTo(memory: Uint8Array, end: number): void {
    memory.set(this.#bytes, end - this.size)
  }
}

export const NO_HEADER = new PartialHeader(NO_BYTES)
