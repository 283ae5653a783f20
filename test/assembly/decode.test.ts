// The batch decoder against the reference: rows, payloads, flags and the state it keeps, however a stream is cut.
// Knows streams of frames and the memory map; nothing of events or connections.

import { describe, expect, it } from 'vitest'
import { BLOCK, BLOCK_SIZE, HEAD_ASCII, ROW_CAPACITY, ROW_SIZE, ROWS, ROWS_END } from '../../assembly/layout.js'
import { concat, DEFINED_OPCODES, type Key, LENIENT, type Rules, writeFrame } from '../support/frame-reference.js'
import { mutate, randomCuts, randomFrames, randomText, TEXT_KINDS } from '../support/random.js'
import { SEED, seededRandom } from '../support/seed.js'
import { Stream } from './expected.js'
import { type Block, expectBytes, Module, type Peer, rulesBits } from './module.js'

const module = new Module()
const KEY: Key = [0x37, 0xfa, 0x21, 0x3d]
const NOTHING = new Uint8Array(0)
const TEXT = new TextEncoder().encode('text')
const CLIENT: Rules = { ...LENIENT, masking: 'refused' }
const SERVER: Rules = { ...LENIENT, masking: 'required' }
/** What each role receives; {@link LENIENT} takes both. */
const ROLES = [
  { name: 'not masked', key: undefined, rules: CLIENT },
  { name: 'masked', key: KEY, rules: SERVER },
]
const RULES_BY_MASKING = { all: SERVER, none: CLIENT, some: LENIENT }
const MASKING = ['all', 'none', 'some'] as const

function ones(count: number): number[] {
  return new Array(count).fill(1)
}

describe('frames', () => {
  it('of every size from 0 to 300 and every kind, at every alignment', () => {
    const random = seededRandom(20)
    for (let size = 0; size <= 300; size++) {
      const text = randomText(random, size, TEXT_KINDS[size % TEXT_KINDS.length])
      const bytes = random.bytes(size)
      for (let offset = 0; offset < 16; offset++) {
        // A frame in front puts the others at the offset; the last one shows where they end.
        const mixed = [writeFrame({ first: 0x82 }, random.bytes(offset))]
        for (const { name, key, rules } of ROLES) {
          const whole = [writeFrame({ first: 0x82, key }, bytes), writeFrame({ first: 0x81, key }, text)]
          const front = writeFrame({ first: 0x82, key }, random.bytes(offset))
          const last = writeFrame({ first: 0x8a, key }, NOTHING)
          new Stream(concat([front, ...whole, last]), rules, `${size} bytes at ${offset}, ${name}`).expectSame(
            module,
            [],
          )
          if (size <= 125) mixed.push(writeFrame({ first: 0x89, key }, bytes))
          mixed.push(writeFrame({ first: 0x01, key }, text), writeFrame({ first: 0x80, key }, text), ...whole)
        }
        mixed.push(writeFrame({ first: 0x8a }, NOTHING))
        new Stream(concat(mixed), LENIENT, `${size} bytes at ${offset}`).expectSame(module, [])
      }
    }
  })

  it('of every size from 0 to 300, cut in every place', () => {
    const random = seededRandom(21)
    for (let size = 0; size <= 300; size += size < 40 ? 1 : 13) {
      for (const { name, key, rules } of ROLES) {
        const text = randomText(random, size, 'mixed')
        const half = text.subarray(0, size >> 1)
        const frames = [
          writeFrame({ first: 0x01, key }, half),
          writeFrame({ first: 0x89, key }, text.subarray(0, 125)),
          writeFrame({ first: 0x80, key }, text.subarray(half.length)),
          writeFrame({ first: 0x81, key }, text),
        ]
        const stream = new Stream(concat(frames), rules, `size ${size}, ${name}`)
        if (stream.decoded.violation !== undefined) expect.fail('the stream is not legal')
        for (let cut = 0; cut <= stream.bytes.length; cut++) stream.expectSame(module, [cut])
        stream.expectSame(module, ones(stream.bytes.length))
      }
    }
  })

  it('around and beyond the size of the block, and of 16-bit lengths', () => {
    const random = seededRandom(22)
    const sizes = Array.from({ length: 40 }, (_, i) => BLOCK_SIZE - 20 + i)
    sizes.push(2 * BLOCK_SIZE - 1, 2 * BLOCK_SIZE, 2 * BLOCK_SIZE + 1, 65_535, 65_536, 65_537)
    for (const size of sizes) {
      const text = randomText(random, size, TEXT_KINDS[size % TEXT_KINDS.length])
      for (const { name, key, rules } of ROLES) {
        const frames = [
          writeFrame({ first: 0x81, key }, text),
          writeFrame({ first: 0x8a, key }, Uint8Array.of(1, 2, 3)),
        ]
        const stream = new Stream(concat(frames), rules, `size ${size}, ${name}`)
        stream.expectSame(module, [])
        stream.expectSame(module, [1, 2, 3, 4, 5, 6, BLOCK_SIZE - 1])
        stream.expectSame(module, randomCuts(random, stream.bytes.length, BLOCK_SIZE))
      }
    }
  })

  it('whose headers and payloads end just before, at and after the end of a block', () => {
    const random = seededRandom(23)
    for (let before = BLOCK_SIZE - 40; before <= BLOCK_SIZE + 2; before++) {
      for (const { name, key, rules } of ROLES) {
        // The header of the first frame is 4 or 8 bytes, so the second begins `before` bytes into the stream.
        const filler = random.bytes(before - (key === undefined ? 4 : 8))
        const frames = [writeFrame({ first: 0x82, key }, filler)]
        frames.push(writeFrame({ first: 0x01, key }, randomText(random, 0, 'mixed')))
        frames.push(writeFrame({ first: 0x80, key }, randomText(random, 150, 'mixed')))
        frames.push(writeFrame({ first: 0x82, key }, random.bytes(2 * BLOCK_SIZE)))
        new Stream(concat(frames), rules, `second frame at ${before}, ${name}`).expectSame(module, [])
        // The same with a short frame there.
        const short = [frames[0], writeFrame({ first: 0x81, key }, randomText(random, 24, 'mixed'))]
        new Stream(concat([...short, ...short]), rules, `short frame at ${before}, ${name}`).expectSame(module, [])
      }
    }
  })
})

