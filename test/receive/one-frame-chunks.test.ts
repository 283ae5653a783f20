// Chunks that are exactly one short frame, as a socket gives small messages: the same events as in any other cut.
// Knows the public API, frames written by hand, and the slow reference.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Information, type Message } from '../../bindings/index.js'
import { agreeOn, everyWay, optionsOf, UNCUT } from '../support/agree.js'
import {
  BINARY,
  CLOSE,
  CONTINUE,
  decode,
  events,
  frame,
  join,
  KEY,
  masked,
  noise,
  PING,
  TEXT,
  utf8,
} from '../support/frames.js'

const ascii = (size: number) => Uint8Array.from({ length: size }, (_, i) => 32 + (i % 90))
const OWNERSHIPS = ['copy', 'take'] as const

/** The frame as a chunk of its own, and with its first byte in a chunk before the rest. */
const CUTS = [UNCUT, [1, Number.POSITIVE_INFINITY]]

describe('a frame that is a chunk of its own', () => {
  const keys = [undefined, KEY, [0, 0, 0, 0], [255, 128, 0, 1]]

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is what the reference says: every opcode, RSV %i, mask and length', (rsv) => {
    for (const fin of [1, 0] as const) {
      for (let opcode = 0; opcode < 16; opcode++) {
        for (const size of [0, 1, 2, 3, 4, 5, 39, 40, 41, 44, 45, 125, 126]) {
          for (const key of keys.slice(0, size < 6 ? 4 : 2)) {
            const bytes = frame({ fin, rsv, opcode, payload: ascii(size), ...(key && { key }) })
            for (const ownership of OWNERSHIPS) {
              agreeOn(optionsOf('SERVER', { ownership }), bytes, UNCUT)
              agreeOn(optionsOf('CLIENT', { ownership }), bytes, UNCUT)
              agreeOn(optionsOf('SERVER', { ownership, acceptUnmasked: true }), bytes, UNCUT)
              agreeOn(optionsOf('SERVER', { ownership, reservedBits: [1, 0, 1] }), bytes, UNCUT)
            }
          }
        }
      }
    }
  })

  it('of every length up to the longest, in every delivery, whole and cut', () => {
    for (let size = 0; size <= 130; size++) {
      for (const opcode of [TEXT, BINARY, 3]) {
        const payload = opcode === TEXT ? ascii(size) : noise(size, size + 1)
        for (const cut of CUTS) {
          for (const options of everyWay('SERVER')) agreeOn(options, masked({ opcode, payload }), cut)
          for (const options of everyWay('CLIENT')) agreeOn(options, frame({ opcode, payload }), cut)
        }
      }
    }
  })

  it('with a byte too few or too many, or another frame behind it', () => {
    for (const size of [0, 1, 4, 38, 39, 40, 41]) {
      const one = masked({ opcode: BINARY, payload: noise(size) })
      const streams = [one.slice(0, -1), one.slice(0, 3), join(one, Uint8Array.of(0x82)), join(one, one), one]
      for (const bytes of streams) for (const options of everyWay('SERVER')) agreeOn(options, bytes, UNCUT)
    }
  })

  it('with a length in more bytes than it needs', () => {
    for (const size of [0, 30, 36, 38]) {
      const [head, rest] = [[0x82], noise(size)]
      for (const mask of [0, 0x80]) {
        const key = mask ? KEY : []
        const two = join(Uint8Array.of(...head, mask | 126, 0, size, ...key), rest)
        const eight = join(Uint8Array.of(...head, mask | 127, 0, 0, 0, 0, 0, 0, 0, size, ...key), rest)
        for (const bytes of [two, eight]) {
          agreeOn(optionsOf('SERVER'), bytes, UNCUT)
          agreeOn(optionsOf('CLIENT'), bytes, UNCUT)
        }
      }
    }
  })

  it('over a limit, and at it', () => {
    for (const size of [0, 1, 20, 40]) {
      for (const limit of [0, 1, 19, 20, 39, 40, 41]) {
        for (const limits of [{ maxFrameSize: limit }, { maxMessageSize: limit }]) {
          for (const options of everyWay('SERVER', limits)) {
            agreeOn(options, masked({ opcode: TEXT, payload: ascii(size) }), UNCUT)
          }
          for (const options of everyWay('CLIENT', limits)) {
            agreeOn(options, frame({ opcode: BINARY, payload: ascii(size) }), UNCUT)
          }
        }
      }
    }
  })

  it.each([
    ['one character', utf8('é')],
    ['an emoji at the end', utf8('hello, world 😀')],
    ['a character at the beginning', utf8('яhello, world, how are you today')],
    ['40 bytes', utf8('я'.repeat(20))],
    ['U+007F', utf8('a\u007fb')],
    ['half a character at the end', utf8('hello é').slice(0, -1)],
    ['a byte that is never valid', Uint8Array.of(0x61, 0xff, 0x61)],
    ['a continuation byte first', Uint8Array.of(0x80, 0x61)],
    ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['an overlong form in the last place', join(ascii(38), Uint8Array.of(0xc0, 0x80))],
  ])('of text that is not ASCII: %s', (_, payload) => {
    for (const cut of CUTS) {
      for (const rsv of [0, 4]) {
        for (const options of everyWay('SERVER')) agreeOn(options, masked({ opcode: TEXT, rsv, payload }), cut)
        for (const options of everyWay('CLIENT')) agreeOn(options, frame({ opcode: TEXT, rsv, payload }), cut)
      }
    }
  })

  it('of text with one wrong byte, wherever it is', () => {
    for (let at = 0; at < 40; at++) {
      const payload = ascii(40)
      payload[at] = 0xff
      for (const ownership of OWNERSHIPS) {
        agreeOn(optionsOf('SERVER', { ownership }), masked({ opcode: TEXT, payload }), UNCUT)
        agreeOn(optionsOf('CLIENT', { ownership }), frame({ opcode: TEXT, payload }), UNCUT)
      }
    }
  })

  it('gives its text', () => {
    for (let size = 0; size <= 46; size++) {
      const text = Buffer.from(ascii(size)).toString()
      for (const ownership of OWNERSHIPS) {
        const connection = new Connection('SERVER', { ownership })
        connection.recv(masked({ opcode: TEXT, payload: text }))
        const message = connection.nextEvent() as Message
        expect([message.text(), Buffer.from(message.message).toString(), message.text()]).toEqual([text, text, text])
      }
    }
  })
})

