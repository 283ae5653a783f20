// The three deliveries, text that is checked as it comes, and memory that follows the bytes.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../bindings/index.js'
import {
  BINARY,
  CLOSE,
  CONTINUE,
  chunks,
  closePayload,
  decode,
  events,
  join,
  masked,
  noise,
  PING,
  TEXT,
} from './frames.js'

const fragmented = join(
  masked({ opcode: TEXT, fin: 0, rsv: 4, payload: 'one ' }),
  masked({ opcode: PING, payload: 'ping' }),
  masked({ opcode: CONTINUE, fin: 0, payload: 'two ' }),
  masked({ opcode: CONTINUE, fin: 0 }),
  masked({ opcode: CONTINUE, rsv: 1, payload: 'three' }),
)

const hex = (text: string) => Buffer.from(text).toString('hex')

describe("delivery 'frame'", () => {
  it('gives every fragment as it came', () => {
    expect(decode(new Connection('SERVER'), [fragmented])).toEqual([
      `text 100 [${hex('one ')}] …`,
      `ping 000 [${hex('ping')}]`,
      `continue 000 [${hex('two ')}] …`,
      'continue 000 [] …',
      `continue 001 [${hex('three')}]`,
      'NEED_DATA',
    ])
  })
})

describe("delivery 'message'", () => {
  it('joins fragments, with type and reserved bits of the first, after the control frames between them', () => {
    for (const size of [1, 2, 5, 1000]) {
      const connection = new Connection('SERVER', { delivery: 'message' })
      expect(decode(connection, chunks(fragmented, size))).toEqual([
        `ping 000 [${hex('ping')}]`,
        `text 100 [${hex('one two three')}]`,
        'NEED_DATA',
      ])
    }
  })

  it('ends a message with an empty final fragment', () => {
    const connection = new Connection('SERVER', { delivery: 'message' })
    connection.recv(join(masked({ opcode: BINARY, fin: 0, payload: 'all of it' }), masked({ opcode: CONTINUE })))
    expect(events(connection)).toEqual([`binary 000 [${hex('all of it')}]`, 'NEED_DATA'])
  })

  it('joins large fragments that come in many chunks', () => {
    const parts = [100_000, 0, 1, 65_536, 33_333].map((size, i) => noise(size, i + 1))
    const stream = join(
      ...parts.map((payload, i) =>
        masked({ opcode: i === 0 ? BINARY : CONTINUE, fin: i === parts.length - 1 ? 1 : 0, payload }),
      ),
    )
    for (const size of [777, 65_536, stream.length]) {
      const connection = new Connection('SERVER', { delivery: 'message' })
      const messages: Message[] = []
      for (const chunk of chunks(stream, size)) {
        connection.recv(chunk)
        messages.push(...connection.messages())
      }
      expect(messages).toHaveLength(1)
      expect(Buffer.compare(messages[0].message, join(...parts))).toBe(0)
    }
  })
})

