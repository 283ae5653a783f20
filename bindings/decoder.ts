// The decoder: what one peer's bytes are, block by block, as the rows of the module's event table.
// With linear.ts and codec.ts the only caller of the module. Knows frames as rows and headers; nothing of opcode names,
// messages or the closing handshake.

import {
  BLOCK,
  BLOCK_SIZE,
  CALL_CONSUMED,
  CALL_HEAD,
  CALL_INCOMPLETE,
  CALL_KEY,
  CALL_MESSAGE_OPCODE,
  CALL_MESSAGE_SIZE,
  CALL_REMAINING,
  CALL_UTF8,
  HEAD_ASCII,
  HEAD_ENDS,
  HEAD_ERROR,
  HEAD_FIN,
  HEAD_MASKED,
  OPCODE_CONTROL,
  ROW_ERROR,
  ROW_HEAD,
  ROW_LENGTH,
  ROW_SIZE,
  ROW_START,
  ROWS,
  RULES_REFUSE_MASK,
  UTF8_OFF,
} from '../assembly/layout.js'
import { part, setBytes } from './bytes.js'
import { turnKey } from './codec.js'
import { doubles, memory, view, wasm, words } from './linear.js'
import { PartialHeader } from './partial-header.js'
import type { Rules } from './rules.js'
import type { Source } from './source.js'

/** Fields of a row, from its first word. */
const START = ROW_START >> 2
const LENGTH = ROW_LENGTH >> 2
const HEAD = ROW_HEAD >> 2
const ERROR = ROW_ERROR >> 2
const ROW_WORDS = ROW_SIZE >> 2

/** The decoder whose rows the event table holds; when another one needs the table, it takes its rows with it. */
let tableOwner: Decoder | undefined

const NO_ROW = -1

/**
 * Payload that need not be looked at is passed over, once it is known to be there. So as not to copy it in vain, less is
 * given to the module at a time after a frame of which much was passed over, and then more again.
 */
const FIRST_WINDOW = 2048
const LEAST_WINDOW = 256

const blockViews: Uint8Array[] = []

/** Decodes one peer's bytes, a block at a time, and hands out the rows that each block made. */
export class Decoder {
  /** Where in the block the payload of the current row begins, and its length, in bytes. */
  start = 0
  length = 0

  #rules: Rules
  #unmasks = false
  #window = BLOCK_SIZE
  // What the call block holds between two blocks of this peer's.
  #remaining = 0
  #messageSize = 0
  #frameHead = 0
  #key = 0
  #messageOpcode = 0
  #utf8 = 0
  readonly #header = new PartialHeader()
  // Rows not yet read, as words of #table.
  #table: Int32Array
  #row = 0
  #rowsEnd = 0

  constructor(rules: Rules) {
    this.#rules = rules
    this.#table = words
    this.restart(rules)
  }

  /** Begins with another peer; the decoder must be {@link idle}. */
  restart(rules: Rules): void {
    this.#rules = rules
    this.#unmasks = (rules.bits & RULES_REFUSE_MASK) === 0
    this.#window = this.#unmasks ? BLOCK_SIZE : FIRST_WINDOW
  }

  /** Payload bytes of the frame in progress still to come. */
  get remaining(): number {
    return this.#remaining
  }

  /** First byte of the header of that frame. */
  get frameHead(): number {
    return this.#frameHead
  }

  /** The masking key of that frame, turned so that the lowest byte is for the next payload byte; 0 where it has none. */
  get key(): number {
    return this.#frameHead & HEAD_MASKED ? this.#key : 0
  }

