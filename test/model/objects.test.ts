// Data, Message, Information and the two errors as objects: fields, refusals, what they print.
// Knows the public API; frames are other files'.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type Bit,
  Connection,
  Data,
  type DataOptions,
  Information,
  LocalProtocolError,
  Message,
  RemoteProtocolError,
} from '../../bindings/index.js'
import { masked, PING, TEXT, utf8 } from '../support/frames.js'

describe('Data', () => {
  it('has its arguments as fields, and their defaults', () => {
    const data = new Data('x', 'text')
    expect([data.data, data.type, data.fin, data.statusCode, data.rsv1, data.rsv2, data.rsv3]).toEqual([
      'x',
      'text',
      true,
      undefined,
      0,
      0,
      0,
    ])
    const other = new Data('r', 'close', { fin: false, statusCode: 1000, rsv1: 1, rsv2: 0, rsv3: 1 })
    expect([other.fin, other.statusCode, other.rsv1, other.rsv2, other.rsv3]).toEqual([false, 1000, 1, 0, 1])
    const bytes = utf8('x')
    expect(new Data(bytes, 'binary').data).toBe(bytes)
  })

  it('is immutable', () => {
    const data = new Data('x', 'text') as { -readonly [Key in keyof Data]: Data[Key] }
    expect(() => {
      data.type = 'binary'
    }).toThrow(TypeError)
    expect(() => {
      data.fin = false
    }).toThrow(TypeError)
    expect(data.type).toBe('text')
  })

  it.each([
    [
      () => new Data(5 as unknown as string, 'text'),
      TypeError,
      /data must be a string, a Uint8Array or an Arr.* not 5/,
    ],
    [() => new Data(new Uint16Array(1) as unknown as string, 'text'), TypeError, /not a Uint16Array/],
    [() => new Data(undefined as unknown as string, 'text'), TypeError, /not undefined/],
    [() => new Data('', 1 as unknown as string), TypeError, /type must be a string, not 1/],
    [() => new Data('', 'text', null as unknown as DataOptions), TypeError, /options must be an object, not null/],
    [() => new Data('', 'text', { fin: 1 as unknown as boolean }), TypeError, /fin must be a boolean, not 1/],
    [() => new Data('', 'close', { statusCode: '1000' as unknown as number }), TypeError, /a number, not "1000"/],
    [() => new Data('', 'close', { statusCode: 65_536 }), RangeError, /statusCode is 65536; .* from 0 to 65535/],
    [() => new Data('', 'close', { statusCode: -1 }), RangeError, /statusCode is -1/],
    [() => new Data('', 'close', { statusCode: 1000.5 }), RangeError, /statusCode is 1000\.5/],
    [() => new Data('', 'text', { rsv1: 2 as Bit }), RangeError, /rsv1 is 2; whole numbers from 0 to 1 are allowed/],
    [() => new Data('', 'text', { rsv3: true as unknown as Bit }), TypeError, /rsv3 must be a number, not true/],
    [() => new Data('', 'text', { rsv1: 1n as unknown as Bit }), TypeError, /rsv1 must be a number, not 1n/],
    [
      () => new Data({ [Symbol.toStringTag]: 'Uint8Array', length: 5 } as unknown as Uint8Array, 'binary'),
      TypeError,
      /must be a string/,
    ],
    [
      () => new Data({ [Symbol.toStringTag]: 'ArrayBuffer', length: 3 } as unknown as Uint8Array, 'binary'),
      TypeError,
      /must be a string/,
    ],
  ])('%s throws', (build, kind, message) => {
    expect(build).toThrow(kind)
    expect(build).toThrow(message)
  })

  it('prints no control character, and does not encode a long string', () => {
    expect(inspect(new Data('a\u009b31m\u202eb\u001b', 'text'))).toBe(
      'Data { text 11 B "a\\u009b31m\\u202eb\\u001b" rsv=000 }',
    )
    expect(inspect(new Data('é'.repeat(2000), 'text'))).toBe(
      `Data { text 2000 characters "${'é'.repeat(32)}"… rsv=000 }`,
    )
  })

  it('prints type, size, preview and reserved bits', () => {
    expect(inspect(new Data('hello', 'text'))).toBe('Data { text 5 B "hello" rsv=000 }')
    expect(inspect(new Data(Uint8Array.of(1, 255), 'binary', { rsv1: 1, fin: false }))).toBe(
      'Data { binary 2 B <01 ff> fin=false rsv=100 }',
    )
    expect(String(new Data('bye', 'close', { statusCode: 1000 }))).toBe('Data { close 1000 3 B "bye" rsv=000 }')
    expect(inspect(new Data('é'.repeat(40), 'text'))).toBe(`Data { text 80 B "${'é'.repeat(32)}"… rsv=000 }`)
  })
})

