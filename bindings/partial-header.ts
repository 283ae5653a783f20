// A header that came in part: its bytes, until the rest of them is there.
// Knows how long a header is; its rules are the module's.

import { LENGTH_16, LENGTH_BITS, MAX_HEADER, MAX_LENGTH_7 } from '../assembly/layout.js'

export class PartialHeader {
  /** How many bytes there are. */
  size = 0
  #bytes: Uint8Array | undefined

  /** Keeps bytes `from` to `to` of `memory`, the beginning of a header that is not complete. */
  keep(memory: Uint8Array, from: number, to: number): void {
    this.#bytes ??= new Uint8Array(MAX_HEADER)
    for (let i = from; i < to; i++) this.#bytes[i - from] = memory[i]
    this.size = to - from
  }

  /**
   * Takes more bytes, if no rule can be broken by them: the header goes on after them, and its length is not complete with
   * one of them. Returns false for any others, and before the first two bytes are there, which are to be looked at.
   */
  grow(bytes: Uint8Array): boolean {
    const from = this.size
    const to = from + bytes.length
    const header = this.#bytes
    if (header === undefined || from < 2) return false
    const length7 = header[1] & LENGTH_BITS
    const lengthEnd = length7 <= MAX_LENGTH_7 ? 2 : length7 === LENGTH_16 ? 4 : 10
    if (to >= (from < lengthEnd ? lengthEnd : lengthEnd + 4)) return false
    for (let i = from; i < to; i++) header[i] = bytes[i - from]
    this.size = to
    return true
  }

  /** Moves them to `memory`, to end at `end`; returns how many there were. */
  moveTo(memory: Uint8Array, end: number): number {
    const { size } = this
    const header = this.#bytes
    if (size === 0 || header === undefined) return 0
    for (let i = 0; i < size; i++) memory[end - size + i] = header[i]
    this.size = 0
    return size
  }
}
