// Headers: written for the encoder and read by the decoder, against the reference, with every rule a header can break.
// Knows header bytes and rules; payload only as a length that is declared.

import { describe, expect, it } from 'vitest'
import { BLOCK, STAGE, STAGE_SIZE } from '../../assembly/layout.js'
import { writeHeader as writeFrameHeader } from '../../bindings/send/frame-writer.js'
import {
  concat,
  DEFINED_OPCODES,
  type Key,
  LENIENT,
  type LengthBytes,
  type MessageInProgress,
  parseHeader,
  type Rules,
  writeHeader,
} from '../support/frame-reference.js'
import { Stream } from './expected.js'
import { expectBytes, hex, keyNumber, Module } from './module.js'

const module = new Module()
const KEY: Key = [0x81, 0x7e, 0xff, 0x02]
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)
const GUARD = 32

describe('writeHeader', () => {
  const lengths = [
    0,
    1,
    124,
    125,
    126,
    127,
    128,
    255,
    256,
    65_534,
    65_535,
    65_536,
    65_537,
    2 ** 24,
    2 ** 31 - 1,
    2 ** 31,
  ]
  lengths.push(2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48, 0x1_2345_6789_abcd, 2 ** 53 - 2, Number.MAX_SAFE_INTEGER)

  it('writes what the reference does, and nothing else', () => {
    const firsts = Array.from({ length: 256 }, (_, first) => first)
    for (const length of lengths) {
      for (const key of [undefined, KEY]) {
        for (const offset of [...Array(16).keys(), STAGE_SIZE - 14]) {
          for (const first of offset === 0 ? firsts : [0x82]) {
            const expected = writeHeader({ first, key }, BigInt(length))
            const at = STAGE + offset
            module.fill(at - GUARD, 14 + 2 * GUARD)
            const around = module.memory.slice(at - GUARD, at + 14 + GUARD)
            around.set(expected, GUARD)
            const masked = key === undefined ? 0 : 1
            const size = writeFrameHeader(module.memory, at, first, length, masked ? keyNumber(KEY) : undefined) - at
            const subject = () => `first byte ${first}, length ${length}, masked ${masked}, offset ${offset}`
            if (size !== expected.length) expect.fail(`${subject()}: ${size} bytes and not ${expected.length}`)
            expectBytes(module.memory.subarray(at - GUARD, at + 14 + GUARD), around, subject)
          }
        }
      }
    }
  })

  it('writes headers that the decoder reads', () => {
    for (const length of lengths) {
      for (const masked of [0, 1]) {
        const size = writeFrameHeader(module.memory, STAGE, 0x82, length, masked ? keyNumber(KEY) : undefined) - STAGE
        const header = module.memory.slice(STAGE, STAGE + size)
        const stream = new Stream(header, LENIENT, `length ${length}, masked ${masked}`)
        expect(stream.decoded.frames[0]?.length).toBe(length)
        stream.expectSame(module, [])
      }
    }
  })
})

/** Messages that a header can stand in, or none. */
const MESSAGES: readonly (MessageInProgress | undefined)[] = [
  undefined,
  { opcode: 1, size: 10n, isText: true },
  { opcode: 2, size: 0n, isText: false },
  { opcode: 7, size: LARGEST - 200n, isText: false },
]

const OPCODE_SETS: readonly (readonly number[])[] = [DEFINED_OPCODES, [...DEFINED_OPCODES, 3, 7, 11, 15], [0, 2, 8]]
const MASKING = ['required', 'refused', 'either'] as const

