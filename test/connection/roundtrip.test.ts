// Encode, then decode: what one end sends is what the other one receives, for every type, size, delivery and ownership.
// Knows the public API and which frames are legal; no byte of the wire.

import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Data } from '../../bindings/index.js'
import { concat } from '../support/frame-reference.js'
import { Random, randomText, TEXT_KINDS } from '../support/random.js'
import { type Event, mayBeSent, type Options } from '../support/receive-reference.js'
import { connect, Events, run, sameEvent, show, WHOLE, way } from '../support/run.js'
import { check, seededRandom } from '../support/seed.js'
import { size } from '../support/streams.js'

const ROLES = ['CLIENT', 'SERVER'] as const
const DELIVERIES = ['frame', 'message', 'chunk'] as const
const OWNERSHIPS = ['copy', 'take'] as const
const TYPES = ['text', 'binary', 'latin-1', 'ping', 'pong', 'compare', 'close'] as const
type Type = (typeof TYPES)[number]
const CONTROL: readonly Type[] = ['ping', 'pong', 'compare', 'close']

const BASE: Options = {
  role: 'SERVER',
  delivery: 'frame',
  ownership: 'copy',
  opcodeNonControlMod: { 'latin-1': 3 },
  opcodeControlMod: { compare: 11 },
  reservedBits: [1, 1, 1],
  maxFrameSize: Number.POSITIVE_INFINITY,
  maxMessageSize: Number.POSITIVE_INFINITY,
  acceptUnmasked: false,
}

/** A message to send: its payload is cut into `fragments` frames, with a ping before each but the first. */
interface Sent {
  readonly type: Type
  readonly payload: Uint8Array
  readonly fragments: number
  readonly rsv: number
  readonly statusCode: number | undefined
}

function sent(random: Random, type: Type, size: number, fragments: number, rsv: number): Sent {
  const isControl = CONTROL.includes(type)
  const length = Math.min(size, type === 'close' ? 123 : isControl ? 125 : size)
  const isText = type === 'text' || type === 'close'
  const payload = isText ? randomText(random, length, random.pick(TEXT_KINDS)) : random.bytes(length)
  let statusCode: number | undefined
  if (type === 'close' && length > 0)
    do statusCode = random.below(5000)
    while (!mayBeSent(statusCode))
  return { type, payload, fragments: isControl ? 1 : fragments, rsv, statusCode }
}

/** The frames of a message, and the events that they must be under a delivery. */
function frames({ type, payload, fragments, rsv, statusCode }: Sent, delivery: string) {
  const [rsv1, rsv2, rsv3] = [4, 2, 1].map((bit) => ((rsv & bit) === 0 ? 0 : 1)) as [0 | 1, 0 | 1, 0 | 1]
  const data: Data[] = []
  const events: Partial<Event>[] = []
  for (let i = 0; i < fragments; i++) {
    if (i > 0) {
      data.push(new Data(`between ${i}`, 'ping'))
      events.push({ type: 'ping', payload: Buffer.from(`between ${i}`), reply: 'pong' })
    }
    const part = payload.subarray(
      Math.floor((i * payload.length) / fragments),
      Math.floor(((i + 1) * payload.length) / fragments),
    )
    const fin = i === fragments - 1
    const name = i === 0 ? type : 'continue'
    data.push(new Data(part, name, { fin, ...(i === 0 ? { rsv1, rsv2, rsv3 } : {}), statusCode }))
    if (delivery !== 'message') {
      events.push({ type: name, fin, payload: part, ...(i === 0 ? { reserved: [rsv1, rsv2, rsv3] } : {}) })
    }
  }
  if (delivery === 'message') events.push({ type, payload, reserved: [rsv1, rsv2, rsv3] })
  if (type !== 'ping' && type !== 'close') return { data, events }
  const code = statusCode === undefined ? [] : [statusCode >> 8, statusCode & 0xff]
  const event: Partial<Event> =
    type === 'ping'
      ? { reply: 'pong' }
      : {
          reply: 'close',
          statusCode: statusCode ?? 1005,
          reason: new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload),
          payload: concat([Uint8Array.from(code), payload]),
        }
  return { data, events: [...events.slice(0, -1), { ...events.at(-1), ...event }] }
}

