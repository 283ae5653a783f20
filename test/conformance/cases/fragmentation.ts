// Chapter 5: fragmentation (RFC 6455 section 5.4).

import {
  binary,
  type Case,
  type Chapter,
  close,
  cont,
  type Frame,
  fragments,
  letters,
  more,
  octets,
  ping,
  pong,
  text,
} from '../case.js'

const section = '5.4'
const fragmentedControl = (frame: Frame) =>
  ({ frame, code: 'ERR_FRAGMENTED_CONTROL_FRAME', closeCode: 1002 }) satisfies Case['violation']
const nothingToContinue = (frame: Frame) =>
  ({ frame, code: 'ERR_NOTHING_TO_CONTINUE', closeCode: 1002 }) satisfies Case['violation']
const interrupted = (frame: Frame) =>
  ({ frame, code: 'ERR_MESSAGE_INTERRUPTED', closeCode: 1002 }) satisfies Case['violation']

const two = [text('fragment1', more), cont('fragment2')]
const joined = text('fragment1fragment2')
const twoWithPing = [text('fragment1', more), ping('ping payload'), cont('fragment2')]
const fiveWithPings = [
  text('fragment1', more),
  cont('fragment2', more),
  ping('pongme 1!'),
  cont('fragment3', more),
  cont('fragment4', more),
  ping('pongme 2!'),
  cont('fragment5'),
]
const fiveJoined = [ping('pongme 1!'), ping('pongme 2!'), text('fragment1fragment2fragment3fragment4fragment5')]
const stray = cont('non-continuation payload')
const hello = text('Hello, world!')

const autobahn: Case[] = [
  {
    name: 'ping in two fragments',
    section,
    autobahn: '5.1',
    frames: [],
    violation: fragmentedControl(ping('fragment1', more)),
    ignored: [cont('fragment2')],
  },
  {
    name: 'pong in two fragments',
    section,
    autobahn: '5.2',
    frames: [],
    violation: fragmentedControl(pong('fragment1', more)),
    ignored: [cont('fragment2')],
  },
  { name: 'text in two fragments', section, autobahn: '5.3', frames: two, messages: [joined] },
  { name: 'text in two fragments, frame-wise', section, autobahn: '5.4', frames: two, messages: [joined], chop: 11 },
  {
    name: 'text in two fragments, an octet at a time',
    section,
    autobahn: '5.5',
    frames: two,
    messages: [joined],
    chop: 1,
  },
  {
    name: 'a ping between two fragments',
    section,
    autobahn: '5.6',
    frames: twoWithPing,
    messages: [ping('ping payload'), joined],
  },
  {
    name: 'a ping between two fragments, frame-wise',
    section,
    autobahn: '5.7',
    frames: twoWithPing,
    messages: [ping('ping payload'), joined],
    chop: 11,
  },
  {
    name: 'a ping between two fragments, an octet at a time',
    section,
    autobahn: '5.8',
    frames: twoWithPing,
    messages: [ping('ping payload'), joined],
    chop: 1,
  },
  ...[undefined, 26, 1].flatMap((chop, i): Case[] => {
    const chopped = chop === undefined ? {} : { chop }
    const cut = chop === undefined ? '' : `, in chops of ${chop}`
    return [
      {
        name: `a final continuation with nothing to continue${cut}`,
        section,
        autobahn: `5.${9 + i}`,
        frames: [],
        violation: nothingToContinue(stray),
        ignored: [hello],
        ...chopped,
      },
      {
        name: `a continuation that is not final with nothing to continue${cut}`,
        section,
        autobahn: `5.${12 + i}`,
        frames: [],
        violation: nothingToContinue({ ...stray, fin: false }),
        ignored: [hello],
        ...chopped,
      },
    ]
  }),
  {
    name: 'a continuation after the final one',
    section,
    autobahn: '5.15',
    frames: two,
    messages: [joined],
    violation: nothingToContinue(cont('fragment3', more)),
    ignored: [text('fragment4')],
  },
  {
    name: 'a continuation before the first fragment, not final',
    section,
    autobahn: '5.16',
    frames: [],
    violation: nothingToContinue(cont('fragment1', more)),
    ignored: [text('fragment2', more), cont('fragment3')],
  },
  {
    name: 'a continuation before the first fragment, final',
    section,
    autobahn: '5.17',
    frames: [],
    violation: nothingToContinue(cont('fragment1')),
    ignored: [text('fragment2', more), cont('fragment3')],
  },
  {
    name: 'a second text frame where a continuation is due',
    section,
    autobahn: '5.18',
    frames: [text('fragment1', more)],
    messages: [],
    violation: interrupted(text('fragment2')),
  },
  { name: 'five fragments and two pings', section, autobahn: '5.19', frames: fiveWithPings, messages: fiveJoined },
  {
    name: 'five fragments and two pings, frame-wise',
    section,
    autobahn: '5.20',
    frames: fiveWithPings,
    messages: fiveJoined,
    chop: 11,
  },
]

