// Payloads that come in several chunks or fragments: joined right, checked in their middle, and in memory that is theirs.
// Knows the public API, frames written by hand, and the slow reference.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../../bindings/index.js'
import { agreeOn, everyWay, optionsOf, UNCUT } from '../support/agree.js'
import { BINARY, CONTINUE, decode, events, frame, join, masked, noise, PING, TEXT, utf8 } from '../support/frames.js'

const ROLES = [
  ['SERVER', masked],
  ['CLIENT', frame],
] as const
const DRAINS = ['each', 'last', 'after eof'] as const
const REST = Number.POSITIVE_INFINITY

/** A message in fragments of these sizes, with control frames after those that `pings` names. */
function fragments(write: typeof frame, sizes: readonly number[], opcode = BINARY, pings: readonly number[] = []) {
  const parts = sizes.map((size, i) => {
    const payload = opcode === TEXT ? new Uint8Array(size).fill(97 + (i % 26)) : noise(size, i + 1)
    const fin = i === sizes.length - 1 ? 1 : 0
    const one = write({ opcode: i === 0 ? opcode : CONTINUE, fin, payload })
    return pings.includes(i) ? join(one, write({ opcode: PING, payload: `${i}` })) : one
  })
  return join(...parts)
}

const times = (count: number, size: number): number[] => new Array(count).fill(size)

describe.each(ROLES)('fragments received by a %s', (role, write) => {
  const messages: [string, Uint8Array][] = [
    ['two', fragments(write, [10, 20])],
    ['with empty ones', fragments(write, [0, 5, 0, 0, 70, 0])],
    ['all empty', fragments(write, times(200, 0))],
    ['63', fragments(write, times(63, 3))],
    ['64', fragments(write, times(64, 3))],
    ['65', fragments(write, times(65, 3))],
    ['200', fragments(write, times(200, 3), BINARY, [70, 140])],
    ['of text', fragments(write, [40, 41, 125, 126, 1, 300], TEXT, [0, 1, 2, 3, 4])],
    ['large, then small ones', fragments(write, [5000, 10, 10, 4000, 3], BINARY, [1])],
    ['over several blocks', fragments(write, [20_000, 1, 40_000, 16_384, 2], BINARY, [0, 2])],
    ['of just what shares memory, and more', join(fragments(write, [4000, 96]), fragments(write, [4000, 97]))],
  ]

  it.each(messages)('%s: are the message they were, in chunks of any size', (_, bytes) => {
    for (const options of everyWay(role)) {
      const one = write({ opcode: TEXT, payload: 'after' })
      const stream = join(one, bytes, one)
      for (const size of [REST, 1, 7, 64, 100, 1000, 5000, 16_384, 16_390]) {
        if (size > 1 || bytes.length < 3000) agreeOn(options, stream, [size])
      }
      for (const drain of DRAINS) agreeOn(options, stream, [150, 3, 900], { drain })
    }
  })

  it('are the same in every cut in two and three', () => {
    const bytes = join(fragments(write, [50, 0, 44, 9], TEXT, [0, 2]), fragments(write, [3, 130]))
    for (const delivery of ['message', 'frame'] as const) {
      for (const ownership of ['copy', 'take'] as const) {
        const options = optionsOf(role, { delivery, ownership })
        for (let at = 1; at <= bytes.length; at++) {
          agreeOn(options, bytes, [at, REST])
          agreeOn(options, bytes, [at, 40, REST])
        }
      }
    }
  })
})

