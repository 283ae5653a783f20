// Byte sequences that are UTF-8 (RFC 3629) or are not, by the classes 6.5 to 6.23 of the Autobahn suite.
// For one that is not: after how many bytes it can no longer become UTF-8, or all of them where it only ends too soon.

import { bytes, hex } from '../case.js'

export interface Sequence {
  readonly about: string
  readonly autobahn: string
  readonly payload: Uint8Array
  /** undefined where the sequence is valid. */
  readonly failsAt: number | undefined
}

type Row = [digits: string, failsAt?: number]

const KOSME = 'ce ba e1 bd b9 cf 83 ce bc ce b5'
const prefix = (count: number) => KOSME.slice(0, 3 * count - 1)
const run = (from: number, to: number, after = '') =>
  Array.from({ length: to - from }, (_, i) => (from + i).toString(16) + after).join(' ')

const TRUNCATED = [
  'c0',
  'e0 80',
  'f0 80 80',
  'f8 80 80 80',
  'fc 80 80 80 80',
  'df',
  'ef bf',
  'f7 bf bf',
  'fb bf bf bf',
  'fd bf bf bf bf',
]

/** Class, what it is about, and its sequences in order. */
const CLASSES: [autobahn: string, about: string, rows: Row[]][] = [
  [
    '6.5',
    'valid text',
    [
      ['68 65 6c 6c 6f 24 77 6f 72 6c 64'],
      ['68 65 6c 6c 6f c2 a2 77 6f 72 6c 64'],
      ['68 65 6c 6c 6f e2 82 ac 77 6f 72 6c 64'],
      ['68 65 6c 6c 6f f0 a4 ad a2 77 6f 72 6c 64'],
      [KOSME],
    ],
  ],
  [
    '6.6',
    'prefix of valid text',
    [
      [prefix(1), 1],
      [prefix(2)],
      [prefix(3), 3],
      [prefix(4), 4],
      [prefix(5)],
      [prefix(6), 6],
      [prefix(7)],
      [prefix(8), 8],
      [prefix(9)],
      [prefix(10), 10],
      [prefix(11)],
    ],
  ],
  ['6.7', 'first character of its length', [['00'], ['c2 80'], ['e0 a0 80'], ['f0 90 80 80']]],
  [
    '6.8',
    'first sequence of five or six bytes',
    [
      ['f8 88 80 80 80', 1],
      ['fc 84 80 80 80 80', 1],
    ],
  ],
  ['6.9', 'last character of its length', [['7f'], ['df bf'], ['ef bf bf'], ['f4 8f bf bf']]],
  [
    '6.10',
    'last sequence of four, five or six bytes',
    [
      ['f7 bf bf bf', 1],
      ['fb bf bf bf bf', 1],
      ['fd bf bf bf bf bf', 1],
    ],
  ],
  ['6.11', 'boundary', [['ed 9f bf'], ['ee 80 80'], ['ef bf bd'], ['f4 8f bf bf'], ['f4 90 80 80', 2]]],
  [
    '6.12',
    'unexpected continuation bytes',
    [
      ['80', 1],
      ['bf', 1],
      ['80 bf', 1],
      ['80 bf 80', 1],
      ['80 bf 80 bf', 1],
      ['80 bf 80 bf 80', 1],
      ['80 bf 80 bf 80 bf', 1],
      [run(0x80, 0xbf), 1],
    ],
  ],
  [
    '6.13',
    'lonely start bytes',
    [
      [run(0xc0, 0xdf, ' 20'), 1],
      [run(0xe0, 0xef, ' 20'), 2],
      [run(0xf0, 0xf7, ' 20'), 2],
      [run(0xf8, 0xfb, ' 20'), 1],
      [run(0xfc, 0xfd, ' 20'), 1],
    ],
  ],
  ['6.14', 'last continuation byte missing', TRUNCATED.map((digits, i) => [digits, [1, 2, 2, 1, 1, 1, 2, 1, 1, 1][i]])],
  ['6.15', 'incomplete sequences joined', [[TRUNCATED.join(' '), 1]]],
  [
    '6.16',
    'impossible bytes',
    [
      ['fe', 1],
      ['ff', 1],
      ['fe fe ff ff', 1],
    ],
  ],
  [
    '6.17',
    'overlong solidus',
    [
      ['c0 af', 1],
      ['e0 80 af', 2],
      ['f0 80 80 af', 2],
      ['f8 80 80 80 af', 1],
      ['fc 80 80 80 80 af', 1],
    ],
  ],
  [
    '6.18',
    'longest overlong',
    [
      ['c1 bf', 1],
      ['e0 9f bf', 2],
      ['f0 8f bf bf', 2],
      ['f8 87 bf bf bf', 1],
      ['fc 83 bf bf bf bf', 1],
    ],
  ],
  [
    '6.19',
    'overlong NUL',
    [
      ['c0 80', 1],
      ['e0 80 80', 2],
      ['f0 80 80 80', 2],
      ['f8 80 80 80 80', 1],
      ['fc 80 80 80 80 80', 1],
    ],
  ],
  [
    '6.20',
    'surrogate',
    ['ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf'].map((digits) => [digits, 2]),
  ],
  [
    '6.21',
    'surrogate pair',
    ['ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf'].flatMap((high): Row[] => [
      [`${high} ed b0 80`, 2],
      [`${high} ed bf bf`, 2],
    ]),
  ],
  [
    '6.22',
    'noncharacter',
    [
      ['ef bf be'],
      ['ef bf bf'],
      // The last two of the planes 1 to 16.
      ...['f0 9f', 'f0 af', 'f0 bf', 'f1 8f', 'f1 9f', 'f1 af', 'f1 bf', 'f2 8f', 'f2 9f', 'f2 af', 'f2 bf'].flatMap(
        both,
      ),
      ...['f3 8f', 'f3 9f', 'f3 af', 'f3 bf', 'f4 8f'].flatMap(both),
    ],
  ],
  [
    '6.23',
    'Unicode special',
    [['ef bf b9'], ['ef bf ba'], ['ef bf bb'], ['ef bf bc'], ['ef bf bd'], ['ef bf be'], ['ef bf bf']],
  ],
]

function both(start: string): Row[] {
  return [[`${start} bf be`], [`${start} bf bf`]]
}

export const SEQUENCES: Sequence[] = CLASSES.flatMap(([number, about, rows]) =>
  rows.map(([digits, failsAt], i) => ({ about, autobahn: `${number}.${i + 1}`, payload: hex(digits), failsAt })),
)

/** Broken sequences to put after `place` bytes: all of them for small places, one of each kind for others. */
export function failing(place: number): { about: string; payload: Uint8Array; failsAt: number }[] {
  const kinds: [about: string, digits: string, failsAt: number][] = [
    ['a stray continuation byte', '80', 1],
    ['an overlong character', 'e0 9f bf', 2],
    ['a surrogate', 'ed a0 80', 2],
    ['a character over U+10FFFF', 'f4 90 80 80', 2],
    ['a character cut short by a letter', 'f0 a4 ad 61', 4],
    ['an impossible byte', 'f5', 1],
  ]
  const chosen = place < 35 ? kinds : kinds.filter((_, i) => i % 3 === place % 3)
  return chosen.map(([about, digits, failsAt]) => ({ about, payload: bytes(hex(digits)), failsAt }))
}
