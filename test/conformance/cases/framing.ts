// Chapter 1: base framing (RFC 6455 section 5.2) and masking (5.1, 5.3): every form of the payload length, and who masks.

import { binary, type Case, type Chapter, cont, frame, letters, more, octets, ping, text } from '../case.js'

const SIZES = [0, 125, 126, 127, 128, 65535, 65536]

const autobahn: Case[] = [
  ...SIZES.map((size, i) => ({
    name: `text message of ${size} bytes`,
    section: '5.2',
    autobahn: `1.1.${i + 1}`,
    frames: [text(letters(size))],
  })),
  {
    name: 'text message of 65536 bytes in chops of 997',
    section: '5.2',
    autobahn: '1.1.8',
    frames: [text(letters(65536))],
    chop: 997,
  },
  ...SIZES.map((size, i) => ({
    name: `binary message of ${size} bytes`,
    section: '5.2',
    autobahn: `1.2.${i + 1}`,
    frames: [binary(octets(size))],
  })),
  {
    name: 'binary message of 65536 bytes in chops of 997',
    section: '5.2',
    autobahn: '1.2.8',
    frames: [binary(octets(65536))],
    chop: 997,
  },
]

/** One below, at and above where the form of the length changes; the last column is the form that must be used. */
const FORMS: [size: number, bits: 7 | 16 | 64][] = [
  [1, 7],
  [124, 7],
  [125, 7],
  [126, 16],
  [127, 16],
  [65534, 16],
  [65535, 16],
  [65536, 64],
  [65537, 64],
]

const minimal: Case[] = FORMS.map(([size, lengthBits]) => ({
  name: `${size} bytes, length in ${lengthBits} bits`,
  section: '5.2',
  frames: [binary(octets(size), { lengthBits }), text('next')],
}))

/** "the minimal number of bytes MUST be used to encode the length" */
const NOT_MINIMAL: [size: number, bits: 16 | 64][] = [
  [0, 16],
  [1, 16],
  [124, 16],
  [125, 16],
  [0, 64],
  [125, 64],
  [126, 64],
  [127, 64],
  [65534, 64],
  [65535, 64],
]

const notMinimal: Case[] = NOT_MINIMAL.map(([size, lengthBits]) => ({
  name: `${size} bytes, length in ${lengthBits} bits`,
  section: '5.2',
  frames: [text('before')],
  violation: {
    frame: binary(octets(size), { lengthBits }),
    code: 'ERR_LENGTH_NOT_MINIMAL',
    closeCode: 1002,
  },
}))

/** "the most significant bit MUST be 0" */
const TOP_BIT: [name: string, length: bigint][] = [
  ['2^63', 2n ** 63n],
  ['2^63 + 5', 2n ** 63n + 5n],
  ['2^64 - 1', 2n ** 64n - 1n],
]

const topBit: Case[] = TOP_BIT.map(([name, declared]) => ({
  name: `declared length ${name}`,
  section: '5.2',
  frames: [text('before')],
  violation: { frame: binary('', { declared }), code: 'ERR_LENGTH_TOP_BIT', closeCode: 1002 },
}))

/** Lengths where a 32-bit, a signed or a floating-point length goes wrong. Nothing is wrong with them but their size. */
const HUGE: [name: string, length: bigint][] = [
  ['2^31 - 1', 2n ** 31n - 1n],
  ['2^31', 2n ** 31n],
  ['2^32 - 1', 2n ** 32n - 1n],
  ['2^32', 2n ** 32n],
  ['2^32 + 1', 2n ** 32n + 1n],
  ['2^53 - 1', 2n ** 53n - 1n],
]

const huge: Case[] = HUGE.map(([name, declared]) => ({
  name: `declared length ${name} with no limit`,
  section: '5.2',
  frames: [text('before')],
  unfinished: binary('the beginning', { declared }),
}))

const tooHuge: Case[] = [
  ...HUGE,
  ['2^53', 2n ** 53n] as const,
  ['2^53 + 1', 2n ** 53n + 1n] as const,
  ['2^63 - 1', 2n ** 63n - 1n] as const,
].map(([name, declared]) => ({
  name: `declared length ${name} with a limit of 2^31 - 2`,
  section: '10.4',
  allowed: { maxFrameSize: 2 ** 31 - 2 },
  frames: [text('before')],
  violation: { frame: binary('', { declared }), code: 'ERR_FRAME_TOO_BIG', closeCode: 1009 },
}))

/** A codec that counts in floating point cannot count these: it must refuse them although there is no limit. */
const uncountable: Case[] = [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n].map((declared) => ({
  name: `declared length ${declared} with no limit`,
  section: '10.4',
  frames: [text('before')],
  violation: { frame: binary('', { declared }), code: 'ERR_FRAME_TOO_BIG', closeCode: 1009 },
}))

const kinds = [
  text('Hello'),
  text(''),
  text('part', more),
  binary('Hello'),
  ping('Hello'),
  ping(''),
  frame(8, ''),
  frame(10, 'Hello'),
]

const masking: Case[] = [
  ...kinds.map(
    (one): Case => ({
      name: `server: opcode ${one.opcode}, ${one.payload.length} bytes, fin ${one.fin}, not masked`,
      section: '5.1',
      role: 'SERVER',
      frames: [text('before')],
      violation: { frame: { ...one, masked: false }, code: 'ERR_NOT_MASKED', closeCode: 1002 },
    }),
  ),
  ...kinds.map(
    (one): Case => ({
      name: `client: opcode ${one.opcode}, ${one.payload.length} bytes, fin ${one.fin}, masked`,
      section: '5.1',
      role: 'CLIENT',
      frames: [text('before')],
      violation: { frame: { ...one, masked: true }, code: 'ERR_MASKED', closeCode: 1002 },
    }),
  ),
  {
    name: 'server: a continuation that is not masked',
    section: '5.1',
    role: 'SERVER',
    frames: [text('before', more)],
    messages: [],
    violation: { frame: cont('after', { masked: false }), code: 'ERR_NOT_MASKED', closeCode: 1002 },
  },
  {
    name: 'server that allows it: frames masked and not, mixed',
    section: '5.1',
    role: 'SERVER',
    allowed: { unmasked: true },
    frames: [
      text('not masked', { masked: false }),
      text('masked'),
      binary(octets(300), { masked: false, ...more }),
      ping('not masked', { masked: false }),
      cont(octets(300)),
    ],
    messages: [
      text('not masked'),
      text('masked'),
      ping('not masked'),
      binary(Uint8Array.from([...octets(300), ...octets(300)])),
    ],
  },
]

const phases: Case[] = Array.from({ length: 9 }, (_, size) => ({
  name: `frames of ${size} and ${size + 1} bytes: each begins its masking key anew`,
  section: '5.3',
  frames: [binary(octets(size)), text(letters(size + 1)), binary(octets(70 + size)), text(letters(70 + size))],
}))

const octetWise: Case[] = [text(letters(65536)), binary(octets(65536))].map((one) => ({
  name: `opcode ${one.opcode} with 65536 bytes, an octet at a time`,
  section: '5.2',
  frames: [one],
  chop: 1,
}))

export const framing: Chapter[] = [
  { title: '1 framing: text and binary messages', cases: autobahn },
  { title: 'framing: the form of the length', cases: [...minimal, ...notMinimal, ...topBit, ...octetWise] },
  { title: 'framing: huge lengths', cases: [...huge, ...tooHuge, ...uncountable] },
  { title: 'framing: masking', cases: [...masking, ...phases] },
]