describe.each(ROLES)('a payload split over several chunks, received by a %s', (role, write) => {
  it.each([100, 126, 1000, 5000, 16_384, 40_000])('of %i bytes is what was sent, in chunks of any size', (size) => {
    const stream = join(
      write({ opcode: BINARY, payload: noise(size) }),
      write({ opcode: TEXT, payload: 'x'.repeat(size) }),
      write({ opcode: BINARY, fin: 0, payload: noise(30) }),
      write({ opcode: CONTINUE, fin: 0, payload: noise(size) }),
      write({ opcode: PING, payload: 'between' }),
      write({ opcode: CONTINUE, payload: noise(size) }),
      write({ opcode: TEXT, rsv: 4, payload: noise(size) }),
    )
    for (const options of everyWay(role)) {
      for (const chunk of [1, 39, 40, 41, 99, 1500, 17_000]) {
        if (chunk === 1 && size > 1000) continue
        for (const drain of DRAINS) agreeOn(options, stream, [chunk], { drain })
      }
      agreeOn(options, stream, [20, 16_500, 3, 41])
    }
  })

  it('may come in empty chunks, Buffers and parts of larger arrays', () => {
    const stream = write({ opcode: TEXT, payload: 'é'.repeat(400) })
    for (const options of everyWay(role)) {
      for (const form of ['part', 'Buffer', 'ArrayBuffer'] as const) {
        for (const chunk of [13, 41, 200]) agreeOn(options, stream, [chunk], { form })
      }
      const connection = new Connection(role, { delivery: options.delivery, ownership: options.ownership })
      const seen: Message[] = []
      for (let at = 0; at < stream.length; at += 60) {
        for (const piece of [new Uint8Array(0), stream.slice(at, at + 60), new Uint8Array(0)]) {
          connection.recv(piece)
          seen.push(...connection.messages())
        }
      }
      expect(Buffer.concat(seen.map(({ message }) => message)).toString()).toBe('é'.repeat(400))
    }
  })

  it('may be a text that is cut inside its characters', () => {
    const payload = utf8('aé€😀'.repeat(60))
    for (const options of everyWay(role)) {
      for (let chunk = 1; chunk < 60; chunk++) agreeOn(options, write({ opcode: TEXT, payload }), [chunk])
      for (const size of [1, 2, 3, 4, 5, 6, 7]) {
        const parts = Array.from({ length: Math.ceil(payload.length / size) }, (_, i) =>
          write({
            opcode: i === 0 ? TEXT : CONTINUE,
            fin: (i + 1) * size >= payload.length ? 1 : 0,
            payload: payload.slice(i * size, (i + 1) * size),
          }),
        )
        for (const chunk of [5, 50, REST]) agreeOn(options, join(...parts), [chunk])
      }
    }
  })

  it('fails with the byte that cannot be UTF-8, wherever it is', () => {
    for (const at of [0, 9, 30, 70, 71, 100, 199]) {
      for (const wrong of [[0xff], [0xc3, 0x61], [0xe2, 0x82, 0x61], [0xed, 0xa0], [0xf0, 0x80]]) {
        const payload = new Uint8Array(202).fill(0x61)
        payload.set(wrong, at)
        const bytes = join(write({ opcode: TEXT, payload }), write({ opcode: TEXT, payload: 'never seen' }))
        for (const options of everyWay(role)) {
          for (const chunk of [1, 30, 41, 70, 150]) {
            for (const drain of DRAINS) agreeOn(options, bytes, [chunk], { drain })
          }
        }
      }
    }
  })

  it('fails before its frame is whole, however many chunks come before events are asked for', () => {
    const text = utf8('x'.repeat(100))
    const bytes = write({ opcode: TEXT, payload: join(text, Uint8Array.of(0xff), text) })
    const wrong = bytes.length - 101
    for (const delivery of ['frame', 'message'] as const) {
      for (const [from, to] of [
        [wrong, wrong + 1],
        [wrong - 20, wrong + 20],
        [wrong - 30, wrong + 60],
      ]) {
        for (const more of [[], [to + 5], [to + 5, bytes.length]]) {
          const connection = new Connection(role, { delivery })
          expect(decode(connection, [bytes.slice(0, 50), bytes.slice(50, from)])).toEqual(['NEED_DATA'])
          for (const [i, end] of [to, ...more].entries()) connection.recv(bytes.slice([from, to, ...more][i], end))
          expect(events(connection)).toEqual(['error ERR_INVALID_UTF8 1007'])
          expect(connection.state).toBe('CLOSING')
        }
      }
    }
  })

  it('counts for the limits from its header on', () => {
    for (const [sizes, limit] of [
      [[60, 40], 100],
      [[60, 41], 100],
      [[60, 0, 41], 100],
      [[100, 0], 100],
      [[101], 100],
    ] as const) {
      for (const limits of [{ maxMessageSize: limit }, { maxFrameSize: limit }]) {
        for (const options of everyWay(role, limits)) {
          for (const chunk of [1, 33, 50, REST]) agreeOn(options, fragments(write, sizes), [chunk])
        }
      }
    }
  })

  it('is followed by the end of the network', () => {
    const bytes = write({ opcode: BINARY, payload: noise(500) })
    for (const options of everyWay(role)) {
      for (const end of [100, 300, bytes.length - 1]) {
        for (const drain of DRAINS) agreeOn(options, bytes.slice(0, end), [90], { drain })
      }
    }
    const connection = new Connection(role)
    for (const chunk of [bytes.slice(0, 90), bytes.slice(90, 200)])
      expect(decode(connection, [chunk])).toEqual(['NEED_DATA'])
    connection.recvEof()
    connection.recv(bytes.slice(200))
    expect(connection.nextEvent()).toBe('CONNECTION_CLOSED')
  })

  it('comes at the time of its last byte', () => {
    const bytes = write({ opcode: BINARY, payload: noise(400) })
    let clock = 0
    const connection = new Connection(role, { now: () => clock })
    const messages: Message[] = []
    for (let at = 0; at < bytes.length; at += 100) {
      clock += 1000
      connection.recv(bytes.slice(at, at + 100))
      messages.push(...connection.messages())
    }
    expect(messages.map(({ time }) => time)).toEqual([new Date(5000)])
  })

  it('is kept apart from what other connections receive meanwhile', () => {
    const payloads = [1, 2, 3, 4].map((seed) => noise(3000 + seed, seed))
    const bytes = payloads.map((payload) => write({ opcode: BINARY, payload }))
    const connections = payloads.map((_, i) => new Connection(role, { ownership: i % 2 ? 'take' : 'copy' }))
    const seen: Uint8Array[] = []
    for (let at = 0; at < 3100; at += 170) {
      connections.forEach((connection, i) => {
        connection.recv(bytes[i].slice(at, at + 170))
        for (const { message } of connection.messages()) seen[i] = message
      })
    }
    expect(seen.map((payload, i) => Buffer.compare(payload, payloads[i]))).toEqual([0, 0, 0, 0])
  })
})

