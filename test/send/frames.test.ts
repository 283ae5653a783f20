// Sending: what may be sent, what it looks like on the wire, and that a refusal changes nothing.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, type DataOptions, LocalProtocolError } from '../../bindings/index.js'
import { BINARY, CONTINUE, decode, frame, join, masked, noise, PING, TEXT, utf8 } from '../support/frames.js'

type Built = ConstructorParameters<typeof Data<'text'>>

/** A frame of any type, checked or not by the compiler. */
function data(payload: unknown, type: string, options?: DataOptions): Data<'text'> {
  return new Data(payload as Built[0], type as 'text', options)
}

describe('a server’s frames', () => {
  it.each([0, 125, 126, 65_535, 65_536, 300_000])('with %i bytes of payload are not masked', (size) => {
    const payload = noise(size)
    const sent = new Connection('SERVER').send(new Data(payload, 'binary'))
    expect(Buffer.compare(sent, frame({ opcode: BINARY, payload }))).toBe(0)
  })

  it('follow one another in one buffer', () => {
    const sent = new Connection('SERVER').send(
      new Data('a', 'text', { fin: false }),
      new Data('', 'ping'),
      new Data(new Uint8Array([98]), 'continue'),
    )
    expect(sent).toEqual(
      join(
        frame({ opcode: TEXT, fin: 0, payload: 'a' }),
        frame({ opcode: PING }),
        frame({ opcode: CONTINUE, payload: 'b' }),
      ),
    )
  })

  it('may be none', () => {
    expect(new Connection('SERVER').send()).toEqual(new Uint8Array(0))
  })
})

describe('a client’s frames', () => {
  it('are masked with keys in network byte order', () => {
    const keys = [0x37fa213d, 0x00000001, 0xffffffff]
    const connection = new Connection('CLIENT', { maskKey: () => keys.shift() as number })
    const sent = connection.send(new Data('one', 'text'), new Data('two', 'text'), new Data('three', 'text'))
    expect(sent).toEqual(
      join(
        masked({ opcode: TEXT, payload: 'one' }),
        frame({ opcode: TEXT, payload: 'two', key: [0, 0, 0, 1] }),
        frame({ opcode: TEXT, payload: 'three', key: [255, 255, 255, 255] }),
      ),
    )
  })

  it('fill more than one stage, with frames of many sizes', () => {
    const payloads = [0, 1, 70_000, 3, 65_536, 65_535, 17, 140_001, 65_530, 9].map((size, i) => noise(size, i + 1))
    const connection = new Connection('CLIENT', { maskKey: () => 0x37fa213d })
    const sent = connection.send(...payloads.map((payload) => new Data(payload, 'binary')))
    const expected = join(...payloads.map((payload) => masked({ opcode: BINARY, payload })))
    expect(Buffer.compare(sent, expected)).toBe(0)
  })

  it('have a new key each by default', () => {
    const connection = new Connection('CLIENT')
    const keys = new Set<string>()
    for (let i = 0; i < 10_000; i++) {
      const sent = connection.send(new Data('x', 'text'))
      keys.add(Buffer.from(sent.subarray(2, 6)).toString('hex'))
    }
    // Two of 10,000 random 32-bit keys are the same once in 86 runs; 10 never are.
    expect(keys.size).toBeGreaterThan(9990)
  })

  it('may be encoded inside maskKey without disturbing the frame that asked', () => {
    const other = new Connection('SERVER')
    const connection = new Connection('CLIENT', {
      maskKey: () => {
        other.send(new Data(noise(500), 'binary'))
        return 0x37fa213d
      },
    })
    const sent = connection.send(new Data('one', 'text'), new Data('two', 'text'))
    expect(sent).toEqual(join(masked({ opcode: TEXT, payload: 'one' }), masked({ opcode: TEXT, payload: 'two' })))
  })

  it('keep the rules when maskKey itself sends on the connection', () => {
    let depth = 0
    const connection: Connection = new Connection('CLIENT', {
      maskKey: () => {
        if (depth++ === 0) connection.send(new Data('', 'close'))
        return 0
      },
    })
    expect(() => connection.send(new Data('a', 'text'))).toThrow(/a close frame was sent/)
    expect(connection.state).toBe('CLOSING')
  })

  it('are not sent where maskKey throws or answers no key', () => {
    for (const [key, error] of [
      ['1', TypeError],
      [-1, RangeError],
      [2 ** 32, RangeError],
      [1.5, RangeError],
    ] as const) {
      let answer = key as number
      const connection = new Connection('CLIENT', { maskKey: () => answer })
      expect(() => connection.send(new Data('a', 'text', { fin: false }))).toThrow(error)
      answer = 1
      expect(() => connection.send(new Data('b', 'continue'))).toThrow(LocalProtocolError)
    }
  })
})

