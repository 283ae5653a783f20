// A result that is transferred to another thread takes its whole buffer along, and nothing that comes after is wrong.
// Knows kinds of results; nothing of which of them share a buffer.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data } from '../../bindings/index.js'
import { BINARY, CONTINUE, frame, join, KEY, PING } from '../support/frames.js'
import { seededRandom } from '../support/seed.js'
import { transfer } from './resizable.js'
import { DELIVERIES, isSame, KINDS, type Maker, OWNERSHIPS, payloadsIn, ROLES } from './results.js'

const SIZES = [0, 1, 16, 63, 64, 65, 100, 125, 126, 500, 1000, 4000, 8200, 16_390, 33_000, 70_000]

/** Transfers the buffers of results away, but for those that went before, along with another result. */
function transferAll(results: readonly Uint8Array[]): void {
  for (const one of results) if (one.buffer.byteLength > 0) transfer(one)
}

describe('everything is right after results were transferred,', () => {
  it.each(KINDS)('all of them: %s', (_, open) => {
    const random = seededRandom(12)
    const maker = open()
    for (const size of [...SIZES, ...SIZES]) {
      const payload = random.bytes(size)
      transferAll(maker(payload))
      transferAll(maker(payload))
    }
  })

  it('some of them, in traffic of every kind', () => {
    const random = seededRandom(13)
    const makers: Maker[] = KINDS.map(([, open]) => open())
    for (let i = 0; i < 600; i++) {
      const size = random.once(20) ? random.pick(SIZES) : random.below(random.pick([64, 300, 2000]))
      const results = random.pick(makers)(random.bytes(size))
      if (random.once(3)) transferAll(results.filter(() => random.once(4)))
    }
  })
})

/** All results that other connections may share its memory with. */
function transferEverything(makers: readonly Maker[]): void {
  for (const maker of makers) for (const size of [70, 700]) transferAll(maker(new Uint8Array(size).fill(7)))
}

describe('a frame in progress is whole in the end, whatever was transferred before its rest came,', () => {
  const makers = KINDS.map(([, open]) => open())

  for (const ownership of OWNERSHIPS) {
    for (const delivery of DELIVERIES) {
      it(`under '${ownership}' in '${delivery}' delivery`, () => {
        const random = seededRandom(14)
        for (const role of ROLES) {
          const mask = role === 'SERVER' ? { key: KEY } : {}
          const connection = new Connection(role, { ownership, delivery })
          for (const size of [1, 20, 100, 300, 1000, 5000, 12_000, 40_000]) {
            const payload = random.bytes(size)
            const bytes = frame({ opcode: BINARY, payload, ...mask })
            // Inside its header, after one byte of payload, in the middle, before its last byte.
            for (const at of [1, bytes.length - size + 1, bytes.length - (size >> 1), bytes.length - 1]) {
              const parts: Uint8Array[] = []
              for (const chunk of [bytes.slice(0, at), bytes.slice(at)]) {
                connection.recv(chunk)
                for (const { message } of connection.messages()) parts.push(message.slice())
                transferEverything(makers)
              }
              expect(isSame(join(...parts), payload), `${size} bytes cut at ${at}`).toBe(true)
            }
          }
        }
      })
    }
  }

  it("also the payload of a message, or a piece, that came in the same chunk under 'copy'", () => {
    const random = seededRandom(15)
    for (const delivery of DELIVERIES) {
      for (const role of ROLES) {
        const mask = role === 'SERVER' ? { key: KEY } : {}
        const connection = new Connection(role, { delivery })
        for (const size of [10, 100, 300, 5000, 20_000]) {
          const payload = random.bytes(size)
          const ping = frame({ opcode: PING, payload: 'x'.repeat(100), ...mask })
          const whole = frame({ opcode: BINARY, payload, ...mask })
          const begin = frame({ opcode: BINARY, fin: 0, payload, ...mask })
          const end = frame({ opcode: CONTINUE, payload, ...mask })
          const bytes = join(ping, whole, ping, begin, ping, end)
          const parts: Uint8Array[] = []
          for (const at of [0, 1, 2]) {
            const third = Math.ceil(bytes.length / 3)
            connection.recv(bytes.subarray(at * third, (at + 1) * third))
            // All are looked at before the first is transferred.
            const messages = [...connection.messages()]
            for (const { message, type } of messages) if (type !== 'ping') parts.push(message.slice())
            transferAll(messages.map(({ message }) => message))
          }
          expect(isSame(join(...parts), join(payload, payload, payload)), `${size} bytes`).toBe(true)
        }
      }
    }
  })
})

it("what 'copy' has not been asked for is right, or an error that says to slice() first, after a transfer", () => {
  const makers = KINDS.map(([, open]) => open())
  const random = seededRandom(16)
  for (const options of DELIVERIES.map((delivery): ConnectionOptions => ({ delivery }))) {
    for (const size of [5, 40, 100, 1000, 9000, 40_000]) {
      const connection = new Connection('SERVER', options)
      const payload = random.bytes(size)
      const bytes = frame({ opcode: BINARY, payload, key: KEY })
      connection.recv(join(bytes, bytes))
      transferEverything(makers)
      const parts: Uint8Array[] = []
      try {
        for (const { message } of connection.messages()) parts.push(message)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        expect((error as Error).message).toMatch(/slice\(\)/)
        continue
      }
      expect(isSame(join(...parts), join(payload, payload)), `${size} bytes`).toBe(true)
    }
  }
})

it('what sendParts keeps of a Data that it has encoded is encoded again where it was transferred along with others', () => {
  const random = seededRandom(17)
  const server = new Connection('SERVER')
  for (const size of [0, 10, 40, 61, 62, 63, 64, 100, 300, 5000, 70_000]) {
    const payload = random.bytes(size)
    const text = Buffer.from(random.bytes(size).map((byte) => byte & 0x7f))
    const [bytes, string] = [new Data(payload, 'binary'), new Data(text.toString('latin1'), 'text')]
    const others = [new Data(new Uint8Array(3), 'binary'), new Data(new Uint8Array(600), 'binary')]
    for (let i = 0; i < 3; i++) {
      const sent = [bytes, string].map((one) => payloadsIn(join(...server.sendParts(one))))
      expect(isSame(join(...sent.flat()), join(payload, text)), `${size} bytes, time ${i}`).toBe(true)
      // Headers and small frames of other Data may lie next to it.
      for (const other of others) {
        const parts = new Connection('SERVER').sendParts(other)
        transferAll(parts.filter(({ buffer }) => buffer !== (other.data as Uint8Array).buffer))
        transferAll([server.send(other)])
      }
    }
  }
})