describe('streams', () => {
  it('of random frames, in random chunks', () => {
    const random = seededRandom(24)
    const sizes = [
      () => 0,
      () => random.below(8),
      () => random.below(300),
      () => random.pick([125, 126, 127, 65_535, 65_536]),
      () => BLOCK_SIZE - 300 + random.below(600),
    ]
    for (let i = 0; i < 300; i++) {
      const kind = i % 20 === 0 ? 4 : i % 20 === 1 ? 3 : i % 3
      const masked = random.pick(MASKING)
      const frames = randomFrames(random, {
        count: kind > 2 ? 6 : 1 + random.below(60),
        masked,
        wrongText: i % 4 === 0 ? 10 : 0,
        size: sizes[kind],
      })
      const stream = new Stream(concat(frames), RULES_BY_MASKING[masked], `TEST_SEED=${SEED}, stream ${i}`)
      stream.expectSame(module, [])
      for (const largest of [3, 40, 1000, BLOCK_SIZE]) {
        if (stream.bytes.length / largest > 5000) continue
        stream.expectSame(module, randomCuts(random, stream.bytes.length, largest))
      }
    }
  })

  it('of random frames with some bytes changed', () => {
    const random = seededRandom(25)
    const codes = new Set<string>()
    for (let i = 0; i < 4000; i++) {
      const masked = random.pick(MASKING)
      const frames = randomFrames(random, { count: 8, masked, wrongText: 0, size: () => random.below(40) })
      const bytes = mutate(random, mutate(random, concat(frames)))
      const rules: Rules = {
        opcodes: random.once(2) ? DEFINED_OPCODES : [...DEFINED_OPCODES, 3, 12],
        reserved: random.pick([0x70, 0x40, 0x70]),
        masking: random.once(20) ? random.pick(['required', 'refused'] as const) : RULES_BY_MASKING[masked].masking,
        maxFrameSize: random.once(3) ? 38 : Number.POSITIVE_INFINITY,
        maxMessageSize: random.once(3) ? 38 : Number.POSITIVE_INFINITY,
      }
      const stream = new Stream(bytes, rules, `TEST_SEED=${SEED}, stream ${i}`)
      if (stream.decoded.violation !== undefined) codes.add(stream.decoded.violation.code)
      stream.expectSame(module, [])
      stream.expectSame(module, randomCuts(random, bytes.length, 30))
    }
    // Every rule was broken somewhere, but perhaps the two about how a length is written, which take more luck.
    expect(codes.size).toBeGreaterThanOrEqual(11)
  })

  it('of random bytes, without a trap', () => {
    const random = seededRandom(26)
    // First and second bytes that lead on, so that not every stream ends at its first byte.
    const firsts = [0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1]
    const seconds = [0x00, 0x01, 0x05, 0x7d, 0x7e, 0x7f, 0x80, 0x85, 0xfd, 0xfe, 0xff]
    for (let i = 0; i < 6000; i++) {
      const rules = RULES_BY_MASKING[MASKING[i % 3]]
      const bytes = random.bytes(random.below(200))
      for (let at = 0; at + 1 < bytes.length && random.below(5) > 0; at += 2 + random.below(8)) {
        bytes[at] = random.pick(firsts)
        bytes[at + 1] = random.pick(seconds)
        if (rules !== LENIENT) bytes[at + 1] = (bytes[at + 1] & 0x7f) | (rules === SERVER ? 0x80 : 0)
      }
      const stream = new Stream(bytes, rules, `TEST_SEED=${SEED}, stream ${i}`)
      stream.expectSame(module, [])
      stream.expectSame(module, randomCuts(random, bytes.length, 20))
    }
  })

  it('of two peers, block by block in turn, each as if it were alone', () => {
    const random = seededRandom(27)
    for (let i = 0; i < 100; i++) {
      const both = [0, 1].map((side) => {
        const masked = MASKING[(i + side) % 3]
        const frames = randomFrames(random, { count: 20, masked, wrongText: 20, size: () => random.below(200) })
        const stream = new Stream(
          concat(frames),
          RULES_BY_MASKING[masked],
          `TEST_SEED=${SEED}, pair ${i}, side ${side}`,
        )
        return { stream, peer: stream.peer(module), blocks: [] as Block[], at: 0, sizes: [] as number[] }
      })
      while (both.some(({ stream, at }) => at < stream.bytes.length)) {
        for (const side of both) {
          const size = 1 + random.below(100)
          side.blocks.push(...side.peer.recv(side.stream.bytes.subarray(side.at, side.at + size)))
          side.sizes.push(size)
          side.at += size
        }
      }
      for (const { stream, blocks, sizes } of both) stream.expectBlocks(blocks, sizes)
    }
  })
})

