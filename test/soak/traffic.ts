// The peers of the soak test: honest ones, whose bytes are counted at both ends, and hostile ones of several kinds.
// Knows what a peer sends and what it must get back; nothing of memory, and nothing of time.

import { Connection, type ConnectionOptions, Data, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { concat, writeFrame, writeHeader } from '../support/frame-reference.js'
import type { Random } from '../support/random.js'

/** What all peers together have come to. */
export const totals = { messages: 0, bytes: 0, violations: 0, replaced: 0 }

/** A connection of the server under test, and who is at its other end. */
export interface Peer {
  /** Sends something, and lets the server answer. */
  step(): void
  /** Bytes of the message in progress that the server has received, at most. */
  readonly inFlight: number
  /** Bytes that the peer itself holds, in this process, on their way. */
  readonly outbox: number
}

export const MOST_IN_MESSAGE = 64 * 1024

const OPTIONS: readonly ConnectionOptions[] = [
  { delivery: 'message', maxMessageSize: MOST_IN_MESSAGE },
  { delivery: 'message', ownership: 'take', maxMessageSize: MOST_IN_MESSAGE },
  { delivery: 'chunk', maxMessageSize: MOST_IN_MESSAGE },
  { delivery: 'frame', ownership: 'take', maxMessageSize: MOST_IN_MESSAGE },
]

/** Counts payload, whatever the pieces it comes in: bytes, and a checksum of them in their order. */
class Tally {
  messages = 0
  bytes = 0
  sum = 0

  add(payload: Uint8Array, isEnd: boolean): void {
    let sum = this.sum
    for (const byte of payload) sum = (Math.imul(sum, 31) + byte) | 0
    this.sum = sum
    this.bytes += payload.length
    if (isEnd) this.messages++
  }

  equals(other: Tally): boolean {
    return this.messages === other.messages && this.bytes === other.bytes && this.sum === other.sum
  }

  toString(): string {
    return `${this.messages} messages, ${this.bytes} bytes, sum ${this.sum >>> 0}`
  }
}

const SAMPLE = 256 * 1024
let sample: Uint8Array<ArrayBuffer> | undefined

/** A client that sends messages of all sizes, in fragments and whole, with pings between, at its own pace. */
export class Honest implements Peer {
  readonly #random: Random
  readonly #client = new Connection('CLIENT', { ownership: 'take' })
  readonly #server: Connection<string, string>
  readonly #sent = new Tally()
  readonly #received = new Tally()
  readonly #echoed = new Tally()
  readonly #returned = new Tally()
  /** What is still to come of the message that is on its way, and the size of that message on the wire. */
  #outbox: Uint8Array = new Uint8Array(0)
  #size = 0
  #pings = 0
  #pongs = 0

  constructor(random: Random) {
    this.#random = random
    this.#server = new Connection<string, string>('SERVER', random.pick(OPTIONS))
  }

  get inFlight(): number {
    return this.#size - this.#outbox.length
  }

  get outbox(): number {
    return this.#outbox.buffer.byteLength
  }

  step(): void {
    if (this.#outbox.length === 0) {
      this.#outbox = this.#write()
      this.#size = this.#outbox.length
    }
    const most = this.#random.pick([1, 10, 1460, 1460, 65536])
    const chunk = this.#outbox.slice(0, 1 + this.#random.below(most))
    this.#outbox = this.#outbox.subarray(chunk.length)
    this.#serve(chunk)
  }

  /** Delivers the rest; returns what is wrong, or undefined. */
  finish(): string | undefined {
    while (this.#outbox.length > 0) this.step()
    if (!this.#sent.equals(this.#received)) return `sent ${this.#sent}, received ${this.#received}`
    if (!this.#echoed.equals(this.#returned)) return `echoed ${this.#echoed}, returned ${this.#returned}`
    return this.#pings === this.#pongs ? undefined : `${this.#pings} pings, ${this.#pongs} pongs`
  }

  #write(): Uint8Array {
    const random = this.#random
    sample ??= random.bytes(SAMPLE)
    const size = random.once(50) ? random.below(MOST_IN_MESSAGE) : random.below(random.pick([2, 130, 1000]))
    const from = random.below(SAMPLE - size)
    const payload = sample.subarray(from, from + size)
    this.#sent.add(payload, true)
    const frames: Data[] = []
    let type = 'binary'
    for (let at = 0; ; ) {
      const to = random.once(2) ? size : at + random.below(size - at + 1)
      frames.push(new Data(payload.subarray(at, to), type, { fin: to === size }))
      if (to === size) break
      type = 'continue'
      at = to
      if (random.once(3)) {
        frames.push(new Data(payload.subarray(0, Math.min(size, 50)), 'ping'))
        this.#pings++
      }
    }
    return this.#client.send(...(frames as Data<'binary'>[]))
  }

  #serve(chunk: Uint8Array): void {
    this.#server.recv(chunk)
    totals.bytes += chunk.length
    for (const message of this.#server.messages()) {
      const reply = message.response()
      if (reply !== undefined) this.#client.recv(this.#server.send(reply))
      else this.#echo(message)
    }
    for (const message of this.#client.messages()) {
      if (message.type === 'pong') this.#pongs++
      else this.#returned.add(message.message, true)
    }
  }

  #echo(message: Message): void {
    const isEnd = message.fin && !message.partial
    this.#received.add(message.message, isEnd)
    if (isEnd) totals.messages++
    // The echo goes out as pieces come in: each is a message of its own.
    this.#echoed.add(message.message, true)
    this.#client.recv(this.#server.send(new Data(message.message, 'binary')))
  }
}

/** What a hostile peer sends at each step, and where a new message begins. */
export interface Attack {
  readonly name: string
  readonly bytes: (step: number, random: Random) => Uint8Array
  /** After how many steps the server's time-out ends it. */
  readonly steps: number
  /** Whether its bytes may have to be kept: they are payload of a message that has not ended. Default true. */
  readonly kept?: boolean
}

const frame = (first: number, payload: Uint8Array) => writeFrame({ first, key: [1, 2, 3, 4] }, payload)
const header = (length: bigint) => writeHeader({ first: 0x82, key: [1, 2, 3, 4] }, length)
const times = (count: number, bytes: Uint8Array) => concat(new Array<Uint8Array>(count).fill(bytes))
const NONE = new Uint8Array(0)
const ONE = Uint8Array.of(0)

const WHOLE_HEADER = header(BigInt(MOST_IN_MESSAGE))
const TINY = times(50, frame(0x00, ONE))
const EMPTY = times(100, frame(0x00, NONE))
const PINGS = times(100, frame(0x89, new Uint8Array(125)))
const PART = frame(0x00, new Uint8Array(3000))

export const ATTACKS: readonly Attack[] = [
  { name: 'slow bytes', steps: 100, bytes: (step) => (step === 0 ? WHOLE_HEADER : ONE) },
  { name: 'tiny fragments', steps: 100, bytes: (step) => (step === 0 ? frame(0x02, ONE) : TINY) },
  { name: 'empty fragments', steps: 100, kept: false, bytes: (step) => (step === 0 ? frame(0x02, NONE) : EMPTY) },
  { name: 'huge declared lengths', steps: 100, bytes: (step) => (step < 2 ? [WHOLE_HEADER, ONE][step] : NONE) },
  { name: 'too huge declared lengths', steps: 30, bytes: (step) => (step === 0 ? header(2n ** 53n - 1n) : ONE) },
  { name: 'ping flood', steps: 100, kept: false, bytes: () => PINGS },
  { name: 'half-open', steps: 100, bytes: (step) => (step === 0 ? WHOLE_HEADER.subarray(0, 9) : NONE) },
  { name: 'up to the limit and over', steps: 60, bytes: (step) => (step === 0 ? frame(0x02, ONE) : PART) },
  { name: 'noise', steps: 20, bytes: (_, random) => random.bytes(200) },
]

export class Hostile implements Peer {
  readonly outbox = 0
  readonly #random: Random
  readonly #attack: Attack
  #server!: Connection<string, string>
  #step = 0
  #received = 0
  #failed = false

  constructor(random: Random, attack: Attack) {
    this.#random = random
    this.#attack = attack
    this.#connect()
    // They have not all begun at once.
    this.#step = -random.below(attack.steps)
  }

  get inFlight(): number {
    return this.#failed || this.#attack.kept === false ? 0 : this.#received
  }

  step(): void {
    const step = this.#step++
    if (step < 0) return
    if (step === this.#attack.steps) {
      totals.replaced++
      this.#connect()
      return
    }
    const bytes = this.#attack.bytes(step, this.#random)
    if (bytes.length === 0) return
    this.#received += bytes.length
    totals.bytes += bytes.length
    this.#server.recv(bytes.slice())
    this.#ask()
  }

  #connect(): void {
    this.#server = new Connection<string, string>('SERVER', this.#random.pick(OPTIONS))
    this.#step = 0
    this.#received = 0
    this.#failed = false
  }

  #ask(): void {
    try {
      for (const message of this.#server.messages()) {
        const reply = message.response()
        if (reply !== undefined) this.#server.send(reply)
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      if (!this.#failed) totals.violations++
      this.#failed = true
      // The transport is not ended yet: until the time-out, the connection and its error are held.
      if (this.#server.state === 'CLOSING') this.#server.send(error.response())
    }
  }
}
