// The UTF-8 kernel against its reference: every kind of character and error at every place in a vector, in any pieces.
// Knows the block, the validator's states and the reference; nothing of frames or messages.

import { describe, expect, it } from 'vitest'
import { BLOCK, BLOCK_SIZE, UTF8_ACCEPT, UTF8_REJECT } from '../../assembly/layout.js'
import { checkUtf8, concat } from '../support/frame-reference.js'
import { EDGE_BYTES, mutate, randomCuts, randomText, TEXT_KINDS } from '../support/random.js'
import { seededRandom } from '../support/seed.js'
import { hex, Module, utf8State } from './module.js'

const module = new Module()
const { memory, exports } = module

/** The state after `bytes`, with bytes after them that must not be looked at. */
function validate(bytes: Uint8Array, state: number = UTF8_ACCEPT): number {
  memory.set(bytes, BLOCK)
  memory.fill(0x80, BLOCK + bytes.length, BLOCK + bytes.length + 32)
  return exports.validateUtf8(bytes.length, state)
}

function expectState(actual: number, expected: number, subject: () => string): void {
  if (actual !== expected) expect.fail(`${subject()}: state ${actual} and not ${expected}`)
}

/** Every sequence of these bytes, one from each list. */
function sequences(...lists: (readonly number[])[]): Uint8Array[] {
  let all: number[][] = [[]]
  for (const list of lists) all = all.flatMap((begun) => list.map((byte) => [...begun, byte]))
  return all.map((bytes) => Uint8Array.from(bytes))
}

/** The bytes from `low` to `high`. */
function range(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i)
}

const ENCODER = new TextEncoder()
const ASCII = ENCODER.encode('The quick brown fox jumps over the lazy dog, twice, and then it sleeps.')
// Characters of 2, 3 and 4 bytes; 45 bytes, so that their places in the vectors shift.
const MULTIBYTE = ENCODER.encode('é€😀ж語🚀'.repeat(5))

/** Valid text of exactly `length` bytes: whole characters of `text`, and ASCII where the next does not fit. */
function textOf(text: Uint8Array, length: number): Uint8Array {
  const cut = text.subarray(0, length)
  return concat([cut.subarray(0, checkUtf8(cut).whole), ASCII.subarray(0, length - checkUtf8(cut).whole)])
}

/** Checks every sequence at every offset from 0 to 40, after `before` and with `after` following. */
function expectEverywhere(all: readonly Uint8Array[], before: Uint8Array, after: Uint8Array): void {
  const size = all[0].length
  // What is before is whole characters, so it makes no difference to the state.
  const expected = all.map((bytes) => utf8State(checkUtf8(concat([bytes, after]))))
  for (let offset = 0; offset <= 40; offset++) {
    const length = offset + size + after.length
    memory.set(textOf(before, offset), BLOCK)
    memory.set(after, BLOCK + offset + size)
    memory.fill(0x80, BLOCK + length, BLOCK + length + 32)
    for (let i = 0; i < all.length; i++) {
      const bytes = all[i]
      const at = BLOCK + offset
      for (let k = 0; k < size; k++) memory[at + k] = bytes[k]
      const state = exports.validateUtf8(length, UTF8_ACCEPT)
      if (state !== expected[i]) {
        expectState(state, expected[i], () => `${hex(bytes)} at ${offset}, then ${hex(after.subarray(0, 20))}`)
      }
    }
  }
}

const NOTHING = new Uint8Array(0)