describe('text', () => {
  it('that one byte makes invalid is refused, masked or not, wherever the byte is', () => {
    const random = seededRandom(28)
    for (let size = 1; size <= 80; size++) {
      const text = randomText(random, size, 1)
      for (let at = 0; at < size; at++) {
        for (const byte of [0x80, 0xff]) {
          const wrong = text.slice()
          wrong[at] = byte
          for (const { name, key, rules } of ROLES) {
            // A whole message, and the first fragment of one.
            for (const first of [0x81, 0x01]) {
              const bytes = concat([writeFrame({ first, key }, wrong), writeFrame({ first: 0x81, key }, text)])
              const stream = new Stream(bytes, rules, `${size} bytes, ${byte} at ${at}, ${name}`)
              if (stream.decoded.violation?.code !== 'ERR_INVALID_UTF8') expect.fail('the text is not wrong')
              stream.expectSame(module, [])
            }
          }
        }
      }
    }
  })

  it('is refused in the block that has the first wrong byte, and not before', () => {
    const text = new TextEncoder().encode('plain, then é€😀 and more of it')
    const wrongs = [
      [0xff],
      [0xc0, 0x80],
      [0xe0, 0x80],
      [0xed, 0xa0],
      [0xf0, 0x80],
      [0xf4, 0x90],
      [0xe2, 0x82, 0x41],
      [0x80],
    ]
    for (const wrong of wrongs) {
      for (const { name, key, rules } of ROLES) {
        const frame = writeFrame({ first: 0x81, key }, Uint8Array.of(...text, ...wrong, ...text))
        const stream = new Stream(frame, rules, `${wrong}, ${name}`)
        for (let cut = 0; cut <= stream.bytes.length; cut++) stream.expectSame(module, [cut])
        stream.expectSame(module, ones(stream.bytes.length))
      }
    }
  })

  it('may end inside a character in a fragment, and not in the last one', () => {
    const character = new TextEncoder().encode('😀')
    for (const { name, key, rules } of ROLES) {
      const fragments = [...character].map((byte, i) =>
        writeFrame({ first: i === 0 ? 1 : 0, key }, Uint8Array.of(byte)),
      )
      const ping = writeFrame({ first: 0x89, key }, Uint8Array.of(0xff))
      for (let count = 1; count <= 4; count++) {
        const begun = fragments.slice(0, count).flatMap((fragment) => [fragment, ping])
        for (const last of [NOTHING, Uint8Array.of(0x41), Uint8Array.of(0x80), character.subarray(count)]) {
          const bytes = concat([...begun, writeFrame({ first: 0x80, key }, last), ping])
          const stream = new Stream(bytes, rules, `${count} of 4 bytes, then ${last}, ${name}`)
          const completes = last.length === 4 - count && last.every((byte) => byte >= 0x80)
          expect(stream.decoded.violation === undefined).toBe(completes || (count === 4 && last[0] === 0x41))
          stream.expectSame(module, [])
          stream.expectSame(module, ones(bytes.length))
        }
      }
    }
  })

  it('is not validated where the first frame has a reserved bit on, or another opcode', () => {
    const wrong = Uint8Array.of(0xff, 0xfe, 0x80)
    const opcodes = [...DEFINED_OPCODES, 3]
    for (const first of [0x41, 0x21, 0x11, 0x71, 0x02, 0x03]) {
      for (const { name, key, rules: role } of ROLES) {
        const rules: Rules = { ...role, opcodes }
        const frames = [
          writeFrame({ first: first | 0x80, key }, wrong),
          writeFrame({ first, key }, wrong),
          writeFrame({ first: 0x00, key }, wrong),
          writeFrame({ first: 0x80, key }, wrong),
        ]
        const legal = new Stream(concat(frames), rules, `first byte ${first}, ${name}`)
        expect(legal.decoded.violation).toBeUndefined()
        legal.expectSame(module, [])
        legal.expectSame(module, ones(legal.bytes.length))
        // The message after it is text again, whatever the one before was.
        const again = new Stream(
          concat([...frames, writeFrame({ first: 0x81, key }, wrong)]),
          rules,
          `after ${first}, ${name}`,
        )
        expect(again.decoded.violation?.code).toBe('ERR_INVALID_UTF8')
        again.expectSame(module, [])
      }
    }
    const continued = [writeFrame({ first: 0x01 }, NOTHING), writeFrame({ first: 0xc0 }, wrong)]
    const stream = new Stream(concat(continued), LENIENT, 'a reserved bit on a continuation frame')
    expect(stream.decoded.violation?.code).toBe('ERR_INVALID_UTF8')
    stream.expectSame(module, [])
  })

  it('is said to be ASCII where it is', () => {
    const peer = new Stream(NOTHING, SERVER, '').peer(module)
    const isAscii = (text: string) => {
      const frame = writeFrame({ first: 0x81, key: KEY }, new TextEncoder().encode(text))
      return (peer.recv(frame)[0].rows[0].head & HEAD_ASCII) !== 0
    }
    for (let size = 1; size <= 70; size++) {
      expect(isAscii('a'.repeat(size))).toBe(true)
      expect(isAscii(`${'a'.repeat(size - 1)}é`)).toBe(false)
      expect(isAscii(`é${'a'.repeat(size)}`)).toBe(false)
    }
  })
})

