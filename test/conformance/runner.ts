// Puts a case of the table to a Connection: in both roles, every delivery and ownership, whole and in every cut.
// Throws at the first difference, with what was expected, what came, and in which cut.

import {
  Connection,
  type ConnectionOptions,
  Data,
  type Delivery,
  Information,
  LocalProtocolError,
  type Message,
  type Ownership,
  RemoteProtocolError,
  type Role,
} from '../../bindings/index.js'
import { seededRandom } from '../support/seed.js'
import { bytes, type Case, ping, wire } from './case.js'
import { type Expected, expectedEvents, options, type Stream, stream } from './stream.js'

const ROLES: readonly Role[] = ['SERVER', 'CLIENT']
const DELIVERIES: readonly Delivery[] = ['frame', 'message', 'chunk']
const OWNERSHIPS: readonly Ownership[] = ['copy', 'take']

/** Up to this size, in bytes, a stream is cut at every place; a longer one at RANDOM_CUTS of them. */
const EVERY_CUT = 400
const RANDOM_CUTS = 200
/** A stream with more bytes or frames than these gets fewer cuts, so that all of them together have about as many. */
const CUT_BYTES = 8 * 1024 * 1024
const CUT_FRAMES = 40_000
/** Up to this size byte by byte from end to end; a longer one so at both ends, and in MIDDLE_CHOPS in between. */
const BYTE_BY_BYTE = 10_000
const EACH_END = 300
const MIDDLE_CHOPS = 4111

/** One way to run a case. */
interface Way {
  readonly role: Role
  readonly delivery: Delivery
  readonly ownership: Ownership
}

/** A connection that is fed, and what came of it. */
class Run {
  readonly connection: Connection<string, string>
  readonly seen: Expected[] = []
  /** Pieces of a frame that goes on, under 'chunk'. */
  pieces: Message[] = []
  last: Message | undefined
  answer: Information | undefined
  error: unknown
  readonly #chunked: boolean

  constructor(role: Role, opts: ConnectionOptions) {
    this.connection = new Connection(role, opts)
    this.#chunked = opts.delivery === 'chunk'
  }

  feed(chunk: Uint8Array): void {
    this.connection.recv(chunk)
    if (this.error !== undefined) return
    try {
      while (true) {
        const event = this.connection.nextEvent()
        if (typeof event === 'string') {
          this.answer = event
          return
        }
        this.#take(event)
      }
    } catch (error) {
      this.error = error
    }
  }

  #take(event: Message): void {
    this.last = event
    if (event.partial) {
      if (!this.#chunked) throw new Error(`partial event: ${event}`)
      this.pieces.push(event)
      return
    }
    const [rsv1, rsv2, rsv3] = event.reserved
    const rsv = rsv1 * 4 + rsv2 * 2 + rsv3
    let payload = event.message
    if (this.pieces.length > 0) {
      for (const piece of this.pieces) sameFrame(piece, event)
      payload = bytes(...this.pieces.map((piece) => piece.message), payload)
      this.pieces = []
    }
    this.seen.push({ type: event.type, payload, fin: event.fin, rsv })
  }
}

function sameFrame(piece: Message, rest: Message): void {
  if (piece.type === rest.type && piece.fin === rest.fin && `${piece.reserved}` === `${rest.reserved}`) return
  throw new Error(`pieces of one frame differ in more than their bytes: ${piece}, then ${rest}`)
}

/** Checks a case in every way; throws an Error that describes the first difference. */
export function check(one: Case): void {
  for (const role of one.role === undefined ? ROLES : [one.role]) {
    const sent = stream(one, role)
    const pristine = sent.bytes.slice()
    for (const delivery of DELIVERIES) {
      for (const ownership of OWNERSHIPS) checkWay(one, sent, { role, delivery, ownership })
    }
    if (Buffer.compare(sent.bytes, pristine) !== 0) throw new Error(`${role}: 'copy' changed the bytes it was given`)
  }
}

