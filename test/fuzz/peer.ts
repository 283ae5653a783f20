// One connection under test: gives it a stream chunk by chunk and holds every answer against what must come.
// Knows the public API and the expected outcome; nothing of how inputs are made.

import {
  type Connection,
  type ConnectionOptions,
  Data,
  Information,
  type Message,
  RemoteProtocolError,
  type Role,
} from '../../bindings/index.js'
import { concat, type Key, writeFrame } from '../support/frame-reference.js'
import type { Random } from '../support/random.js'
import type { Expected, Outcome } from './expected.js'
import { cuts, type Way } from './plan.js'

/** The invariant does not hold. */
export class Find extends Error {}

export type Make = (role: Role, options: ConnectionOptions) => Connection<string, string>

/** How a peer behaves, in addition to the stream that it is given. */
export interface Manner {
  readonly role: Role
  readonly options: ConnectionOptions
  readonly names: Readonly<Record<number, string>>
  readonly closeFirst: boolean
  readonly replies: boolean
  readonly sends: boolean
  readonly eof: boolean
}

/** ms since the epoch, one more for each chunk given to any connection. One function, so that settings are shared. */
let time = 0
const now = () => time

export class Peer {
  readonly #connection: Connection<string, string>
  readonly #manner: Manner
  readonly #way: Way
  readonly #random: Random
  readonly #stream: Uint8Array
  readonly #outcome: Outcome
  readonly #due: readonly Expected[]
  readonly #ends: readonly number[]
  /** When each chunk was given, and which one the last event ended in. */
  readonly #arrivals: number[] = []
  #arrived = 0
  #next = 0
  /** Bytes given, and in how many chunks. */
  #fed = 0
  #chunks = 0
  /** Bytes of the frame in progress that were given out in pieces. */
  #pieces = 0
  #error: RemoteProtocolError | undefined
  #closed = false
  #keys = 0
  /** `payload`: undefined where it is to be read at the end only. */
  readonly #kept: { message: Message; payload: Uint8Array | undefined; due: Uint8Array }[] = []

  constructor(make: Make, manner: Manner, way: Way, stream: Uint8Array, outcome: Outcome, random: Random) {
    const { role, options } = manner
    const { delivery, ownership } = way
    const maskKey = role === 'CLIENT' ? { maskKey: () => this.#nextKey() } : {}
    this.#connection = make(role, { ...options, delivery, ownership, now, ...maskKey })
    this.#manner = manner
    this.#way = way
    this.#random = random
    this.#stream = stream
    this.#outcome = outcome
    this.#due = delivery === 'message' ? outcome.messages : outcome.frames
    this.#ends = cuts(
      way,
      stream.length,
      outcome.decoded.frames.map((frame) => frame.start),
    )
    if (manner.closeFirst) {
      this.#expectFrame(this.#connection.send(new Data('bye', 'close', { statusCode: 1000 })), 0x88, CLOSE_1000)
    }
  }

  get done(): boolean {
    return this.#chunks === this.#ends.length
  }

