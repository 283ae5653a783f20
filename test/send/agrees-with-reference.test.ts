// Sending: whatever a program asks for, in any state, it gets the frame it asked for or an error that changes nothing.
// Knows the public API and send-reference.ts, which says what is legal; the bytes are decoded by the slow reference.

import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Connection, Data, LocalProtocolError, RemoteProtocolError } from '../../bindings/index.js'
import { concat, decodeStream, LENIENT, parseHeader, type Rules, writeFrame } from '../support/frame-reference.js'
import { check } from '../support/seed.js'
import { type Asked, arrive, brokenRules, OPCODES, type Sender, type Sent, send } from './send-reference.js'

const bytes = (...values: number[]) => Uint8Array.from(values)
const bit = fc.oneof({ weight: 20, arbitrary: fc.constant(0 as const) }, fc.constant(1 as const))

/** Whole characters, halves of characters and of surrogate pairs, bytes of no character, and sizes at every border. */
const payload: fc.Arbitrary<Asked['data']> = fc.oneof(
  fc.array(fc.constantFrom('a', 'é', '€', '😀', '\ud83d', '\ude00', '\0'), { maxLength: 5 }).map((all) => all.join('')),
  fc.constantFrom('', bytes(0xf0, 0x9f), bytes(0x98, 0x80), bytes(0xc3), bytes(0xa9, 0x41), bytes(0xff), bytes()),
  fc.constantFrom(bytes(0xe2, 0x82), bytes(0xac)).map(({ buffer }) => buffer),
  fc.constantFrom(1, 122, 123, 124, 125, 126, 127, 4095, 4096, 65_535, 65_536, 70_001).map((size) => 'x'.repeat(size)),
  fc.constantFrom(1, 123, 126, 4095, 4096, 5000, 65_522, 65_535, 65_536, 140_000).map((size) => noise(size)),
  fc.uint8Array({ maxLength: 12 }),
)

function noise(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) % 256)
}

const types = [
  'continue',
  'continue',
  'continue',
  'text',
  'text',
  'text',
  'binary',
  'latin-1',
  'ping',
  'pong',
  'compare',
]
const bits = { rsv1: bit, rsv2: bit, rsv3: bit }
const asked: fc.Arbitrary<Asked> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      data: payload,
      type: fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...types) }, fc.constantFrom('nothing', 'toString')),
      fin: fc.boolean(),
      statusCode: fc.oneof({ weight: 19, arbitrary: fc.constant(undefined) }, fc.constant(1000)),
      ...bits,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      data: payload,
      type: fc.constant('close'),
      fin: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      statusCode: fc.constantFrom(
        undefined,
        0,
        999,
        1000,
        1004,
        1005,
        1006,
        1014,
        1015,
        2999,
        3000,
        4999,
        5000,
        65_535,
      ),
      ...bits,
    }),
  },
)

const index = fc.nat(30)
const step = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant('send' as const), frames: fc.array(index, { maxLength: 3 }) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('parts' as const), frames: fc.tuple(index) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('into' as const), frames: fc.tuple(index) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wrong key' as const), frames: fc.tuple(index) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wrong argument' as const), frames: fc.tuple(index) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ping' as const), frames: fc.constant<number[]>([]) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('close' as const, 'close' as const, 'violation' as const, 'eof' as const),
      frames: fc.constant<number[]>([]),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A connection whose masking keys are, in each call, 0x01020304 and what follows from there. */
class Subject {
  readonly connection: Connection<string, string>
  wrongKey = false
  #key = 0x01020304

  /** `busy`: its source of masking keys uses the codec itself, for another connection. */
  constructor(role: 'CLIENT' | 'SERVER', busy: boolean) {
    const other = new Connection('CLIENT')
    const maskKey = () => {
      if (busy) other.send(new Data(Buffer.from('κόσμε'), 'text'), new Data(noise(20), 'binary'))
      return this.wrongKey ? -1 : this.#key++
    }
    this.connection = new Connection(role, {
      opcodeNonControlMod: { 'latin-1': 3 },
      opcodeControlMod: { compare: 11 },
      maskKey,
    })
  }

  receive(what: 'ping' | 'close' | 'violation' | 'eof'): void {
    const { connection } = this
    const key = connection.role === 'SERVER' ? ([9, 8, 7, 6] as const) : undefined
    if (what === 'eof') connection.recvEof()
    else connection.recv(writeFrame({ first: { ping: 0x89, close: 0x88, violation: 0x80 }[what], key }, bytes()))
    try {
      for (const _ of connection.messages());
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
    }
  }

  /** What was sent, or the error. */
  attempt(action: (connection: Connection<string, string>) => Uint8Array): Uint8Array | Error {
    const { state, closeCode } = this.connection
    this.#key = 0x01020304
    try {
      return action(this.connection)
    } catch (error) {
      if (this.connection.state !== state) throw new Error(`state is ${this.connection.state} after ${error}`)
      if (this.connection.closeCode !== closeCode) throw new Error(`close code changed with ${error}`)
      return error as Error
    }
  }
}

/** What sendInto writes, in the midst of other bytes, after it found no room elsewhere. */
function sentInto(connection: Connection<string, string>, data: Data): Uint8Array {
  const small = bytes(0xa5)
  if (connection.sendInto(data, small) !== -1 || small[0] !== 0xa5) throw new Error('1 byte was room enough')
  const size = typeof data.data === 'string' ? data.data.length * 3 : data.data.byteLength
  const target = new Uint8Array(size + 40).fill(0xa5)
  const end = connection.sendInto(data, target, 9)
  if (!(end > 9) || target.some((byte, i) => (i < 9 || i >= end) && byte !== 0xa5)) {
    throw new Error('a byte outside the frame was written')
  }
  return target.slice(9, end)
}

