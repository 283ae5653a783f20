// sendInto: the bytes of send in memory of the caller's, and nothing else touched.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, type DataOptions, LocalProtocolError, type Role } from '../bindings/index.js'
import { BINARY, CLOSE, CONTINUE, closePayload, frame, join, KEY, masked, noise, PING, TEXT, utf8 } from './frames.js'

const FILL = 0xa5
const ROLES = ['CLIENT', 'SERVER'] as const
const SIZES = [
  0, 1, 2, 3, 4, 31, 32, 33, 36, 39, 40, 41, 63, 64, 65, 124, 125, 126, 127, 2048, 2049, 4052, 4054, 16_384,
]
const LARGE = [65_521, 65_535, 65_536, 65_537, 200_000]

/** Bytes of a header for a payload of this size. */
const header = (size: number, role: Role) => (size < 126 ? 2 : size < 65_536 ? 4 : 10) + (role === 'CLIENT' ? 4 : 0)

/** A connection whose keys are known, or drawn by the caller's own function. */
function connect(role: Role, maskKey: () => number = () => 0x37fa213d): Connection {
  return new Connection(role, role === 'CLIENT' ? { maskKey } : {})
}

const written = (role: Role) => (role === 'CLIENT' ? masked : frame)

/** A frame of any type, checked or not by the compiler. */
function data(payload: string | Uint8Array | ArrayBuffer, type: string, options?: DataOptions): Data<'text'> {
  return new Data(payload, type as 'text', options)
}

/** Whose methods are of no use. */
class Odd extends Uint8Array {
  override set(): void {
    throw new Error('set was called')
  }
  override subarray(): never {
    throw new Error('subarray was called')
  }
  override slice(): never {
    throw new Error('slice was called')
  }
}

function filled<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  return Uint8Array.prototype.fill.call(bytes, FILL) as Bytes
}

/** Sends into the middle of more memory than it needs, and returns the frame; nothing beside it may have changed. */
function sent(connection: Connection, one: Data<'text'>, size: number, offset = 7): Uint8Array {
  const target = filled(new Uint8Array(offset + size + 9))
  expect(connection.sendInto(one, target, offset)).toBe(offset + size)
  expect(target.subarray(0, offset).every((byte) => byte === FILL)).toBe(true)
  expect(target.subarray(offset + size).every((byte) => byte === FILL)).toBe(true)
  return target.subarray(offset, offset + size)
}

