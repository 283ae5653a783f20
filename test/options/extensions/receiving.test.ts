// Extensions on receipt: messages are decoded piece by piece in reverse order, whatever the cut, and text is checked then.
// Knows the public API, toy extensions and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, type Message, type Role } from '../../../bindings/index.js'
import {
  BINARY,
  CLOSE,
  CONTINUE,
  chunks,
  decode,
  type FrameFields,
  frame,
  join,
  KEY,
  noise,
  PING,
  TEXT,
  utf8,
} from '../../support/frames.js'
import { bare, rotation, runs, type Toy } from './toys.js'

const ROLES: readonly Role[] = ['SERVER', 'CLIENT']
const DELIVERIES = ['frame', 'message', 'chunk'] as const
const OWNERSHIPS = ['copy', 'take'] as const

/** Frames as the peer of `role` sends them. */
function wire(role: Role, ...frames: FrameFields[]): Uint8Array {
  return join(...frames.map((fields) => frame(role === 'SERVER' ? { ...fields, key: KEY } : fields)))
}

const hex = (payload: Uint8Array | string) => Buffer.from(payload).toString('hex')

/** What came, pieces of a frame joined: type, reserved bits, payload and FIN bit of each. */
function frames(messages: Message[]): string[] {
  const seen: string[] = []
  let pieces: Uint8Array[] = []
  for (const { type, reserved, message, fin, partial } of messages) {
    pieces.push(message)
    if (partial) continue
    seen.push(`${type} ${reserved.join('')} [${hex(join(...pieces))}]${fin ? '' : ' …'}`)
    pieces = []
  }
  expect(pieces).toEqual([])
  return seen
}

function receive(connection: Connection<string>, stream: Iterable<Uint8Array>): Message[] {
  const messages: Message[] = []
  for (const chunk of stream) {
    connection.recv(chunk)
    messages.push(...connection.messages())
  }
  return messages
}

/** Every kind of message, one after another, as fragments with what they become. `toys`: in the order of encoding. */
function everything(role: Role, toys: readonly Toy[]) {
  const rsv = toys.reduce((bits, { reserved: [a, b, c] }) => bits | (a << 2) | (b << 1) | c, 0)
  const long = noise(140)
  const messages: [type: string, opcode: number, coded: boolean, ...fragments: (string | Uint8Array)[]][] = [
    ['text', TEXT, true, 'aaaa€', '', utf8('€ü').subarray(0, 4), utf8('€ü').subarray(4), ''],
    ['text', TEXT, false, 'pl', 'ain'],
    ['binary', BINARY, true, ''],
    ['binary', BINARY, true, '', 'zzz'],
    ['binary', BINARY, true, long],
    ['latin-1', 3, true, Uint8Array.of(0xff, 0xff), Uint8Array.of(0xfe)],
    ['binary', BINARY, false, long],
    ['text', TEXT, true, 'end'],
  ]
  const parts: Uint8Array[] = []
  const byFrame: string[] = []
  const byMessage: string[] = []
  for (const [type, opcode, coded, ...fragments] of messages) {
    const bits = coded ? rsv : 0
    const reserved = bits.toString(2).padStart(3, '0')
    for (const [i, fragment] of fragments.entries()) {
      const plain = typeof fragment === 'string' ? utf8(fragment) : fragment
      const fin = i === fragments.length - 1
      const payload = coded ? toys.reduce((bytes: Uint8Array, toy) => toy.encode(bytes, fin), plain) : plain
      if (i > 0) {
        parts.push(wire(role, { opcode: PING, payload: 'p' }))
        for (const seen of [byFrame, byMessage]) seen.push(`ping 000 [${hex('p')}]`)
      }
      parts.push(
        wire(role, { opcode: i === 0 ? opcode : CONTINUE, fin: fin ? 1 : 0, rsv: i === 0 ? bits : 0, payload }),
      )
      byFrame.push(`${i === 0 ? type : 'continue'} ${i === 0 ? reserved : '000'} [${hex(plain)}]${fin ? '' : ' …'}`)
    }
    const whole = join(...fragments.map((fragment) => (typeof fragment === 'string' ? utf8(fragment) : fragment)))
    byMessage.push(`${type} ${reserved} [${hex(whole)}]`)
  }
  return { stream: join(...parts), byFrame, byMessage }
}

const LISTS: [string, () => Toy[]][] = [
  ['one extension', () => [rotation()]],
  ['one whose output is larger', () => [runs()]],
  ['two, in this order', () => [rotation(), runs()]],
  ['two, in the other', () => [runs(), rotation()]],
]

