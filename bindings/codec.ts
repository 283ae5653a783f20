// The facade of the module: bytes and numbers in, bytes and numbers out, no pointer. The only caller of the module.
// Knows frames as rows and headers; nothing of opcode names, events or the closing handshake.

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
  MAX_HEADER,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  ROW_ERROR,
  ROW_HEAD,
  ROW_LENGTH,
  ROW_SIZE,
  ROW_START,
  ROWS,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  STAGE,
  STAGE_SIZE,
  UTF8_REJECT,
} from '../assembly/layout.js'
import { type CompiledModule, type Exports, instantiate } from './wasm.js'
import { load } from './wasm-inlined.js'

/** What a connection allows its peer. */
export interface Rules {
  /** RULES_ bits of assembly/layout.ts. */
  readonly bits: number
  /** Payload bytes, or Infinity. */
  readonly maxFrameSize: number
  /** Payload bytes, or Infinity. */
  readonly maxMessageSize: number
}

let wasm: Exports
let memory: Uint8Array
let words: Int32Array
let doubles: Float64Array

/** Makes the module ready; the first call in a thread loads it, or takes the one given. */
export function openCodec(module?: CompiledModule): void {
  if (wasm !== undefined) return
  const exports = module === undefined ? load() : instantiate(module)
  memory = new Uint8Array(exports.memory.buffer)
  words = new Int32Array(exports.memory.buffer)
  doubles = new Float64Array(exports.memory.buffer)
  wasm = exports
}

// Making a view costs twice as much as copying a small frame, so the views of small lengths are kept.
const KEPT_VIEWS = 2048
const blockViews: Uint8Array[] = []
const stageViews: Uint8Array[] = []

function view(views: Uint8Array[], offset: number, length: number): Uint8Array {
  if (length > KEPT_VIEWS) return memory.subarray(offset, offset + length)
  views[length] ??= memory.subarray(offset, offset + length)
  return views[length]
}

/** Fields of a row, from its first word. */
const START = ROW_START >> 2
const LENGTH = ROW_LENGTH >> 2
const HEAD = ROW_HEAD >> 2
const ERROR = ROW_ERROR >> 2
const ROW_WORDS = ROW_SIZE >> 2

/** The decoder whose rows the event table holds; when another one needs the table, it takes its rows with it. */
let tableOwner: Decoder | undefined

/** Decodes one peer's bytes, a block at a time, and hands out the rows that each block made. */
export class Decoder {
  /** The current row: the frame's first byte with HEAD_ flags, and its payload's place in the block, in bytes. */
  head = 0
  start = 0
  length = 0

  #rules: Rules
  #unmasks: boolean
  // What the call block holds between two blocks of this peer's.
  #remaining = 0
  #messageSize = 0
  #frameHead = 0
  #key = 0
  #messageOpcode = 0
  #utf8 = 0
  /** The bytes of a header that is not complete. */
  #header: Uint8Array | undefined
  // Rows not yet read, as words of #table.
  #table: Int32Array
  #row = 0
  #rowsEnd = 0

  constructor(rules: Rules) {
    this.#rules = rules
    this.#unmasks = (rules.bits & RULES_REFUSE_MASK) === 0
    this.#table = words
  }

  /** Begins with another peer; the decoder must be {@link idle}. */
  restart(rules: Rules): void {
    this.#rules = rules
    this.#unmasks = (rules.bits & RULES_REFUSE_MASK) === 0
  }

  /** Payload bytes of the frame in progress still to come. */
  get remaining(): number {
    return this.#remaining
  }

  /** First byte of the header of that frame. */
  get frameHead(): number {
    return this.#frameHead
  }

  /** Whether nothing needs to be remembered: no header, frame or message is in progress, and all rows are read. */
  get idle(): boolean {
    return (
      this.#remaining === 0 && this.#messageOpcode === 0 && this.#header === undefined && this.#row === this.#rowsEnd
    )
  }

  /** Moves on to the next row of the block. */
  advance(): boolean {
    const row = this.#row
    if (row === this.#rowsEnd) {
      this.#table = words
      return false
    }
    const table = this.#table
    this.start = table[row + START]
    this.length = table[row + LENGTH]
    this.head = table[row + HEAD]
    this.#row = row + ROW_WORDS
    return true
  }

