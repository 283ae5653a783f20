// sendInto where the payload lies in the target: the frame is right, whatever is written over what.
// Knows the public API, and the frame that a copy of the payload makes; nothing of the order in which bytes are written.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection, Data, type DataOptions, type Extension, type Role } from '../../bindings/index.js'
import { bare, rotation } from '../options/extensions/toys.js'
import { concat, maskBytes, parseHeader, writeFrame } from '../support/frame-reference.js'
import { closePayload, KEY } from '../support/frames.js'
import { Random } from '../support/random.js'
import { check, seededRandom } from '../support/seed.js'
import { header, ROLES } from './targets.js'

const KIB = 1024
const KEY_NUMBER = (KEY as readonly number[]).reduce((number, byte) => number * 256 + byte)

/** What the extensions of an end make of a payload; each end has its own, as they remember what they did. */
const EXTENSIONS: Readonly<Record<string, () => Extension[]>> = {
  none: () => [],
  // Gives the payload itself back, or a part of it.
  same: () => [bare()],
  part: () => [bare({ encode: (payload) => payload.subarray(payload.length >> 1) })],
  other: () => [rotation()],
  'same, then other': () => [bare({ reserved: [0, 1, 0] }), rotation()],
}

/** The frame by the reference: what the extensions of another end make of a copy of the payload, masked and headed. */
function expected(role: Role, extensions: readonly Extension[], first: number, payload: Uint8Array): Uint8Array {
  const isControl = (first & 8) !== 0
  let bytes = payload.slice()
  for (const extension of isControl ? [] : extensions) {
    const [rsv1, rsv2, rsv3] = extension.reserved
    first |= (rsv1 << 6) | (rsv2 << 5) | (rsv3 << 4)
    bytes = extension.encode(bytes, true).slice()
  }
  return writeFrame({ first, ...(role === 'CLIENT' ? { key: KEY } : {}) }, bytes)
}

/** The bytes as what a program may have them in. */
type Form = (buffer: ArrayBufferLike, offset: number, length: number) => Uint8Array
const FORMS: Readonly<Record<string, Form>> = {
  view: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  subarray: (buffer, offset, length) => new Uint8Array(buffer).subarray(offset, offset + length),
  buffer: (buffer, offset, length) => Buffer.from(buffer as ArrayBuffer, offset, length),
}

interface Case {
  readonly role: Role
  readonly extensions: string
  /** With a masking key of the test's, or the codec's own. */
  readonly ownKey: boolean
  readonly type: 'binary' | 'text' | 'ping' | 'close'
  readonly size: number
  readonly form: string
  readonly targetForm: string
  readonly shared: boolean
  /** Where the frame begins, from where the payload does; and how much of that is the target's own beginning. */
  readonly distance: number
  readonly before: number
  readonly after: number
  readonly content: number
}

const TYPES = { text: 0x81, binary: 0x82, close: 0x88, ping: 0x89 }