const DEFAULTS: Event = {
  type: '',
  reserved: [0, 0, 0],
  fin: true,
  payload: new Uint8Array(0),
  end: 0,
  statusCode: undefined,
  reason: undefined,
  reply: undefined,
}

/** Sends the messages from the other role, in as many calls as there are messages, and compares what is received. */
function roundTrip(messages: readonly Sent[], options: Options, how: typeof WHOLE): void {
  const sender = connect({ ...options, role: options.role === 'SERVER' ? 'CLIENT' : 'SERVER' })
  const both = messages.map((message) => frames(message, options.delivery))
  const bytes = concat(both.map(({ data }) => sender.send(...data)))
  const expected = both.flatMap(({ events }) => events)
  const { events, violation } = run(options, bytes, { ...how, closeSent: false })
  if (violation !== undefined) throw new Error(`violation ${violation.code}`)
  for (let i = 0; i < Math.max(expected.length, events.length); i++) {
    const wanted = expected[i] && { ...DEFAULTS, ...expected[i] }
    if (!sameEvent(wanted, events[i])) throw new Error(`event ${i} is ${show(events[i])}, sent ${show(wanted)}`)
  }
}

const SIZES = [
  0, 1, 2, 3, 4, 7, 15, 16, 17, 31, 33, 64, 65, 100, 122, 123, 124, 125, 126, 127, 128, 255, 256, 1000, 4095, 4096,
  16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 200_003,
]

describe('what is sent is received', () => {
  describe.each(ROLES)('by a %s', (role) => {
    it.each(TYPES)("as '%s', of every size class, in every delivery and ownership", (type) => {
      const random = seededRandom(1)
      for (const size of SIZES) {
        const message = sent(random, type, size, 1, 0)
        for (const delivery of DELIVERIES) {
          for (const ownership of OWNERSHIPS) roundTrip([message], { ...BASE, role, delivery, ownership }, WHOLE)
        }
      }
    })
  })

  it('whatever the messages, their fragments, their reserved bits and the cut', () => {
    const message = fc.record({
      type: fc.constantFrom(...TYPES.filter((type) => type !== 'close')),
      size,
      fragments: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
      rsv: fc.oneof(fc.constant(0), fc.nat(7)),
      seed: fc.nat(),
    })
    const options = fc.record({
      role: fc.constantFrom(...ROLES),
      delivery: fc.constantFrom(...DELIVERIES),
      ownership: fc.constantFrom(...OWNERSHIPS),
    })
    check(
      fc.property(fc.array(message, { maxLength: 8 }), fc.boolean(), options, way, (list, closes, given, how) => {
        const messages = list.map(({ type, size, fragments, rsv, seed }) =>
          sent(new Random(seed), type, size, fragments, rsv),
        )
        if (closes) messages.push(sent(new Random(list.length), 'close', 30, 1, 0))
        roundTrip(messages, { ...BASE, ...given }, how)
      }),
      400,
    )
  })

  it('with one Data sent on many connections', () => {
    const sizes = fc.array(size, { minLength: 1, maxLength: 4 })
    check(
      fc.property(sizes, fc.constantFrom(...ROLES), (list, role) => {
        const shared = list.map((size, i) => new Data(new Random(i).bytes(size), 'latin-1'))
        // The same name is another opcode on the last of them.
        for (const opcode of [3, 3, 4]) {
          const options = { ...BASE, opcodeNonControlMod: { 'latin-1': opcode } }
          const receiver = new Events(connect({ ...options, role: role === 'CLIENT' ? 'SERVER' : 'CLIENT' }))
          const sender = connect({ ...options, role })
          const bytes = shared.map((data) => concat([...sender.sendParts(data)]))
          receiver.connection.recv(concat(bytes))
          receiver.drain()
          const { events } = receiver.collect()
          const same = events.every(
            ({ type, payload }, i) => type === 'latin-1' && Buffer.compare(payload, shared[i].data as Uint8Array) === 0,
          )
          if (events.length !== shared.length || !same) throw new Error(`opcode ${opcode}: something else was sent`)
        }
      }),
      150,
    )
  })
})
