// Extensions on sending: messages are encoded in order, whichever way they are sent, and nothing else is.
// Knows the public API, toy extensions and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data, LocalProtocolError, type Role } from '../../../bindings/index.js'
import {
  BINARY,
  CONTINUE,
  decode,
  events,
  type FrameFields,
  frame,
  join,
  noise,
  PING,
  TEXT,
} from '../../support/frames.js'
import { seededRandom } from '../../support/seed.js'
import { bare, rotation, runs, type Toy } from './toys.js'

const ROLES: readonly Role[] = ['SERVER', 'CLIENT']
const KEY = [1, 2, 3, 4] as const
const maskKey = () => 0x01020304

/** Frames as `role` sends them under the key above. */
function wire(role: Role, ...frames: FrameFields[]): Uint8Array {
  return join(...frames.map((fields) => frame(role === 'CLIENT' ? { ...fields, key: KEY } : fields)))
}

type Open = (role: Role, options: ConnectionOptions<'latin-1', never>) => Connection<'latin-1'>
const open: Open = (role, options) =>
  new Connection(role, { maskKey: role === 'CLIENT' ? maskKey : undefined, ...options })

/** The ways to send frames one after another. */
type Send = (connection: Connection<'latin-1'>, frames: readonly Data<'text'>[]) => Uint8Array
const WAYS: [string, Send][] = [
  ['send, all at once', (connection, frames) => connection.send(...frames)],
  ['send, one by one', (connection, frames) => join(...frames.map((one) => connection.send(one)))],
  ['sendParts', (connection, frames) => join(...frames.flatMap((one) => connection.sendParts(one)))],
  [
    'sendInto',
    (connection, frames) => {
      const target = new Uint8Array(10_000)
      return target.slice(
        0,
        frames.reduce((at, one) => connection.sendInto(one, target, at), 0),
      )
    },
  ],
]

// Types are checked elsewhere.
const data = (payload: string | Uint8Array, type: string, options = {}) => new Data(payload, type as 'text', options)
const more = { fin: false }

describe.each(ROLES)('%s', (role) => {
  it.each(WAYS)('%s: messages are encoded, their first frames get the bit, all else goes as it is', (_, send) => {
    const twin = rotation()
    const long = noise(400)
    const extensions = [rotation({ encodes: (__, size) => size !== 5 })]
    const connection = open(role, { opcodeNonControlMod: { 'latin-1': 3 }, reservedBits: [0, 0, 1], extensions })
    const sent = send(connection, [
      data('hé', 'text', more),
      data('ping', 'ping'),
      data('', 'continue', more),
      data('tail', 'continue'),
      data('plain', 'text', more),
      data('not 5', 'continue', more),
      data('longer', 'continue'),
      data('', 'binary'),
      data(long, 'latin-1', { rsv3: 1 }),
      data('', 'pong', { rsv3: 1 }),
      data('', 'close', { statusCode: 1000 }),
    ])
    expect(Buffer.from(sent).toString('hex')).toBe(
      Buffer.from(
        wire(
          role,
          { opcode: TEXT, fin: 0, rsv: 4, payload: twin.encode(new Uint8Array(Buffer.from('hé')), false) },
          { opcode: PING, payload: 'ping' },
          { opcode: CONTINUE, fin: 0 },
          { opcode: CONTINUE, payload: twin.encode(new Uint8Array(Buffer.from('tail')), true) },
          { opcode: TEXT, fin: 0, payload: 'plain' },
          { opcode: CONTINUE, fin: 0, payload: 'not 5' },
          { opcode: CONTINUE, payload: 'longer' },
          { opcode: BINARY, rsv: 4, payload: twin.encode(new Uint8Array(0), true) },
          { opcode: 3, rsv: 5, payload: twin.encode(long, true) },
          { opcode: 10, rsv: 1 },
          { opcode: 8, payload: Uint8Array.of(0x03, 0xe8) },
        ),
      ).toString('hex'),
    )
  })

  it.each(WAYS)('%s: several extensions encode in the order of the list', (_, send) => {
    const orders: [Toy[], Toy[]][] = [
      [
        [rotation(), runs()],
        [rotation(), runs()],
      ],
      [
        [runs(), rotation()],
        [runs(), rotation()],
      ],
    ]
    const seen = orders.map(([toys, twins]) => {
      const connection = open(role, { extensions: toys })
      const payload = twins.reduce((bytes: Uint8Array, twin) => twin.encode(bytes, true), new Uint8Array(9))
      const bytes = send(connection, [data(new Uint8Array(9), 'binary')])
      expect(bytes).toEqual(wire(role, { opcode: BINARY, rsv: 6, payload }))
      return bytes.length
    })
    expect(seen[0]).toBeGreaterThan(seen[1])
  })

  it.each(WAYS)('%s: what was fragmented and encoded by both is received', (_, send) => {
    const random = seededRandom(7)
    const peer: Role = role === 'CLIENT' ? 'SERVER' : 'CLIENT'
    const some = (toys: Toy[]) => toys.map((toy) => ({ ...toy, encodes: () => random.below(3) > 0 }))
    const connection = open(role, { extensions: some([rotation(), runs()]) })
    const receiver = new Connection(peer, { delivery: 'message', extensions: [rotation(), runs()] })
    for (let i = 0; i < 60; i++) {
      const fragments = Array.from({ length: 1 + random.below(4) }, () =>
        noise(random.below(100) * random.below(2), random.below(1000)),
      )
      const last = fragments.length - 1
      const frames = fragments.map((one, at) => data(one, at === 0 ? 'binary' : 'continue', { fin: at === last }))
      const [seen] = decode(receiver, [send(connection, frames)])
      expect(seen.replace(/\d+ /, '')).toBe(
        decode(new Connection('CLIENT', { delivery: 'message' }), [
          frame({ opcode: BINARY, payload: join(...fragments) }),
        ])[0].replace(/\d+ /, ''),
      )
    }
  })
})

