// Chapters 9 and 10: large messages, many fragments, many messages.

import { binary, type Case, type Chapter, fragments, letters, octets, text } from '../case.js'

const KIB = 1024
const MIB = 1024 * KIB

const kinds = [
  { name: 'text', make: text, sample: letters, opcode: 1 },
  { name: 'binary', make: binary, sample: octets, opcode: 2 },
] as const

const one: Case[] = kinds.flatMap(({ name, make, sample }, k) =>
  [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].map((size, i) => ({
    name: `${name} message of ${size / KIB} KiB`,
    section: '5.2',
    autobahn: `9.${1 + k}.${i + 1}`,
    frames: [make(sample(size))],
  })),
)

const fragmented: Case[] = kinds.flatMap(({ name, make, sample, opcode }, k) =>
  [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map((size, i) => ({
    name: `${name} message of 4 MiB in fragments of ${size} bytes`,
    section: '5.4',
    autobahn: `9.${3 + k}.${i + 1}`,
    frames: fragments(opcode, sample(4 * MIB), size),
    messages: [make(sample(4 * MIB))],
  })),
)

const chopped: Case[] = kinds.flatMap(({ name, make, sample }, k) =>
  [64, 128, 256, 512, 1024, 2048].map((chop, i) => ({
    name: `${name} message of 1 MiB in chops of ${chop} bytes`,
    section: '5.2',
    autobahn: `9.${5 + k}.${i + 1}`,
    frames: [make(sample(MIB))],
    chop,
  })),
)

const many: Case[] = kinds.flatMap(({ name, make, sample }, k) =>
  [0, 16, 64, 256, 1024, 4096].map((size, i) => ({
    name: `1000 ${name} messages of ${size} bytes`,
    section: '5.2',
    autobahn: `9.${7 + k}.${i + 1}`,
    frames: Array.from({ length: 1000 }, () => make(sample(size))),
  })),
)

const autoFragmented: Case[] = [
  {
    name: 'text message of 65536 bytes in fragments of 1300',
    section: '5.4',
    autobahn: '10.1.1',
    frames: fragments(1, letters(65536), 1300),
    messages: [text(letters(65536))],
  },
]

const DEFAULT_LIMIT = 16 * MIB
const defaults = { maxFrameSize: DEFAULT_LIMIT, maxMessageSize: DEFAULT_LIMIT }

const limits: Case[] = [
  {
    name: 'binary message of 16 MiB - 1, limits of 16 MiB',
    section: '10.4',
    allowed: defaults,
    frames: [binary(octets(DEFAULT_LIMIT - 1))],
  },
  {
    name: 'binary message of 16 MiB, limits of 16 MiB',
    section: '10.4',
    allowed: defaults,
    frames: [binary(octets(DEFAULT_LIMIT))],
  },
  {
    name: 'binary message of 16 MiB + 1, limits of 16 MiB',
    section: '10.4',
    allowed: defaults,
    frames: [],
    violation: {
      frame: binary('', { declared: BigInt(DEFAULT_LIMIT + 1) }),
      code: 'ERR_FRAME_TOO_BIG',
      closeCode: 1009,
    },
  },
]

export const large: Chapter[] = [
  { title: '9.1 and 9.2 large messages', cases: one },
  { title: '9.3 and 9.4 large messages in fragments', cases: fragmented },
  { title: '9.5 and 9.6 large messages in chops', cases: chopped },
  { title: '9.7 and 9.8 many messages', cases: many },
  { title: '10.1 auto-fragmentation', cases: autoFragmented },
  { title: 'limits of 16 MiB', cases: limits },
]
