// The masking kernel against its reference: every size, alignment and phase, and never a byte outside the payload.
// Knows the stage and the reference; nothing of frames.

import { describe, expect, it } from 'vitest'
import { STAGE, STAGE_SIZE } from '../../assembly/layout.js'
import { type Key, maskBytes } from '../support/frame-reference.js'
import { seededRandom } from '../support/seed.js'
import { expectBytes, keyNumber, Module } from './module.js'

const module = new Module()
const random = seededRandom(1)
const PHASES = [0, 1, 2, 3]
// All bytes different, and with high bits in each place.
const KEY: Key = [0x37, 0xfa, 0x21, 0x3d]
const GUARD = 32

/** Puts `bytes` into the stage, masks them in place and returns what became of them and of the bytes around. */
function maskInStage(bytes: Uint8Array, offset: number, key: number, subject: () => string): Uint8Array {
  const { memory } = module
  const at = STAGE + offset
  const end = at + bytes.length
  const before = memory.slice(at - GUARD, at)
  const after = memory.slice(end, end + GUARD)
  memory.set(bytes, at)
  module.exports.mask(offset, bytes.length, key)
  expectBytes(memory.subarray(at - GUARD, at), before, () => `${subject()}, before the payload`)
  expectBytes(memory.subarray(end, end + GUARD), after, () => `${subject()}, after the payload`)
  return memory.subarray(at, end)
}

describe('mask', () => {
  it('is the reference at every size from 0 to 300, alignment and phase', () => {
    module.fill(STAGE - GUARD, STAGE_SIZE + 2 * GUARD)
    for (let size = 0; size <= 300; size++) {
      const bytes = random.bytes(size)
      for (const phase of PHASES) {
        const expected = maskBytes(bytes, KEY, phase)
        for (let offset = 0; offset < 16; offset++) {
          const subject = () => `${size} bytes at ${offset}, phase ${phase}`
          expectBytes(maskInStage(bytes, offset, keyNumber(KEY, phase), subject), expected, subject)
        }
      }
    }
  })

  it('is the reference around 16 KiB and up to the whole stage', () => {
    module.fill(STAGE - GUARD, STAGE_SIZE + 2 * GUARD)
    const bytes = random.bytes(STAGE_SIZE)
    const expected = PHASES.map((phase) => maskBytes(bytes, KEY, phase))
    for (const around of [16_384, STAGE_SIZE]) {
      for (let size = around - 33; size <= Math.min(around + 33, STAGE_SIZE); size++) {
        for (const phase of PHASES) {
          for (const offset of new Set([0, 1, 15, STAGE_SIZE - size])) {
            if (offset + size > STAGE_SIZE) continue
            const subject = () => `${size} bytes at ${offset}, phase ${phase}`
            const masked = maskInStage(bytes.subarray(0, size), offset, keyNumber(KEY, phase), subject)
            expectBytes(masked, expected[phase].subarray(0, size), subject)
          }
        }
      }
    }
  })

  it('is the reference with any key', () => {
    const keys: Key[] = [
      [0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 0x80],
      [0x80, 0, 0, 0],
      [0, 1, 0, 0],
    ]
    for (let i = 0; i < 200; i++) keys.push(random.key())
    for (const key of keys) {
      const bytes = random.bytes(random.below(100))
      const subject = () => `${bytes.length} bytes with the key ${key}`
      expectBytes(maskInStage(bytes, 3, keyNumber(key), subject), maskBytes(bytes, key), subject)
    }
  })

  it('gives the payload back when applied twice', () => {
    for (let size = 0; size <= 300; size++) {
      const bytes = random.bytes(size)
      const key = keyNumber(random.key())
      const subject = () => `${size} bytes, twice`
      const masked = maskInStage(bytes, 5, key, subject).slice()
      expectBytes(maskInStage(masked, 5, key, subject), bytes, subject)
    }
  })

  it('is the same in two pieces, wherever they are split, with the key turned by the first', () => {
    for (const size of [...Array(81).keys(), 255, 256, 257, 300]) {
      const bytes = random.bytes(size)
      const expected = maskBytes(bytes, KEY)
      for (let split = 0; split <= size; split++) {
        module.memory.set(bytes, STAGE + 7)
        module.exports.mask(7, split, keyNumber(KEY))
        module.exports.mask(7 + split, size - split, keyNumber(KEY, split))
        expectBytes(module.memory.subarray(STAGE + 7, STAGE + 7 + size), expected, () => `${size} split at ${split}`)
      }
    }
  })
})

describe('the reference', () => {
  it("masks RFC 6455's own example (section 5.7)", () => {
    const masked = maskBytes(new TextEncoder().encode('Hello'), KEY)
    expect([...masked]).toEqual([0x7f, 0x9f, 0x4d, 0x51, 0x58])
  })
})
