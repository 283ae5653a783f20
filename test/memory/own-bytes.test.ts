// A result's bytes are the caller's: no two results overlap, writing to one changes nothing else, and what one keeps in
// memory is bounded. Knows kinds of results; nothing of which of them share a buffer.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection } from '../../bindings/index.js'
import { BINARY, CONTINUE, frame, join, KEY } from '../support/frames.js'
import { Random } from '../support/random.js'
import { check } from '../support/seed.js'
import { DELIVERIES, isSame, KINDS, OWNERSHIPS, READ_ONLY, ROLES, WRITABLE } from './results.js'

const KIB = 1024
/** What a kept result may keep, in bytes; a larger one has a buffer of just its size. */
const MOST_KEPT = 64 * KIB

/** Throws where two results have a byte in common. */
function checkApart(results: readonly Uint8Array[]): void {
  const buffers = new Map<ArrayBufferLike, Uint8Array[]>()
  for (const one of results) {
    if (one.length === 0) continue
    const others = buffers.get(one.buffer)
    if (others === undefined) buffers.set(one.buffer, [one])
    else others.push(one)
  }
  for (const beside of buffers.values()) {
    beside.sort((a, b) => a.byteOffset - b.byteOffset)
    for (let i = 1; i < beside.length; i++) {
      const end = beside[i - 1].byteOffset + beside[i - 1].length
      if (end > beside[i].byteOffset) throw new Error(`a result up to ${end} and one from ${beside[i].byteOffset}`)
    }
  }
}

const step = fc.record({
  kind: fc.nat(KINDS.length - 1),
  size: fc.oneof(
    { weight: 4, arbitrary: fc.nat(150) },
    { weight: 4, arbitrary: fc.nat(1100) },
    { weight: 2, arbitrary: fc.nat(20_000) },
    { weight: 1, arbitrary: fc.constantFrom(8 * KIB, 16 * KIB - 4, 16 * KIB, 32 * KIB, 64 * KIB, 70_000) },
  ),
})

/** A message of which a part has come. */
class Pending {
  readonly #connection: Connection
  readonly #payload: Uint8Array
  readonly #rest: Uint8Array

  constructor(random: Random, size: number) {
    const role = random.pick(ROLES)
    const mask = role === 'SERVER' ? { key: KEY } : {}
    this.#connection = new Connection(role, { delivery: 'message', ownership: random.pick(OWNERSHIPS) })
    this.#payload = random.bytes(size)
    const cut = random.below(size + 1)
    const begin = frame({ opcode: BINARY, fin: 0, payload: this.#payload.subarray(0, cut), ...mask })
    const bytes = join(begin, frame({ opcode: CONTINUE, payload: this.#payload.subarray(cut), ...mask }))
    const at = 1 + random.below(bytes.length - 1)
    this.#connection.recv(bytes.slice(0, at))
    for (const _ of this.#connection.messages());
    this.#rest = bytes.slice(at)
  }

  end(): Uint8Array {
    this.#connection.recv(this.#rest)
    const [{ message }] = this.#connection.messages()
    if (!isSame(message, this.#payload)) throw new Error(`${message.length} bytes that were pending have changed`)
    return message
  }
}

describe('results of every kind', () => {
  it('never overlap, nor change when others are written to, nor change what is to come', () => {
    check(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), fc.nat(), (steps, seed) => {
        const random = new Random(seed)
        const makers = KINDS.map(([, open]) => open())
        const written: [result: Uint8Array, byte: number][] = []
        const read: [result: Uint8Array, copy: Uint8Array][] = []
        const pending: Pending[] = []
        const write = (result: Uint8Array) => {
          const byte = 1 + (written.length % 251)
          result.fill(byte)
          written.push([result, byte])
        }
        for (const { kind, size } of steps) {
          if (random.once(3)) pending.push(new Pending(random, size))
          const results = makers[kind](random.bytes(size))
          if (READ_ONLY.includes(KINDS[kind])) for (const one of results) read.push([one, one.slice()])
          else results.forEach(write)
          if (random.once(4)) pending.splice(0, 1).forEach((one) => void write(one.end()))
        }
        for (const one of pending) write(one.end())
        const all = [...written, ...read].map(([one]) => one)
        checkApart(all)
        for (const [one, byte] of written) if (one.some((is) => is !== byte)) throw new Error('a result has changed')
        for (const [one, copy] of read) if (!isSame(one, copy)) throw new Error('a read-only result has changed')
      }),
      40,
    )
  })
})

describe('what a result keeps in memory is at most 64 KiB, or its own bytes where it has more:', () => {
  const sizes = [
    0, 1, 16, 64, 65, 125, 126, 500, 1100, 4096, 8192, 8193, 16_384, 16_385, 32_768, 40_000, 65_536, 100_000,
  ]
  const more = [300_000, 1_100_000]

  it.each(KINDS)('%s', (_, open) => {
    const maker = open()
    for (const size of [...sizes, ...sizes, ...more]) {
      for (const { length, buffer } of maker(new Uint8Array(size))) {
        const kept = buffer.byteLength
        expect(kept <= MOST_KEPT || kept === length, `${length} of ${kept} bytes`).toBe(true)
      }
    }
  })

  it("small payloads of a large chunk, under 'copy'", () => {
    for (const delivery of DELIVERIES) {
      const connection = new Connection('SERVER', { delivery })
      const small = frame({ opcode: BINARY, payload: new Uint8Array(300), key: KEY })
      const large = frame({ opcode: BINARY, payload: new Uint8Array(200_000), key: KEY })
      connection.recv(join(...new Array<Uint8Array>(1500).fill(small), large, small))
      for (const { message } of connection.messages()) {
        const kept = message.buffer.byteLength
        expect(kept <= MOST_KEPT || kept === message.length, `${message.length} of ${kept} bytes`).toBe(true)
      }
    }
  })

  it.each(WRITABLE.filter(([name]) => name.startsWith('send of')))('a frame above 17 KiB is alone: %s', (_, open) => {
    const maker = open()
    for (const size of [17_000, 17_408, 20_000, 32_768, 65_536]) {
      for (const { length, buffer } of maker(new Uint8Array(size))) {
        if (length > 17 * KIB) expect(buffer.byteLength).toBe(length)
      }
    }
  })
})
