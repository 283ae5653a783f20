// Puts a stream to a Connection in a given cut and order of calls, and tells what came of it as the reference does.
// Knows the public API; nothing of what the outcome should be.

import fc from 'fast-check'
import { Connection, type ConnectionOptions, Data, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { concat } from './frame-reference.js'
import type { Event, Options, Outcome } from './receive-reference.js'
import { chunks, cut } from './streams.js'

/** How a stream is given and its events asked for. */
export interface Way {
  readonly cut: readonly number[]
  /** When: after each chunk, after the last one, or after the end of the network. */
  readonly drain: 'each' | 'last' | 'after eof'
  /** What a chunk is: an array of its own, a part of a larger one, a Buffer of the pool, an ArrayBuffer. */
  readonly form: 'array' | 'part' | 'Buffer' | 'ArrayBuffer'
  /** Whether the connection has sent a close frame before the first of it. */
  readonly closeSent: boolean
}

export const way: fc.Arbitrary<Way> = fc.record({
  cut,
  drain: fc.constantFrom('each', 'last', 'after eof'),
  form: fc.constantFrom('array', 'part', 'Buffer', 'ArrayBuffer'),
  closeSent: fc.oneof(fc.constant(false), fc.boolean()),
})

/** Whole, in one array. */
export const WHOLE: Way = { cut: [Number.POSITIVE_INFINITY], drain: 'each', form: 'array', closeSent: false }

/** What a connection has made of a stream; `times`: for each event, how many bytes had been given when it was ready. */
export interface Run extends Outcome {
  readonly times: readonly number[]
}

/** The connection of `options`; `now` is its clock. */
export function connect(options: Options, now: () => number = () => 0): Connection<string, string> {
  const { role, reservedBits, ...others } = options
  const given: ConnectionOptions = { ...others, reservedBits: [...reservedBits], now }
  return new Connection(role, given)
}

/** Takes the events of one connection, one at a time. */
export class Events {
  readonly connection: Connection<string, string>
  readonly #messages: Message[] = []
  error: RemoteProtocolError | undefined
  answer: Outcome['answer']

  constructor(connection: Connection<string, string>) {
    this.connection = connection
  }

  /** Asks once; whether there was a message. */
  next(): boolean {
    this.answer = undefined
    try {
      const event = this.connection.nextEvent()
      if (typeof event !== 'string') {
        if (this.error !== undefined) throw new Error(`${event} after ${this.error}`)
        this.#messages.push(event)
        return true
      }
      this.answer = event
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      if (this.error !== undefined && this.error !== error) throw new Error(`${error} after ${this.error}`)
      this.error = error
    }
    return false
  }

  drain(): void {
    while (this.next());
  }

  /** The messages, the pieces of a frame put together; what there is of a frame without its last piece is the rest. */
  collect(): { events: Event[]; rest: Event | undefined; times: number[] } {
    const events: Event[] = []
    const times: number[] = []
    let pieces: Message[] = []
    for (const message of this.#messages) {
      pieces.push(message)
      if (message.partial) continue
      events.push(together(pieces))
      times.push(message.time.getTime())
      pieces = []
    }
    return { events, times, rest: pieces.length === 0 ? undefined : together(pieces) }
  }

  get violation(): Outcome['violation'] {
    return this.error && { code: this.error.code, closeCode: this.error.closeCode }
  }
}

function together(pieces: readonly Message[]): Event {
  const last = pieces[pieces.length - 1]
  for (const { type, fin, reserved } of pieces) {
    if (type !== last.type || fin !== last.fin || `${reserved}` !== `${last.reserved}`) {
      throw new Error(`pieces of one frame differ in more than their bytes: ${pieces.join(', ')}`)
    }
  }
  const { type, fin, reserved, statusCode, reason } = last
  const payload = pieces.length === 1 ? last.message : concat(pieces.map(({ message }) => message))
  return { type, fin, reserved, payload, end: 0, statusCode, reason, reply: last.response()?.type }
}

/** Gives the bytes and asks for the events in that way; then ends the network, and sends the close that is owed. */
export function run(options: Options, bytes: Uint8Array, way: Way): Run {
  let given = 0
  const connection = connect(options, () => given)
  const events = new Events(connection)
  if (way.closeSent) connection.send(new Data('', 'close'))
  for (const chunk of chunks(bytes, way.cut)) {
    given += chunk.length
    hand(connection, chunk, way, options.ownership)
    if (way.drain === 'each') events.drain()
  }
  if (way.drain !== 'after eof') events.drain()
  const { state, answer } = { state: connection.state, answer: events.answer }
  connection.recvEof()
  connection.recvEof()
  events.drain()
  const [stateAfterEof, answerAfterEof] = [connection.state, events.answer]
  const { closeCode, closeReason } = closed(connection, events.error)
  return {
    ...events.collect(),
    violation: events.violation,
    ...(way.drain === 'after eof' ? { state: stateAfterEof, answer: answerAfterEof } : { state, answer }),
    stateAfterEof: stateAfterEof as 'CLOSED',
    answerAfterEof: answerAfterEof as 'CONNECTION_CLOSED',
    closeCode: closeCode as number,
    closeReason: closeReason as string,
  }
}

/** Sends the close frame that is owed, if one is; what is left is CLOSED. */
export function closed(connection: Connection<string, string>, error: RemoteProtocolError | undefined) {
  if (connection.state === 'CLOSING') connection.send(error?.response() ?? new Data('', 'close'))
  if (connection.state !== 'CLOSED') throw new Error(`state is ${connection.state} at the end`)
  return { closeCode: connection.closeCode, closeReason: connection.closeReason }
}

/** Gives a chunk in a form, and holds the caller's side of its ownership: a chunk that is only lent is used again. */
function hand(connection: Connection<string, string>, bytes: Uint8Array, { form }: Way, ownership: string): void {
  const around = form === 'part' ? 3 : 0
  const memory = form === 'Buffer' ? Buffer.allocUnsafe(bytes.length) : new Uint8Array(bytes.length + 2 * around)
  const chunk = memory.subarray(around, around + bytes.length)
  chunk.set(bytes)
  connection.recv(form === 'ArrayBuffer' ? (memory.buffer as ArrayBuffer) : chunk)
  if (ownership === 'take') return
  if (Buffer.compare(chunk, bytes) !== 0) throw new Error("'copy' changed the chunk")
  chunk.fill(0xa5)
}

/** The first difference between what should be and what is, or undefined. */
export function difference(expected: Outcome, actual: Outcome, after?: 'eof'): string | undefined {
  const [wanted, got] = [expected.events, actual.events]
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    if (!sameEvent(wanted[i], got[i])) return `event ${i} is ${show(got[i])}, expected ${show(wanted[i])}`
  }
  const compared = ['stateAfterEof', 'answerAfterEof', 'closeCode', 'closeReason'] as const
  for (const field of after === 'eof' ? compared : (['state', 'answer', ...compared] as const)) {
    if (expected[field] !== actual[field]) return `${field} is ${actual[field]}, expected ${expected[field]}`
  }
  const [should, does] = [expected.violation, actual.violation]
  if (should?.code !== does?.code || should?.closeCode !== does?.closeCode) {
    return `violation is ${JSON.stringify(does)}, expected ${JSON.stringify(should)}`
  }
  return restDifference(expected, actual)
}

