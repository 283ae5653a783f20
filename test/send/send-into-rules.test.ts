// sendInto: the rules of send, arguments that are wrong, and that a refusal or a lack of room changes nothing.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, LocalProtocolError } from '../../bindings/index.js'
import { BINARY, CLOSE, CONTINUE, closePayload, KEY, masked, noise, TEXT, utf8 } from '../support/frames.js'
import { connect, data, equal, FILL, filled, header, ROLES, sent, written } from './targets.js'

describe.each(ROLES)('sendInto as a %s', (role) => {
  const wire = written(role)

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
      [[one, target, -1], RangeError, 'offset is -1; whole numbers from 0 to 20 are allowed'],
      [[one, target, 21], RangeError, 'offset is 21; whole numbers from 0 to 20 are allowed'],
      [[one, target, 1.5], RangeError, 'offset is 1.5; whole numbers from 0 to 20 are allowed'],
      [[one, target, Number.NaN], RangeError, 'offset is NaN; whole numbers from 0 to 20 are allowed'],
      [
        [one, target, Number.POSITIVE_INFINITY],
        RangeError,
        'offset is Infinity; whole numbers from 0 to 20 are allowed',
      ],
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
