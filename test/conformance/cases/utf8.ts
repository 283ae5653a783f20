// Chapter 6: text is UTF-8 (RFC 6455 section 8.1, RFC 3629), in whatever fragments, and fails as soon as it cannot be.

import {
  bytes,
  type Case,
  type Chapter,
  close,
  cont,
  fragments,
  hex,
  letters,
  more,
  ping,
  text,
  utf8,
} from '../case.js'
import { failing, SEQUENCES } from './sequences.js'

const section = '8.1'
const invalid = (frame: ReturnType<typeof text>, failsAt: number) =>
  ({ frame, code: 'ERR_INVALID_UTF8', closeCode: 1007, failsAt }) satisfies Case['violation']

const kosme = hex('ce ba e1 bd b9 cf 83 ce bc ce b5')
const standard = 'Hello-µ@ßöäüàá-UTF-8!!'

const autobahn: Case[] = [
  { name: 'empty text', section, autobahn: '6.1.1', frames: [text()] },
  {
    name: 'three empty fragments',
    section,
    autobahn: '6.1.2',
    frames: [text('', more), cont('', more), cont('')],
    messages: [text('')],
  },
  {
    name: 'three fragments, the first and last empty',
    section,
    autobahn: '6.1.3',
    frames: [text('', more), cont('middle frame payload', more), cont('')],
    messages: [text('middle frame payload')],
  },
  { name: 'text of several scripts', section, autobahn: '6.2.1', frames: [text(standard)] },
  {
    name: 'fragmented between characters',
    section,
    autobahn: '6.2.2',
    frames: [text('Hello-µ@ßöä', more), cont('üàá-UTF-8!!')],
    messages: [text(standard)],
  },
  {
    name: 'fragments of one octet, cutting characters',
    section,
    autobahn: '6.2.3',
    frames: fragments(1, utf8(standard), 1),
    messages: [text(standard)],
  },
  {
    name: 'fragments of one octet, Greek',
    section,
    autobahn: '6.2.4',
    frames: fragments(1, kosme, 1),
    messages: [text(kosme)],
  },
  {
    name: 'a surrogate in the middle of a frame',
    section,
    autobahn: '6.3.1',
    frames: [],
    violation: invalid(text(bytes(kosme, hex('ed a0 80'), utf8('edited'))), 13),
  },
  {
    name: 'a surrogate in fragments of one octet',
    section,
    autobahn: '6.3.2',
    frames: fragments(1, bytes(kosme, hex('ed a0 80'), utf8('edited')), 1).slice(0, 12),
    messages: [],
    violation: invalid(cont(hex('a0'), more), 1),
    ignored: [cont(hex('80'), more), cont('edited')],
  },
  {
    name: 'the second of three fragments is over U+10FFFF',
    section,
    autobahn: '6.4.1',
    frames: [text(kosme, more)],
    messages: [],
    violation: invalid(cont(hex('f4 90 80 80'), more), 2),
    ignored: [cont('edited')],
  },
  {
    name: 'a character over U+10FFFF begins in one fragment and shows in the next',
    section,
    autobahn: '6.4.2',
    frames: [text(bytes(kosme, hex('f4')), more)],
    messages: [],
    violation: invalid(cont(hex('90'), more), 1),
    ignored: [cont(bytes(hex('80 80'), utf8('edited')))],
  },
  ...[11, 12].map(
    (chop, i): Case => ({
      name: `a character over U+10FFFF inside a frame in chops of ${chop}`,
      section,
      autobahn: `6.4.${3 + i}`,
      frames: [],
      violation: invalid(text(bytes(kosme, hex('f4 90 80 80'), utf8('edited'))), 13),
      chop,
    }),
  ),
]

/** Every sequence as a text message of its own. */
const alone: Case[] = SEQUENCES.map(({ autobahn, about, payload, failsAt }) => ({
  name: `${about}: ${show(payload)}`,
  section,
  autobahn,
  frames: failsAt === undefined ? [text(payload)] : [],
  ...(failsAt === undefined ? {} : { violation: invalid(text(payload), failsAt) }),
}))