describe('a short frame that is not text', () => {
  it('is decoded as UTF-8 where its text is asked for', () => {
    for (const payload of [utf8('é'), utf8('plain'), Uint8Array.of(0xff, 0x61)]) {
      for (const opcode of [BINARY, PING]) {
        for (const ownership of OWNERSHIPS) {
          const connection = new Connection('SERVER', { ownership })
          connection.recv(masked({ opcode, payload }))
          expect((connection.nextEvent() as Message).text()).toBe(new TextDecoder().decode(payload))
        }
      }
    }
  })
})

describe("a short chunk under 'take'", () => {
  it('is left as it was until its events are asked for, where it is no ASCII text', () => {
    const wrongLength = join(Uint8Array.of(0x82, 0xfe, 0, 30, ...KEY), noise(30))
    const chunks: [string, Uint8Array, ConnectionOptions?][] = [
      ['text that is not ASCII', masked({ opcode: TEXT, payload: 'hello é' })],
      ['text that is not ASCII in its last byte', masked({ opcode: TEXT, payload: join(ascii(39), utf8('é')) })],
      ['text that is not UTF-8', masked({ opcode: TEXT, payload: Uint8Array.of(0xff, 0x61) })],
      ['a ping', masked({ opcode: PING, payload: 'ping' })],
      ['a fragment', masked({ opcode: BINARY, fin: 0, payload: 'part' })],
      ['nothing to continue', masked({ opcode: CONTINUE, payload: 'part' })],
      ['an unknown opcode', masked({ opcode: 5, payload: 'part' })],
      ['a reserved bit', masked({ opcode: BINARY, rsv: 1, payload: 'part' }), { reservedBits: [1, 1, 0] }],
      ['a limit', masked({ opcode: BINARY, payload: 'part' }), { maxFrameSize: 3 }],
      ['another limit', masked({ opcode: BINARY, payload: 'part' }), { maxMessageSize: 3 }],
      ['no mask', frame({ opcode: BINARY, payload: 'part' })],
      ['two frames', join(masked({ opcode: BINARY, payload: 'a' }), masked({ opcode: BINARY, payload: 'b' }))],
      ['a frame that goes on', masked({ opcode: BINARY, payload: 'part' }).slice(0, -1)],
      ['a length that is not minimal', wrongLength],
    ]
    for (const [name, bytes, options] of chunks) {
      const chunk = bytes.slice()
      const connection = new Connection('SERVER', { ...options, ownership: 'take' })
      connection.recv(chunk)
      expect(chunk, name).toEqual(bytes)
      expect(events(connection), name).toEqual(decode(new Connection('SERVER', options), [bytes]))
    }
  })

  it('is unmasked in place where it is a text, which lies in it', () => {
    for (const size of [0, 1, 3, 4, 7, 40]) {
      const around = new Uint8Array(100).fill(0xa5)
      const bytes = masked({ opcode: TEXT, payload: ascii(size) })
      around.set(bytes, 9)
      const connection = new Connection('SERVER', { ownership: 'take' })
      connection.recv(around.subarray(9, 9 + bytes.length))
      const { message } = connection.nextEvent() as Message
      expect([message.buffer, message.byteOffset, message.length]).toEqual([around.buffer, 15, size])
      expect(message).toEqual(ascii(size))
      expect(around.subarray(0, 9).every((byte) => byte === 0xa5)).toBe(true)
      expect(around.subarray(9 + bytes.length).every((byte) => byte === 0xa5)).toBe(true)
    }
  })

  it('of binary data is only read: its payload has memory of its own', () => {
    for (const size of [0, 1, 3, 4, 7, 40]) {
      const bytes = masked({ opcode: BINARY, payload: ascii(size) })
      const chunk = bytes.slice()
      const connection = new Connection('SERVER', { ownership: 'take' })
      connection.recv(chunk)
      const { message } = connection.nextEvent() as Message
      expect(message).toEqual(ascii(size))
      expect(message.buffer.byteLength).toBe(Math.max(size, 1))
      expect(chunk).toEqual(bytes)
    }
  })
})

