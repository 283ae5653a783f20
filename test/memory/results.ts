// Every kind of result that the codec makes: each maker checks what it got and returns the memory that it got it in.
// Knows the public API, frames written by hand and toy extensions; nothing of how results are cut from memory.

import {
  Connection,
  type ConnectionOptions,
  Data,
  type Delivery,
  type Message,
  type Ownership,
  type Role,
} from '../../bindings/index.js'
import { bare } from '../options/extensions/toys.js'
import { maskBytes, parseHeader } from '../support/frame-reference.js'
import { BINARY, CONTINUE, closePayload, frame, join, KEY, PING, TEXT } from '../support/frames.js'

/**
 * Makes results with this payload on connections of its own, which stay for the next call; throws where one is wrong.
 * What lies in memory that the maker has given itself (the payload, a chunk under 'take') is not among them.
 */
export type Maker = (payload: Uint8Array) => Uint8Array[]

export const ROLES: readonly Role[] = ['CLIENT', 'SERVER']
export const DELIVERIES: readonly Delivery[] = ['frame', 'message', 'chunk']
export const OWNERSHIPS: readonly Ownership[] = ['copy', 'take']

/** The longest payload of a control frame, and of the reason of a close frame. */
const MAX_CONTROL = 125
const MAX_REASON = 123

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Payloads of the frames that follow one another in `bytes`. */
export function payloadsIn(bytes: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const { end = bytes.length, length = 0n, key } = parseHeader(bytes, at)
    at = end + Number(length)
    const payload = bytes.subarray(end, at)
    payloads.push(key === undefined ? payload : maskBytes(payload, key))
  }
  return payloads
}

function checkFrames(bytes: Uint8Array, expected: readonly Uint8Array[]): void {
  const payloads = payloadsIn(bytes)
  const isRight = payloads.length === expected.length && payloads.every((one, i) => isSame(one, expected[i]))
  if (!isRight) throw new Error(`sent ${payloads.map(({ length }) => length)} bytes that are not the payloads given`)
}

/** The payload in ASCII. */
function ascii(payload: Uint8Array): Uint8Array {
  return payload.map((byte) => byte & 0x7f)
}

const asString = (payload: Uint8Array) => Buffer.from(ascii(payload)).toString('latin1')

type Send = (connection: Connection, payload: Uint8Array) => [results: Uint8Array[], payloads: Uint8Array[]]

const sends: Readonly<Record<string, Send>> = {
  'send of bytes': (one, payload) => [[one.send(new Data(payload, 'binary'))], [payload]],
  'send of a string': (one, payload) => [[one.send(new Data(asString(payload), 'text'))], [ascii(payload)]],
  'send of several': (one, payload) => {
    const [bytes, text] = [new Data(payload, 'binary'), new Data(asString(payload), 'text')]
    return [[one.send(bytes, text, bytes)], [payload, ascii(payload), payload]]
  },
  'send of fragments': (one, payload) => {
    const begin = one.send(new Data(payload, 'binary', { fin: false }))
    const both = one.send(new Data(payload, 'continue', { fin: false }), new Data(payload, 'continue'))
    return [
      [begin, both],
      [payload, payload, payload],
    ]
  },
  'send of a ping': (one, payload) => {
    const short = payload.subarray(0, MAX_CONTROL)
    return [[one.send(new Data(short, 'ping'))], [short]]
  },
}

/** The lists are read-only, so what is here must not be written to. */
const parts: Readonly<Record<string, Send>> = {
  'sendParts of bytes': (one, payload) => [[...one.sendParts(new Data(payload, 'binary'))], [payload]],
  'sendParts of a string': (one, payload) => [
    [...one.sendParts(new Data(asString(payload), 'text'))],
    [ascii(payload)],
  ],
}

function sender(send: Send, role: Role, extended: boolean): Maker {
  const connection = new Connection(role, extended ? { extensions: [bare()] } : {})
  return (payload) => {
    const [results, payloads] = send(connection, payload)
    checkFrames(join(...results), payloads)
    return results.filter(({ buffer }) => buffer !== payload.buffer)
  }
}

/** A close frame, and the reply to one with the payload that came. */
function closes(payload: Uint8Array): Uint8Array[] {
  const reason = ascii(payload.subarray(0, MAX_REASON))
  const [client, server] = ROLES.map((role) => new Connection(role))
  const sent = client.send(new Data(reason, 'close', { statusCode: 1000 }))
  checkFrames(sent, [closePayload(1000, Buffer.from(reason).toString())])
  server.recv(sent)
  const [received] = server.messages()
  if (received.reason !== Buffer.from(reason).toString()) throw new Error(`reason ${received.reason}`)
  return [sent, received.message, server.send(received.response() as Data<'close'>)]
}