describe('Message', () => {
  const received = (bytes: Uint8Array) => {
    const connection = new Connection('SERVER', { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) })
    connection.recv(bytes)
    return connection.nextEvent() as Message
  }

  it('can be built for a test', () => {
    const message = new Message(utf8('{"a":1}'), 'text')
    expect([message.type, message.text(), message.json(), message.reserved]).toEqual([
      'text',
      '{"a":1}',
      { a: 1 },
      [0, 0, 0],
    ])
    expect(new Message(utf8(''), 'text', [1, 0, 1]).reserved).toEqual([1, 0, 1])
    expect([message.fin, message.partial, message.statusCode, message.reason]).toEqual([
      true,
      false,
      undefined,
      undefined,
    ])
    expect(Math.abs(message.time.getTime() - Date.now())).toBeLessThan(60_000)
    expect(new Message(utf8(''), 'close').statusCode).toBe(1005)
  })

  it('is built only of the right types', () => {
    expect(() => new Message(utf8(''), 'text', 5 as unknown as [0, 0, 0])).toThrow(
      /reserved must be three bits, as \[1, 0, 0\], not 5/,
    )
    expect(() => new Message('x' as unknown as Uint8Array, 'text')).toThrow(/message must be a Uint8Array, not "x"/)
    expect(() => new Message(utf8(''), 1 as unknown as string)).toThrow(TypeError)
    expect(() => new Message(utf8(''), 'text', [0, 0] as unknown as [0, 0, 0])).toThrow(TypeError)
    expect(() => new Message(utf8(''), 'text', [0, 0, 2 as Bit])).toThrow(RangeError)
  })

  it('gives text with its byte order mark, and replaces what is not UTF-8', () => {
    expect(new Message(utf8('\ufeffa'), 'text').text()).toBe('\ufeffa')
    expect(new Message(Uint8Array.of(0x61, 0xff), 'binary').text()).toBe('a\ufffd')
  })

  it('throws a SyntaxError where it is not JSON', () => {
    expect(() => new Message(utf8('{'), 'text').json()).toThrow(SyntaxError)
  })

  it('answers a ping with its payload, a close with its code, anything else not at all', () => {
    const pong = new Message(utf8('p'), 'ping').response()
    expect([pong?.type, Buffer.from(pong?.data as Uint8Array).toString()]).toEqual(['pong', 'p'])
    const close = new Message(Uint8Array.of(0x0f, 0xa0, 0x61), 'close').response()
    expect([close?.type, close?.statusCode, close?.data]).toEqual(['close', 4000, ''])
    expect(new Message(utf8(''), 'close').response()?.statusCode).toBeUndefined()
    for (const type of ['text', 'binary', 'continue', 'pong', 'custom']) {
      expect(new Message(utf8(''), type).response()).toBeUndefined()
    }
  })

  it('prints type, size, preview, reserved bits and time', () => {
    expect(inspect(received(masked({ opcode: TEXT, rsv: 4, payload: 'hello' })))).toBe(
      'Message { text 5 B "hello" rsv=100 2026-01-02T03:04:05.006Z }',
    )
    expect(inspect(received(masked({ opcode: PING, payload: Uint8Array.of(0xab) })))).toBe(
      'Message { ping 1 B <ab> rsv=000 2026-01-02T03:04:05.006Z }',
    )
    const text = inspect(received(masked({ opcode: TEXT, fin: 0, payload: 'x'.repeat(50) })))
    expect(text).toBe(`Message { text 50 B "${'x'.repeat(32)}"… fin=false rsv=000 2026-01-02T03:04:05.006Z }`)
  })

  it('has reserved bits and a time that are nobody else’s', () => {
    const message = received(masked({ opcode: TEXT }))
    message.reserved[0] = 1
    message.time.setTime(0)
    expect(message.reserved).toEqual([0, 0, 0])
    expect(message.time.getUTCFullYear()).toBe(2026)
  })
})

describe('Information', () => {
  it('has three distinct values and cannot be changed', () => {
    expect(new Set(Object.values(Information)).size).toBe(3)
    expect(Object.isFrozen(Information)).toBe(true)
  })
})

describe('errors', () => {
  it('are Errors with a name, a code, and a sentence that gives the rule', () => {
    const connection = new Connection('SERVER')
    connection.recv(Uint8Array.of(0x83, 0x80))
    let remote: unknown
    try {
      connection.nextEvent()
    } catch (error) {
      remote = error
    }
    expect(remote).toBeInstanceOf(RemoteProtocolError)
    expect(remote).toBeInstanceOf(Error)
    const { name, code, closeCode, message } = remote as RemoteProtocolError
    expect([name, code, closeCode]).toEqual(['RemoteProtocolError', 'ERR_UNKNOWN_OPCODE', 1002])
    expect(message).toBe(
      "unknown opcode 3; registered: 'continue', 'text', 'binary', 'close', 'ping', 'pong' (RFC 6455 section 5.2)",
    )
    expect(() => connection.send(new Data('', 'text'))).toThrow(LocalProtocolError)
    expect(() => connection.send(new Data('', 'text'))).toThrow(/\(RFC 6455 section 5\.5\.1\)$/)
  })

  it('have a response that is a close frame with the code and a reason', () => {
    const connection = new Connection('SERVER', { maxFrameSize: 10 })
    connection.recv(masked({ opcode: TEXT, payload: 'eleven byte' }))
    try {
      connection.nextEvent()
      expect.unreachable()
    } catch (error) {
      const response = (error as RemoteProtocolError).response()
      expect([response.type, response.statusCode, response.data]).toEqual([
        'close',
        1009,
        'frame with a payload length of 11',
      ])
    }
  })
})