function equal(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.compare(actual, expected), what).toBe(0)
}

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

  it('has sent nothing where it answers -1: the message in progress goes on, and a close is still to come', () => {
    const connection = connect(role)
    const small = filled(new Uint8Array(header(0, role)))
    const refused = (one: Data<'text'>) => {
      expect(connection.sendInto(one, small)).toBe(-1)
      expect(small.every((byte) => byte === FILL)).toBe(true)
      expect(connection.state).toBe('OPEN')
    }
    refused(data('begin', 'text', { fin: false }))
    expect(() => connection.send(data('', 'continue'))).toThrow(/outside a message/)
    // A character in two fragments, the second of which finds no room at first.
    const [first, last] = [utf8('é').slice(0, 1), utf8('é').slice(1)]
    expect(sent(connection, data(first, 'text', { fin: false }), header(1, role) + 1)[0]).toBe(TEXT)
    refused(data(last, 'continue'))
    refused(data('ping', 'ping'))
    refused(data('bye', 'close', { statusCode: 1000 }))
    expect(() => connection.send(data('', 'text'))).toThrow(/send 'continue' frames/)
    const rest = sent(connection, data(last, 'continue'), header(1, role) + 1)
    expect(rest).toEqual(wire({ opcode: CONTINUE, payload: last }))
    connection.send(data('next', 'text'))
    refused(data('bye', 'close', { statusCode: 1000 }))
    connection.send(data('', 'close', { statusCode: 1000 }))
    expect(connection.state).toBe('CLOSING')
    expect(() => connection.sendInto(data('', 'close'), small)).toThrow(/a close frame was sent/)
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

  it('refuses what send refuses, with or without room, and writes nothing', () => {
    const connection = new Connection(role)
    connection.send(data('begun', 'text', { fin: false }))
    const cases: [Data<'text'>, string][] = [
      [data('', 'latin-1'), 'ERR_SEND_TYPE'],
      [data('', 'text'), 'ERR_SEND_MESSAGE_INTERRUPTED'],
      [data(noise(5), 'binary'), 'ERR_SEND_MESSAGE_INTERRUPTED'],
      [data('', 'ping', { fin: false }), 'ERR_SEND_FRAGMENTED_CONTROL_FRAME'],
      [data(noise(126), 'ping'), 'ERR_SEND_CONTROL_FRAME_LENGTH'],
      [data('why', 'close'), 'ERR_SEND_REASON_WITHOUT_CODE'],
      [data('', 'close', { statusCode: 1005 }), 'ERR_SEND_CLOSE_CODE'],
      [data('', 'continue', { statusCode: 1000 }), 'ERR_SEND_CODE_WITHOUT_CLOSE'],
      [data(Uint8Array.of(0xff), 'continue'), 'ERR_SEND_INVALID_UTF8'],
    ]
    for (const room of [0, 500]) {
      const target = filled(new Uint8Array(room))
      for (const [one, code] of cases) {
        expect(() => connection.sendInto(one, target), code).toThrow(
          expect.objectContaining({ name: 'LocalProtocolError', code }),
        )
      }
      expect(target.every((byte) => byte === FILL)).toBe(true)
    }
    connection.send(data('ended', 'continue'))
  })

  it('refuses wrong arguments with an error that names them', () => {
    const connection = new Connection(role)
    const one = data('x', 'text')
    const target = new Uint8Array(20)
    const call = connection.sendInto.bind(connection) as (...list: unknown[]) => number
    const cases: [unknown[], typeof TypeError | typeof RangeError, string][] = [
      [[one], TypeError, 'target must be a Uint8Array, not undefined'],
      [[one, null], TypeError, 'target must be a Uint8Array, not null'],
      [[one, new ArrayBuffer(20)], TypeError, 'target must be a Uint8Array, not an ArrayBuffer'],
      [[one, new DataView(new ArrayBuffer(20))], TypeError, 'target must be a Uint8Array, not a DataView'],
      [[one, new Uint16Array(20)], TypeError, 'target must be a Uint8Array, not a Uint16Array'],
      [[one, [0, 0, 0]], TypeError, 'target must be a Uint8Array, not an Array'],
      [[one, 'target'], TypeError, 'target must be a Uint8Array, not "target"'],
      [[one, target, '0'], TypeError, 'offset must be a number, not "0"'],
      [[one, target, null], TypeError, 'offset must be a number, not null'],
      [[one, target, 1n], TypeError, 'offset must be a number, not 1n'],
      [[one, target, -1], RangeError, 'offset is -1; the target has bytes 0 to 20'],
      [[one, target, 21], RangeError, 'offset is 21; the target has bytes 0 to 20'],
      [[one, target, 1.5], RangeError, 'offset is 1.5; the target has bytes 0 to 20'],
      [[one, target, Number.NaN], RangeError, 'offset is NaN; the target has bytes 0 to 20'],
      [[one, target, Number.POSITIVE_INFINITY], RangeError, 'offset is Infinity; the target has bytes 0 to 20'],
      [['text', target], TypeError, 'a frame to send must be a Data, not "text"'],
      [[undefined, target], TypeError, 'a frame to send must be a Data, not undefined'],
      [[{ ...one }, target], TypeError, 'a frame to send must be a Data, not an Object'],
    ]
    for (const [list, type, sentence] of cases) {
      expect(() => call(...list)).toThrow(type)
      expect(() => call(...list)).toThrow(sentence)
    }
    expect(target).toEqual(new Uint8Array(20))
    // The same where the connection is in the middle of a message.
    connection.send(data('', 'text', { fin: false }))
    for (const [list, type] of cases) expect(() => call(...list)).toThrow(type)
  })

  it('keeps the rules of every state', () => {
    const [ours, theirs] = [written(role), written(role === 'CLIENT' ? 'SERVER' : 'CLIENT')]
    const target = new Uint8Array(100)
    const close = data('', 'close', { statusCode: 1000 })
    const closed = ours({ opcode: CLOSE, payload: closePayload(1000) })
    const reach = (...steps: ((connection: Connection) => void)[]) => {
      const connection = connect(role)
      for (const step of steps) step(connection)
      return connection
    }
    const receive = (bytes: Uint8Array) => (connection: Connection) => {
      connection.recv(bytes)
      try {
        for (const _ of connection.messages());
      } catch {}
    }
    const begin = (connection: Connection) => connection.send(data('a', 'text', { fin: false }))
    const receiveClose = receive(theirs({ opcode: CLOSE, payload: closePayload(1000) }))
    const violate = receive(Uint8Array.of(0xff))

    const text = data('b', 'text')
    const rest = data('b', 'continue')
    const sendClose = (connection: Connection) => connection.send(close)
    const states: [string, Connection, Data<'text'>[], Data<'text'>[]][] = [
      ['a close was sent', reach(sendClose), [text, rest, close], []],
      ['a close was received', reach(receiveClose), [text, rest], [close]],
      ['a close was received in a message of ours', reach(begin, receiveClose), [text], [rest, close]],
      ['a violation', reach(violate), [text, rest], [close]],
      ['a violation in a message of ours', reach(begin, violate), [text, rest], [close]],
      ['closed', reach(receiveClose, sendClose), [text, rest, close], []],
      ['the network ended', reach((connection) => connection.recvEof()), [text, rest, close], []],
    ]
    for (const [name, connection, refused, allowed] of states) {
      for (const room of [target, new Uint8Array(0)]) {
        for (const one of refused) {
          expect(() => connection.sendInto(one, room), name).toThrow(
            expect.objectContaining({ code: 'ERR_SEND_STATE' }),
          )
        }
      }
      const before = connection.state
      for (const one of allowed) {
        expect(connection.sendInto(one, new Uint8Array(1)), name).toBe(-1)
        expect(connection.state, name).toBe(before)
      }
      let end = 0
      for (const one of allowed) end = connection.sendInto(one, target)
      if (allowed.length > 0) {
        equal(target.subarray(0, end), closed, name)
        expect(connection.state).toBe('CLOSED')
      }
    }
  })
})