function checkWay(one: Case, sent: Stream, way: Way): void {
  const expected = expectedEvents(one, way.delivery)
  const opts = options(one, way.delivery, way.ownership)
  const size = sent.bytes.length

  const run = (how: string, cuts: Iterable<number>, after?: Uint8Array, watch?: (run: Run, at: number) => void) => {
    const one_ = new Run(way.role, opts)
    // Under 'take' the bytes are the connection's, so each run gets its own.
    const given = way.ownership === 'take' ? sent.bytes.slice() : sent.bytes
    try {
      let from = 0
      for (const to of cuts) {
        one_.feed(given.subarray(from, to))
        watch?.(one_, to)
        from = to
      }
      one_.feed(given.subarray(from))
      watch?.(one_, size)
      if (after !== undefined) one_.feed(way.ownership === 'take' ? after.slice() : after)
      compare(one, one_, after === undefined ? expected : [...expected, ...trailing(one)])
    } catch (error) {
      const where = `${way.role}, delivery '${way.delivery}', ownership '${way.ownership}', ${how}`
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error })
    }
    return one_
  }

  finish(one, run('whole', []))
  if (one.unfinished === undefined) run('with trailing data', [], wire(TRAILING, way.role, [1, 2, 3, 4]))
  if (one.chop !== undefined) run(`in chops of ${one.chop}`, every(one.chop, size))
  run('byte by byte', byteByByte(size), undefined, watcher(one, sent, way))
  for (const cut of places(size, sent.ends.length)) run(`cut at ${cut}`, [cut])
}

const TRAILING = ping('trailing')

/** What data after the case comes to: nothing after a close frame or a violation. */
function trailing(one: Case): Expected[] {
  const over = one.violation !== undefined || one.frames.some(({ opcode }) => opcode === 8)
  return over ? [] : [{ type: 'ping', payload: TRAILING.payload, fin: true, rsv: 0 }]
}

function* every(step: number, size: number): Generator<number> {
  for (let at = step; at < size; at += step) yield at
}

function* byteByByte(size: number): Generator<number> {
  for (let at = 1; at < size; ) {
    yield at
    const dense = size <= BYTE_BY_BYTE || at < EACH_END || at >= size - EACH_END
    at = dense ? at + 1 : Math.min(at + MIDDLE_CHOPS, size - EACH_END)
  }
}

function* places(size: number, frames: number): Generator<number> {
  if (size <= EVERY_CUT) {
    yield* every(1, size)
    return
  }
  const random = seededRandom(size)
  const count = Math.max(2, Math.floor(Math.min(RANDOM_CUTS, CUT_BYTES / size, CUT_FRAMES / (frames + 1))))
  for (let i = 0; i < count; i++) yield 1 + random.below(size - 1)
}

/** Watches a run byte by byte: no event and no failure may be later than its last byte, nor earlier. */
function watcher(one: Case, sent: Stream, way: Way): (run: Run, at: number) => void {
  const failsAt = one.violation?.failsAt ?? 0
  const latest = sent.violation === undefined ? Number.POSITIVE_INFINITY : sent.violation.header + failsAt
  const earliest = one.violation?.code === 'ERR_INVALID_UTF8' ? latest : (sent.ends.at(-1) ?? 0) + 1
  let frames = 0
  return (run, at) => {
    if (run.error !== undefined && at < earliest)
      throw new Error(`fails at byte ${at}, before ${earliest}: ${run.error}`)
    if (run.error === undefined && at >= latest) throw new Error(`no failure at byte ${at}, but due at ${latest}`)
    while (sent.ends[frames] <= at) frames++
    if (way.delivery !== 'message' && run.seen.length !== frames) {
      throw new Error(`${run.seen.length} events at byte ${at}, where ${frames} frames have ended`)
    }
  }
}

