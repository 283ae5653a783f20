// What the blocks of a stream must give, worked out from the reference decoder, and compared row by row.
// Knows where each frame lies in the stream and where the blocks were cut; nothing of how the module works.

import { expect } from 'vitest'
import {
  HEAD_ASCII,
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_ERROR,
  HEAD_FIN,
  HEAD_MASKED,
  HEAD_OPCODE,
  OPCODE_CLOSE,
  ROW_CAPACITY,
} from '../../assembly/layout.js'
import {
  type Decoded,
  decodeStream,
  type Frame,
  type MessageInProgress,
  type Rules,
} from '../support/frame-reference.js'
import { type Block, ERROR_NUMBERS, expectBytes, type Module, Peer, type Row } from './module.js'

/** A stream, what the reference says of it, and how to name it where a test fails. */
export class Stream {
  readonly bytes: Uint8Array
  readonly decoded: Decoded
  readonly #rules: Rules
  readonly #message: MessageInProgress | undefined
  readonly #subject: string

  /** `message`: the one in progress before the stream. */
  constructor(bytes: Uint8Array, rules: Rules, subject: string, message?: MessageInProgress) {
    this.bytes = bytes
    this.decoded = decodeStream(bytes, rules, message)
    this.#rules = rules
    this.#message = message
    this.#subject = subject
  }

  peer(module: Module): Peer {
    return new Peer(module, this.#rules, this.#message)
  }

  /** Decodes it in chunks of the given sizes, what is left in one more, and compares. */
  expectSame(module: Module, sizes: readonly number[]): void {
    const peer = this.peer(module)
    const blocks: Block[] = []
    let at = 0
    for (const size of [...sizes, this.bytes.length]) {
      blocks.push(...peer.recv(this.bytes.subarray(at, at + size)))
      at += size
    }
    this.expectBlocks(blocks, sizes)
  }

  /** Compares the blocks of the whole stream. `sizes`: of the chunks that gave them. */
  expectBlocks(blocks: readonly Block[], sizes: readonly number[]): void {
    let next = 0
    let ended = false
    let to = 0
    for (const block of blocks) {
      to = block.from + block.length
      const fail = (what: string) => {
        const chunks = sizes.length > 20 ? `${sizes.slice(0, 20)}…` : `${sizes}`
        expect.fail(`${this.#subject}, in chunks of ${chunks} and the rest, block ${block.from}-${to}: ${what}`)
      }
      if (ended) fail('decoded after the end')
      const result = this.#expectBlock(block, next, fail)
      next = result.next
      ended = result.ended
    }
    if (!ended && to !== this.bytes.length) expect.fail(`${this.#subject}: only ${to} bytes were decoded`)
  }

  /** `next`: the frame that the block begins in or before. Returns the same for the next block. */
  #expectBlock(block: Block, next: number, fail: (what: string) => void): { next: number; ended: boolean } {
    const { frames, violation } = this.decoded
    const { from, rows } = block
    const to = from + block.length
    let count = 0
    let index = next
    let goesOn = false
    let isClosed = false
    while (count < ROW_CAPACITY && !goesOn && !isClosed) {
      const frame = frames[index] as Frame | undefined
      const isWrong = frame === undefined || (violation?.code === 'ERR_INVALID_UTF8' && index === frames.length - 1)
      if (violation !== undefined && isWrong && violation.at < to) {
        const expected = `${HEAD_ERROR} ${ERROR_NUMBERS[violation.code]} ${violation.detail}`
        const row = rows[count] as Row | undefined
        const actual = `${row?.head} ${row?.error} ${row?.detail}`
        if (actual !== expected) fail(`row ${count} is ${actual} and not ${expected} (${violation.code})`)
        if (rows.length !== count + 1) fail(`${rows.length} rows and not ${count + 1}`)
        return { next: index, ended: true }
      }
      if (frame === undefined || frame.payloadStart > to) break
      if (rows.length <= count) fail(`${rows.length} rows, none for the frame at ${frame.start}`)
      expectRow(rows[count], frame, from, to, (what) => fail(`row ${count}: ${what}`))
      count++
      goesOn = frame.payloadStart + frame.length > to
      if (goesOn) break
      isClosed = (frame.first & HEAD_OPCODE) === OPCODE_CLOSE
      index++
    }
    if (rows.length !== count) fail(`${rows.length} rows and not ${count}`)

    const before = frames[index - 1] as Frame | undefined
    const boundary = before === undefined ? 0 : before.payloadStart + before.length
    const remaining = goesOn ? frames[index].length - (to - frames[index].payloadStart) : 0
    const consumed = (goesOn ? to : boundary) - from
    const incomplete = !goesOn && !isClosed && count < ROW_CAPACITY && boundary < to
    const message = this.#messageAfter(goesOn ? index : index - 1, goesOn)
    const expected = { consumed, incomplete, remaining, ...message }
    for (const field of Object.keys(expected) as (keyof typeof expected)[]) {
      if (block[field] !== expected[field]) fail(`${field} is ${block[field]} and not ${expected[field]}`)
    }
    return { next: index, ended: isClosed }
  }

  /** The message in progress after the frame at `index`, or within it. */
  #messageAfter(index: number, goesOn: boolean): { messageOpcode: number; messageSize: number } {
    let data = index
    while (data >= 0 && this.decoded.frames[data].message === undefined) data--
    const message = data < 0 ? this.#message : this.decoded.frames[data].message
    const isLast = data >= 0 && (this.decoded.frames[data].first & HEAD_FIN) !== 0
    const isOver = message === undefined || (isLast && !(goesOn && data === index))
    return isOver
      ? { messageOpcode: 0, messageSize: 0 }
      : { messageOpcode: message.opcode, messageSize: Number(message.size) }
  }
}

function expectRow(row: Row, frame: Frame, from: number, to: number, fail: (what: string) => void): void {
  const end = frame.payloadStart + frame.length
  let head = frame.first
  if (frame.masked) head |= HEAD_MASKED
  if (frame.payloadStart > from) head |= HEAD_BEGINS
  if (end <= to) head |= HEAD_ENDS
  if ((row.head & ~HEAD_ASCII) !== head) fail(`head is ${row.head.toString(16)} and not ${head.toString(16)}`)

  const start = Math.max(frame.payloadStart, from)
  if (row.start !== start - from) fail(`payload begins at ${row.start} and not at ${start - from}`)
  const payload = frame.payload.subarray(start - frame.payloadStart, Math.min(end, to) - frame.payloadStart)
  expectBytes(row.payload, payload, () => {
    fail('payload differs')
    return 'payload'
  })
  // Never set where it does not hold; always set where unmasking has seen the bytes of text.
  const isAscii = frame.message?.isText === true && payload.every((byte) => byte < 0x80)
  const isSaid = (row.head & HEAD_ASCII) !== 0
  if (isSaid && !isAscii) fail('HEAD_ASCII is on')
  if (!isSaid && isAscii && frame.masked && payload.length > 0) fail('HEAD_ASCII is off')
}