describe('the event table', () => {
  it('stops the decoder when it is full, which goes on from there', () => {
    const random = seededRandom(29)
    const counts = [ROW_CAPACITY - 1, ROW_CAPACITY, ROW_CAPACITY + 1]
    const lasts: [string, Uint8Array][] = [
      ['nothing', NOTHING],
      ['half a header', Uint8Array.of(0x82)],
      ['a violation', Uint8Array.of(0x83, 0x00)],
      ['a violation in the second byte', Uint8Array.of(0x89, 0x7e)],
      ['a close frame', Uint8Array.of(0x88, 0x00, 0x82, 0x00)],
      ['wrong text', Uint8Array.of(0x81, 0x01, 0xff)],
      ['a frame that goes on', Uint8Array.of(0x82, 0x7d, 0x01)],
    ]
    for (const count of counts) {
      for (const [subject, last] of lasts) {
        for (const frame of [Uint8Array.of(0x82, 0x00), Uint8Array.of(0x81, 0x02, 0xc3, 0xa9)]) {
          const bytes = concat([...new Array<Uint8Array>(count).fill(frame), last])
          // Whether short frames are decoded in a way of their own or not, the table ends where it ends.
          for (const rules of [LENIENT, CLIENT]) {
            new Stream(bytes, rules, `${count} frames, then ${subject}`).expectSame(module, [])
          }
        }
      }
      // The table is full in the middle of a message, of whose text the last character is cut.
      const fragments = [
        Uint8Array.of(0x01, 0x01, 0xc3),
        ...new Array<Uint8Array>(count).fill(Uint8Array.of(0x00, 0x00)),
      ]
      fragments.push(Uint8Array.of(0x80, 0x01, count % 2 === 0 ? 0xa9 : 0x41))
      const stream = new Stream(concat(fragments), LENIENT, `${count} empty fragments`)
      stream.expectSame(module, [])
      stream.expectSame(module, randomCuts(random, stream.bytes.length, BLOCK_SIZE))
    }
  })

  it('holds no more rows than its capacity', () => {
    const bytes = concat(new Array<Uint8Array>(8192).fill(Uint8Array.of(0x82, 0x00)))
    const blocks = new Stream(bytes, LENIENT, '').peer(module).recv(bytes)
    expect(blocks.map(({ rows }) => rows.length)).toEqual([ROW_CAPACITY, ROW_CAPACITY, ROW_CAPACITY, ROW_CAPACITY])
    expect(blocks.map(({ consumed }) => consumed)).toEqual(new Array(4).fill(2 * ROW_CAPACITY))
    expect(ROWS + ROW_CAPACITY * ROW_SIZE).toBe(ROWS_END)
  })
})

