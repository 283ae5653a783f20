// The rows of the module's event table, read one by one: a frame each, or a piece of one, or a violation.
// Knows where a row's fields lie; nothing of chunks or messages.

import { ROW_ERROR, ROW_HEAD, ROW_LENGTH, ROW_SIZE, ROW_START, ROWS } from '../../assembly/layout.js'
import { words } from '../memory/wasm-memory.js'
import type { Violation } from '../model/errors.js'

// Everything is counted in words of 32 bits.
const START = ROW_START >> 2
const LENGTH = ROW_LENGTH >> 2
const HEAD = ROW_HEAD >> 2
const ERROR = ROW_ERROR >> 2
const SIZE = ROW_SIZE >> 2
const TABLE = ROWS >> 2

const NO_ROW = -1

/**
 * Whose rows lie in linear memory. State of a thread, as the table is: before it is written again, the owner copies its
 * unread rows.
 */
let owner: EventTable | undefined

/** One peer's rows. */
export class EventTable {
  /** Where in the block the payload of the current row begins, and its length, in bytes. */
  start = 0
  length = 0
  // Rows not yet read lie in #words from #row to #end.
  #words = words
  #row = 0
  #end = 0

  /** Whether all rows are read. */
  get drained(): boolean {
    return this.#row === this.#end
  }

  /** How many rows are not read. */
  get left(): number {
    return (this.#end - this.#row) / SIZE
  }

  /** Moves on to the next row and returns its head, the frame's first byte with HEAD_ flags; negative where there is none. */
  nextRow(): number {
    const row = this.#row
    if (row === this.#end) return NO_ROW
    const table = this.#words
    this.#row = row + SIZE
    this.start = table[row + START]
    this.length = table[row + LENGTH]
    return table[row + HEAD]
  }

  /** What a row with HEAD_ERROR tells, which was read last. */
  violation(): Violation {
    const row = this.#row - SIZE
    const detail = new Float64Array(this.#words.slice(row + START, row + START + 2).buffer)[0]
    return { error: this.#words[row + ERROR], detail }
  }

  /** The module may write rows for this peer, which must have read all it had. */
  claim(): void {
    if (owner === this) return
    if (owner !== undefined) owner.#copyRows()
    owner = this
  }

  /** The module has written `count` rows. */
  fill(count: number): void {
    this.#words = words
    this.#row = TABLE
    this.#end = TABLE + count * SIZE
  }

  #copyRows(): void {
    if (this.drained) return
    this.#words = words.slice(this.#row, this.#end)
    this.#end -= this.#row
    this.#row = 0
  }
}
