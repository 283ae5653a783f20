// What Autobahn's groups 12.* and 13.* are made of, all 216 cases: sizes, fragments, data, offers and answers.
// Knows no connection and no frame. The data are of the suite's kinds; the suite's own files are not here.

import { noise } from '../support/frames.js'
import { json } from './pairs.js'

/** Payload length and size of fragments, 0 for none: cases x.y.1 to x.y.18. */
export const SIZES = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 0] as const),
  ...[8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 256] as const),
  ...[1024, 4096, 32_768].map((fragment) => [131_072, fragment] as const),
]

const lines = 'Habe nun, ach! Philosophie,\nJuristerei und Medizin,\nUnd leider auch Theologie\nDurchaus studiert, '
const image = Uint8Array.from({ length: 1 << 18 }, (_, i) => 128 + 60 * Math.sin(i / 97) + 60 * Math.cos((i >> 9) / 31))
/** Text, a bitmap, what is compressed already, JSON, HTML; the last two are sent as text messages. */
const DATA: readonly (readonly [name: string, data: Uint8Array, text: boolean])[] = [
  ['12.1', new Uint8Array(Buffer.from(lines.repeat(2000))), false],
  ['12.2', image, false],
  ['12.3', noise(1 << 18), false],
  ['12.4', json(1 << 18), true],
  ['12.5', new Uint8Array(Buffer.from(`<li class="entry">${'<b>x</b>'.repeat(3)}</li>\n`.repeat(6000))), true],
]

/** What a client asks of a server, or a server of a client, in addition to accepting both limits. */
export interface Wanted {
  readonly noContextTakeover: boolean
  /** 0: none. */
  readonly maxWindowBits: number
}

export interface Group {
  readonly name: string
  readonly data: Uint8Array
  readonly text: boolean
  /** What Autobahn wants: of a server in its offers, the most wanted first; of a client in its answer, the first. */
  readonly wanted: readonly Wanted[]
}

/** The suite's versions differ in their small window, which is 8 or 9. */
function groups(small: 8 | 9): readonly Group[] {
  const none = { noContextTakeover: false, maxWindowBits: 0 }
  const each: readonly (readonly [name: string, ...Wanted[]])[] = [
    ['13.1', none],
    ['13.2', { noContextTakeover: true, maxWindowBits: 0 }],
    ['13.3', { noContextTakeover: false, maxWindowBits: small }],
    ['13.4', { noContextTakeover: false, maxWindowBits: 15 }],
    ['13.5', { noContextTakeover: true, maxWindowBits: small }],
    ['13.6', { noContextTakeover: true, maxWindowBits: 15 }],
    ['13.7', { noContextTakeover: true, maxWindowBits: small }, { noContextTakeover: true, maxWindowBits: 0 }, none],
  ]
  return [
    ...DATA.map(([name, data, text]) => ({ name, data, text, wanted: [none] })),
    ...each.map(([name, ...wanted]) => ({ name, data: json(1 << 18), text: true, wanted })),
  ]
}

export const GROUPS = groups(8)
export const GROUPS_9 = groups(9)

/** The parameters that say what is wanted of one end. */
function asked(end: 'server' | 'client', { noContextTakeover, maxWindowBits }: Wanted): string[] {
  const takeover = noContextTakeover ? [`${end}_no_context_takeover`] : []
  return maxWindowBits === 0 ? takeover : [...takeover, `${end}_max_window_bits=${maxWindowBits}`]
}

/** What Autobahn offers where it is the client, less the name: it always accepts both limits itself. */
export const offers = ({ wanted }: Group): string[] =>
  wanted.map((one) => ['client_no_context_takeover', 'client_max_window_bits', ...asked('server', one)].join('; '))

/** What Autobahn answers where it is the server, less the name, to an offer that accepts the limits and asks for none. */
export const answer = ({ wanted }: Group): string => asked('client', wanted[0]).join('; ')

/** How many messages to send of a size. The suite sends a thousand each; here as many as fill a window, at most `most`. */
export const count = (size: number, most: number) => Math.min(most, Math.max(2, Math.ceil((1 << 15) / size)))

/** The case's messages, each a window on the data that wraps round at its end. */
export function* messages(data: Uint8Array, size: number, count: number): Generator<Uint8Array> {
  const twice = Buffer.concat([data, data])
  for (let i = 0, at = 0; i < count; i++, at = (at + size) % data.length) {
    yield new Uint8Array(twice.subarray(at, at + size))
  }
}