/** What was handed out of a frame that never ended: all of it, or, where it broke a rule, no more than was right. */
function restDifference({ rest: wanted, violation }: Outcome, { rest: got }: Outcome): string | undefined {
  const size = got?.payload.length ?? 0
  if (violation === undefined && size !== (wanted?.payload.length ?? 0)) {
    return `the rest is ${show(got)}, expected ${show(wanted)}`
  }
  if (got === undefined) return undefined
  const right = wanted && { ...wanted, payload: wanted.payload.subarray(0, size) }
  return sameEvent(right, got) ? undefined : `the rest is ${show(got)}, expected the beginning of ${show(wanted)}`
}

export function sameEvent(a: Event | undefined, b: Event | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.type === b.type &&
    a.fin === b.fin &&
    a.statusCode === b.statusCode &&
    a.reason === b.reason &&
    a.reply === b.reply &&
    a.reserved.every((bit, i) => bit === b.reserved[i]) &&
    Buffer.compare(a.payload, b.payload) === 0
  )
}

export function show(event: Event | undefined): string {
  if (event === undefined) return 'nothing'
  const { type, payload, fin, reserved, statusCode, reply } = event
  const bytes = Buffer.from(payload.subarray(0, 32)).toString('hex')
  const more = payload.length > 32 ? '…' : ''
  return `${type} ${payload.length} B <${bytes}${more}> fin=${fin} rsv=${reserved.join('')} ${statusCode} → ${reply}`
}
