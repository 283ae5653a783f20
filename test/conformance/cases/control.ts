// Chapters 2 to 4: control frames (RFC 6455 section 5.5), reserved bits and opcodes (5.2).

import {
  binary,
  bytes,
  type Case,
  type Chapter,
  close,
  cont,
  type Frame,
  frame,
  hex,
  letters,
  more,
  octets,
  ping,
  pong,
  text,
} from '../case.js'

const tenPings = Array.from({ length: 10 }, (_, i) => ping(`payload-${i}`))

const pings: Case[] = [
  { name: 'ping without payload', section: '5.5.2', autobahn: '2.1', frames: [ping()] },
  { name: 'ping with text', section: '5.5.2', autobahn: '2.2', frames: [ping('Hello, world!')] },
  {
    name: 'ping with bytes that are not UTF-8',
    section: '5.5.2',
    autobahn: '2.3',
    frames: [ping(hex('00 ff fe fd fc fb 00 ff'))],
  },
  { name: 'ping of 125 bytes', section: '5.5', autobahn: '2.4', frames: [ping(hex('fe'.repeat(125)))] },
  {
    name: 'ping of 126 bytes',
    section: '5.5',
    autobahn: '2.5',
    frames: [],
    violation: { frame: ping(hex('fe'.repeat(126))), code: 'ERR_CONTROL_FRAME_LENGTH', closeCode: 1002 },
  },
  {
    name: 'ping of 125 bytes, an octet at a time',
    section: '5.5',
    autobahn: '2.6',
    frames: [ping(hex('fe'.repeat(125)))],
    chop: 1,
  },
  { name: 'unsolicited pong without payload', section: '5.5.3', autobahn: '2.7', frames: [pong()] },
  { name: 'unsolicited pong', section: '5.5.3', autobahn: '2.8', frames: [pong('unsolicited pong payload')] },
  {
    name: 'unsolicited pong, then a ping',
    section: '5.5.3',
    autobahn: '2.9',
    frames: [pong('unsolicited pong payload'), ping('ping payload')],
  },
  { name: 'ten pings', section: '5.5.2', autobahn: '2.10', frames: tenPings },
  { name: 'ten pings, an octet at a time', section: '5.5.2', autobahn: '2.11', frames: tenPings, chop: 1 },
]

const controlLengths: Case[] = [
  ...[9, 10].flatMap((opcode) =>
    [0, 1, 124, 125].map((size) => ({
      name: `opcode ${opcode} with ${size} bytes`,
      section: '5.5',
      frames: [frame(opcode, octets(size)), text('next')],
    })),
  ),
  ...[8, 9, 10].flatMap((opcode) =>
    [126, 127, 65535, 65536].map(
      (size): Case => ({
        name: `opcode ${opcode} with ${size} bytes`,
        section: '5.5',
        frames: [text('before')],
        violation: { frame: frame(opcode, octets(size)), code: 'ERR_CONTROL_FRAME_LENGTH', closeCode: 1002 },
      }),
    ),
  ),
  ...[8, 9, 10].flatMap((opcode) =>
    ([16, 64] as const).map(
      (lengthBits): Case => ({
        name: `opcode ${opcode} with 5 bytes, length in ${lengthBits} bits`,
        section: '5.5',
        frames: [text('before')],
        violation: {
          frame: frame(opcode, hex('03 e8 41 42 43'), { lengthBits }),
          code: 'ERR_CONTROL_FRAME_LENGTH',
          closeCode: 1002,
        },
      }),
    ),
  ),
]

const reserved = (name: string, autobahn: string, frames: Frame[], wrong: Frame, chop?: number): Case => ({
  name,
  section: '5.2',
  autobahn,
  frames,
  violation: { frame: wrong, code: 'ERR_RESERVED_BIT', closeCode: 1002 },
  ignored: [ping('ignored')],
  ...(chop === undefined ? {} : { chop }),
})

const hello = text('Hello, world!')

const reservedBits: Case[] = [
  reserved('RSV 1 on text', '3.1', [], { ...hello, rsv: 1 }),
  reserved('RSV 2 on a second text', '3.2', [hello], { ...hello, rsv: 2 }),
  reserved('RSV 3 on a second text', '3.3', [hello], { ...hello, rsv: 3 }),
  reserved('RSV 4 on a second text, an octet at a time', '3.4', [hello], { ...hello, rsv: 4 }, 1),
  reserved('RSV 5 on binary', '3.5', [], binary(hex('00 ff fe fd fc fb 00 ff'), { rsv: 5 })),
  reserved('RSV 6 on a ping', '3.6', [], ping('Hello, world!', { rsv: 6 })),
  reserved('RSV 7 on a close', '3.7', [], close(1000, '', { rsv: 7 })),
]

/** Every setting of the bits against every set of allowed ones: legal where none is on that is not allowed. */
const negotiated: Case[] = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((allowed) =>
  [1, 2, 3, 4, 5, 6, 7].map((rsv): Case => {
    const name = `RSV ${rsv} where ${allowed} is allowed`
    const one = binary('abc', { rsv })
    const good = { name, section: '5.2', allowed: { rsv: allowed }, frames: [text('before'), ping('p', { rsv: 0 })] }
    const legal = (rsv & ~allowed) === 0
    if (legal) return { ...good, frames: [...good.frames, one, ping('p', { rsv }), binary('abc')] }
    return { ...good, violation: { frame: one, code: 'ERR_RESERVED_BIT', closeCode: 1002 } }
  }),
)