describe('sendInto with a maskKey', () => {
  it('asks for one key for a frame, and for none where there is no room', () => {
    let asked = 0
    const connection = connect('CLIENT', () => ++asked)
    const one = data('x', 'text')
    expect(connection.sendInto(one, new Uint8Array(6))).toBe(-1)
    expect(asked).toBe(0)
    connection.sendInto(one, new Uint8Array(7))
    expect(asked).toBe(1)
  })

  it('is not disturbed where the key’s function sends on this and other connections', () => {
    for (const size of [5, 100, 3000]) {
      const other = new Connection('SERVER')
      const target = filled(new Uint8Array(size + 20))
      let depth = 0
      const connection: Connection = connect('CLIENT', () => {
        other.send(new Data(noise(500, 2), 'binary'))
        other.sendInto(new Data('я'.repeat(300), 'text'), new Uint8Array(1000))
        if (depth++ === 0) connection.send(new Data('inside', 'text'))
        return 0x37fa213d
      })
      for (const one of [data('x'.repeat(size), 'text'), data(utf8('x'.repeat(size)), 'binary')]) {
        const end = connection.sendInto(one, target)
        const opcode = one.type === 'text' ? TEXT : BINARY
        equal(target.subarray(0, end), masked({ opcode, payload: 'x'.repeat(size) }), `${size} bytes`)
      }
    }
  })

  it('keeps the rules where that changes what may be sent', () => {
    for (const [inside, sentence] of [
      [data('', 'close'), /a close frame was sent/],
      [data('', 'text', { fin: false }), /send 'continue' frames/],
    ] as const) {
      let depth = 0
      const connection: Connection = connect('CLIENT', () => {
        if (depth++ === 0) connection.send(inside)
        return 0
      })
      const target = filled(new Uint8Array(20))
      expect(() => connection.sendInto(data('a', 'text'), target)).toThrow(sentence)
      expect(target.every((byte) => byte === FILL)).toBe(true)
    }
  })

  it('sends nothing where it throws or answers no key', () => {
    for (const [answer, error] of [
      ['1', TypeError],
      [-1, RangeError],
      [2 ** 32, RangeError],
    ] as const) {
      const connection = connect('CLIENT', () => answer as number)
      const target = filled(new Uint8Array(20))
      expect(() => connection.sendInto(data('a', 'text', { fin: false }), target)).toThrow(error)
      expect(target.every((byte) => byte === FILL)).toBe(true)
      expect(() => connection.sendInto(data('b', 'continue'), target)).toThrow(LocalProtocolError)
    }
  })

  it('writes the key in network byte order', () => {
    const target = new Uint8Array(7)
    connect('CLIENT').sendInto(data('x', 'text'), target)
    expect([...target.subarray(2, 6)]).toEqual([...KEY])
  })
})
