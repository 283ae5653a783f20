// The module as tests use it: its exports, its memory by name, and a peer whose bytes the batch decoder is given.
// Knows assembly/layout.ts and how the call block is kept between calls; of bindings only the type of the exports.

import { readFileSync } from 'node:fs'
import { instantiateSync } from '@assemblyscript/loader'
import { expect } from 'vitest'
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
  ERROR_CONTROL_FRAGMENTED,
  ERROR_CONTROL_LENGTH,
  ERROR_FRAME_SIZE,
  ERROR_LENGTH_NOT_MINIMAL,
  ERROR_LENGTH_TOP_BIT,
  ERROR_MASKED,
  ERROR_MESSAGE_INTERRUPTED,
  ERROR_MESSAGE_SIZE,
  ERROR_NOT_MASKED,
  ERROR_NOTHING_TO_CONTINUE,
  ERROR_OPCODE,
  ERROR_RSV,
  ERROR_UTF8,
  HEAD_ERROR,
  HEAD_OPCODE,
  OPCODE_CLOSE,
  ROW_ERROR,
  ROW_HEAD,
  ROW_LENGTH,
  ROW_SIZE,
  ROW_START,
  ROWS,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
  UTF8_ACCEPT,
  UTF8_AFTER_E0,
  UTF8_AFTER_ED,
  UTF8_AFTER_F0,
  UTF8_AFTER_F4,
  UTF8_OFF,
  UTF8_REJECT,
  UTF8_TAIL_1,
  UTF8_TAIL_2,
  UTF8_TAIL_3,
} from '../../assembly/layout.js'
import type { Exports } from '../../bindings/memory/load/instantiate.js'
import type { Key, MessageInProgress, Rules, Utf8Check, ViolationCode } from '../support/frame-reference.js'

const BYTES = readFileSync(new URL('../../build/codec.wasm', import.meta.url))

/** An instance of its own, without the loader of bindings, and views of its memory. */
export class Module {
  readonly exports: Exports = instantiateSync<Exports & Record<string, unknown>>(BYTES).exports
  readonly memory = new Uint8Array(this.exports.memory.buffer)
  readonly view = new DataView(this.exports.memory.buffer)

  /** Fills `length` bytes at `at` with a pattern in which no 16 bytes are like the 16 before them. */
  fill(at: number, length: number): void {
    for (let i = 0; i < length; i++) this.memory[at + i] = (i * 7 + (i >> 4) * 31 + 0x5a) & 0xff
  }

  int(at: number): number {
    return this.view.getInt32(at, true)
  }

  double(at: number): number {
    return this.view.getFloat64(at, true)
  }
}

/** A masking key as the module takes it, turned by `phase` bytes: its first byte lowest. */
export function keyNumber(key: Key, phase = 0): number {
  const byte = (i: number) => key[(i + phase) % 4]
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0
}

/** The RULES_ bits of the decoder's argument. */
export function rulesBits(rules: Rules): number {
  let bits = (0x70 & ~rules.reserved) << RULES_RSV_SHIFT
  for (const opcode of rules.opcodes) bits |= 1 << opcode
  if (rules.masking === 'required') bits |= RULES_NEED_MASK
  if (rules.masking === 'refused') bits |= RULES_REFUSE_MASK
  return bits
}

export const ERROR_NUMBERS: Readonly<Record<ViolationCode, number>> = {
  ERR_RESERVED_BIT: ERROR_RSV,
  ERR_UNKNOWN_OPCODE: ERROR_OPCODE,
  ERR_FRAGMENTED_CONTROL_FRAME: ERROR_CONTROL_FRAGMENTED,
  ERR_NOTHING_TO_CONTINUE: ERROR_NOTHING_TO_CONTINUE,
  ERR_MESSAGE_INTERRUPTED: ERROR_MESSAGE_INTERRUPTED,
  ERR_NOT_MASKED: ERROR_NOT_MASKED,
  ERR_MASKED: ERROR_MASKED,
  ERR_CONTROL_FRAME_LENGTH: ERROR_CONTROL_LENGTH,
  ERR_LENGTH_TOP_BIT: ERROR_LENGTH_TOP_BIT,
  ERR_LENGTH_NOT_MINIMAL: ERROR_LENGTH_NOT_MINIMAL,
  ERR_FRAME_TOO_BIG: ERROR_FRAME_SIZE,
  ERR_MESSAGE_TOO_BIG: ERROR_MESSAGE_SIZE,
  ERR_INVALID_UTF8: ERROR_UTF8,
}

/** The validator's state for what the reference says of the bytes before it. */
export function utf8State({ verdict, missing }: Utf8Check): number {
  if (verdict === 'valid') return UTF8_ACCEPT
  if (verdict === 'invalid') return UTF8_REJECT
  const [[low, high]] = missing
  if (low === 0xa0) return UTF8_AFTER_E0
  if (high === 0x9f) return UTF8_AFTER_ED
  if (low === 0x90) return UTF8_AFTER_F0
  if (high === 0x8f) return UTF8_AFTER_F4
  return [UTF8_ACCEPT, UTF8_TAIL_1, UTF8_TAIL_2, UTF8_TAIL_3][missing.length]
}

/** A row of the event table. */
export interface Row {
  readonly head: number
  /** From the start of the block. */
  readonly start: number
  readonly payload: Uint8Array
  /** For a row with HEAD_ERROR, 0 for others. */
  readonly error: number
  readonly detail: number
}

