// Compared with ws: the same streams to its Receiver and to a Connection. Where they differ, it is for a reason in the table.
// Knows both public interfaces; which of the two is right is RFC 6455's to say, by the section in the table.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, decodeStream } from '../support/frame-reference.js'
import { type Options, type Outcome, rulesOf } from '../support/receive-reference.js'
import { run, show, WHOLE } from '../support/run.js'
import { check, sample } from '../support/seed.js'
import { chunks, cut, faulty, mutated, random, type Stream, valid } from '../support/streams.js'
import { receiveByWs, type WsOutcome } from './ws-receiver.js'

/** A stream and what both made of it. */
interface Both {
  readonly options: Options
  readonly bytes: Uint8Array
  readonly ours: Outcome
  readonly theirs: WsOutcome
}

/** A way in which ws differs. */
interface Difference {
  readonly name: string
  /** Why it may. */
  readonly why: string
  /** A stream to a client, in hexadecimal, that shows it. */
  readonly example: string
  /** Whether two outcomes that differ do so in this way and no other. */
  readonly is: (both: Both) => boolean
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'text is refused in the middle of a message',
    why:
      'Section 8.1 asks to fail the connection when text is not UTF-8, and does not ask to wait for the end of the ' +
      'message. ws validates whole messages: it still gives the control frames in between, and may come to another ' +
      'violation, to a close frame or to the end of the stream first. It never gives the message.',
    example: '01 01 ff 89 00 80 00',
    is: ({ options, bytes, ours, theirs }) => {
      if (ours.violation?.code !== 'ERR_INVALID_UTF8') return false
      const before = byWs(options, upToViolation(options, bytes))
      const more = theirs.events.slice(ours.events.length).map(({ type }) => type)
      return before.error === undefined && !more.includes('text') && !more.includes('binary')
    },
  },
  {
    name: 'a length in more bytes than it needs is refused',
    why: 'Section 5.2: "the minimal number of bytes MUST be used to encode the length". ws takes it for what it says.',
    example: '82 7e 00 01 00',
    is: ({ options, bytes, ours }) => {
      if (ours.violation?.code !== 'ERR_LENGTH_NOT_MINIMAL') return false
      // What ws makes of the rest of the stream has no counterpart, so only its view of the length is compared.
      const { events, error } = byWs(options, upToViolation(options, bytes))
      // A frame of no payload is complete with its length, and with it perhaps a message.
      const more = events.length - ours.events.length
      return error === undefined ? more <= 1 : more === 0 && [1007, 1009].includes(error.closeCode)
    },
  },
  {
    name: 'a length with its top bit on is a protocol error',
    why: 'Section 5.2: "the most significant bit MUST be 0", so 1002. ws says 1009, as of any length from 2^53 on.',
    example: '82 7f 80 00 00 00 00 00 00 00',
    is: ({ ours, theirs }) =>
      ours.violation?.code === 'ERR_LENGTH_TOP_BIT' &&
      theirs.error?.code === 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH' &&
      theirs.events.length === ours.events.length,
  },
  {
    name: 'a message of more than 2^53 - 1 bytes is refused where there is no limit',
    why: 'Section 10.4 lets an endpoint have limits. ws has this one for a frame, but for a message it counts on.',
    example: '02 01 00 80 7f 00 1f ff ff ff ff ff ff',
    is: ({ options, ours, theirs }) =>
      ours.violation?.code === 'ERR_MESSAGE_TOO_BIG' &&
      options.maxMessageSize === Number.POSITIVE_INFINITY &&
      theirs.error === undefined &&
      theirs.events.length === ours.events.length,
  },
  {
    name: 'the first byte of a header is refused before the second has come',
    why: 'By sections 5.2, 5.4 and 5.5 the first byte alone can break a rule. ws waits for two, and then fails as well.',
    example: '83',
    is: ({ options, bytes, ours, theirs }) => {
      if (ours.violation?.closeCode !== 1002 || theirs.error !== undefined) return false
      const next = byWs(options, concat([bytes, Uint8Array.of(options.role === 'SERVER' ? 0x80 : 0)]))
      return next.error?.closeCode === 1002 && next.events.length === ours.events.length
    },
  },
  {
    name: 'a close frame of one byte is refused when the byte has come',
    why: 'Section 5.5.1 speaks of the body. ws goes by the length in the header, up to five bytes earlier.',
    example: '88 01',
    is: ({ options, bytes, ours, theirs }) => {
      if (ours.violation !== undefined || theirs.error?.code !== 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH') return false
      const next = run(options, concat([bytes, new Uint8Array(5)]), WHOLE)
      return next.violation?.code === 'ERR_CLOSE_PAYLOAD_LENGTH' && theirs.events.length === ours.events.length
    },
  },
]