const extended: Case[] = [
  {
    name: 'RSV1 on the first fragment belongs to the message',
    section: '5.2',
    allowed: { rsv: 4 },
    frames: [binary('a', { rsv: 4, ...more }), ping('p'), cont('b')],
    messages: [ping('p'), binary('ab', { rsv: 4 })],
  },
  {
    name: 'RSV bits of later fragments are not those of the message',
    section: '5.2',
    allowed: { rsv: 7 },
    frames: [binary('a', { rsv: 1, ...more }), cont('b', { rsv: 6 })],
    messages: [binary('ab', { rsv: 1 })],
  },
  {
    name: 'RSV bit on a continuation where none is allowed',
    section: '5.2',
    frames: [text('a', more)],
    messages: [],
    violation: { frame: cont('b', { rsv: 4 }), code: 'ERR_RESERVED_BIT', closeCode: 1002 },
  },
  {
    name: 'text under an extension is not UTF-8 yet, nor are its continuations',
    section: '8.1',
    allowed: { rsv: 4 },
    frames: [text(hex('c1 ff'), { rsv: 4, ...more }), cont(hex('fe 80')), text('text again')],
    messages: [text(hex('c1 ff fe 80'), { rsv: 4 }), text('text again')],
  },
  {
    name: 'text whose first frame has no RSV bit is UTF-8, whatever its continuations have',
    section: '8.1',
    allowed: { rsv: 4 },
    frames: [text('a', more)],
    messages: [],
    violation: { frame: cont(hex('62 ff'), { rsv: 4 }), code: 'ERR_INVALID_UTF8', closeCode: 1007, failsAt: 2 },
  },
  {
    name: 'registered opcodes',
    section: '5.8',
    allowed: { dataOpcodes: { 'latin-1': 3, last: 7 }, controlOpcodes: { compare: 11, query: 15 } },
    frames: [
      frame(3, hex('e9')),
      frame(3, hex('e9'), more),
      frame(11, 'c'),
      cont(hex('ff'), more),
      frame(15, letters(125)),
      cont(),
      frame(7, 'l'),
    ],
    messages: [frame(3, hex('e9')), frame(11, 'c'), frame(15, letters(125)), frame(3, hex('e9 ff')), frame(7, 'l')],
  },
  {
    name: 'a registered control opcode fragmented',
    section: '5.5',
    allowed: { controlOpcodes: { compare: 11 } },
    frames: [],
    violation: { frame: frame(11, 'c', more), code: 'ERR_FRAGMENTED_CONTROL_FRAME', closeCode: 1002 },
  },
  {
    name: 'a registered control opcode of 126 bytes',
    section: '5.5',
    allowed: { controlOpcodes: { compare: 11 } },
    frames: [],
    violation: { frame: frame(11, octets(126)), code: 'ERR_CONTROL_FRAME_LENGTH', closeCode: 1002 },
  },
  {
    name: 'a registered data opcode inside a message',
    section: '5.4',
    allowed: { dataOpcodes: { 'latin-1': 3 } },
    frames: [text('a', more)],
    messages: [],
    violation: { frame: frame(3, 'b'), code: 'ERR_MESSAGE_INTERRUPTED', closeCode: 1002 },
  },
]

const unknown = (autobahn: string, opcode: number, payload: string, frames: Frame[], chop?: number): Case => ({
  name: `opcode ${opcode}${payload === '' ? '' : ' with payload'}${frames.length > 0 ? ' after a text' : ''}`,
  section: '5.2',
  autobahn,
  frames,
  violation: { frame: frame(opcode, payload), code: 'ERR_UNKNOWN_OPCODE', closeCode: 1002 },
  ignored: [ping()],
  ...(chop === undefined ? {} : { chop }),
})

const opcodes: Case[] = [
  unknown('4.1.1', 3, '', []),
  unknown('4.1.2', 4, 'reserved opcode payload', []),
  unknown('4.1.3', 5, '', [hello]),
  unknown('4.1.4', 6, 'Hello, world!', [hello]),
  unknown('4.1.5', 7, 'Hello, world!', [hello], 1),
  unknown('4.2.1', 11, '', []),
  unknown('4.2.2', 12, 'reserved opcode payload', []),
  unknown('4.2.3', 13, '', [hello]),
  unknown('4.2.4', 14, 'Hello, world!', [hello]),
  unknown('4.2.5', 15, 'Hello, world!', [hello], 1),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode): Case => ({
      name: `opcode ${opcode} where its neighbours are registered`,
      section: '5.2',
      allowed: {
        dataOpcodes: Object.fromEntries([3, 4, 5, 6, 7].filter((n) => n !== opcode).map((n) => [`data${n}`, n])),
        controlOpcodes: Object.fromEntries(
          [11, 12, 13, 14, 15].filter((n) => n !== opcode).map((n) => [`control${n}`, n]),
        ),
      },
      frames: [text('before', more), ping(bytes([opcode]))],
      messages: [ping(bytes([opcode]))],
      violation: { frame: frame(opcode), code: 'ERR_UNKNOWN_OPCODE', closeCode: 1002 },
    }),
  ),
]

export const control: Chapter[] = [
  { title: '2 pings and pongs', cases: pings },
  { title: 'control frames: the limit of 125 bytes', cases: controlLengths },
  { title: '3 reserved bits', cases: [...reservedBits, ...negotiated] },
  { title: '4 opcodes', cases: opcodes },
  { title: 'extensions', cases: extended },
]