describe("delivery 'chunk'", () => {
  it('hands out payload as it arrives, all but the last piece partial, control frames whole', () => {
    const payload = noise(1000)
    const stream = join(
      masked({ opcode: BINARY, payload }),
      masked({ opcode: PING, payload: 'whole' }),
      masked({ opcode: TEXT, fin: 0, payload: 'text' }),
      masked({ opcode: CONTINUE, payload: '' }),
      masked({ opcode: CLOSE, payload: closePayload(1000, 'in pieces') }),
    )
    for (const size of [1, 2, 3, 7, 64, 1003, 4000]) {
      const connection = new Connection('SERVER', { delivery: 'chunk' })
      const pieces: Message[] = []
      for (const chunk of chunks(stream, size)) {
        connection.recv(chunk)
        pieces.push(...connection.messages())
      }
      const binary = pieces.filter(({ type }) => type === 'binary')
      expect(Buffer.compare(join(...binary.map(({ message }) => message)), payload)).toBe(0)
      expect(binary.map(({ partial }) => partial).indexOf(false)).toBe(binary.length - 1)
      expect(pieces.filter(({ message, partial }) => partial && message.length === 0)).toEqual([])
      const text = pieces.filter(({ type }) => type === 'text')
      expect(text.map((piece) => piece.text()).join('')).toBe('text')
      expect(text.every(({ fin }) => !fin)).toBe(true)
      const rest = pieces.slice(binary.length).filter(({ type }) => type !== 'text')
      expect(
        rest.map((piece) => [piece.type, piece.text().slice(piece.type === 'close' ? 2 : 0), piece.partial]),
      ).toEqual([
        ['ping', 'whole', false],
        ['continue', '', false],
        ['close', 'in pieces', false],
      ])
    }
  })

  it('gives the first piece before the frame is there', () => {
    const connection = new Connection('SERVER', { delivery: 'chunk' })
    connection.recv(masked({ opcode: TEXT, payload: 'hello' }).slice(0, 9))
    const piece = connection.nextEvent() as Message
    expect([piece.text(), piece.partial, piece.fin]).toEqual(['hel', true, true])
  })
})

describe('text', () => {
  const invalid = join(
    masked({ opcode: TEXT, fin: 0, payload: 'ok ' }),
    masked({ opcode: CONTINUE, payload: Uint8Array.from([0xe2, 0x28, 0xa1, 0x61, 0x61, 0x61]) }),
  )

  it('fails with 1007 as soon as the bytes cannot be UTF-8, in the middle of a frame', () => {
    const upToTheByte = invalid.slice(0, 9 + 6 + 2)
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      for (const size of [1, upToTheByte.length]) {
        const connection = new Connection('SERVER', { delivery })
        const seen = decode(connection, chunks(upToTheByte, size))
        expect(seen.at(-1), `'${delivery}', chunks of ${size}`).toBe('error ERR_INVALID_UTF8 1007')
        const before = new Connection('SERVER', { delivery })
        expect(decode(before, chunks(upToTheByte.slice(0, -1), size)).at(-1)).toBe('NEED_DATA')
      }
    }
  })

  it('may be cut inside a character, by frames and by chunks', () => {
    const bytes = Buffer.from('aé€😀z')
    const stream = join(
      ...Array.from(bytes, (byte, i) =>
        masked({
          opcode: i === 0 ? TEXT : CONTINUE,
          fin: i === bytes.length - 1 ? 1 : 0,
          payload: Uint8Array.of(byte),
        }),
      ),
    )
    for (const size of [1, 3, 1000]) {
      const connection = new Connection('SERVER', { delivery: 'message' })
      expect(decode(connection, chunks(stream, size))).toEqual([`text 000 [${hex('aé€😀z')}]`, 'NEED_DATA'])
    }
  })

  it('is the same short or long, ASCII or not, whole or in pieces', () => {
    for (const text of [
      '',
      'a',
      'hello',
      'x'.repeat(8),
      'y'.repeat(31),
      'z'.repeat(32),
      'w'.repeat(33),
      'é'.repeat(9),
    ]) {
      for (const last of ['', 'plain', 'naïve']) {
        const stream = join(
          masked({ opcode: TEXT, payload: text }),
          masked({ opcode: TEXT, fin: 0, payload: text }),
          masked({ opcode: CONTINUE, payload: last }),
        )
        for (const size of [1, 5, 20, 1000]) {
          const connection = new Connection('SERVER', { delivery: 'message' })
          const texts: string[] = []
          for (const chunk of chunks(stream, size)) {
            connection.recv(chunk)
            for (const message of connection.messages()) texts.push(message.text())
          }
          expect(texts).toEqual([text, text + last])
        }
      }
    }
  })

  it('must be complete when the message ends', () => {
    const half = Buffer.from('é').subarray(0, 1)
    for (const stream of [
      masked({ opcode: TEXT, payload: half }),
      join(masked({ opcode: TEXT, fin: 0, payload: half }), masked({ opcode: CONTINUE })),
    ]) {
      expect(decode(new Connection('SERVER'), [stream]).at(-1)).toBe('error ERR_INVALID_UTF8 1007')
    }
  })

  it('is not validated with a reserved bit on, nor is a custom type, nor binary', () => {
    const payload = Uint8Array.from([0xff, 0xfe])
    const options = { opcodeNonControlMod: { raw: 3 } }
    const stream = join(
      masked({ opcode: TEXT, rsv: 4, fin: 0, payload }),
      masked({ opcode: CONTINUE, payload }),
      masked({ opcode: 3, payload }),
      masked({ opcode: BINARY, payload }),
    )
    expect(decode(new Connection('SERVER', options), [stream]).at(-1)).toBe('NEED_DATA')
  })

  it('is validated again after such a message', () => {
    const payload = Uint8Array.from([0xff])
    const stream = join(masked({ opcode: TEXT, rsv: 4, payload }), masked({ opcode: TEXT, payload }))
    expect(decode(new Connection('SERVER'), [stream]).at(-1)).toBe('error ERR_INVALID_UTF8 1007')
  })
})