describe('reading a header', () => {
  it('applies the rules to every first byte, in and outside a message', () => {
    // Whole frames and lengths in more bytes, masked and not; what comes after is a length, a key and payload.
    const rest = [0x00, 0x7e, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x41, 0x42]
    for (const opcodes of OPCODE_SETS) {
      for (const reserved of [0x70, 0x00, 0x20]) {
        for (const masking of MASKING) {
          const rules: Rules = { ...LENIENT, opcodes, reserved, masking }
          const allowed = `opcodes ${opcodes}, RSV ${reserved}, masking ${masking}`
          for (const message of MESSAGES) {
            for (let first = 0; first < 256; first++) {
              for (const second of [0x03, 0x83, first % 2 === 0 ? 0x7e : 0xff]) {
                const bytes = Uint8Array.of(first, second, ...rest)
                new Stream(bytes, rules, `${first} ${second}, ${allowed}`, message).expectSame(module, [])
              }
            }
          }
        }
      }
    }
  })

  it('reads every pair of first and second byte', () => {
    const rest = Uint8Array.of(0x00, 0x7e, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x41, 0x42)
    const rules: Rules = { ...LENIENT, opcodes: [...DEFINED_OPCODES, 5, 13] }
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const masking = MASKING[(first + second) % 3]
        const subject = `${hex(Uint8Array.of(first, second))} with masking ${masking}`
        const bytes = Uint8Array.of(first, second, ...rest)
        new Stream(bytes, { ...rules, masking }, subject).expectSame(module, [])
      }
    }
  })

  /** Lengths at every border, in every number of bytes that holds them. */
  const lengths: { length: bigint; lengthBytes: LengthBytes }[] = []
  const borders = [0n, 125n, 126n, 127n, 255n, 256n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n]
  for (const border of [...borders, 0x1234n, 0x0102_0304_0506_0708n, 2n ** 64n]) {
    for (const length of [border - 1n, border, border + 1n]) {
      if (length < 0n || length >= 2n ** 64n) continue
      if (length <= 125n) lengths.push({ length, lengthBytes: 0 })
      if (length <= 65_535n) lengths.push({ length, lengthBytes: 2 })
      lengths.push({ length, lengthBytes: 8 })
    }
  }

  it('reads lengths in 7, 16 and 64 bits; not minimal, with the top bit on and past 2^53 - 1 they are refused', () => {
    const codes = new Set<string | undefined>()
    for (const { length, lengthBytes } of lengths) {
      for (const key of [undefined, KEY]) {
        for (const first of [0x82, 0x01, 0x89, 0xff]) {
          const header = writeHeader({ first, key, lengthBytes }, length)
          const rules = { ...LENIENT, opcodes: [...DEFINED_OPCODES, 15] }
          const stream = new Stream(header, rules, `${hex(header)}, length ${length}`)
          codes.add(stream.decoded.violation?.code)
          stream.expectSame(module, [])
        }
      }
    }
    expect([...codes].sort()).toEqual([
      'ERR_CONTROL_FRAME_LENGTH',
      'ERR_FRAME_TOO_BIG',
      'ERR_LENGTH_NOT_MINIMAL',
      'ERR_LENGTH_TOP_BIT',
      undefined,
    ])
  })

  it('holds the limits of a frame and a message: below, at and above', () => {
    for (const { length, lengthBytes } of lengths) {
      if (length > LARGEST) continue
      for (const message of MESSAGES) {
        const total = length + (message?.size ?? 0n)
        for (const masking of MASKING) {
          const key = masking === 'required' ? KEY : undefined
          const header = writeHeader({ first: message === undefined ? 0x82 : 0x80, key, lengthBytes }, length)
          // Frames that are whole where they are short, which a decoder may treat in a way of its own.
          const bytes = concat([header, new Uint8Array(length <= 127n ? Number(length) : 0)])
          for (const difference of [-1, 0, 1]) {
            const maxFrameSize = Math.max(0, Number(length) + difference)
            const maxMessageSize = Math.max(0, Number(total) + difference)
            const subject = `${hex(header)} after ${message?.size} bytes, limit ${difference}, masking ${masking}`
            const rules: Rules = { ...LENIENT, masking }
            new Stream(bytes, { ...rules, maxFrameSize }, subject, message).expectSame(module, [])
            new Stream(bytes, { ...rules, maxMessageSize }, subject, message).expectSame(module, [])
            new Stream(bytes, { ...rules, maxFrameSize, maxMessageSize }, subject, message).expectSame(module, [])
          }
        }
      }
    }
  })

  it('does not count control frames, nor hold them to the limits', () => {
    const ping = Uint8Array.of(0x89, 0x7d, ...new Uint8Array(125))
    for (const message of MESSAGES) {
      const stream = new Stream(ping, { ...LENIENT, maxFrameSize: 0, maxMessageSize: 0 }, 'ping', message)
      expect(stream.decoded.violation).toBeUndefined()
      stream.expectSame(module, [])
    }
  })

  it('is the same wherever the header is cut, and byte by byte', () => {
    const rules: Rules[] = [
      LENIENT,
      { ...LENIENT, masking: 'required', maxFrameSize: 65_536 },
      { ...LENIENT, masking: 'refused', reserved: 0, maxMessageSize: 126 },
    ]
    for (const rule of rules) {
      for (const { length, lengthBytes } of lengths) {
        for (const key of [undefined, KEY]) {
          for (const first of [0x81, 0x02, 0x00, 0x8a, 0x0a, 0xc1]) {
            const header = writeHeader({ first, key, lengthBytes }, length)
            const payload = new Uint8Array(Math.min(40, Number(length))).fill(0x41)
            const bytes = Uint8Array.of(...header, ...payload)
            const stream = new Stream(bytes, rule, `${hex(header)}, length ${length}`, MESSAGES[first === 0 ? 2 : 0])
            for (let cut = 0; cut <= header.length; cut++) stream.expectSame(module, [cut])
            stream.expectSame(module, new Array(bytes.length).fill(1))
          }
        }
      }
    }
  })

  it('looks at no byte that is not there', () => {
    const header = writeHeader({ first: 0x82, key: KEY }, 65_536n)
    for (let size = 0; size <= header.length; size++) {
      for (const filler of [0x00, 0xff]) {
        module.memory.fill(filler, BLOCK, BLOCK + 64)
        new Stream(header.subarray(0, size), LENIENT, `${size} bytes of a header`).expectSame(module, [])
      }
    }
  })
})

describe('the reference', () => {
  it("writes and reads the headers of RFC 6455's examples (section 5.7)", () => {
    const examples: [string, number, Key | undefined, bigint][] = [
      ['8105', 0x81, undefined, 5n],
      ['818537fa213d', 0x81, [0x37, 0xfa, 0x21, 0x3d], 5n],
      ['0103', 0x01, undefined, 3n],
      ['827e0100', 0x82, undefined, 256n],
      ['827f0000000000010000', 0x82, undefined, 65_536n],
    ]
    for (const [digits, first, key, length] of examples) {
      const bytes = writeHeader({ first, key }, length)
      expect(hex(bytes)).toBe(digits)
      expect(parseHeader(bytes, 0)).toMatchObject({ first, key, length, end: bytes.length })
    }
  })
})