describe('the decoder', () => {
  it('stops after a close frame, whatever follows it', () => {
    const afters = [
      NOTHING,
      Uint8Array.of(0xff),
      Uint8Array.of(0x82, 0x00),
      writeFrame({ first: 0x81, key: KEY }, TEXT),
    ]
    for (const { name, key, rules } of ROLES) {
      for (const payload of [NOTHING, Uint8Array.of(0x03), Uint8Array.of(0x03, 0xe8), new Uint8Array(125).fill(0xff)]) {
        for (const after of afters) {
          for (const before of [NOTHING, writeFrame({ first: 0x01, key }, Uint8Array.of(0xc3))]) {
            const bytes = concat([before, writeFrame({ first: 0x88, key }, payload), after])
            const stream = new Stream(bytes, rules, `close with ${payload.length} bytes, then ${after}, ${name}`)
            const peer: Peer = stream.peer(module)
            stream.expectBlocks(peer.recv(bytes), [])
            expect(peer.ended).toBe(true)
            for (let cut = 0; cut <= bytes.length; cut++) stream.expectSame(module, [cut])
            stream.expectSame(module, ones(bytes.length))
          }
        }
      }
    }
  })

  it('writes nothing but the call block, its rows and the payloads in its block', () => {
    const random = seededRandom(30)
    const { memory, exports } = module
    for (let i = 0; i < 400; i++) {
      const masked = random.pick(MASKING)
      const rules: Rules = { ...RULES_BY_MASKING[masked], opcodes: Array.from({ length: 16 }, (_, opcode) => opcode) }
      const frames = randomFrames(random, { count: 12, masked, wrongText: 8, size: () => random.below(100) })
      const bytes = i % 4 === 0 ? random.bytes(200) : concat(frames)
      const length = i % 3 === 0 ? bytes.length : random.below(bytes.length + 1)
      module.fill(64, 1024 - 64)
      module.fill(ROWS, memory.length - ROWS)
      memory.fill(0, 0, 64)
      memory.set(bytes.subarray(0, length), BLOCK)
      const before = memory.slice()
      const subject = () => `TEST_SEED=${SEED}, stream ${i}`
      const rows = exports.decode(length, 0, rulesBits(rules), Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
      const areas = [
        [64, ROWS],
        [ROWS + rows * ROW_SIZE, BLOCK],
        [BLOCK + length, memory.length],
      ]
      for (const [from, to] of areas) {
        expectBytes(memory.subarray(from, to), before.subarray(from, to), () => `${subject()}, memory from ${from}`)
      }
      // Headers stay as they were, and payloads that are not masked.
      const { decoded } = new Stream(bytes.subarray(0, length), rules, '')
      const after = bytes.slice(0, length)
      for (const { masked, payloadStart, payload } of decoded.frames) if (masked) after.set(payload, payloadStart)
      if (decoded.violation?.code === 'ERR_INVALID_UTF8') continue
      expectBytes(memory.subarray(BLOCK, BLOCK + length), after, () => `${subject()}, the block`)
    }
  })

  it('decodes nothing from nothing', () => {
    const peer = new Stream(NOTHING, LENIENT, '').peer(module)
    expect(peer.recv(NOTHING)).toEqual([])
    expect(module.exports.decode(0, 0, 0xffff, 0, 0)).toBe(0)
  })
})
