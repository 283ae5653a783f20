// Texts, most of them ASCII, that arrive together: each is its own, in whatever order they are asked for.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../../bindings/index.js'
import { BINARY, CONTINUE, frame, join, masked, noise, PING, TEXT } from '../support/frames.js'
import { seededRandom } from '../support/seed.js'

const WAYS = [
  ['SERVER', 'copy'],
  ['SERVER', 'take'],
  ['CLIENT', 'copy'],
  ['CLIENT', 'take'],
] as const

const LETTERS = 'the quick brown fox jumps over the lazy dog, 0123456789 times; '

/** ASCII that is another one for each `seed`. */
function words(length: number, seed: number): string {
  const random = seededRandom(seed + 1)
  return Array.from({ length }, () => LETTERS[random.below(LETTERS.length)]).join('')
}

interface Sent {
  readonly opcode: number
  readonly text: string
}

/** Frames of these texts as the role's peer writes them, one after another. */
function write(role: 'CLIENT' | 'SERVER', frames: readonly Sent[]): Uint8Array<ArrayBuffer> {
  const one = role === 'SERVER' ? masked : frame
  return join(...frames.map(({ opcode, text }) => one({ opcode, payload: text })))
}

function receive(connection: Connection, bytes: Uint8Array, size = bytes.length): Message[] {
  const messages: Message[] = []
  for (let at = 0; at < bytes.length; at += size) {
    connection.recv(bytes.slice(at, at + size))
    messages.push(...connection.messages())
  }
  return messages
}

const texts = (count: number, length: (i: number) => number): Sent[] =>
  Array.from({ length: count }, (_, i) => ({ opcode: TEXT, text: words(length(i), i) }))

/** Texts that may be decoded together and texts that are too long for that, with other frames among them. */
const streams: [string, Sent[]][] = [
  ['of one size', texts(300, () => 40)],
  ['of no bytes among them', texts(300, (i) => (i % 3 === 0 ? 0 : 21))],
  ['of every size', texts(600, (i) => i)],
  ['of sizes about the longest', texts(60, (i) => 500 + (i % 25))],
  ['short ones before long ones', texts(100, (i) => (i < 90 ? 30 : 9000))],
  [
    'with others that are not ASCII',
    texts(300, () => 33).map((one, i) => (i % 7 === 3 ? { ...one, text: 'naïve' } : one)),
  ],
  ['with one that is not ASCII at the end', [...texts(20, () => 40), { opcode: TEXT, text: 'é' }]],
  ['with one that is not ASCII at the beginning', [{ opcode: TEXT, text: '😀' }, ...texts(20, () => 40)]],
  ['with binary ones', texts(300, () => 50).map((one, i) => (i % 5 === 2 ? { ...one, opcode: BINARY } : one))],
  ['with pings', texts(300, () => 50).map((one, i) => (i % 11 === 2 ? { ...one, opcode: PING } : one))],
  [
    'with all of these',
    texts(500, (i) => (i * 37) % 130).map((one, i) => {
      if (i % 13 === 5) return { opcode: BINARY, text: one.text }
      if (i % 17 === 6) return { opcode: PING, text: one.text.slice(0, 125) }
      return i % 19 === 7 ? { opcode: TEXT, text: `${one.text}я` } : one
    }),
  ],
]

const ORDERS: [string, (messages: Message[]) => Message[]][] = [
  ['in their order', (messages) => messages],
  ['the last first', (messages) => [...messages].reverse()],
  ['in any order', (messages) => shuffled(messages)],
  ['each twice', (messages) => messages.flatMap((message) => [message, message])],
  ['every third only', (messages) => messages.filter((_, i) => i % 3 === 0)],
  ['one alone', (messages) => messages.slice(5, 6)],
]

function shuffled<T>(list: readonly T[]): T[] {
  const random = seededRandom(7)
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const k = random.below(i + 1)
    ;[out[i], out[k]] = [out[k], out[i]]
  }
  return out
}