/** The same in fragments of one octet after a first, empty one, with pings in between. */
const fragmented: Case[] = SEQUENCES.map(({ autobahn, about, payload, failsAt }) => {
  const pieces = fragments(0, payload, 1).flatMap((one) => [ping('p'), one])
  const name = `${about}, in octets with pings: ${show(payload)} (as ${autobahn})`
  const pings = Array.from({ length: payload.length }, () => ping('p'))
  if (failsAt === undefined) {
    return { name, section, frames: [text('', more), ...pieces], messages: [...pings, text(payload)] }
  }
  // Two frames an octet, the ping first: the octet at which it fails is the last of them.
  const wrong = 2 * failsAt - 1
  const frames = [text('', more), ...pieces.slice(0, wrong)]
  return { name, section, frames, messages: pings.slice(0, failsAt), violation: invalid(pieces[wrong], 1) }
})

/** The same as the reason of a close frame. */
const reasons: Case[] = SEQUENCES.filter(({ payload }) => payload.length <= 123).map(
  ({ autobahn, about, payload, failsAt }): Case => {
    const one = close(1000, payload)
    const name = `${about}, as a close reason: ${show(payload)} (as ${autobahn})`
    if (failsAt === undefined) return { name, section: '5.5.1', frames: [one] }
    const violation = { frame: one, code: 'ERR_CLOSE_REASON', closeCode: 1007, failsAt: one.payload.length } as const
    return { name, section: '5.5.1', frames: [], violation }
  },
)

// Characters and errors at every place of a vector, and round 16 and 64 KiB, where a decoder's blocks may end.
const PLACES = [
  ...Array.from({ length: 70 }, (_, i) => i),
  ...[-20, -17, -16, -14, -9, -8, -4, -3, -2, -1, 0, 1].map((by) => 16384 + by),
  ...[-3, -2, -1, 0].map((by) => 65536 + by),
]

const places: Case[] = PLACES.flatMap((place) => {
  const before = letters(place)
  return [
    {
      name: `a character of two, three and four bytes each after ${place} letters`,
      section,
      frames: ['é', '€', '𤭢'].map((character) => text(bytes(before, utf8(character), letters(20)))),
    },
    ...failing(place).map(({ about, payload, failsAt }) => ({
      name: `${about} after ${place} letters`,
      section,
      frames: [text('before')],
      violation: invalid(text(bytes(before, payload, letters(20))), place + failsAt),
    })),
  ]
})

const further: Case[] = [
  ...[
    ['two', 'c3'],
    ['three', 'e2 82'],
    ['four', 'f0 a4 ad'],
  ].flatMap(([size, digits]): Case[] => {
    const part = hex(digits)
    return [
      {
        name: `a message ends inside a character of ${size} bytes`,
        section,
        frames: [text('before')],
        violation: invalid(text(bytes(utf8('a'), part)), 1 + part.length),
      },
      {
        name: `an empty last fragment ends a message inside a character of ${size} bytes`,
        section,
        frames: [text(part, more)],
        messages: [],
        violation: invalid(cont(''), 0),
      },
      {
        name: `a letter follows the beginning of a character of ${size} bytes, in the next fragment`,
        section,
        frames: [text(part, more), cont('', more), ping('p')],
        messages: [ping('p')],
        violation: invalid(cont('a'), 1),
      },
    ]
  }),
  {
    name: 'empty fragments and controls inside a character',
    section,
    frames: [
      text(hex('f0'), more),
      cont('', more),
      ping(hex('ff')),
      cont(hex('a4'), more),
      cont('', more),
      cont(hex('ad'), more),
      ping(hex('80')),
      cont(hex('a2')),
      text('€'),
    ],
    messages: [ping(hex('ff')), ping(hex('80')), text('𤭢'), text('€')],
  },
  {
    name: 'a byte order mark is text like any other',
    section,
    frames: [text(hex('ef bb bf 61')), text(hex('61 ef bb bf'))],
  },
  {
    name: '100,000 bytes of mixed scripts',
    section,
    frames: [text('aé€𤭢'.repeat(10_000)), ...fragments(1, utf8('aé€𤭢'.repeat(10_000)), 7777)],
    messages: [text('aé€𤭢'.repeat(10_000)), text('aé€𤭢'.repeat(10_000))],
  },
]

function show(payload: Uint8Array): string {
  const digits = Array.from(payload.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return payload.length > 16 ? `${digits} …` : digits
}

export const unicode: Chapter[] = [
  { title: '6.1 to 6.4 UTF-8, fragmented and fail-fast', cases: autobahn },
  { title: '6.5 to 6.23 UTF-8 sequences', cases: alone },
  { title: 'UTF-8 sequences in fragments', cases: fragmented },
  { title: 'UTF-8 sequences in close reasons', cases: reasons },
  { title: 'UTF-8 at every place', cases: places },
  { title: 'UTF-8, further', cases: further },
]