describe.each(LISTS)('%s', (_, make) => {
  const modes = ROLES.flatMap((role) =>
    DELIVERIES.flatMap((delivery) => OWNERSHIPS.map((ownership) => [role, delivery, ownership] as const)),
  )

  it.each(modes)('%s, %s, %s: gives what was encoded, in any cut', (role, delivery, ownership) => {
    const { stream, byFrame, byMessage } = everything(role, make())
    const expected = delivery === 'message' ? byMessage : byFrame
    const opcodeNonControlMod = { 'latin-1': 3 }
    const open = () => new Connection(role, { delivery, ownership, opcodeNonControlMod, extensions: make() })
    for (const size of [1, 2, 3, 5, 64, stream.length]) {
      expect(frames(receive(open(), chunks(stream, size))), `chunks of ${size}`).toEqual(expected)
    }
    for (let cut = 1; cut < stream.length; cut++) {
      const seen = frames(receive(open(), [stream.slice(0, cut), stream.slice(cut)]))
      if (seen.join() !== expected.join()) expect(seen, `cut at ${cut}`).toEqual(expected)
    }
  })
})

describe('reserved bits', () => {
  const fragment = { opcode: TEXT, fin: 0, payload: 'a' } as const
  const refused = 'error ERR_RESERVED_BIT 1002'
  // The toys claim the first bit and, together, the last two.
  const two = () => [bare(), bare({ reserved: [0, 1, 1] })]
  type Row = [string, ConnectionOptions['reservedBits'], FrameFields[], last: string]
  const rows: Row[] = [
    ['a claimed bit on a first frame', undefined, [{ opcode: TEXT, rsv: 4 }], 'NEED_DATA'],
    ['all claimed bits', undefined, [{ opcode: TEXT, rsv: 7 }], 'NEED_DATA'],
    ['one of two bits that an extension claims', undefined, [{ opcode: TEXT, rsv: 1 }], refused],
    ['the same with another extension', undefined, [{ opcode: BINARY, rsv: 6 }], refused],
    ['a claimed bit on a continuation', undefined, [fragment, { opcode: CONTINUE, rsv: 4 }], refused],
    [
      'that of an encoded message',
      undefined,
      [
        { ...fragment, rsv: 4 },
        { opcode: CONTINUE, rsv: 4 },
      ],
      refused,
    ],
    ['a claimed bit on a ping', undefined, [{ opcode: PING, rsv: 4 }], refused],
    ['a claimed bit on a close', undefined, [{ opcode: CLOSE, rsv: 4 }], refused],
    [
      'on a ping inside an encoded message',
      undefined,
      [
        { ...fragment, rsv: 4 },
        { opcode: PING, rsv: 4 },
      ],
      refused,
    ],
    ['a claimed bit that reservedBits has, too', [1, 0, 0], [fragment, { opcode: CONTINUE, rsv: 4 }], 'NEED_DATA'],
  ]
  for (const role of ROLES) {
    it.each(rows)(`${role}: %s`, (_, reservedBits, sent, last) => {
      for (const delivery of DELIVERIES) {
        for (const size of [1, 100]) {
          const connection = new Connection(role, { delivery, reservedBits, extensions: two() })
          expect(decode(connection, chunks(wire(role, ...sent), size)).at(-1)).toBe(last)
        }
      }
    })
  }

  const unclaimed: FrameFields[][] = [
    [{ opcode: TEXT, rsv: 2 }],
    [{ opcode: TEXT, rsv: 6 }],
    [fragment, { opcode: CONTINUE, rsv: 2 }],
    [{ opcode: PING, rsv: 2 }],
  ]
  it.each(unclaimed.map((sent) => [sent]))('not claimed: %j fails unless reservedBits allows it', (sent) => {
    const bytes = wire('SERVER', ...sent)
    for (const extensions of [[bare()], []]) {
      expect(decode(new Connection('SERVER', { extensions }), [bytes]).at(-1)).toBe(refused)
    }
    const allowing = { extensions: [bare()], reservedBits: [0, 1, 0] } as const
    expect(decode(new Connection('SERVER', allowing), [bytes]).at(-1)).toBe('NEED_DATA')
  })

  it('the error says which may be set, and where', () => {
    const connection = new Connection('SERVER', { reservedBits: [0, 1, 0], extensions: [bare()] })
    connection.recv(wire('SERVER', { opcode: PING, rsv: 4 }))
    expect(() => connection.nextEvent()).toThrow(
      'reserved bits 100; bits that the peer may set: 010, and 100 on the first frame of a message (RFC 6455 section 5.2)',
    )
  })
})

