// Whose bytes are whose: nothing that a caller owns is ever written to, and nothing it was given changes later.
// Knows the public API and the generators; what the events are is compared elsewhere.

import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Data, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { Random } from '../support/random.js'
import { connect } from '../support/run.js'
import { check } from '../support/seed.js'
import { any, chunks, cut, options, size } from '../support/streams.js'

/** Bytes that the caller holds: `is` says whether they, and those around them in memory, are what they were. */
class Held {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #all: Uint8Array
  readonly #before: Uint8Array

  constructor(bytes: Uint8Array, around: number) {
    this.#all = new Uint8Array(bytes.length + 2 * around).fill(0x5a)
    this.#all.set(bytes, around)
    this.#before = this.#all.slice()
    this.bytes = new Uint8Array(this.#all.buffer as ArrayBuffer, around, bytes.length)
  }

  unchanged(): boolean {
    return Buffer.compare(this.#all, this.#before) === 0
  }
}

const around = fc.constantFrom(0, 1, 3, 8)

describe('the caller’s buffers are never changed', () => {
  it("by recv under 'copy', nor by a program that writes to the payloads", () => {
    check(
      fc.property(any, cut, around, fc.boolean(), (stream, sizes, space, scribble) => {
        const connection = connect({ ...stream.options, ownership: 'copy' })
        const lent: Held[] = []
        const messages: Message[] = []
        try {
          for (const chunk of chunks(stream.bytes, sizes)) {
            const held = new Held(chunk, space)
            lent.push(held)
            connection.recv(held.bytes)
            for (const message of connection.messages()) {
              messages.push(message)
              if (scribble) message.message.fill(0xee)
            }
          }
        } catch (error) {
          if (!(error instanceof RemoteProtocolError)) throw error
        }
        if (!lent.every((held) => held.unchanged())) throw new Error('a chunk was changed')
        const buffers = new Set<ArrayBufferLike>(lent.map(({ bytes }) => bytes.buffer))
        for (const { message } of messages) {
          if (buffers.has(message.buffer)) throw new Error('a payload lies in a chunk')
          if (scribble && message.some((byte) => byte !== 0xee)) throw new Error('a payload was changed later')
        }
      }),
      400,
    )
  })

  it('by send and sendParts, whatever becomes of what they return', () => {
    const type = fc.constantFrom('binary' as const, 'ping' as const)
    const calls = fc.array(fc.constantFrom('send' as const, 'twice' as const, 'parts' as const), { maxLength: 4 })
    check(
      fc.property(options, size, fc.nat(), type, around, calls, (given, length, seed, type, space, list) => {
        const connection = connect(given)
        const payload = new Random(seed).bytes(type === 'ping' ? Math.min(length, 125) : length)
        const held = new Held(payload, space)
        const data = new Data(held.bytes, type)
        for (const call of list) {
          if (call === 'parts') {
            // The list is read-only: it may hold the payload itself.
            const last = connection.sendParts(data).at(-1) as Uint8Array
            if (given.role === 'CLIENT' && last.buffer === held.bytes.buffer) throw new Error('the payload is shared')
          } else {
            const sent = call === 'send' ? connection.send(data) : connection.send(data, data)
            if (sent.buffer === held.bytes.buffer) throw new Error('the payload is shared')
            sent.fill(0xee)
          }
          if (!held.unchanged()) throw new Error(`${call} changed the payload`)
        }
      }),
      500,
    )
  })

  it('by a payload that is sent on: what one connection received, another one sends masked', () => {
    check(
      fc.property(size, fc.nat(), fc.constantFrom('copy' as const, 'take' as const), (length, seed, ownership) => {
        const payload = new Random(seed).bytes(length)
        const [client, other] = [connect({ ...PLAIN, role: 'CLIENT' }), connect({ ...PLAIN, role: 'CLIENT' })]
        const server = connect({ ...PLAIN, role: 'SERVER', ownership })
        server.recv(client.send(new Data(payload, 'binary')))
        const [received] = server.messages()
        other.send(new Data(received.message, 'binary'))
        other.sendParts(new Data(received.message, 'binary'))
        if (Buffer.compare(received.message, payload) !== 0) throw new Error('what was received has changed')
      }),
      150,
    )
  })
})

const PLAIN = {
  delivery: 'frame',
  ownership: 'copy',
  opcodeNonControlMod: {},
  opcodeControlMod: {},
  reservedBits: [1, 1, 1],
  maxFrameSize: Number.POSITIVE_INFINITY,
  maxMessageSize: Number.POSITIVE_INFINITY,
  acceptUnmasked: false,
} as const

describe('what a program was given stays as it is', () => {
  it('whatever is received and sent afterwards, here and elsewhere', () => {
    check(
      fc.property(any, cut, any, (stream, sizes, later) => {
        const connection = connect(stream.options)
        const [other, sender] = [connect(later.options), connect({ ...PLAIN, role: 'CLIENT' })]
        const given: [bytes: Uint8Array, copy: Uint8Array][] = []
        try {
          for (const chunk of chunks(stream.bytes, sizes)) {
            connection.recv(chunk.slice())
            for (const { message } of connection.messages()) given.push([message, message.slice()])
          }
          other.recv(later.bytes.slice())
          for (const _ of other.messages());
        } catch (error) {
          if (!(error instanceof RemoteProtocolError)) throw error
        }
        const sent = sender.send(new Data('first', 'text'))
        given.push([sent, sent.slice()])
        for (let i = 0; i < 3; i++) sender.send(new Data('x'.repeat(300 * i), 'text'))
        if (given.some(([bytes, copy]) => Buffer.compare(bytes, copy) !== 0)) throw new Error('a payload has changed')
      }),
      250,
    )
  })
})