describe('validateUtf8', () => {
  it('judges every single byte, everywhere', () => {
    const all = sequences(range(0x00, 0xff))
    for (const before of [ASCII, MULTIBYTE]) {
      for (const after of [NOTHING, ASCII.subarray(0, 40), MULTIBYTE.subarray(0, 45)]) {
        expectEverywhere(all, before, after)
      }
    }
  })

  it('judges every sequence of two bytes, everywhere', () => {
    const all = sequences(range(0x00, 0xff), range(0x00, 0xff))
    expectEverywhere(all, ASCII, NOTHING)
    expectEverywhere(all, ASCII, ASCII.subarray(0, 33))
    expectEverywhere(all, MULTIBYTE, MULTIBYTE.subarray(0, 45))
  })

  it('judges three bytes, everywhere: every lead byte, every second byte, third bytes at the edges', () => {
    const thirds = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xc0, 0xff]
    const all = sequences(range(0xc0, 0xff), range(0x00, 0xff), thirds)
    expectEverywhere(all, ASCII, NOTHING)
    expectEverywhere(all, MULTIBYTE, ASCII.subarray(0, 33))
  })

  it('judges four bytes, everywhere: lead bytes from E0, every second byte, third and fourth bytes at the edges', () => {
    const edges = [0x7f, 0x80, 0xbf, 0xc0]
    const all = sequences(range(0xe0, 0xff), range(0x00, 0xff), edges, edges)
    expectEverywhere(all, ASCII, NOTHING)
    expectEverywhere(all, ASCII, MULTIBYTE.subarray(0, 45))
  })

  it('goes on from every state, with every byte, at the end and before vectors', () => {
    const begun = ['', 'c3', 'e1', 'f1', 'e0', 'ed', 'f0', 'f4', 'e180', 'f180', 'f090', 'f48f', 'f18080', 'ff']
    for (const prefix of begun.map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')))) {
      const state = utf8State(checkUtf8(prefix))
      expectState(validate(NOTHING, state), state, () => `nothing after ${hex(prefix)}`)
      for (const one of sequences(range(0x00, 0xff))) {
        for (const after of [NOTHING, Uint8Array.of(0x80), ASCII.subarray(0, 40), MULTIBYTE.subarray(0, 45)]) {
          const bytes = concat([one, after])
          const expected = utf8State(checkUtf8(concat([prefix, bytes])))
          expectState(validate(bytes, state), expected, () => `${hex(bytes)} after ${hex(prefix)}`)
        }
      }
    }
  })

  it('accepts text of every kind and size from 0 to 300, and says what a cut character lacks', () => {
    const random = seededRandom(2)
    for (const kind of TEXT_KINDS) {
      const text = randomText(random, 300, kind)
      for (let size = 0; size <= 300; size++) {
        const bytes = text.subarray(0, size)
        const check = checkUtf8(bytes)
        if (check.verdict === 'invalid') expect.fail('the text is not valid')
        expectState(validate(bytes), utf8State(check), () => `${size} bytes of ${kind}`)
      }
    }
  })

  it('finds one wrong byte wherever it is in a text of 0 to 300 bytes', () => {
    const random = seededRandom(3)
    for (let size = 1; size <= 300; size++) {
      const text = randomText(random, size, TEXT_KINDS[size % TEXT_KINDS.length])
      for (let at = 0; at < size; at++) {
        const kept = text[at]
        text[at] = EDGE_BYTES[(size + at) % EDGE_BYTES.length]
        expectState(validate(text), utf8State(checkUtf8(text)), () => `${hex(text)}, changed at ${at}`)
        text[at] = kept
      }
    }
  })

  it('is the same in two pieces, wherever they are split, and fails in the first where it can', () => {
    const random = seededRandom(4)
    for (let i = 0; i < 400; i++) {
      const valid = randomText(random, random.below(90), TEXT_KINDS[i % TEXT_KINDS.length])
      const text = i % 3 === 0 ? valid : mutate(random, valid)
      const whole = utf8State(checkUtf8(text))
      for (let split = 0; split <= text.length; split++) {
        const subject = () => `${hex(text)} split at ${split}`
        const first = validate(text.subarray(0, split))
        expectState(first, utf8State(checkUtf8(text.subarray(0, split))), () => `${subject()}, the first piece`)
        expectState(validate(text.subarray(split), first), whole, subject)
      }
    }
  })

  it('is the same in random pieces and byte by byte, after each of them', () => {
    const random = seededRandom(5)
    for (let i = 0; i < 600; i++) {
      const valid = randomText(random, random.below(300), TEXT_KINDS[i % TEXT_KINDS.length])
      const text = i % 4 === 0 ? valid : mutate(random, valid)
      const largest = random.pick([1, 3, 20, 60])
      let state: number = UTF8_ACCEPT
      let at = 0
      const check = checkUtf8(text)
      for (const size of randomCuts(random, text.length, largest)) {
        state = validate(text.subarray(at, at + size), state)
        at += size
        const expected = at > check.at ? UTF8_REJECT : utf8State(checkUtf8(text.subarray(0, at)))
        expectState(state, expected, () => `${hex(text)} up to ${at}, in pieces of up to ${largest}`)
      }
    }
  })

  it('judges random bytes near the borders as the reference does', () => {
    const random = seededRandom(6)
    for (let i = 0; i < 20_000; i++) {
      const bytes = concat([
        randomText(random, random.below(40), random.pick(TEXT_KINDS)),
        Uint8Array.from({ length: random.below(5) }, () => random.pick(EDGE_BYTES)),
        randomText(random, random.below(24), random.pick(TEXT_KINDS)),
      ])
      expectState(validate(bytes), utf8State(checkUtf8(bytes)), () => hex(bytes))
    }
  })

  it('judges texts up to the size of the block, wrong or cut near its end', () => {
    const random = seededRandom(7)
    for (const kind of TEXT_KINDS) {
      const text = randomText(random, BLOCK_SIZE, kind)
      for (let size = BLOCK_SIZE - 40; size <= BLOCK_SIZE; size++) {
        // Cut anywhere; then wrong near the end; then wrong anywhere.
        const bytes = text.slice(0, size)
        expectState(validate(bytes), utf8State(checkUtf8(bytes)), () => `${size} bytes of ${kind}`)
        bytes[size - 1 - (size % 37)] = random.pick(EDGE_BYTES)
        expectState(validate(bytes), utf8State(checkUtf8(bytes)), () => `${size} bytes of ${kind}, wrong near the end`)
        bytes[random.below(size)] = 0xff
        expectState(validate(bytes), UTF8_REJECT, () => `${size} bytes of ${kind}, with FF`)
      }
    }
  })

  it('only reads', () => {
    const random = seededRandom(8)
    module.fill(BLOCK, BLOCK_SIZE)
    memory.set(randomText(random, 1000, 'mixed'), BLOCK)
    const before = memory.slice()
    for (let size = 0; size <= 1000; size++) exports.validateUtf8(size, UTF8_ACCEPT)
    expect(Buffer.compare(memory, before)).toBe(0)
  })
})