function run(one: Case): void {
  const { role, type } = one
  const extensions = EXTENSIONS[one.extensions]
  const size = type === 'ping' ? Math.min(one.size, 125) : type === 'close' ? Math.min(one.size, 123) : one.size
  const random = new Random(one.content)
  const content = random.bytes(size).map((byte) => (type === 'text' || type === 'close' ? byte & 0x7f : byte))

  // Room on both sides for any distance, and for what extensions may want.
  const room = Math.abs(one.distance) + size + (size >> 2) + 300
  const length = 2 * room + size
  const buffer = one.shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length)
  const all = new Uint8Array(buffer)
  for (let i = 0; i < length; i++) all[i] = (i * 37 + 11) ^ (i >> 8)
  all.set(content, room)
  const was = all.slice()
  const payload = FORMS[one.form](buffer, room, size)

  const from = room + one.distance
  const begin = Math.max(0, from - one.before)
  const wire = expected(
    role,
    extensions(),
    TYPES[type],
    type === 'close' ? closePayload(1000, Buffer.from(content).toString('latin1')) : content,
  )
  const most = size + (size >> 2) + 200
  const end = Math.min(length, from + Math.max(wire.length, most) + one.after)
  const target = FORMS[one.targetForm](buffer, begin, end - begin)

  const maskKey = one.ownKey && role === 'CLIENT' ? { maskKey: () => KEY_NUMBER } : {}
  const connection = new Connection(role, { ...maskKey, extensions: extensions() })
  const options: DataOptions = type === 'close' ? { statusCode: 1000 } : {}
  const at = connection.sendInto(new Data(payload, type, options), target, from - begin)
  if (at !== from - begin + wire.length) throw new Error(`ends at ${at}, not ${from - begin + wire.length}`)

  // A key that the codec has drawn is read from the frame, and replaced by the one that the reference has.
  const sent = all.slice(from, from + wire.length)
  const { end: start = 0, key } = parseHeader(sent, 0)
  if (key !== undefined) {
    sent.set(maskBytes(maskBytes(sent.subarray(start), key), KEY), start)
    sent.set(KEY, start - 4)
  }
  if (Buffer.compare(sent, wire) !== 0) throw new Error('the frame is not that of a copy of the payload')
  const around = (bytes: Uint8Array) => concat([bytes.subarray(0, from), bytes.subarray(from + wire.length)])
  if (Buffer.compare(around(all), around(was)) !== 0) throw new Error('bytes outside the frame have changed')

  // An extension that leaves something out has no way back.
  if (one.extensions === 'part') return
  const peer = new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT', { extensions: extensions() })
  peer.recv(all.slice(from, from + wire.length))
  const [message] = peer.messages()
  const decoded = type === 'close' ? message.message.subarray(2) : message.message
  if (message.type !== type || Buffer.compare(decoded, content) !== 0) throw new Error('the peer received another one')
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 3, arbitrary: fc.integer({ min: 120, max: 130 }) },
  { weight: 3, arbitrary: fc.integer({ min: KIB - 20, max: KIB + 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2040, max: 2060 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_520, max: 65_540 }) },
  { weight: 1, arbitrary: fc.integer({ min: 20 * KIB - 9, max: 20 * KIB + 9 }) },
  { weight: 1, arbitrary: fc.constantFrom(4 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 100 * KIB) },
)
/** Where a header is written over the payload, or masking runs into what it has yet to read. */
const distance = (size: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -20, max: 20 }) },
    { weight: 2, arbitrary: fc.integer({ min: -size - 20, max: size + 20 }) },
    { weight: 1, arbitrary: fc.integer({ min: -70, max: 70 }) },
    { weight: 1, arbitrary: fc.constantFrom(-16 * KIB, -4 * KIB, -KIB, KIB, 4 * KIB, 16 * KIB) },
  )

const form = fc.constantFrom(...Object.keys(FORMS))
const one = (role: Role, extensions: string): fc.Arbitrary<Case> =>
  size.chain((length) =>
    fc.record({
      role: fc.constant(role),
      extensions: fc.constant(extensions),
      ownKey: fc.boolean(),
      type: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom('binary' as const, 'text' as const) },
        { weight: 1, arbitrary: fc.constantFrom('ping' as const, 'close' as const) },
      ),
      size: fc.constant(length),
      form,
      targetForm: form,
      shared: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      distance: distance(length),
      before: fc.nat(30),
      after: fc.nat(30),
      content: fc.nat(),
    }),
  )