/** The stream up to the byte that decides the violation, that byte included. */
function upToViolation(options: Options, bytes: Uint8Array): Uint8Array {
  const { violation } = decodeStream(bytes, rulesOf(options))
  return bytes.subarray(0, (violation?.at ?? bytes.length) + 1)
}

function byWs({ role, maxMessageSize }: Options, bytes: Uint8Array, sizes: readonly number[] = WHOLE.cut): WsOutcome {
  return receiveByWs(chunks(bytes, sizes), role === 'SERVER', maxMessageSize)
}

/** What differs: an event that both have, or how many there are, or the error. */
function compare({ ours, theirs }: Both): { event?: string; other?: string } {
  const both = Math.min(ours.events.length, theirs.events.length)
  for (let i = 0; i < both; i++) {
    const [one, other] = [ours.events[i], theirs.events[i]]
    // ws gives the reason of a close frame where a Connection gives the payload.
    const payload = one.type === 'close' ? one.payload.subarray(2) : one.payload
    const same = one.type === other.type && one.statusCode === other.statusCode
    if (!same || Buffer.compare(payload, other.payload) !== 0) {
      return { event: `event ${i}: ${show(one)}, by ws ${other.type} ${other.payload.length} B ${other.statusCode}` }
    }
  }
  if (ours.events.length !== theirs.events.length) {
    return { other: `${ours.events.length} events, by ws ${theirs.events.length}` }
  }
  const [error, theirError] = [ours.violation, theirs.error]
  if (error?.closeCode === theirError?.closeCode) return {}
  return { other: `violation ${JSON.stringify(error)}, by ws ${JSON.stringify(theirError)}` }
}

/** What ws can do: no extension, so no reserved bit; no opcode of its own; masked frames only; whole messages. */
function asWs(options: Options): Options {
  const maxMessageSize = options.maxMessageSize === 0 ? 1 : options.maxMessageSize
  return {
    ...options,
    delivery: 'message',
    opcodeNonControlMod: {},
    opcodeControlMod: {},
    reservedBits: [0, 0, 0],
    maxFrameSize: Number.POSITIVE_INFINITY,
    maxMessageSize,
    acceptUnmasked: false,
  }
}

/** Byte by byte and the like up to this size only: ws takes time in the square of the number of chunks of a frame. */
const CUT_SIZE = 4096

/** The rows of the table that say how the two differ: none where they do not, and an error where no row does. */
function differences({ options: given, bytes }: Pick<Stream, 'options' | 'bytes'>, sizes: readonly number[]): string[] {
  const options = asWs(given)
  const ours = run(options, bytes, { ...WHOLE, cut: sizes })
  const theirs = byWs(options, bytes, bytes.length > CUT_SIZE ? WHOLE.cut : sizes)
  const both = { options, bytes, ours, theirs }
  const { event, other } = compare(both)
  if (event !== undefined) throw new Error(event)
  if (other === undefined) return []
  const rows = DIFFERENCES.filter(({ is }) => is(both)).map(({ name }) => name)
  if (rows.length === 0) throw new Error(other)
  return rows
}

describe('ws gives the same events and close codes, or differs as the table says,', () => {
  const kinds: [string, fc.Arbitrary<Stream>, number][] = [
    ['valid streams', valid, 300],
    ['streams with a fault in a frame', faulty, 800],
    ['mutated streams', mutated, 800],
    ['random bytes', random, 800],
  ]
  it.each(kinds)('on %s', (_, streams, runs) => {
    check(
      fc.property(streams, cut, (stream, sizes) => void differences(stream, sizes)),
      runs,
    )
  })
})

describe('ws still differs in that', () => {
  it.each(DIFFERENCES)('$name', ({ name, example }) => {
    const bytes = Uint8Array.from(example.split(' '), (digits) => Number.parseInt(digits, 16))
    const [{ options }] = sample(valid, 1)
    expect(differences({ options: { ...options, role: 'CLIENT' }, bytes }, WHOLE.cut)).toEqual([name])
  })
})
