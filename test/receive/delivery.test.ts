// The three deliveries: frames as they came, whole messages, and payload as it arrives.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../../bindings/index.js'
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
} from '../support/frames.js'

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