describe.each(WAYS)("texts received by a %s under '%s'", (role, ownership) => {
  describe.each(streams)('%s', (_, frames) => {
    const bytes = write(role, frames)

    it.each(ORDERS)('are theirs, asked for %s', (_, order) => {
      for (const size of [bytes.length, 1500, 100]) {
        for (const delivery of ['frame', 'message'] as const) {
          const connection = new Connection(role, { ownership, delivery })
          const messages = receive(connection, bytes, size)
          expect(messages).toHaveLength(frames.length)
          const of = new Map(messages.map((message, i) => [message, frames[i].text]))
          expect(order(messages).map((message) => message.text())).toEqual(order(messages).map((one) => of.get(one)))
          expect(messages.map(({ message }) => Buffer.from(message).toString())).toEqual([...of.values()])
        }
      }
    })

    it('are theirs after payloads were handed out and overwritten', () => {
      for (const [fill, every] of [
        [Buffer.from('x'), 2],
        [Buffer.from('é'), 2],
        [Buffer.from('€'), 3],
        [Buffer.from('😀'), 2],
        [Buffer.of(0xff), 2],
        [Buffer.of(0xe2), 3],
        [Buffer.of(0x80), 3],
        [Buffer.of(0), 4],
      ] as const) {
        const messages = receive(new Connection(role, { ownership }), bytes)
        for (let i = 0; i < messages.length; i++) {
          // Some are asked for their text at once, so that others with them may be known already.
          if (i % 10 === 0) messages[i].text()
          if (i % every !== 0) continue
          const { message } = messages[i]
          Buffer.from(message.buffer, message.byteOffset, message.length).fill(fill)
        }
        const decoder = new TextDecoder()
        const expected = messages.map((one, i) => (i % every === 0 ? decoder.decode(one.message) : frames[i].text))
        expect(messages.map((message) => message.text())).toEqual(expected)
      }
    })
  })

  it('are decoded in pieces of a frame, and as fragments, as they came', () => {
    const one = role === 'SERVER' ? masked : frame
    const [long, short] = [words(5000, 1), words(40, 2)]
    const bytes = join(
      one({ opcode: TEXT, payload: short }),
      one({ opcode: TEXT, fin: 0, payload: long.slice(0, 100) }),
      one({ opcode: CONTINUE, fin: 0, payload: long.slice(100, 150) }),
      one({ opcode: CONTINUE, payload: long.slice(150) }),
      ...Array.from({ length: 30 }, () => one({ opcode: TEXT, payload: short })),
      one({ opcode: TEXT, payload: long }),
    )
    for (const size of [bytes.length, 3000, 77]) {
      for (const delivery of ['frame', 'message', 'chunk'] as const) {
        const messages = receive(new Connection(role, { ownership, delivery }), bytes, size)
        const backwards = [...messages].reverse().map((message) => message.text())
        expect(backwards.reverse().join('')).toBe(short + long + short.repeat(30) + long)
      }
    }
  })

  it('begin with a byte order mark where they were sent with one, and may hold any character', () => {
    const odd = ['\ufeffbom', '\0\u0001\u007f', 'tab\tline\r\n', ...texts(20, () => 30).map(({ text }) => text)]
    const bytes = write(
      role,
      odd.map((text) => ({ opcode: TEXT, text })),
    )
    const messages = receive(new Connection(role, { ownership }), bytes)
    expect(messages.map((message) => message.text())).toEqual(odd)
  })

  it('are parsed as JSON each by itself', () => {
    const values = Array.from({ length: 200 }, (_, i) => ({ id: i, name: words(i % 60, i) }))
    const bytes = write(
      role,
      values.map((value) => ({ opcode: TEXT, text: JSON.stringify(value) })),
    )
    const messages = receive(new Connection(role, { ownership }), bytes)
    expect(shuffled(messages).map((message) => message.json())).toEqual(shuffled(values))
  })
})

describe('texts of several connections', () => {
  it('are theirs, though all were asked for at the end', () => {
    const all = [1, 2, 3, 4].map((seed) => ({
      frames: texts(200, (i) => (i * seed * 7) % 90).map(({ opcode, text }) => ({ opcode, text: `${seed}${text}` })),
      connection: new Connection('SERVER', { ownership: seed % 2 ? 'take' : 'copy' }),
      messages: [] as Message[],
    }))
    const streamsOf = all.map(({ frames }) => write('SERVER', frames))
    for (let at = 0; at < Math.max(...streamsOf.map(({ length }) => length)); at += 2000) {
      all.forEach(({ connection, messages }, i) => {
        connection.recv(streamsOf[i].slice(at, at + 2000))
        messages.push(...connection.messages())
      })
    }
    for (const { frames, messages } of all) {
      expect(messages.map((message) => message.text())).toEqual(frames.map(({ text }) => text))
    }
  })

  it('are theirs where binary noise lies between them', () => {
    const frames = Array.from({ length: 50 }, (_, i) =>
      i % 2 ? masked({ opcode: BINARY, payload: noise(90, i) }) : masked({ opcode: TEXT, payload: words(90, i) }),
    )
    const messages = receive(new Connection('SERVER', { ownership: 'take' }), join(...frames))
    messages.forEach((message, i) => {
      if (i % 2 === 0) expect(message.text()).toBe(words(90, i))
    })
  })
})