const STATES = { OPEN: 'OPEN', CLOSE_SENT: 'CLOSING', CLOSE_RECEIVED: 'CLOSING', FAILED: 'CLOSING', CLOSED: 'CLOSED' }

const rules: Rules = { ...LENIENT, opcodes: [...OPCODES.values()] }

/** The bytes are these frames and no others, masked with the next keys where a client sends them. */
function sameFrames(wire: Uint8Array, sent: readonly Sent[], masked: boolean): void {
  const masking = masked ? 'required' : 'refused'
  let at = 0
  sent.forEach(({ first, payload }, i) => {
    // One at a time: the reference stops at a close frame, and a message may have begun before.
    const length = parseHeader(wire, at).end ?? 0
    const bytes = wire.subarray(at, length + payload.length)
    const message = (first & 0x0f) === 0 ? { opcode: 2, size: 0n, isText: false } : undefined
    const { frames, violation } = decodeStream(bytes, { ...rules, masking }, message)
    if (violation !== undefined) throw new Error(`frame ${i} breaks ${violation.code}`)
    const [frame] = frames
    const same = frames.length === 1 && frame.first === first && frame.length === payload.length
    if (!same || Buffer.compare(frame.payload, payload) !== 0) throw new Error(`frame ${i} was sent as something else`)
    const key = parseHeader(wire, at).key
    if (masked && key !== undefined) {
      const number = key.reduce((sum, byte) => sum * 256 + byte)
      if (number !== 0x01020304 + i) throw new Error(`frame ${i} has the masking key ${number.toString(16)}`)
    }
    at += bytes.length
  })
  if (at !== wire.length) throw new Error(`${wire.length - at} bytes that nobody asked for`)
}

/** Runs the steps; the twin is only asked for what is legal, by send and with new Data, and must send the same bytes. */
function sequence(role: 'CLIENT' | 'SERVER', busy: boolean, frames: readonly Asked[], steps: readonly Step[]): void {
  const subject = new Subject(role, busy)
  const twin = new Subject(role, false)
  const made = ({ data, type, ...options }: Asked) => new Data(data, type, options)
  const pool = frames.map(made)
  const before = frames.map(({ data }) => (typeof data === 'string' ? data : Buffer.from(new Uint8Array(data))))
  let sender: Sender = { state: 'OPEN', message: undefined }

  for (const one of steps) {
    if (one.do === 'ping' || one.do === 'close' || one.do === 'violation' || one.do === 'eof') {
      subject.receive(one.do)
      twin.receive(one.do)
      sender = arrive(one.do, sender)
    } else {
      const chosen = one.frames.map((i) => i % frames.length)
      const sent: Sent[] = []
      let broken: string[] = []
      let after = sender
      for (const i of chosen) {
        broken = brokenRules(frames[i], after)
        if (broken.length > 0) break
        const next = send(frames[i], after)
        sent.push(next.sent)
        after = next.after
      }
      subject.wrongKey = one.do === 'wrong key'
      const result = subject.attempt((connection) => {
        const data = chosen.map((i) => pool[i])
        if (one.do === 'wrong argument') return connection.send(...data, 'text' as unknown as Data)
        if (one.do === 'into') return sentInto(connection, data[0])
        if (one.do !== 'parts') return connection.send(...data)
        const parts = connection.sendParts(data[0])
        return concat([...parts])
      })
      subject.wrongKey = false
      if (broken.length > 0) {
        // A masking key may be drawn before the frame is looked at, or after.
        const isKey = result instanceof RangeError && one.do === 'wrong key' && role === 'CLIENT'
        if (!isKey && !(result instanceof LocalProtocolError && broken.includes(result.code))) {
          throw new Error(`${result instanceof Error ? result : 'sent'}, expected ${broken.join(' or ')}`)
        }
      } else if (one.do === 'wrong argument' || (one.do === 'wrong key' && role === 'CLIENT')) {
        const kind = one.do === 'wrong key' ? RangeError : TypeError
        if (!(result instanceof kind)) throw new Error(`${result}, expected a ${kind.name}`)
      } else {
        if (result instanceof Error) throw result
        sameFrames(result, sent, role === 'CLIENT')
        const again = twin.attempt((connection) => connection.send(...chosen.map((i) => made(frames[i]))))
        if (again instanceof Error || Buffer.compare(result, again) !== 0) {
          throw new Error(`a refused frame, or the way of sending, has changed a frame: ${again}`)
        }
        sender = after
      }
    }
    const { state } = subject.connection
    if (state !== STATES[sender.state]) throw new Error(`state is ${state}, expected ${sender.state}`)
  }

  frames.forEach(({ data }, i) => {
    const now = typeof data === 'string' ? data : Buffer.from(new Uint8Array(data))
    if (Buffer.from(now).compare(Buffer.from(before[i])) !== 0) throw new Error(`the bytes of frame ${i} were changed`)
  })
}

describe('whatever is sent, in any order', () => {
  it.each(['CLIENT', 'SERVER'] as const)('by a %s', (role) => {
    const frames = fc.array(asked, { minLength: 1, maxLength: 8 })
    const steps = fc.array(step, { maxLength: 30, size: 'max' })
    check(
      fc.property(frames, steps, fc.boolean(), (pool, list, busy) => sequence(role, busy, pool, list)),
      700,
    )
  })
})