describe('strings', () => {
  it('are sent as UTF-8, with lone surrogates as U+FFFD', () => {
    const connection = new Connection('SERVER')
    expect(connection.send(new Data('κόσμε 😀', 'text'))).toEqual(frame({ opcode: TEXT, payload: 'κόσμε 😀' }))
    expect(connection.send(new Data('a\ud800b', 'text'))).toEqual(frame({ opcode: TEXT, payload: 'a\ufffdb' }))
  })
})

describe('reserved bits', () => {
  it.each([
    [{ rsv1: 1 }, [1, 0, 0], 4],
    [{ rsv2: 1 }, [0, 1, 0], 2],
    [{ rsv3: 1 }, [0, 0, 1], 1],
    [{ rsv1: 1, rsv2: 1, rsv3: 1 }, [1, 1, 1], 7],
  ] as const)('sent with %o are seen in reserved as %o', (options, reserved, rsv) => {
    const client = new Connection('CLIENT', { maskKey: () => 0x37fa213d })
    const server = new Connection('SERVER')
    const sent = client.send(new Data('x', 'text', options))
    expect(sent).toEqual(masked({ opcode: TEXT, rsv, payload: 'x' }))
    server.recv(sent)
    for (const message of server.messages()) expect(message.reserved).toEqual(reserved)
  })
})