describe("a short chunk under 'copy'", () => {
  it('may be used again at once, and its payload has memory of its own', () => {
    for (const [role, write] of [
      ['SERVER', masked],
      ['CLIENT', frame],
    ] as const) {
      for (const opcode of [TEXT, BINARY]) {
        const bytes = write({ opcode, payload: ascii(40) })
        const chunk = bytes.slice()
        const connection = new Connection(role)
        connection.recv(chunk)
        expect(chunk).toEqual(bytes)
        chunk.fill(0xff)
        const { message } = connection.nextEvent() as Message
        expect(message).toEqual(ascii(40))
        expect(message.buffer.byteLength).toBe(40)
      }
    }
  })
})

describe('a short frame between others', () => {
  const text = (payload: string) => masked({ opcode: TEXT, payload })
  const close = masked({ opcode: CLOSE })

  it('comes in its turn, when it was asked for or not', () => {
    for (const ownership of OWNERSHIPS) {
      const connection = new Connection('SERVER', { ownership })
      const long = masked({ opcode: BINARY, payload: noise(300) })
      for (const chunk of [text('1'), text('2'), long.slice(0, 100), long.slice(100), text('3')]) {
        connection.recv(chunk.slice())
      }
      const seen = events(connection)
      expect(seen).toEqual(decode(new Connection('SERVER'), [join(text('1'), text('2'), long, text('3'))]))
      expect(seen).toHaveLength(5)
    }
  })

  it('breaks the rule that it breaks inside a message, and ends one', () => {
    const begin = masked({ opcode: TEXT, fin: 0, payload: 'a' })
    for (const next of [text('b'), masked({ opcode: CONTINUE, payload: 'b' }), masked({ opcode: PING })]) {
      for (const options of everyWay('SERVER')) {
        for (const drain of ['each', 'last'] as const) {
          agreeOn(options, join(begin, next), [begin.length, next.length], { drain })
        }
      }
    }
  })

  it('is given before the end of the network, and before a close', () => {
    for (const [bytes, cut] of [
      [text('last'), UNCUT],
      [join(text('last'), close), [10, 6]],
      [join(close, text('late')), [6, 10]],
      [join(Uint8Array.of(0xff), text('late')), [1, 10]],
    ] as const) {
      for (const drain of ['each', 'last', 'after eof'] as const) {
        for (const closeSent of [false, true]) {
          for (const options of everyWay('SERVER')) agreeOn(options, bytes, cut, { drain, closeSent })
        }
      }
    }
  })

  it('keeps the time when it came, though it is asked for later', () => {
    let clock = 1000
    const connection = new Connection('SERVER', { now: () => clock })
    connection.recv(text('x'))
    clock = 2000
    expect((connection.nextEvent() as Message).time).toEqual(new Date(1000))
    expect(connection.nextEvent()).toBe(Information.NEED_DATA)
  })
})
