// A header that was cut by the end of a chunk: its bytes, until the next chunk comes.
// Knows how long a header can be; its rules are the module's.

import { MAX_HEADER } from '../../assembly/layout.js'

export class PartialHeader {
  /** How many bytes there are. */
  size = 0
  readonly #bytes = new Uint8Array(MAX_HEADER)

  /** Keeps bytes `from` to `to` of `memory`, the beginning of a header that is not complete. */
  keep(memory: Uint8Array, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#bytes[i - from] = memory[i]
    this.size = to - from
  }

  /** Moves them to `memory`, to end at `end`; returns how many there were. */
  moveTo(memory: Uint8Array, end: number): number {
    const { size } = this
    if (size > 0) for (let i = 0; i < size; i++) memory[end - size + i] = this.#bytes[i]
    this.size = 0
    return size
  }
}