describe('the reference', () => {
  it('agrees with TextDecoder on what is valid', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const random = seededRandom(9)
    const samples = sequences(range(0xc0, 0xff), EDGE_BYTES, EDGE_BYTES)
    for (let i = 0; i < 3000; i++) samples.push(mutate(random, randomText(random, random.below(30), 'mixed')))
    let valid = 0
    for (const bytes of samples) {
      let accepts = true
      try {
        decoder.decode(bytes)
      } catch {
        accepts = false
      }
      if (accepts) valid++
      if ((checkUtf8(bytes).verdict === 'valid') !== accepts) expect.fail(hex(bytes))
    }
    expect(valid).toBeGreaterThan(1000)
  })

  it('calls prefix exactly what some bytes complete', () => {
    const tails = [[0x80], [0xa0], [0x80, 0x80], [0x90, 0x80], [0xa0, 0x80], [0x90, 0x80, 0x80], [0x80, 0x80, 0x80]]
    for (const bytes of sequences(range(0x00, 0xff), EDGE_BYTES)) {
      const { verdict } = checkUtf8(bytes)
      const completed = tails.some((tail) => checkUtf8(Uint8Array.from([...bytes, ...tail])).verdict === 'valid')
      if (completed !== (verdict === 'prefix')) expect.fail(`${hex(bytes)} is ${verdict}`)
    }
  })
})
