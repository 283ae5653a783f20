// Many connections share one module and one thread: whatever the order in which they are used, each is as if alone.
// Knows the public API and the generators; nothing of what the module remembers between two calls.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Data } from '../../bindings/index.js'
import { receive } from '../support/receive-reference.js'
import { closed, connect, difference, Events } from '../support/run.js'
import { check } from '../support/seed.js'
import { any, chunks, cut, type Stream, valid } from '../support/streams.js'

const seat = fc.record({ stream: fc.oneof(valid, any), cut })
const turn = fc.record({
  /** Which connection, modulo their number. */
  at: fc.nat(5),
  action: fc.constantFrom('recv', 'recv', 'next', 'next', 'drain', 'send'),
  times: fc.integer({ min: 1, max: 4 }),
})

/** A connection with what is still to be given to it. */
class Seat {
  readonly stream: Stream
  readonly #events: Events
  readonly #chunks: Uint8Array[]

  constructor(stream: Stream, cut: readonly number[]) {
    this.stream = stream
    this.#events = new Events(connect(stream.options))
    // A chunk that is given away must not be the stream itself.
    this.#chunks = Array.from(chunks(stream.bytes, cut), (chunk) => chunk.slice())
  }

  act(action: string): void {
    const { connection } = this.#events
    if (action === 'next') this.#events.next()
    else if (action === 'drain') this.#events.drain()
    else if (action === 'send') this.#send()
    else {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) connection.recv(chunk)
    }
  }

  /** Text that is not ASCII goes through the validator, and through the mask of a client. */
  #send(): void {
    const { connection } = this.#events
    if (connection.state !== 'OPEN') return
    const bytes = connection.send(new Data(Buffer.from('κόσμε'), 'text'), new Data('ping', 'ping'))
    const masked = connection.role === 'CLIENT'
    const key = masked ? bytes.subarray(2, 6) : [0, 0, 0, 0]
    const payload = bytes.subarray(masked ? 6 : 2, masked ? 16 : 12).map((byte, i) => byte ^ key[i % 4])
    if (Buffer.from(payload).toString() !== 'κόσμε') throw new Error('sent something else')
  }

  finish(): string | undefined {
    const { connection } = this.#events
    for (const chunk of this.#chunks) connection.recv(chunk)
    this.#events.drain()
    const { state } = connection
    const { answer } = this.#events
    connection.recvEof()
    this.#events.drain()
    const afterEof = { stateAfterEof: connection.state as 'CLOSED', answerAfterEof: this.#events.answer as undefined }
    const { closeCode, closeReason } = closed(connection, this.#events.error)
    const { events, rest } = this.#events.collect()
    const end = { closeCode: closeCode as number, closeReason: closeReason as string }
    const { violation } = this.#events
    const expected = receive(this.stream.bytes, this.stream.options)
    return difference(expected, { events, rest, violation, state, answer, ...afterEof, ...end })
  }
}

it('connections used in any order give the same events as each alone', () => {
  const seats = fc.array(seat, { minLength: 2, maxLength: 6 })
  const turns = fc.array(turn, { maxLength: 80, size: 'max' })
  check(
    fc.property(seats, turns, (given, order) => {
      const all = given.map(({ stream, cut }) => new Seat(stream, cut))
      for (const { at, action, times } of order) {
        for (let i = 0; i < times; i++) all[at % all.length].act(action)
      }
      expect(all.map((one) => one.finish())).toEqual(all.map(() => undefined))
    }),
    250,
  )
})

it('connections that take turns with every chunk and every event do so too', () => {
  check(
    fc.property(fc.array(seat, { minLength: 2, maxLength: 4 }), (given) => {
      const all = given.map(({ stream, cut }) => new Seat(stream, cut))
      for (let i = 0; i < 400; i++) for (const one of all) one.act(i % 3 === 0 ? 'recv' : 'next')
      expect(all.map((one) => one.finish())).toEqual(all.map(() => undefined))
    }),
    80,
  )
})