describe('the memory of payloads joined from several chunks', () => {
  /** Receives `count` payloads of `size` bytes, each in two chunks. */
  function receiveInTwo(size: number, count = 1, options = {}): Uint8Array[] {
    const connection = new Connection('SERVER', options)
    return Array.from({ length: count }, (_, i) => {
      const bytes = masked({ opcode: BINARY, payload: noise(size, i + 1) })
      connection.recv(bytes.slice(0, size >> 1))
      expect(connection.nextEvent()).toBe('NEED_DATA')
      connection.recv(bytes.slice(size >> 1))
      return (connection.nextEvent() as Message).message
    })
  }

  it('is shared up to 8 KiB, in buffers of 32 KiB, without an overlap', () => {
    for (const ownership of ['copy', 'take'] as const) {
      for (const size of [65, 700, 4096, 8192]) {
        const payloads = receiveInTwo(size, 40, { ownership })
        payloads.forEach((payload, i) => {
          expect(payload.buffer.byteLength).toBe(32 * 1024)
          expect(Buffer.compare(payload, noise(size, i + 1))).toBe(0)
        })
        payloads.forEach((payload, i) => {
          payload.fill(i)
        })
        expect(payloads.every((payload, i) => payload.every((byte) => byte === i))).toBe(true)
      }
      for (const size of [20, 64, 8193, 20_000]) {
        for (const payload of receiveInTwo(size, 3, { ownership })) expect(payload.buffer.byteLength).toBe(size)
      }
    }
  })

  it('may be transferred away, which leaves the next ones as they should be', () => {
    for (const size of [70, 1000, 8192]) {
      const [first] = receiveInTwo(size)
      const moved = structuredClone(first, { transfer: [first.buffer as ArrayBuffer] })
      expect(first.length).toBe(0)
      expect(Buffer.compare(moved, noise(size, 1))).toBe(0)
      receiveInTwo(size, 30).forEach((payload, i) => {
        expect(payload.length).toBe(size)
        expect(Buffer.compare(payload, noise(size, i + 1))).toBe(0)
      })
    }
  })

  it("is not a chunk's that the caller uses again under 'copy'", () => {
    const bytes = fragments(masked, [900, 5, 900, 3000])
    for (const delivery of ['frame', 'message'] as const) {
      const connection = new Connection('SERVER', { delivery })
      const scratch = new Uint8Array(1000)
      const seen: Message[] = []
      for (let at = 0; at < bytes.length; at += 1000) {
        const chunk = scratch.subarray(0, Math.min(1000, bytes.length - at))
        chunk.set(bytes.subarray(at, at + 1000))
        connection.recv(chunk)
        if (delivery === 'message') seen.push(...connection.messages())
        scratch.fill(0xa5)
      }
      seen.push(...connection.messages())
      const expected = join(...[900, 5, 900, 3000].map((size, i) => noise(size, i + 1)))
      expect(Buffer.compare(join(...seen.map(({ message }) => message)), expected)).toBe(0)
    }
  })

  it('of a close frame in pieces is right, and what comes after it is not looked at', () => {
    const close = masked({ opcode: 8, payload: join(Uint8Array.of(3, 232), utf8('bye '.repeat(20))) })
    const stream = join(close, masked({ opcode: BINARY, payload: noise(100) }))
    for (const options of everyWay('SERVER')) {
      for (const size of [1, 30, 50, REST]) agreeOn(options, stream, [size])
      agreeOn(options, stream, UNCUT, { closeSent: true })
    }
  })
})

describe('a violation inside a payload', () => {
  it.each(ROLES)('is told even where the network has ended before anyone asked (%s)', (role, write) => {
    const stream = write({
      opcode: TEXT,
      payload: join(utf8('a'.repeat(60)), Uint8Array.of(0xff), utf8('b'.repeat(200))),
    })
    const connection = new Connection(role)
    connection.recv(stream.subarray(0, 50))
    expect([...connection.messages()]).toEqual([])
    connection.recv(stream.subarray(50, 150))
    connection.recvEof()
    expect(() => connection.nextEvent()).toThrow(/not UTF-8/)
    expect(connection.state).toBe('CLOSING')
  })
})