  /** Gives the next chunk. */
  feed(): void {
    const end = this.#ends[this.#chunks++]
    const bytes = this.#stream.subarray(this.#fed, end)
    const chunk = this.#chunk(bytes)
    time++
    this.#connection.recv(chunk)
    this.#fed = end
    this.#arrivals.push(time)
    if (this.#way.ownership === 'take') return
    const given = chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk
    if (!same(given, bytes)) this.#fail("'copy' changed the chunk")
    // Nor may it look at the chunk again.
    given.fill(0xaa)
  }

  /** Asks for up to `most` events. */
  drain(most = Number.POSITIVE_INFINITY): void {
    for (let asked = 0; asked < most; asked++) {
      let event: Message | Information
      try {
        event = this.#connection.nextEvent()
      } catch (error) {
        this.#takeError(error)
        return
      }
      if (typeof event === 'string') {
        this.#takeAnswer(event)
        return
      }
      this.#take(event)
    }
  }

  /** Sends something of its own, where it may, and checks the bytes. */
  send(): void {
    if (this.#connection.state !== 'OPEN') return
    const size = this.#random.pick([0, 3, 125, 126, 300, 65536])
    const payload = new Uint8Array(size).fill(0x61)
    if (size > 2) payload.set([0xe2, 0x82, 0xac], this.#random.below(size - 2))
    this.#expectFrame(this.#connection.send(new Data(payload, 'text')), 0x81, payload)
  }

  /** The network ends, or not: everything must have come, and be as it was. */
  finish(): void {
    const { eof } = this.#manner
    if (eof && this.#random.once(2)) this.#connection.recvEof()
    this.drain()
    if (eof) this.#connection.recvEof()
    this.drain()
    this.drain()
    const { close, failure } = this.#outcome
    const isClosed = this.#closed || (this.#manner.closeFirst && (close ?? failure) !== undefined)
    const ended = isClosed || (eof && (close ?? failure) === undefined)
    const isOpen = (close ?? failure) === undefined && !this.#manner.closeFirst
    const state = ended ? 'CLOSED' : isOpen ? 'OPEN' : 'CLOSING'
    if (this.#connection.state !== state) this.#fail(`state ${this.#connection.state}, not ${state}`)
    const code = ended ? (close === undefined ? 1006 : statusCode(close.payload)) : undefined
    if (this.#connection.closeCode !== code) this.#fail(`close code ${this.#connection.closeCode}, not ${code}`)
    for (const { message, payload, due } of this.#kept) {
      const last = message.message
      if (payload !== undefined && last !== payload) this.#fail('a message gave two payloads')
      if (!same(last, due)) this.#fail(`in the end ${message.type} has payload ${shown(last)}, not ${shown(due)}`)
    }
  }

  /** A chunk with the same bytes, in one of the forms that recv takes; under 'take' and 'copy' nobody else's memory. */
  #chunk(bytes: Uint8Array): Uint8Array | ArrayBuffer {
    switch (this.#random.below(3)) {
      case 0:
        return bytes.slice().buffer
      case 1:
        return bytes.slice()
      default: {
        const room = new Uint8Array(bytes.length + 9).fill(0xbb)
        room.set(bytes, 5)
        return room.subarray(5, 5 + bytes.length)
      }
    }
  }

  #take(message: Message): void {
    const delivery = this.#way.delivery
    const due = this.#due[this.#next] ?? this.#outcome.begun
    if (this.#error !== undefined) this.#fail(`an event after an error: ${message}`)
    if (due === undefined) this.#fail(`an event that nothing was sent for: ${message}`)
    const rsv = Number.parseInt(message.reserved.join(''), 2)
    if (message.type !== this.#manner.names[due.opcode] || rsv !== due.rsv || message.fin !== due.fin) {
      this.#fail(`${message}, not ${this.#manner.names[due.opcode]} fin=${due.fin} rsv=${due.rsv}`)
    }
    if (message.partial && (delivery !== 'chunk' || due.opcode >= 8)) this.#fail(`${message}`)
    if (!message.partial && due === this.#outcome.begun) this.#fail(`a frame that did not end: ${message}`)
    const from = this.#pieces
    const isLate = !message.partial && this.#random.once(4)
    const payload = isLate ? undefined : message.message
    const size = message.partial ? message.message.length : due.payload.length - from
    const expected = due.payload.subarray(from, from + size)
    if (payload !== undefined && (!same(payload, expected) || (message.partial && size === 0))) {
      this.#fail(`${message.type} with payload ${shown(payload)}, not ${shown(expected)}, from byte ${from}`)
    }
    const end = message.partial ? due.payloadStart + from + size : due.end
    if (end > this.#fed) this.#fail(`${message} before its last byte`)
    while (this.#ends[this.#arrived] < end) this.#arrived++
    const arrival = this.#arrivals[this.#arrived]
    if (message.time.getTime() !== arrival) this.#fail(`${message} has another time than ${arrival}`)
    this.#kept.push({ message, payload, due: expected })
    if (message.partial) this.#pieces += size
    else {
      this.#next++
      this.#pieces = 0
    }
    this.#answer(message, due)
  }

  /** The reply to a message, where it has one. */
  #answer(message: Message, due: Expected): void {
    const reply = message.response()
    const mustReply = !this.#manner.closeFirst && (due.opcode === 8 || due.opcode === 9)
    if ((reply !== undefined) !== mustReply) this.#fail(`a reply to ${message}: ${reply}`)
    if (due.opcode === 8) {
      if (message.statusCode !== statusCode(due.payload)) this.#fail(`status code of ${message}`)
      if (message.reason !== Buffer.from(due.payload.subarray(2)).toString()) this.#fail(`reason of ${message}`)
    }
    if (reply === undefined || !this.#manner.replies) return
    const sent = this.#connection.send(reply)
    const isPong = due.opcode === 9
    this.#expectFrame(sent, isPong ? 0x8a : 0x88, isPong ? due.payload : due.payload.subarray(0, 2))
    this.#closed = !isPong
  }

  #takeError(error: unknown): void {
    if (!(error instanceof RemoteProtocolError)) this.#fail(`${error}`, error)
    const { failure } = this.#outcome
    if (this.#error !== undefined) {
      if (error !== this.#error) this.#fail(`another error on a later call: ${error}`)
      return
    }
    this.#error = error
    if (failure === undefined) this.#fail(`an error where there is none: ${error}`)
    if (error.code !== failure.code || error.closeCode !== failure.closeCode) {
      this.#fail(`${error.code} ${error.closeCode}, not ${failure.code} ${failure.closeCode}`)
    }
    if (failure.at >= this.#fed) this.#fail(`${error.code} before the byte that decides it`)
    if (this.#next !== this.#due.length) this.#fail(`${error.code} before ${this.#due.length - this.#next} events`)
    const reply = error.response()
    if (!this.#manner.replies || this.#manner.closeFirst) return
    const reason = new TextEncoder().encode(String(reply.data))
    const code = [failure.closeCode >> 8, failure.closeCode & 255]
    this.#expectFrame(this.#connection.send(reply), 0x88, concat([Uint8Array.from(code), reason]))
    this.#closed = true
  }

  /** There is no event: then none may be due. */
  #takeAnswer(answer: Information): void {
    const { failure, close, begun } = this.#outcome
    if (failure !== undefined && failure.at < this.#fed) this.#fail(`${answer}, not ${failure.code}`)
    const late = this.#due[this.#next]
    if (late !== undefined && late.end <= this.#fed) this.#fail(`${answer} where ${late.opcode} is due at ${late.end}`)
    if (this.#way.delivery === 'chunk') {
      const frame = late !== undefined && late.opcode < 8 ? late : late === undefined ? begun : undefined
      const present = frame === undefined ? 0 : Math.max(0, Math.min(this.#fed, frame.end) - frame.payloadStart)
      if (this.#pieces !== present) this.#fail(`${this.#pieces} bytes in pieces, where ${present} are there`)
    }
    const received = close !== undefined && this.#next === this.#due.length
    const isOver = this.#closed || (received && this.#manner.closeFirst) || this.#connection.state === 'CLOSED'
    const want = isOver ? Information.CONNECTION_CLOSED : received ? Information.SEND_CLOSE : Information.NEED_DATA
    if (answer !== want) this.#fail(`${answer}, not ${want}`)
  }

  #nextKey(): number {
    this.#keys = (Math.imul(this.#keys, 1664525) + 1013904223) >>> 0
    return this.#keys
  }

  #expectFrame(sent: Uint8Array, first: number, payload: Uint8Array): void {
    const key = this.#manner.role === 'CLIENT' ? keyBytes(this.#keys) : undefined
    const due = writeFrame({ first, key }, payload)
    if (!same(sent, due)) this.#fail(`sent ${shown(sent)}, not ${shown(due)}`)
  }

  #fail(what: string, cause?: unknown): never {
    const { delivery, ownership, cut } = this.#way
    const where = `${this.#manner.role} '${delivery}' '${ownership}' cut ${cut % 8}, ${this.#fed} bytes given`
    throw new Find(`${where}: ${what}`, { cause })
  }
}

const CLOSE_1000 = Uint8Array.of(0x03, 0xe8, 0x62, 0x79, 0x65)

function keyBytes(key: number): Key {
  return [key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255]
}

function statusCode(payload: Uint8Array): number {
  return payload.length === 0 ? 1005 : payload[0] * 256 + payload[1]
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function shown(bytes: Uint8Array): string {
  return `${bytes.length} B ${Buffer.from(bytes.subarray(0, 24)).toString('hex')}`
}