describe('limits', () => {
  const frames = (...sizes: number[]) =>
    join(
      ...sizes.map((size, i) =>
        masked({ opcode: i === 0 ? BINARY : CONTINUE, fin: i === sizes.length - 1 ? 1 : 0, payload: noise(size) }),
      ),
    )

  for (const delivery of ['frame', 'message', 'chunk'] as const) {
    it(`hold exactly ('${delivery}')`, () => {
      const frame = { delivery, maxFrameSize: 1000 }
      const message = { delivery, maxMessageSize: 1000 }
      expect(decode(new Connection('SERVER', frame), [frames(1000, 999, 1000)]).at(-1)).toBe('NEED_DATA')
      expect(decode(new Connection('SERVER', frame), [frames(1001)]).at(-1)).toBe('error ERR_FRAME_TOO_BIG 1009')
      expect(decode(new Connection('SERVER', message), [frames(400, 0, 600)]).at(-1)).toBe('NEED_DATA')
      expect(decode(new Connection('SERVER', message), [frames(400, 0, 601)]).at(-1)).toBe(
        'error ERR_MESSAGE_TOO_BIG 1009',
      )
      const two = join(frames(400, 600), frames(1000))
      expect(decode(new Connection('SERVER', message), [two]).at(-1)).toBe('NEED_DATA')
    })
  }

  it('are decided from the header alone', () => {
    const connection = new Connection('SERVER', { maxFrameSize: 1000 })
    connection.recv(frames(1001).slice(0, 4))
    expect(events(connection)).toEqual(['error ERR_FRAME_TOO_BIG 1009'])
  })

  it('are 16 MiB by default, and none with Infinity', () => {
    const header = (length: number) =>
      Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, length >>> 24, length >> 16, length >> 8, length)
    const limit = 16 * 1024 * 1024
    expect(decode(new Connection('SERVER'), [header(limit)])).toEqual(['NEED_DATA'])
    expect(decode(new Connection('SERVER'), [header(limit + 1)])).toEqual(['error ERR_FRAME_TOO_BIG 1009'])
    const none = { maxFrameSize: Number.POSITIVE_INFINITY, maxMessageSize: Number.POSITIVE_INFINITY }
    expect(decode(new Connection('SERVER', none), [header(limit + 1)])).toEqual(['NEED_DATA'])
  })

  it('do not count control frames', () => {
    const options = { maxFrameSize: 0, maxMessageSize: 0 }
    const stream = join(masked({ opcode: PING, payload: 'ping' }), masked({ opcode: BINARY }))
    expect(decode(new Connection('SERVER', options), [stream])).toHaveLength(3)
  })
})