const starts = [text, binary]
const further: Case[] = [
  ...starts.flatMap((first) =>
    starts.flatMap((second) =>
      [true, false].map(
        (fin): Case => ({
          name: `opcode ${second().opcode} (fin ${fin}) inside a message of opcode ${first().opcode}`,
          section,
          frames: [first('a', more), cont('b', more)],
          messages: [],
          violation: interrupted(second('c', { fin })),
          ignored: [cont('d')],
        }),
      ),
    ),
  ),
  ...[ping('between'), pong('between'), pong(), ping(octets(125))].map(
    (one): Case => ({
      name: `opcode ${one.opcode} with ${one.payload.length} bytes between all fragments`,
      section,
      frames: [one, binary('a', more), one, cont('b', more), one, one, cont('', more), one, cont('c'), one],
      messages: [one, one, one, one, one, binary('abc'), one],
    }),
  ),
  {
    name: 'every fragment empty but one',
    section,
    frames: [text('', more), cont('', more), cont('middle', more), cont('', more), cont('')],
    messages: [text('middle')],
  },
  {
    name: 'every fragment empty',
    section,
    frames: [binary('', more), cont('', more), cont('', more), cont('')],
    messages: [binary('')],
  },
  { name: 'an empty final fragment', section, frames: [binary('all', more), cont('')], messages: [binary('all')] },
  {
    name: 'two fragmented messages, one after another',
    section,
    frames: [text('a', more), cont('b'), binary('c', more), cont('d', more), cont('e'), text('f')],
    messages: [text('ab'), binary('cde'), text('f')],
  },
  {
    name: 'a message that is not finished',
    section,
    frames: [text('a', more), ping('p'), cont('b', more)],
    messages: [ping('p')],
  },
  {
    name: 'a continuation after an unfragmented message',
    section,
    frames: [text('whole')],
    violation: nothingToContinue(cont('more')),
  },
  {
    name: 'a continuation after a ping',
    section,
    frames: [ping('not a fragment')],
    violation: nothingToContinue(cont('more')),
  },
  {
    name: 'a fragmented close',
    section: '5.5',
    frames: [text('a', more)],
    messages: [],
    violation: fragmentedControl(close(1000, '', more)),
  },
  {
    name: 'fragments of 1, 125, 126, 65535 and 65536 bytes',
    section,
    frames: [1, 125, 126, 65535, 65536].map((size, i, { length }) =>
      (i === 0 ? binary : cont)(octets(size), { fin: i === length - 1 }),
    ),
    messages: [binary(Uint8Array.from([1, 125, 126, 65535, 65536].flatMap((size) => Array.from(octets(size)))))],
  },
  {
    name: '3,000 fragments of one byte with a ping after each hundredth',
    section,
    frames: fragments(1, letters(3000), 1).flatMap((one, i) => (i % 100 === 99 && !one.fin ? [one, ping('p')] : [one])),
    messages: [...Array.from({ length: 29 }, () => ping('p')), text(letters(3000))],
  },
]

export const fragmentation: Chapter[] = [
  { title: '5 fragmentation', cases: autobahn },
  { title: 'fragmentation, further', cases: further },
]