describe('an extension that is asked', () => {
  it('says for each message, once, whether it encodes it; control frames and fragments are not asked about', () => {
    const toy = rotation({ encodes: (type) => type === 'text' })
    const connection = new Connection('SERVER', { extensions: [toy] })
    connection.send(data('é', 'text', more), data('', 'ping'), data('b', 'continue'), data('c', 'binary'))
    expect(toy.calls).toEqual([
      { method: 'encodes text', size: 2, fin: false },
      { method: 'encode', size: 2, fin: false },
      { method: 'encode', size: 1, fin: true },
      { method: 'encodes binary', size: 1, fin: true },
    ])
  })

  it('is not, where it claims no bit: nobody could tell its messages', () => {
    const toy = rotation({ reserved: [0, 0, 0] })
    const connection = new Connection('SERVER', { extensions: [toy] })
    expect(connection.send(data('a', 'text'))).toEqual(frame({ opcode: TEXT, payload: 'a' }))
    const target = new Uint8Array(3)
    expect(connection.sendInto(data('a', 'text'), target)).toBe(3)
    expect(toy.calls).toEqual([])
  })

  it('gets a plain Uint8Array, whose bytes stay the caller’s', () => {
    let seen: Uint8Array | undefined
    const extension = bare({
      encode(payload) {
        seen = payload
        return payload.slice().fill(0)
      },
    })
    const given = Buffer.from('given')
    new Connection('SERVER', { extensions: [extension] }).send(data(given, 'binary'))
    expect(seen?.constructor).toBe(Uint8Array)
    expect(String(given)).toBe('given')
  })

  it.each([undefined, 'text', [1], null])('must not encode to %o', (value) => {
    const encode = () => value as unknown as Uint8Array
    for (const list of [[bare({ encode })], [bare({ encode }), bare({ reserved: [0, 0, 1] })]]) {
      const connection = new Connection('SERVER', { extensions: list })
      expect(() => connection.send(data('a', 'text'))).toThrow(
        new TypeError("encode of extension 'x-bare' must return a Uint8Array"),
      )
    }
  })
})