describe('frames that may not be sent', () => {
  const cases: [string, () => Data<'text'>, string, RegExp][] = [
    ['an unknown type', () => data('', 'latin-1'), 'ERR_SEND_TYPE', /'latin-1' is not registered; registered: 'cont/],
    ['a type of Object.prototype', () => data('', 'constructor'), 'ERR_SEND_TYPE', /'constructor' is not registered/],
    ['a fragmented ping', () => data('', 'ping', { fin: false }), 'ERR_SEND_FRAGMENTED_CONTROL_FRAME', /never frag/],
    ['a ping of 126 bytes', () => data(noise(126), 'ping'), 'ERR_SEND_CONTROL_FRAME_LENGTH', /126 bytes; .* 0 to 125/],
    [
      'a close reason of 124 bytes',
      () => data('r'.repeat(124), 'close', { statusCode: 1000 }),
      'ERR_SEND_CONTROL_FRAME_LENGTH',
      /126 bytes/,
    ],
    ['a continuation of nothing', () => data('', 'continue'), 'ERR_SEND_NOTHING_TO_CONTINUE', /outside a message/],
    ['a reason without a code', () => data('r', 'close'), 'ERR_SEND_REASON_WITHOUT_CODE', /give statusCode/],
    ['a code on text', () => data('', 'text', { statusCode: 1000 }), 'ERR_SEND_CODE_WITHOUT_CLOSE', /1000 on a 'text'/],
    [
      'text that is not UTF-8',
      () => data(new Uint8Array([0xff]), 'text'),
      'ERR_SEND_INVALID_UTF8',
      /'text' payload does not make valid UTF-8/,
    ],
    ['text that ends in a character', () => data(utf8('é').slice(0, 1), 'text'), 'ERR_SEND_INVALID_UTF8', /UTF-8/],
    [
      'a reason that is not UTF-8',
      () => data(new Uint8Array([0x80]), 'close', { statusCode: 1000 }),
      'ERR_SEND_INVALID_UTF8',
      /close reason/,
    ],
  ]

  it.each(cases)('%s: refused, by send and sendParts, with nothing changed', (_, build, code, sentence) => {
    for (const role of ['CLIENT', 'SERVER'] as const) {
      const connection = new Connection(role)
      const wrong = expect.objectContaining({
        name: 'LocalProtocolError',
        code,
        message: expect.stringMatching(sentence),
      })
      const before = code === 'ERR_SEND_NOTHING_TO_CONTINUE' ? data('', 'ping') : data('begun', 'text', { fin: false })
      expect(() => connection.send(before, build())).toThrow(LocalProtocolError)
      expect(() => connection.send(build())).toThrow(wrong)
      expect(() => connection.sendParts(build())).toThrow(wrong)
      expect(connection.state).toBe('OPEN')
      connection.send(new Data('fine', 'text'))
    }
  })

  it('a new message inside one, whichever frame comes between', () => {
    const connection = new Connection('SERVER', { opcodeNonControlMod: { 'latin-1': 3 } })
    connection.send(new Data('a', 'text', { fin: false }), new Data('', 'ping'))
    for (const type of ['text', 'binary', 'latin-1'] as const) {
      expect(() => connection.send(new Data('b', type))).toThrow(/send 'continue' frames/)
    }
    connection.send(new Data('b', 'continue', { fin: false }), new Data('c', 'continue'))
    connection.send(new Data('d', 'text'))
  })

  it('fragments of text that together are not UTF-8', () => {
    const [first, second] = [utf8('é').slice(0, 1), utf8('é').slice(1)]
    const connection = new Connection('SERVER')
    connection.send(data(first, 'text', { fin: false }))
    expect(() => connection.send(data('x', 'continue'))).toThrow(LocalProtocolError)
    expect(() => connection.send(data(first, 'continue'))).toThrow(LocalProtocolError)
    expect(() => connection.send(data('', 'continue'))).toThrow(LocalProtocolError)
    connection.send(data('', 'continue', { fin: false }), data('', 'ping'), data(second, 'continue'))
  })

  it('a fragment that is not UTF-8, though the same Data was sent as binary before', () => {
    const last = data(Uint8Array.of(0x80), 'continue')
    const connection = new Connection('SERVER')
    connection.sendParts(data('', 'binary', { fin: false }))
    connection.sendParts(last)
    connection.sendParts(data('', 'text', { fin: false }))
    expect(() => connection.sendParts(last)).toThrow(/does not make valid UTF-8/)
  })

  it('but not text with a reserved bit, nor custom types: those are not validated', () => {
    const connection = new Connection('SERVER', { opcodeNonControlMod: { raw: 7 } })
    const bytes = new Uint8Array([0xff, 0xfe])
    connection.send(new Data(bytes, 'text', { rsv1: 1 }), new Data(bytes, 'raw'))
  })

  it('anything but Data is a TypeError', () => {
    const connection = new Connection('SERVER')
    expect(() => connection.send('text' as unknown as Data<'text'>)).toThrow(
      /a frame to send must be a Data, not "text"/,
    )
    expect(() => connection.sendParts(undefined as unknown as Data<'text'>)).toThrow(TypeError)
  })
})

describe('sendParts', () => {
  it('gives the bytes that send gives', () => {
    for (const size of [0, 125, 126, 4095, 4096, 65_535, 65_536, 200_000]) {
      const frameData = new Data(noise(size), 'binary', { rsv2: 1 })
      const parts = new Connection('SERVER').sendParts(frameData)
      expect(Buffer.compare(join(...parts), new Connection('SERVER').send(frameData)), `${size} bytes`).toBe(0)
      const fixed = { maskKey: () => 1 }
      const client = new Connection('CLIENT', fixed).sendParts(frameData)
      expect(Buffer.compare(join(...client), new Connection('CLIENT', fixed).send(frameData)), `${size} bytes`).toBe(0)
    }
  })

  it('does not copy a large payload that is not masked', () => {
    const payload = noise(100_000)
    const parts = new Connection('SERVER').sendParts(new Data(payload, 'binary'))
    expect(parts).toHaveLength(2)
    expect(parts[1]).toBe(payload)
  })

  it('encodes a Data once for many server connections, whatever they call its opcode', () => {
    const text = new Data('to all', 'text')
    const first = new Connection('SERVER').sendParts(text)
    expect(new Connection('SERVER').sendParts(text)[0]).toBe(first[0])
    const raw = new Data('x', 'raw')
    const three = new Connection('SERVER', { opcodeNonControlMod: { raw: 3 } }).sendParts(raw)
    const four = new Connection('SERVER', { opcodeNonControlMod: { raw: 4 } }).sendParts(raw)
    expect([three[0][0], four[0][0]]).toEqual([0x83, 0x84])
  })

  it('of a server gives every connection the whole list, even where another has changed it', () => {
    for (const size of [16, 100]) {
      const one = new Data(noise(size), 'binary')
      for (const change of [
        (parts: Uint8Array[]) => parts.pop(),
        (parts: Uint8Array[]) => parts.push(noise(1)),
        (parts: Uint8Array[]) => parts.splice(0),
        (parts: Uint8Array[]) => parts.reverse(),
      ]) {
        change(new Connection('SERVER').sendParts(one) as Uint8Array[])
        const parts = new Connection('SERVER').sendParts(one)
        expect(join(...parts)).toEqual(frame({ opcode: BINARY, payload: noise(size) }))
      }
    }
  })

  it('keeps the state as send does', () => {
    const connection = new Connection('SERVER')
    connection.sendParts(new Data('a', 'text', { fin: false }))
    expect(() => connection.sendParts(new Data('b', 'text'))).toThrow(LocalProtocolError)
    connection.sendParts(new Data('c', 'continue'))
    connection.sendParts(new Data('', 'close'))
    expect(connection.state).toBe('CLOSING')
    expect(() => connection.sendParts(new Data('', 'ping'))).toThrow(LocalProtocolError)
  })

  it('gives a list that cannot be changed', () => {
    const parts = new Connection('CLIENT').sendParts(new Data('x', 'text')) as Uint8Array[]
    expect(() => parts.push(new Uint8Array(1))).toThrow(TypeError)
  })
})

describe('memory', () => {
  it('of the caller is never written, by either role', () => {
    for (const role of ['CLIENT', 'SERVER'] as const) {
      for (const size of [5, 100, 5000, 100_000]) {
        const payload = noise(size)
        const before = payload.slice()
        const connection = new Connection(role)
        connection.send(new Data(payload, 'binary'), new Data(payload.buffer, 'binary'))
        connection.sendParts(new Data(payload, 'binary'))
        expect(Buffer.compare(payload, before)).toBe(0)
      }
    }
  })

  it('of the result is the caller’s: writing it changes nothing sent later', () => {
    const text = new Data('again', 'text')
    const connection = new Connection('SERVER')
    connection.sendParts(text)
    connection.send(text).fill(0)
    expect(connection.send(text)).toEqual(frame({ opcode: TEXT, payload: 'again' }))
    expect(decode(new Connection('CLIENT'), connection.sendParts(text))[0]).toMatch(/^text/)
  })

  it('of a view is sent with its offset', () => {
    const buffer = noise(64)
    const sent = new Connection('SERVER').send(new Data(buffer.subarray(8, 24), 'binary'))
    expect(sent).toEqual(frame({ opcode: BINARY, payload: buffer.slice(8, 24) }))
  })
})