describe('text', () => {
  const coded = (fin: 0 | 1, payload: Uint8Array, first = true): FrameFields => ({
    opcode: first ? TEXT : CONTINUE,
    fin,
    rsv: first ? 2 : 0,
    payload: runs().encode(payload, fin === 1),
  })
  const euro = utf8('€')
  const invalid = 'error ERR_INVALID_UTF8 1007'
  const rows: [string, FrameFields[], string][] = [
    ['may be cut inside a character', [coded(0, euro.slice(0, 1)), coded(1, euro.slice(1), false)], 'NEED_DATA'],
    ['may not end there', [coded(1, euro.slice(0, 2))], invalid],
    ['may not end there after fragments', [coded(0, euro.slice(0, 2)), coded(1, utf8(''), false)], invalid],
    ['may not begin there', [coded(1, euro.slice(1))], invalid],
    ['begins anew with each message', [coded(1, utf8('ü')), coded(1, euro)], 'NEED_DATA'],
    ['is checked in messages that are not encoded', [{ opcode: TEXT, payload: euro.slice(1) }], invalid],
    ['encoded need not be text on the wire', [coded(1, new Uint8Array(200).fill(0x20))], 'NEED_DATA'],
    ['is no matter of binary messages', [{ ...coded(1, euro.slice(1)), opcode: BINARY }], 'NEED_DATA'],
    ['under a bit that is no extension’s is not text yet', [{ ...coded(1, euro.slice(1)), rsv: 3 }], 'NEED_DATA'],
  ]
  for (const delivery of DELIVERIES) {
    it.each(rows)(`'${delivery}': %s`, (_, sent, last) => {
      for (const size of [1, 3, 1000]) {
        const connection = new Connection('SERVER', { delivery, reservedBits: [0, 0, 1], extensions: [runs()] })
        expect(decode(connection, chunks(wire('SERVER', ...sent), size)).at(-1)).toBe(last)
      }
    })
  }

  it('fails as soon as a piece cannot be text', () => {
    const connection = new Connection('SERVER', { delivery: 'chunk', extensions: [runs()] })
    const stream = wire('SERVER', coded(1, join(utf8('ab'), euro.slice(1), utf8('c'))))
    expect(decode(connection, [stream.slice(0, 6 + 4), stream.slice(10, 12)])).toEqual([
      `text 010 [${hex('ab')}] partial`,
      invalid,
    ])
  })
})

describe('a decoded message', () => {
  it('has the type, bits, FIN bit and time of what came, and text and JSON of what it became', () => {
    let time = 1000
    const connection = new Connection('SERVER', { delivery: 'message', now: () => time, extensions: [runs()] })
    const bytes = wire('SERVER', { opcode: TEXT, rsv: 2, payload: runs().encode(utf8('{"é":[1]}'), true) })
    connection.recv(bytes.slice(0, 5))
    time = 2000
    const [message] = receive(connection, [bytes.slice(5)])
    expect([message.type, message.reserved, message.fin, message.partial]).toEqual(['text', [0, 1, 0], true, false])
    expect([message.text(), message.json(), message.time.getTime()]).toEqual(['{"é":[1]}', { é: [1] }, 2000])
    expect(message.toString()).toContain('text 10 B "{\\"é\\":[1]}" rsv=010')
  })

  it('holds the memory that the extension gave, as a plain Uint8Array', () => {
    const given = Buffer.from('made')
    const connection = new Connection('SERVER', { extensions: [bare({ decode: () => given })] })
    const [{ message }] = receive(connection, [wire('SERVER', { opcode: BINARY, rsv: 4, payload: 'x' })])
    expect([message.constructor, message.buffer, message.byteOffset]).toEqual([
      Uint8Array,
      given.buffer,
      given.byteOffset,
    ])
    expect(hex(message)).toBe(hex('made'))
  })

  it.each(DELIVERIES)("may be decoded in place; under 'copy' the chunk stays as it is ('%s')", (delivery) => {
    for (const role of ROLES) {
      const inPlace = bare({ decode: (payload) => payload.fill(7) })
      const payloads = [1, 70, 3000].map((size) => noise(size))
      const chunk = wire(role, ...payloads.map((payload) => ({ opcode: BINARY, rsv: 4, payload })))
      const before = chunk.slice()
      const messages = receive(new Connection(role, { delivery, extensions: [inPlace] }), [chunk])
      expect(Buffer.compare(chunk, before)).toBe(0)
      expect(messages.map(({ message }) => message.length)).toEqual([1, 70, 3000])
      expect(messages.every(({ message }) => message.every((byte) => byte === 7))).toBe(true)
    }
  })
})