describe('a frame that may not be sent', () => {
  const euro = Uint8Array.of(0xe2, 0x82)
  it.each([
    ['a claimed bit on a text', data('a', 'text', { rsv1: 1 }), 'ERR_SEND_RESERVED_BIT'],
    ['on a ping', data('a', 'ping', { rsv1: 1 }), 'ERR_SEND_RESERVED_BIT'],
    ['on a close', data('', 'close', { rsv1: 1 }), 'ERR_SEND_RESERVED_BIT'],
    ['another extension’s', data('a', 'binary', { rsv2: 1, rsv3: 1 }), 'ERR_SEND_RESERVED_BIT'],
    ['text that is not UTF-8', data(euro, 'text'), 'ERR_SEND_INVALID_UTF8'],
    ['a fragment of nothing', data('', 'continue'), 'ERR_SEND_NOTHING_TO_CONTINUE'],
    ['an unknown type', data('', 'txt'), 'ERR_SEND_TYPE'],
  ])('%s: no extension knows of it, nor of those before it', (_, wrong, code) => {
    const toys = [rotation(), runs()]
    const connection = new Connection('SERVER', { extensions: toys })
    for (const [, send] of WAYS.slice(1)) expect(() => send(connection, [wrong])).toThrow(LocalProtocolError)
    let error: unknown
    try {
      connection.send(data('good', 'text'), data('', 'ping'), wrong)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(LocalProtocolError)
    expect((error as LocalProtocolError).code).toBe(code)
    expect(toys.flatMap(({ calls }) => calls)).toEqual([])
    const twin = new Connection('SERVER', { extensions: [rotation(), runs()] })
    expect(connection.send(data('next', 'text'))).toEqual(twin.send(data('next', 'text')))
  })

  it('a claimed bit on a continuation, whether its message is encoded or not', () => {
    for (const coded of [true, false]) {
      const toy = rotation({ encodes: () => coded })
      const connection = new Connection('SERVER', { reservedBits: [1, 1, 1], extensions: [toy] })
      connection.send(data('a', 'text', more))
      const before = toy.calls.length
      expect(() => connection.send(data('b', 'continue', { rsv1: 1 }))).toThrow(
        "'continue' with a reserved bit on that belongs to an extension, which sets it itself (RFC 6455 section 5.2)",
      )
      expect(toy.calls.length).toBe(before)
    }
  })
})

describe('sendInto', () => {
  it.each(ROLES)('%s: without room nothing is encoded, and the same frame can be sent with more', (role) => {
    const lists = [() => [rotation()], () => [rotation(), rotation({ reserved: [0, 1, 0] })]]
    for (const make of lists) {
      const list = make()
      const connection = open(role, { extensions: list })
      const frame = data(new Uint8Array(160).fill(1), 'binary')
      // A sixteenth and 64 bytes for each extension, and the header.
      const room = list.reduce((size) => size + Math.ceil(size / 16) + 64, 160) + (role === 'CLIENT' ? 8 : 4)
      const target = new Uint8Array(room).fill(0xee)
      expect(connection.sendInto(frame, target, 1)).toBe(-1)
      expect(connection.sendInto(frame, target.subarray(1))).toBe(-1)
      expect(list.flatMap(({ calls }) => calls)).toEqual([])
      expect(target.every((byte) => byte === 0xee)).toBe(true)
      const end = connection.sendInto(frame, target)
      expect(target.slice(0, end)).toEqual(open(role, { extensions: make() }).send(frame))
    }
  })

  it('needs no more room than a control frame has', () => {
    const connection = new Connection('SERVER', { extensions: [rotation()] })
    const target = new Uint8Array(4)
    expect(connection.sendInto(data('ab', 'ping'), target)).toBe(4)
    expect(target).toEqual(frame({ opcode: PING, payload: 'ab' }))
    expect(connection.sendInto(data('abc', 'ping'), target)).toBe(-1)
  })

  it('says so where an extension makes more than it may', () => {
    const connection = new Connection('SERVER', { extensions: [bare({ encode: () => new Uint8Array(99) })] })
    expect(() => connection.sendInto(data('a', 'text'), new Uint8Array(80))).toThrow(
      new RangeError('the payload became 99 bytes, which do not fit in the 80 of the target'),
    )
    expect(connection.sendInto(data('a', 'text'), new Uint8Array(101))).toBe(101)
  })
})

it('encodes nothing where another of the frames cannot be sent', () => {
  const extension = rotation()
  const connection = new Connection('SERVER', { extensions: [extension] })
  const [first, second] = [data('first', 'text'), data(new Uint8Array(8), 'binary')]
  structuredClone(second.data, { transfer: [(second.data as Uint8Array<ArrayBuffer>).buffer] })
  expect(() => connection.send(first, second)).toThrow(TypeError)
  expect(connection.send(first)).toEqual(new Connection('SERVER', { extensions: [rotation()] }).send(first))
})

describe('one Data on many connections', () => {
  it.each(['text', 'binary'])('is encoded by each as its own extensions want (%s)', (type) => {
    for (const payload of ['short', 'long'.repeat(100)]) {
      const one = data(payload, type)
      const lists = [undefined, [rotation()], [], [rotation()], [rotation({ encodes: () => false })]]
      const ends = lists.map((extensions) => ({
        server: new Connection('SERVER', { extensions }),
        client: new Connection('CLIENT', { extensions: [rotation()] }),
        bits: extensions?.[0]?.encodes(type, 0, true) ? '100' : '000',
      }))
      const plain = frame({ opcode: type === 'text' ? TEXT : BINARY, payload })
      const [line] = decode(new Connection('CLIENT'), [plain])
      const encodedOnce = new Set<unknown>()
      const encodedEach = new Set<unknown>()
      for (let round = 0; round < 3; round++) {
        for (const { server, client, bits } of ends) {
          const parts = server.sendParts(one)
          ;(bits === '000' ? encodedOnce : encodedEach).add(parts)
          client.recv(join(...parts))
          expect(events(client)).toEqual([line.replace('000', bits), 'NEED_DATA'])
        }
      }
      expect([encodedOnce.size, encodedEach.size]).toEqual([1, 6])
    }
  })
})
