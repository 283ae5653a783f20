// sendInto: the bytes of send in memory of the caller's, and nothing else touched.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection } from '../../bindings/index.js'
import { BINARY, CLOSE, CONTINUE, closePayload, join, noise, PING, TEXT, utf8 } from '../support/frames.js'
import { connect, data, equal, FILL, filled, header, Odd, ROLES, sent, written } from './targets.js'

const SIZES = [
  0, 1, 2, 3, 4, 31, 32, 33, 36, 39, 40, 41, 63, 64, 65, 124, 125, 126, 127, 2048, 2049, 4052, 4054, 16_384,
]
const LARGE = [65_521, 65_535, 65_536, 65_537, 200_000]

describe.each(ROLES)('sendInto as a %s', (role) => {
  const wire = written(role)

  it.each([...SIZES, ...LARGE])('writes the bytes of send, and only those, for %i bytes of payload', (size) => {
    const payload = noise(size)
    const whole = header(size, role) + size
    const expected = wire({ opcode: BINARY, payload })
    for (const form of [payload, Buffer.from(payload), payload.slice().buffer, new Odd(payload)]) {
      const one = data(form, 'binary')
      equal(sent(connect(role), one, whole), expected, 'binary')
      equal(connect(role).send(one), expected, 'send')
    }
    const more = wire({ opcode: BINARY, rsv: 2, payload })
    equal(sent(connect(role), data(payload, 'binary', { rsv2: 1 }), whole), more, 'with a reserved bit')
  })

  it.each([...SIZES, ...LARGE])('unmasks to the payload under a key of its own, for %i bytes', (size) => {
    const payload = noise(size)
    const whole = header(size, role) + size
    const bytes = sent(new Connection(role), data(payload, 'binary'), whole)
    const peer = new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT')
    peer.recv(bytes)
    const messages = [...peer.messages()]
    expect(messages).toHaveLength(1)
    equal(messages[0].message, payload, 'payload')
  })

  it.each([
    ['ASCII', 'a'],
    ['Cyrillic', 'я'],
    ['emoji', '😀'],
    ['lone surrogates', '\ud800'],
    ['lone surrogates at the end', '\udc00'],
  ])('writes strings: %s', (_, character) => {
    for (const length of [...SIZES, 20_000, 70_000]) {
      const text = character.repeat(Math.ceil(length / character.length))
      const payload = utf8(text)
      const one = data(text, 'text')
      const whole = header(payload.length, role) + payload.length
      equal(sent(connect(role), one, whole), wire({ opcode: TEXT, payload }), `${length} characters`)
      // Without a key of the caller's, by the short way; and again, as the payload may have been kept.
      for (let time = 0; time < 2; time++) {
        const bytes = sent(new Connection(role), one, whole)
        const peer = new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT')
        peer.recv(bytes)
        expect(Array.from(peer.messages(), (message) => message.text())).toEqual([Buffer.from(payload).toString()])
      }
    }
  })

  it('writes into every kind of Uint8Array, whatever its methods do', () => {
    for (const size of [0, 5, 33, 126, 5000, 70_000]) {
      const payload = noise(size)
      const expected = wire({ opcode: BINARY, payload })
      const room = expected.length + 10
      const targets = [
        new Uint8Array(room),
        new Uint8Array(new ArrayBuffer(room + 50), 13, room),
        new Uint8Array(new SharedArrayBuffer(room)),
        Buffer.alloc(room),
        Buffer.allocUnsafe(room),
        new Odd(room),
      ]
      for (const target of targets) {
        filled(target)
        for (const own of [true, false]) {
          const connection = own ? connect(role) : new Connection(role)
          expect(connection.sendInto(data(payload, 'binary'), target, 3)).toBe(expected.length + 3)
          expect([...target].slice(0, 3)).toEqual([FILL, FILL, FILL])
          expect([...target].slice(-7)).toEqual(new Array(7).fill(FILL))
          const bytes = Uint8Array.from(target).subarray(3, 3 + expected.length)
          if (own || role === 'SERVER') equal(bytes, expected, target.constructor.name)
        }
      }
    }
  })

  it('fills a target to its last byte, and answers -1 where one is missing', () => {
    for (const size of [0, 1, 32, 33, 125, 126, 65_535, 65_536]) {
      for (const payload of [noise(size), 'x'.repeat(size)]) {
        const whole = header(size, role) + size
        for (const connection of [connect(role), new Connection(role)]) {
          const one = data(payload, typeof payload === 'string' ? 'text' : 'binary')
          const target = filled(new Uint8Array(whole + 4))
          for (const offset of [5, 6, whole + 3, whole + 4]) {
            expect(connection.sendInto(one, target, offset), `${size} bytes at ${offset}`).toBe(-1)
          }
          expect(target.every((byte) => byte === FILL)).toBe(true)
          expect(connection.sendInto(one, target, 4)).toBe(whole + 4)
          expect(connection.sendInto(one, target.subarray(0, whole))).toBe(whole)
          expect(connection.sendInto(one, new Uint8Array(0))).toBe(-1)
        }
      }
    }
  })

  it('writes fragments, pings and a close one after another', () => {
    const connection = connect(role)
    const target = filled(new Uint8Array(400))
    let at = 0
    for (const one of [
      data('one ', 'text', { fin: false }),
      data('ping', 'ping'),
      data(utf8('two'), 'continue', { rsv3: 1 }),
      data(noise(130), 'binary'),
      data('bye', 'close', { statusCode: 1001 }),
    ]) {
      at = connection.sendInto(one, target, at)
    }
    const expected = join(
      wire({ opcode: TEXT, fin: 0, payload: 'one ' }),
      wire({ opcode: PING, payload: 'ping' }),
      wire({ opcode: CONTINUE, rsv: 1, payload: 'two' }),
      wire({ opcode: BINARY, payload: noise(130) }),
      wire({ opcode: CLOSE, payload: closePayload(1001, 'bye') }),
    )
    expect(at).toBe(expected.length)
    equal(target.subarray(0, at), expected, 'frames')
    expect(target.subarray(at).every((byte) => byte === FILL)).toBe(true)
    expect(connection.state).toBe('CLOSING')
  })
})