  /** For a row with HEAD_ERROR: the ERROR_ number, and the length or first byte that it is about. */
  violation(): { error: number; detail: number } {
    const row = this.#row - ROW_WORDS
    const error = this.#table[row + ERROR]
    const detail = new Float64Array(this.#table.slice(row, row + 2).buffer)[0]
    return { error, detail }
  }

  /**
   * Decodes one block of `bytes`, beginning at `from`; every row of the block before must have been read. Payloads are
   * unmasked in place. Returns how many bytes were used up, more than none.
   */
  decode(bytes: Uint8Array, from: number): number {
    if (tableOwner !== this) {
      if (tableOwner !== undefined) tableOwner.#keepRows()
      tableOwner = this
    }
    const length = Math.min(bytes.length - from, BLOCK_SIZE)
    memory.set(length === bytes.length ? bytes : bytes.subarray(from, from + length), BLOCK)
    let carried = 0
    if (this.#header !== undefined) {
      carried = this.#header.length
      memory.set(this.#header, BLOCK - carried)
      this.#header = undefined
    }
    this.#restore()
    const { bits, maxFrameSize, maxMessageSize } = this.#rules
    const rows = wasm.decode(length, carried, bits, maxFrameSize, maxMessageSize)
    this.#save()

    this.#table = words
    this.#row = ROWS >> 2
    this.#rowsEnd = (ROWS >> 2) + rows * ROW_WORDS
    const consumed = words[CALL_CONSUMED >> 2]
    if (this.#unmasks && consumed > 0) bytes.set(view(blockViews, BLOCK, consumed), from)
    if (words[CALL_INCOMPLETE >> 2] === 0) return consumed
    if (from + length < bytes.length) return consumed
    this.#header = memory.slice(BLOCK + consumed, BLOCK + length)
    return length
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
    if (this.#row === this.#rowsEnd) return
    this.#table = words.slice(this.#row, this.#rowsEnd)
    this.#rowsEnd -= this.#row
    this.#row = 0
  }
}

/** The validator's state (UTF8_ numbers) after `bytes`, given the state before them. */
export function validateUtf8(bytes: Uint8Array, state: number): number {
  for (let from = 0; from < bytes.length && state !== UTF8_REJECT; from += BLOCK_SIZE) {
    const length = Math.min(bytes.length - from, BLOCK_SIZE)
    memory.set(length === bytes.length ? bytes : bytes.subarray(from, from + length), BLOCK)
    state = wasm.validateUtf8(length, state)
  }
  return state
}

/** Bytes of the header for a payload of `length` bytes (RFC 6455 section 5.2). */
export function headerSize(length: number, masked: boolean): number {
  const size = length <= MAX_LENGTH_7 ? 2 : length <= MAX_LENGTH_16 ? 4 : 10
  return masked ? size + 4 : size
}

/** Writes frames one after another into one new buffer. */
export class FrameWriter {
  readonly #out: Uint8Array<ArrayBuffer>
  #written = 0
  #staged = 0

  /** `size`: bytes of all the frames together, headers included. */
  constructor(size: number) {
    this.#out = new Uint8Array(size)
  }

  /** `first`: the header's first byte. `key`: first byte lowest; undefined for a frame that is not masked. */
  frame(first: number, payload: Uint8Array, key: number | undefined): void {
    if (this.#staged + MAX_HEADER > STAGE_SIZE) this.#flush()
    this.header(first, payload.length, key)
    if (this.#staged + payload.length <= STAGE_SIZE) {
      this.#stage(payload, key)
    } else if (key === undefined) {
      this.#flush()
      this.#out.set(payload, this.#written)
      this.#written += payload.length
    } else {
      this.#flush()
      // A piece is a multiple of 4 bytes, so that the key is in phase for the next.
      for (let from = 0; from < payload.length; from += STAGE_SIZE) {
        this.#stage(payload.subarray(from, from + STAGE_SIZE), key)
        this.#flush()
      }
    }
  }

  /** Only the header of a frame whose payload, `length` bytes, goes its own way. */
  header(first: number, length: number, key: number | undefined): void {
    this.#staged += wasm.writeHeader(this.#staged, first, length, key === undefined ? 0 : 1, key ?? 0)
  }

  /** The buffer with all the frames. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#flush()
    return this.#out
  }

  #stage(payload: Uint8Array, key: number | undefined): void {
    memory.set(payload, STAGE + this.#staged)
    if (key !== undefined) wasm.mask(this.#staged, payload.length, key)
    this.#staged += payload.length
  }

  #flush(): void {
    this.#out.set(view(stageViews, STAGE, this.#staged), this.#written)
    this.#written += this.#staged
    this.#staged = 0
  }
}

/** One frame in a new buffer; the arguments are those of {@link FrameWriter.frame}. */
export function encodeFrame(first: number, payload: Uint8Array, key: number | undefined): Uint8Array<ArrayBuffer> {
  const length = payload.length
  if (length > KEPT_VIEWS - MAX_HEADER) {
    const writer = new FrameWriter(headerSize(length, key !== undefined) + length)
    writer.frame(first, payload, key)
    return writer.finish()
  }
  const masked = key !== undefined
  const size = wasm.writeHeader(0, first, length, masked ? 1 : 0, masked ? key : 0)
  memory.set(payload, STAGE + size)
  if (masked) wasm.mask(size, length, key)
  return view(stageViews, STAGE, size + length).slice() as Uint8Array<ArrayBuffer>
}

/** RULES_ bits for masking: a server's peer must mask, a client's must not (RFC 6455 section 5.1). */
export function maskingBits(role: 'CLIENT' | 'SERVER', acceptUnmasked: boolean): number {
  if (role === 'CLIENT') return RULES_REFUSE_MASK
  return acceptUnmasked ? 0 : RULES_NEED_MASK
}