function compare(one: Case, run: Run, expected: readonly Expected[]): void {
  for (let i = 0; i < Math.max(expected.length, run.seen.length); i++) {
    const [want, got] = [expected[i], run.seen[i]]
    const same =
      want !== undefined &&
      got !== undefined &&
      want.type === got.type &&
      want.fin === got.fin &&
      want.rsv === got.rsv &&
      Buffer.compare(want.payload, got.payload) === 0
    if (!same) throw new Error(`event ${i} is ${show(got)}, expected ${show(want)}; error: ${run.error}`)
  }
  const rest = bytes(...run.pieces.map((piece) => piece.message))
  const begun = one.violation?.frame ?? one.unfinished
  const allowed = begun?.payload.subarray(0, one.violation?.failsAt ?? begun.payload.length) ?? new Uint8Array(0)
  if (rest.length > allowed.length || Buffer.compare(rest, allowed.subarray(0, rest.length)) !== 0) {
    throw new Error(`pieces ${show({ type: '', payload: rest, fin: true, rsv: 0 })} of a frame that was not sent so`)
  }
  if (one.violation === undefined) {
    if (run.error !== undefined) throw new Error(`fails with ${run.error}`)
    const want = one.frames.some(({ opcode }) => opcode === 8) ? Information.SEND_CLOSE : Information.NEED_DATA
    if (run.answer !== want) throw new Error(`nextEvent answers ${run.answer}, expected ${want}`)
    return
  }
  const { code, closeCode } = one.violation
  const error = run.error
  if (!(error instanceof RemoteProtocolError)) throw new Error(`no ${code}, but ${error ?? run.answer}`)
  if (error.code !== code || error.closeCode !== closeCode) {
    throw new Error(`fails with ${error.code} ${error.closeCode}, expected ${code} ${closeCode}`)
  }
}

function show(event: Expected | undefined): string {
  if (event === undefined) return 'missing'
  const shown = Buffer.from(event.payload.subarray(0, 24)).toString('hex')
  const more = event.payload.length > 24 ? '…' : ''
  return `${event.type} of ${event.payload.length} bytes ${shown}${more} fin ${event.fin} rsv ${event.rsv}`
}

/** How a case ends: its failure stays, its close is answered, its pings are; or it is open and the network ends. */
function finish(one: Case, run: Run): void {
  const { connection } = run
  if (one.violation !== undefined) {
    const error = run.error as RemoteProtocolError
    for (let again = 0; again < 3; again++) {
      mustThrow(() => connection.nextEvent(), error.code)
      connection.recv(wire(ping('later'), connection.role, [0, 0, 0, 0]))
    }
    equal('state', connection.state, 'CLOSING')
    mustThrow(() => connection.send(new Data('', 'text')), 'ERR_SEND_STATE')
    sendsClose(connection, error.response(), one.violation.closeCode)
    return
  }
  const { last } = run
  if (last?.type === 'close') {
    equal('state', connection.state, 'CLOSING')
    const given = last.message.length === 0 ? undefined : (last.message[0] << 8) | last.message[1]
    equal('status code', last.statusCode, given ?? 1005)
    equal('reason', last.reason, new TextDecoder().decode(last.message.subarray(2)))
    sendsClose(connection, last.response() as Data<'close'>, given)
    equal('answer', connection.nextEvent(), Information.CONNECTION_CLOSED)
    equal('close code', connection.closeCode, given ?? 1005)
    equal('close reason', connection.closeReason, last.reason)
    return
  }
  equal('state', connection.state, 'OPEN')
  if (last?.type === 'ping') {
    const pong = connection.send(last.response() as Data<'pong'>)
    const payload = pong.subarray(connection.role === 'CLIENT' ? 6 : 2)
    if (pong[0] !== 0x8a || Buffer.compare(payload, last.message) !== 0) throw new Error(`wrong reply to ${last}`)
  }
  connection.recvEof()
  equal('answer', connection.nextEvent(), Information.CONNECTION_CLOSED)
  equal('close code', connection.closeCode, 1006)
}

/** Sends a close frame, the mask key being zero, and checks the status code on the wire. */
function sendsClose(connection: Connection<string, string>, data: Data<'close'>, code: number | undefined): void {
  const sent = connection.send(data)
  const payload = sent.subarray(connection.role === 'CLIENT' ? 6 : 2)
  equal('first byte', sent[0], 0x88)
  equal('close code on the wire', payload.length === 0 ? undefined : (payload[0] << 8) | payload[1], code)
  equal('state', connection.state, 'CLOSED')
  mustThrow(() => connection.send(new Data('', 'close')), 'ERR_SEND_STATE')
}

function mustThrow(action: () => unknown, code: string): void {
  try {
    action()
  } catch (error) {
    const known = error instanceof RemoteProtocolError || error instanceof LocalProtocolError
    if (known && error.code === code) return
    throw error
  }
  throw new Error(`${code} expected, but nothing was thrown`)
}

function equal(what: string, got: unknown, want: unknown): void {
  if (got !== want) throw new Error(`${what} is ${got}, expected ${want}`)
}