/** What decoding a block gave. */
export interface Block {
  /** Where the block begins in the stream, and how many bytes of it there were. */
  readonly from: number
  readonly length: number
  readonly consumed: number
  readonly incomplete: boolean
  readonly rows: readonly Row[]
  /** The call block's fields after it. */
  readonly remaining: number
  readonly messageOpcode: number
  readonly messageSize: number
}

/** Fields of the call block that a peer keeps between two of its blocks. */
const KEPT_FIELDS: readonly (readonly [at: number, size: 4 | 8])[] = [
  [CALL_REMAINING, 8],
  [CALL_MESSAGE_SIZE, 8],
  [CALL_HEAD, 4],
  [CALL_KEY, 4],
  [CALL_MESSAGE_OPCODE, 4],
  [CALL_UTF8, 4],
]
const CALL_BYTES = 64
const NO_BYTES = new Uint8Array(0)

/** One side of a connection whose bytes are decoded block by block, with nothing kept but the call block's fields. */
export class Peer {
  /** After a close frame or a violation: no more is decoded. */
  ended = false
  readonly #module: Module
  readonly #rules: Rules
  readonly #bits: number
  #kept: Uint8Array = new Uint8Array(CALL_BYTES)
  #carry: Uint8Array = NO_BYTES
  #from = 0

  /** `message`: the one in progress. */
  constructor(module: Module, rules: Rules, message?: MessageInProgress) {
    this.#module = module
    this.#rules = rules
    this.#bits = rulesBits(rules)
    if (message === undefined) return
    const view = new DataView(this.#kept.buffer)
    view.setInt32(CALL_MESSAGE_OPCODE, message.opcode, true)
    view.setFloat64(CALL_MESSAGE_SIZE, Number(message.size), true)
    view.setInt32(CALL_UTF8, message.isText ? UTF8_ACCEPT : UTF8_OFF, true)
  }

  /** Decodes a chunk of any size in as many blocks as it needs. */
  recv(chunk: Uint8Array): Block[] {
    const blocks: Block[] = []
    let at = 0
    while (at < chunk.length && !this.ended) {
      const block = this.#decode(chunk.subarray(at, at + BLOCK_SIZE))
      blocks.push(block)
      const end = at + block.length
      // A header that is cut by the end of the chunk is carried; one cut by the end of a block is read again.
      const carries = block.incomplete && end === chunk.length
      if (carries) this.#carry = this.#module.memory.slice(BLOCK + block.consumed, BLOCK + block.length)
      const used = carries ? block.length : block.consumed
      if (used <= 0 && !this.ended) expect.fail(`block at ${block.from}: ${used} of ${block.length} bytes used up`)
      at += used
      this.#from += used
    }
    return blocks
  }

  #decode(bytes: Uint8Array): Block {
    const { memory, exports } = this.#module
    memory.set(bytes, BLOCK)
    memory.set(this.#carry, BLOCK - this.#carry.length)
    // What is not kept must not matter.
    memory.fill(0xa5, 0, CALL_BYTES)
    for (const [at, size] of KEPT_FIELDS) memory.set(this.#kept.subarray(at, at + size), at)
    const { maxFrameSize, maxMessageSize } = this.#rules
    const count = exports.decode(bytes.length, this.#carry.length, this.#bits, maxFrameSize, maxMessageSize)
    this.#kept = memory.slice(0, CALL_BYTES)
    this.#carry = NO_BYTES
    const rows = Array.from({ length: count }, (_, i) => this.#row(ROWS + i * ROW_SIZE))
    const last = rows.at(-1)?.head ?? 0
    // The opcode of a row whose frame goes on says nothing: only a whole close frame ends the stream.
    const isClosed = (last & HEAD_OPCODE) === OPCODE_CLOSE && this.#module.double(CALL_REMAINING) === 0
    this.ended = isClosed || (last & HEAD_ERROR) !== 0
    return {
      from: this.#from,
      length: bytes.length,
      consumed: this.#module.int(CALL_CONSUMED),
      incomplete: this.#module.int(CALL_INCOMPLETE) !== 0,
      rows,
      remaining: this.#module.double(CALL_REMAINING),
      messageOpcode: this.#module.int(CALL_MESSAGE_OPCODE),
      messageSize: this.#module.double(CALL_MESSAGE_SIZE),
    }
  }

  #row(at: number): Row {
    const module = this.#module
    const head = module.int(at + ROW_HEAD)
    if (head & HEAD_ERROR) {
      return {
        head,
        start: 0,
        payload: NO_BYTES,
        error: module.int(at + ROW_ERROR),
        detail: module.double(at + ROW_START),
      }
    }
    const start = module.int(at + ROW_START)
    const payload = module.memory.slice(BLOCK + start, BLOCK + start + module.int(at + ROW_LENGTH))
    return { head, start, payload, error: 0, detail: 0 }
  }
}

/** Fails where two byte sequences differ; says where, and what `subject` says. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array, subject: () => string): void {
  if (Buffer.compare(actual, expected) === 0) return
  let at = 0
  while (at < expected.length && actual[at] === expected[at]) at++
  const found = `${hex(actual.subarray(at, at + 8))} and not ${hex(expected.subarray(at, at + 8))}`
  expect.fail(`${subject()}: ${actual.length} bytes for ${expected.length}, at ${at} ${found}`)
}

export function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'nothing' : Buffer.from(bytes).toString('hex')
}