/** What arrives in one `recv` each. */
type Shape = (payload: Uint8Array, key: readonly number[] | undefined, rsv: number) => Uint8Array[]

const masking = (key: readonly number[] | undefined) => (key === undefined ? {} : { key })

function cut(bytes: Uint8Array, ...at: number[]): Uint8Array[] {
  return [0, ...at].map((from, i) => bytes.slice(from, at[i] ?? bytes.length))
}

/** Each brings the payload once; pings have other bytes, and are not counted. */
const shapes: readonly Shape[] = [
  (payload, key, rsv) => [frame({ opcode: BINARY, payload, rsv, ...masking(key) })],
  (payload, key, rsv) => [frame({ opcode: TEXT, payload: ascii(payload), rsv, ...masking(key) })],
  // Between two others, in one chunk.
  (payload, key, rsv) => {
    const ping = frame({ opcode: PING, payload: payload.subarray(0, MAX_CONTROL), ...masking(key) })
    return [join(ping, frame({ opcode: BINARY, payload, rsv, ...masking(key) }), ping)]
  },
  // In two chunks, and in three.
  (payload, key, rsv) => {
    const bytes = frame({ opcode: BINARY, payload, rsv, ...masking(key) })
    return cut(bytes, bytes.length - (payload.length >> 1))
  },
  (payload, key, rsv) => {
    const bytes = frame({ opcode: TEXT, payload: ascii(payload), rsv, ...masking(key) })
    return cut(bytes, 1, bytes.length - (payload.length >> 2))
  },
  // In three fragments, in one chunk, and with the second one in two.
  (payload, key, rsv) => [join(...fragments(payload, key, rsv))],
  (payload, key, rsv) => {
    const bytes = join(...fragments(payload, key, rsv))
    return cut(bytes, bytes.length >> 1)
  },
]

function fragments(payload: Uint8Array, key: readonly number[] | undefined, rsv: number): Uint8Array[] {
  const third = Math.ceil(payload.length / 3)
  const ping = frame({ opcode: PING, payload: 'between', ...masking(key) })
  return [
    frame({ opcode: BINARY, fin: 0, rsv, payload: payload.subarray(0, third), ...masking(key) }),
    frame({ opcode: CONTINUE, fin: 0, payload: payload.subarray(third, 2 * third), ...masking(key) }),
    ping,
    frame({ opcode: CONTINUE, payload: payload.subarray(2 * third), ...masking(key) }),
  ]
}

const isData = ({ type }: Message) => type !== 'ping' && type !== 'close'

function receiver(role: Role, options: ConnectionOptions, extended: boolean): Maker {
  const connection = new Connection(role, extended ? { ...options, extensions: [bare()] } : options)
  const key = role === 'SERVER' ? KEY : undefined
  return (payload) => {
    const results: Uint8Array[] = []
    for (const shape of shapes) {
      const given = shape(payload, key, extended ? 4 : 0)
      const mine = new Set<ArrayBufferLike>(given.map(({ buffer }) => buffer))
      const messages: Message[] = []
      for (const chunk of given) {
        connection.recv(chunk)
        messages.push(...connection.messages())
      }
      const whole = join(...messages.filter(isData).map(({ message }) => message))
      if (!isSame(whole, payload) && !isSame(whole, ascii(payload))) {
        throw new Error(`shape ${shapes.indexOf(shape)}: received ${whole.length} bytes that are not the payload`)
      }
      results.push(...messages.map(({ message }) => message).filter(({ buffer }) => !mine.has(buffer)))
    }
    return results
  }
}

/** One maker for both roles, with and without an extension. */
function everyWay(make: (role: Role, extended: boolean) => Maker): Maker {
  const makers = ROLES.flatMap((role) => [make(role, false), make(role, true)])
  return (payload) => makers.flatMap((maker) => maker(payload))
}

type Kind = readonly [name: string, open: () => Maker]

const sending = (table: Readonly<Record<string, Send>>): Kind[] =>
  Object.entries(table).map(([name, send]) => [name, () => everyWay((role, extended) => sender(send, role, extended))])

/** Results that are the caller's to write to. */
export const WRITABLE: readonly Kind[] = [
  ...sending(sends),
  ['close frames', () => closes],
  ...DELIVERIES.flatMap((delivery) =>
    OWNERSHIPS.map((ownership): Kind => {
      const open = (role: Role, extended: boolean) => receiver(role, { delivery, ownership }, extended)
      return [`payloads under '${ownership}' in '${delivery}' delivery`, () => everyWay(open)]
    }),
  ),
]

export const READ_ONLY: readonly Kind[] = sending(parts)

export const KINDS: readonly Kind[] = [...WRITABLE, ...READ_ONLY]