describe.each(ROLES)('sendInto as a %s, with the payload in the target', (role) => {
  it.each(Object.keys(EXTENSIONS))('writes the frame of a copy of it; extensions: %s', (name) => {
    check(fc.property(one(role, name), run), 400)
  })

  it('at each distance of up to 50 bytes', () => {
    const rest = { role, form: 'view', targetForm: 'buffer', shared: false, before: 3, after: 5, content: 1 }
    for (const extensions of ['none', 'same']) {
      for (const length of [0, 1, 5, 31, 32, 33, 64, 125, 126, 300, 2049]) {
        for (let away = -50; away <= 50; away++) {
          const given: Case = {
            ...rest,
            ownKey: away % 2 === 0,
            extensions,
            type: 'binary',
            size: length,
            distance: away,
          }
          expect(() => run(given), `${length} bytes, ${away} away`).not.toThrow()
        }
      }
    }
  })

  it('writes nothing where there is no room', () => {
    for (const length of [0, 10, 125, 126, 1000, 70_000]) {
      const target = seededRandom(2).bytes(length + header(length, role) - 1)
      const was = target.slice()
      for (const extensions of [[], [bare()]]) {
        const connection = new Connection(role, { extensions })
        expect(connection.sendInto(new Data(target.subarray(0, length), 'binary'), target)).toBe(-1)
      }
      expect(Buffer.compare(target, was)).toBe(0)
    }
  })

  it('writes an ArrayBuffer over itself', () => {
    for (const length of [20, 200, 5000]) {
      const target = seededRandom(3).bytes(length)
      const content = target.slice()
      const whole = new Data(target.buffer, 'binary')
      const connection = new Connection(role, role === 'CLIENT' ? { maskKey: () => KEY_NUMBER } : {})
      expect(connection.sendInto(whole, target)).toBe(-1)
      const larger = new Uint8Array(length + 14)
      larger.set(content)
      const at = connection.sendInto(new Data(larger.subarray(0, length), 'binary'), larger)
      const wire = expected(role, [], TYPES.binary, content)
      expect(Buffer.compare(larger.subarray(0, at), wire)).toBe(0)
    }
  })

  it('writes strings as ever, also over what was sent before', () => {
    for (const text of ['', 'a', 'é'.repeat(20), 'x'.repeat(126), '😀'.repeat(600), 'κόσμε '.repeat(12_000)]) {
      for (const extensions of ['none', 'same', 'other']) {
        const ends = { own: EXTENSIONS[extensions](), reference: EXTENSIONS[extensions]() }
        const maskKey = role === 'CLIENT' ? { maskKey: () => KEY_NUMBER } : {}
        const connection = new Connection(role, { ...maskKey, extensions: ends.own })
        const data = new Data(text, 'text')
        const content = new Uint8Array(Buffer.from(text))
        const target = new Uint8Array(content.length * 2 + 200)
        for (const offset of [0, 5, 1]) {
          const at = connection.sendInto(data, target, offset)
          const wire = expected(role, ends.reference, TYPES.text, content)
          expect(Buffer.compare(target.subarray(offset, at), wire), `${text.length} at ${offset}`).toBe(0)
        }
      }
    }
  })
})

describe('a program that answers in place', () => {
  it.each(['frame', 'message', 'chunk'] as const)(
    'echoes each frame over the one that it received (%s)',
    (delivery) => {
      const client = new Connection('CLIENT')
      const server = new Connection('SERVER', { ownership: 'take', delivery })
      const random = seededRandom(4)
      for (const length of [0, 1, 10, 46, 47, 125, 126, 1000, 5000, 20_000, 65_535, 65_536, 100_000]) {
        const payload = random.bytes(length)
        const chunk = client.send(new Data(payload, 'binary')).slice()
        server.recv(chunk)
        const [message] = server.messages()
        const end = server.sendInto(new Data(message.message, 'binary'), chunk)
        client.recv(chunk.subarray(0, end))
        const [echo] = client.messages()
        expect(Buffer.compare(echo.message, payload), `${length} bytes`).toBe(0)
      }
    },
  )

  it('puts a frame together in a ring of its own: the payload first, the header before it afterwards', () => {
    for (const role of ROLES) {
      const connection = new Connection(role)
      const peer = new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT')
      const ring = new Uint8Array(70_100)
      for (const length of [1, 100, 126, 4000, 70_000]) {
        const content = seededRandom(length).bytes(length)
        const begin = header(length, role)
        ring.set(content, begin)
        const end = connection.sendInto(new Data(ring.subarray(begin, begin + length), 'binary'), ring)
        peer.recv(ring.subarray(0, end))
        const [message] = peer.messages()
        expect(Buffer.compare(message.message, content), `${role}, ${length} bytes`).toBe(0)
      }
    }
  })
})
