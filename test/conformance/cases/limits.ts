// Limits (RFC 6455 section 10.4): at, one below and one above, over frames and over the fragments of a message.

import { binary, type Case, type Chapter, cont, fragments, letters, more, octets, ping, pong, text } from '../case.js'

const section = '10.4'
const LIMITS = [1, 2, 124, 125, 126, 127, 65535, 65536]

/** A single frame against each of the two limits. */
const whole: Case[] = LIMITS.flatMap((limit) =>
  [-1, 0, 1].flatMap((by): Case[] => {
    const size = limit + by
    const frame = text(letters(size))
    return [
      {
        name: `frame of ${size} bytes, maxFrameSize ${limit}`,
        section,
        allowed: { maxFrameSize: limit },
        frames: by > 0 ? [] : [frame, frame],
        ...(by > 0 ? { violation: { frame, code: 'ERR_FRAME_TOO_BIG', closeCode: 1009 } as const } : {}),
      },
      {
        name: `message of ${size} bytes in one frame, maxMessageSize ${limit}`,
        section,
        allowed: { maxMessageSize: limit },
        frames: by > 0 ? [] : [frame, frame],
        ...(by > 0 ? { violation: { frame, code: 'ERR_MESSAGE_TOO_BIG', closeCode: 1009 } as const } : {}),
      },
    ]
  }),
)

/** A message in two fragments, with a ping between that counts for neither limit. */
const inTwo: Case[] = LIMITS.filter((limit) => limit > 1).flatMap((limit) =>
  [-1, 0, 1].map((by): Case => {
    const size = limit + by
    const first = binary(octets(size).subarray(0, 1), more)
    const last = cont(octets(size).subarray(1))
    const between = ping(octets(125))
    const name = `message of ${size} bytes in two fragments, maxMessageSize ${limit}`
    const common = { name, section, allowed: { maxMessageSize: limit } }
    if (by > 0) {
      const violation = { frame: last, code: 'ERR_MESSAGE_TOO_BIG', closeCode: 1009 } as const
      return { ...common, frames: [first, between], messages: [between], violation }
    }
    const message = binary(octets(size))
    return { ...common, frames: [first, between, last, message], messages: [between, message, message] }
  }),
)

const ten = { maxMessageSize: 10 }
const fourInAFrame = { maxFrameSize: 4 }
const tooLong = (frame: ReturnType<typeof text>) =>
  ({ frame, code: 'ERR_MESSAGE_TOO_BIG', closeCode: 1009 }) satisfies Case['violation']
const tooBig = (frame: ReturnType<typeof text>) =>
  ({ frame, code: 'ERR_FRAME_TOO_BIG', closeCode: 1009 }) satisfies Case['violation']

const further: Case[] = [
  {
    name: 'ten fragments of one byte, maxMessageSize 10',
    section,
    allowed: ten,
    frames: fragments(1, letters(10), 1),
    messages: [text(letters(10))],
  },
  {
    name: 'eleven fragments of one byte, maxMessageSize 10',
    section,
    allowed: ten,
    frames: fragments(1, letters(11), 1).slice(0, 10),
    messages: [],
    violation: tooLong(cont('K')),
  },
  {
    name: 'ten bytes and empty fragments, maxMessageSize 10',
    section,
    allowed: ten,
    frames: [text(letters(10), more), cont('', more), cont('', more), cont('')],
    messages: [text(letters(10))],
  },
  {
    name: 'one byte more after ten and an empty fragment, maxMessageSize 10',
    section,
    allowed: ten,
    frames: [text(letters(10), more), cont('', more)],
    messages: [],
    violation: tooLong(cont('x')),
  },
  {
    name: 'messages are counted one by one, maxMessageSize 10',
    section,
    allowed: ten,
    frames: [text(letters(10)), binary(octets(6), more), cont(octets(4)), text(letters(10)), text('')],
    messages: [text(letters(10)), binary(Uint8Array.of(0, 1, 2, 3, 4, 5, 0, 1, 2, 3)), text(letters(10)), text('')],
  },
  {
    name: 'fragments of 4 bytes, maxFrameSize 4, make a long message',
    section,
    allowed: fourInAFrame,
    frames: fragments(1, letters(4000), 4),
    messages: [text(letters(4000))],
  },
  {
    name: 'a second fragment of 5 bytes, maxFrameSize 4',
    section,
    allowed: fourInAFrame,
    frames: [text('abcd', more)],
    messages: [],
    violation: tooBig(cont('efghi')),
  },
  {
    name: 'control frames have their own limit, maxFrameSize and maxMessageSize 4',
    section,
    allowed: { maxFrameSize: 4, maxMessageSize: 4 },
    frames: [ping(octets(125)), text('ab', more), pong(octets(125)), cont('cd')],
    messages: [ping(octets(125)), pong(octets(125)), text('abcd')],
  },
  {
    name: 'limits of 0 allow empty messages',
    section,
    allowed: { maxFrameSize: 0, maxMessageSize: 0 },
    frames: [text(''), binary('', more), cont(''), ping('p')],
    messages: [text(''), binary(''), ping('p')],
  },
  {
    name: 'maxFrameSize 0 allows no byte',
    section,
    allowed: { maxFrameSize: 0 },
    frames: [text('')],
    violation: tooBig(text('a')),
  },
  {
    name: 'maxMessageSize 0 allows no byte',
    section,
    allowed: { maxMessageSize: 0 },
    frames: [text('', more)],
    messages: [],
    violation: tooLong(cont('a')),
  },
  {
    name: 'fragments whose sum passes 2^53 with no limit',
    section,
    frames: [binary('a', more)],
    messages: [],
    violation: tooLong(cont('', { declared: 2n ** 53n - 1n })),
  },
  {
    name: 'too big text whose first byte is no UTF-8: the size counts, it is in the header',
    section,
    allowed: fourInAFrame,
    frames: [],
    violation: tooBig(text(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff))),
  },
]

export const limits: Chapter[] = [
  { title: 'limits: a frame', cases: whole },
  { title: 'limits: a message in fragments', cases: inTwo },
  { title: 'limits, further', cases: further },
]