  /** Whether what is to come of that frame can break no rule, so that it may be unmasked later. */
  get mayWait(): boolean {
    return (this.#frameHead & OPCODE_CONTROL) === 0 && this.#utf8 === UTF8_OFF
  }

  /** Whether all rows are read. */
  get drained(): boolean {
    return this.#row === this.#rowsEnd
  }

  /** Whether a frame begins next that is not of the message before it, and whose payload needs no unmasking. */
  get beginsUnmasked(): boolean {
    return !this.#unmasks && this.#remaining === 0 && this.#messageOpcode === 0 && this.#header.size === 0
  }

  /** Whether nothing needs to be remembered: no header, frame or message is in progress, and all rows are read. */
  get idle(): boolean {
    return this.drained && this.#remaining === 0 && this.#messageOpcode === 0 && this.#header.size === 0
  }

  /** Moves on to the next row of the block and returns the frame's first byte with HEAD_ flags; negative for none. */
  advance(): number {
    const row = this.#row
    const table = this.#table
    if (row === this.#rowsEnd) {
      if (table !== words) this.#table = words
      return NO_ROW
    }
    this.#row = row + ROW_WORDS
    this.start = table[row + START]
    this.length = table[row + LENGTH]
    return table[row + HEAD]
  }

  /** For a row with HEAD_ERROR: the ERROR_ number, and the length or first byte that it is about. */
  violation(): { error: number; detail: number } {
    const row = this.#row - ROW_WORDS
    const error = this.#table[row + ERROR]
    const detail = new Float64Array(this.#table.slice(row, row + 2).buffer)[0]
    return { error, detail }
  }

  /**
   * Decodes one block of a chunk, beginning at `from`; every row of the block before must have been read. Payloads are
   * unmasked in place. Returns how many bytes were used up, more than none.
   */
  decode(chunk: Source, from: number): number {
    const { bytes } = chunk
    const left = bytes.length - from
    const length = Math.min(left, this.#window)
    const consumed = this.#run(length === bytes.length ? bytes : chunk.view(from, from + length))
    const isText = this.#endsInText
    if (isText) chunk.setAscii(from + wasm.joinTexts((this.#rowsEnd - (ROWS >> 2)) / ROW_WORDS), from + consumed)
    if ((this.#unmasks || isText) && consumed > 0) setBytes.call(bytes, view(blockViews, BLOCK, consumed), from)
    if (!this.#unmasks) {
      const passed = this.#pass(left - consumed)
      this.#window = passed > LEAST_WINDOW ? LEAST_WINDOW : Math.min(this.#window * 4, BLOCK_SIZE)
      if (passed > 0) return consumed + passed
    }
    if (words[CALL_INCOMPLETE >> 2] === 0) return consumed
    if (length < left) return consumed
    this.#header.keep(memory, BLOCK + consumed, BLOCK + length)
    return length
  }

  /**
   * The same for a chunk that begins, or goes on, inside a frame: payload of that frame, at most a block, goes to `at` in
   * `out`, and nothing beyond it is looked at.
   */
  decodeInto(chunk: Source, from: number, out: Uint8Array, at: number): number {
    const left = chunk.bytes.length - from
    if (!this.#isLookedAt()) {
      const length = Math.min(left, this.#remaining)
      out.set(chunk.view(from, from + length), at)
      this.#claimTable()
      this.#table = words
      this.#row = ROWS >> 2
      words[this.#row + START] = 0
      words[this.#row + LENGTH] = 0
      words[this.#row + HEAD] = this.#frameHead
      this.#rowsEnd = this.#row + ROW_WORDS
      return this.#pass(left)
    }
    const length = Math.min(left, this.#remaining, BLOCK_SIZE)
    this.#run(chunk.view(from, from + length))
    out.set(view(blockViews, BLOCK, length), at)
    return length
  }

  /**
   * The same for bytes in the middle of that frame's payload, all of them. There are rows only where they break a rule.
   */
  decodeMore(bytes: Uint8Array, out: Uint8Array, at: number): void {
    const size = bytes.length
    if (!this.#isLookedAt()) {
      out.set(bytes, at)
      this.#remaining -= size
    } else {
      for (let from = 0; from < size; from += BLOCK_SIZE) {
        const length = Math.min(size - from, BLOCK_SIZE)
        this.#run(part(bytes, from, from + length))
        if (words[this.#rowsEnd - ROW_WORDS + HEAD] & HEAD_ERROR) return
        this.#row = this.#rowsEnd
        out.set(view(blockViews, BLOCK, length), at + from)
      }
    }
  }

  /** Takes bytes in the middle of a header of which nothing is to be known yet; see {@link PartialHeader.grow}. */
  takeHeader(bytes: Uint8Array): boolean {
    return this.#header.grow(bytes)
  }

  /** Leaves out `size` bytes of that frame, less than are to come: somebody else unmasks them. */
  leaveOut(size: number): void {
    this.#key = turnKey(this.#key, size)
    this.#remaining -= size
  }

  /** Decodes a block of bytes and returns how many of them were used up. */
  #run(bytes: Uint8Array): number {
    this.#claimTable()
    const { length } = bytes
    memory.set(bytes, BLOCK)
    const carried = this.#header.moveTo(memory, BLOCK)
    this.#restore()
    const { bits, maxFrameSize, maxMessageSize } = this.#rules
    const rows = wasm.decode(length, carried, bits, maxFrameSize, maxMessageSize)
    this.#save()
    this.#table = words
    this.#row = ROWS >> 2
    this.#rowsEnd = (ROWS >> 2) + rows * ROW_WORDS
    return words[CALL_CONSUMED >> 2]
  }

  /** Whether the last row is a text, or a piece of one, that is all ASCII. */
  get #endsInText(): boolean {
    return !this.drained && (words[this.#rowsEnd - ROW_WORDS + HEAD] & HEAD_ASCII) !== 0
  }

  /** Whether the payload of the frame in progress must be unmasked or validated. */
  #isLookedAt(): boolean {
    const head = this.#frameHead
    return (head & (HEAD_MASKED | OPCODE_CONTROL)) !== 0 || this.#utf8 !== UTF8_OFF
  }

  /** Passes over as much of the frame in progress as is there, `left` bytes at most, and makes it part of the last row. */
  #pass(left: number): number {
    const passed = Math.min(this.#remaining, left)
    if (passed === 0 || this.#isLookedAt()) return 0
    this.#remaining -= passed
    const row = this.#rowsEnd - ROW_WORDS
    words[row + LENGTH] += passed
    if (this.#remaining > 0) return passed
    words[row + HEAD] |= HEAD_ENDS
    if (this.#frameHead & HEAD_FIN) {
      this.#messageOpcode = 0
      this.#messageSize = 0
    }
    return passed
  }

  #claimTable(): void {
    if (tableOwner === this) return
    if (tableOwner !== undefined) tableOwner.#keepRows()
    tableOwner = this
  }

  #restore(): void {
    doubles[CALL_REMAINING >> 3] = this.#remaining
    words[CALL_MESSAGE_OPCODE >> 2] = this.#messageOpcode
    doubles[CALL_MESSAGE_SIZE >> 3] = this.#messageSize
    words[CALL_UTF8 >> 2] = this.#utf8
    words[CALL_HEAD >> 2] = this.#frameHead
    words[CALL_KEY >> 2] = this.#key
  }

  #save(): void {
    this.#remaining = doubles[CALL_REMAINING >> 3]
    this.#messageOpcode = words[CALL_MESSAGE_OPCODE >> 2]
    this.#messageSize = doubles[CALL_MESSAGE_SIZE >> 3]
    this.#utf8 = words[CALL_UTF8 >> 2]
    this.#frameHead = words[CALL_HEAD >> 2]
    this.#key = words[CALL_KEY >> 2]
  }

  #keepRows(): void {
    if (this.drained) return
    this.#table = words.slice(this.#row, this.#rowsEnd)
    this.#rowsEnd -= this.#row
    this.#row = 0
  }
}
