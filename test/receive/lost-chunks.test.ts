// A chunk that was given away with 'take' and is transferred or shrunk all the same, before its events are asked for:
// one error that says so, never a loop or wrong bytes. Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, Message } from '../../bindings/index.js'
import { resizable } from '../memory/resizable.js'
import { DELIVERIES, isSame } from '../memory/results.js'
import { bare } from '../options/extensions/toys.js'
import {
  BINARY,
  CLOSE,
  CONTINUE,
  closePayload,
  type FrameFields,
  frame,
  join,
  KEY,
  noise,
  PING,
  TEXT,
  utf8,
} from '../support/frames.js'
import { ends, expectFailed, expectLost, expectRightOrFailed, LOSSES, taking, thrown } from './lost.js'

const KIB = 1024

/** A chunk of at most so many bytes may have been read, all of it, when it was given. */
const READ_AT_ONCE = 46

interface End {
  readonly role: 'CLIENT' | 'SERVER'
  readonly options: ConnectionOptions
  /** A frame as this end receives it. */
  wire(fields: FrameFields): Uint8Array
}

const masked = (fields: FrameFields) => frame({ key: KEY, ...fields })
const ENDS: Readonly<Record<string, End>> = {
  'masked frames': { role: 'SERVER', options: {}, wire: masked },
  'unmasked frames': { role: 'CLIENT', options: {}, wire: frame },
  'unmasked frames at a server': { role: 'SERVER', options: { acceptUnmasked: true }, wire: frame },
  'frames for an extension': {
    role: 'SERVER',
    options: {},
    wire: (fields) => masked({ ...fields, rsv: fields.opcode === CONTINUE || fields.opcode >= 8 ? 0 : 4 }),
  },
}

const open = ({ role, options }: End, name: string, delivery: ConnectionOptions['delivery'] = 'frame') =>
  taking(role, { ...options, delivery, ...(name.endsWith('extension') ? { extensions: [bare()] } : {}) })

const repeat = (bytes: Uint8Array, times: number) => join(...new Array<Uint8Array>(times).fill(bytes))

/** Chunks, each with at least one event in every delivery, or with the beginning of one. */
const CHUNKS: Readonly<Record<string, (wire: End['wire']) => Uint8Array>> = {
  'one frame of 1 byte': (wire) => wire({ opcode: BINARY, payload: 'x' }),
  'one frame of 20 bytes': (wire) => wire({ opcode: BINARY, payload: noise(20) }),
  'one text of 40 bytes': (wire) => wire({ opcode: TEXT, payload: 'x'.repeat(40) }),
  'one text of 40 bytes that are not ASCII': (wire) => wire({ opcode: TEXT, payload: 'é'.repeat(20) }),
  'a ping': (wire) => wire({ opcode: PING, payload: 'are you there' }),
  'a close': (wire) => wire({ opcode: CLOSE, payload: closePayload(1001, 'away') }),
  'one frame of 100 bytes': (wire) => wire({ opcode: BINARY, payload: noise(100) }),
  'one frame of 1,000 bytes': (wire) => wire({ opcode: BINARY, payload: noise(1000) }),
  'two short frames': (wire) => repeat(wire({ opcode: BINARY, payload: noise(10) }), 2),
  'many short frames': (wire) => repeat(wire({ opcode: TEXT, payload: 'x'.repeat(20) }), 400),
  'many frames in many blocks': (wire) => repeat(wire({ opcode: BINARY, payload: noise(1000) }), 100),
  'short frames in many blocks': (wire) => repeat(wire({ opcode: BINARY, payload: noise(30) }), 2800),
  'one frame of 100 KiB': (wire) => wire({ opcode: BINARY, payload: noise(100 * KIB) }),
  'a message in fragments': (wire) =>
    join(
      wire({ opcode: TEXT, fin: 0, payload: 'x'.repeat(90) }),
      wire({ opcode: CONTINUE, fin: 0, payload: 'y'.repeat(20_000) }),
      wire({ opcode: CONTINUE, payload: 'z' }),
    ),
}

/** The same as bytes, by end; frames of a MiB in all take their time. */
const made = new Map(
  Object.values(ENDS).map((end) => [
    end,
    Object.entries(CHUNKS).map(([what, make]) => [what, make(end.wire)] as const),
  ]),
)

describe.each(Object.entries(LOSSES))('a chunk lost before any event was asked for: %s', (_, make) => {
  it.each(Object.entries(ENDS))('%s', (name, end) => {
    for (const delivery of DELIVERIES) {
      for (const [what, bytes] of made.get(end) ?? []) {
        const connection = open(end, name, delivery)
        const { chunk: given, lose } = make(bytes)
        connection.recv(given)
        lose()
        const how = `${what}, '${delivery}'`
        if (bytes.length > READ_AT_ONCE) {
          expectFailed(connection, how)
        } else {
          const other = open(end, name, delivery)
          other.recv(bytes)
          expectRightOrFailed(connection, other, how)
        }
      }
    }
  })
})

describe.each(Object.entries(LOSSES))('a chunk lost after some of its events: %s', (_, make) => {
  it.each(Object.entries(ENDS))('%s', (name, end) => {
    for (const delivery of DELIVERIES) {
      for (const [size, count] of [
        [10, 5],
        [100, 200],
        [1000, 100],
        [20_000, 5],
      ]) {
        const payload = noise(size)
        const bytes = repeat(end.wire({ opcode: BINARY, payload }), count)
        for (const asked of [1, 2, count >> 1, count - 1]) {
          const connection = open(end, name, delivery)
          const { chunk, lose } = make(bytes)
          connection.recv(chunk)
          for (let i = 0; i < asked; i++) {
            const message = connection.nextEvent() as Message
            expect(isSame(message.message, payload)).toBe(true)
          }
          lose()
          expectFailed(connection, `${asked} of ${count} events of ${size} bytes, '${delivery}'`)
        }
      }
    }
  })

  it('all of them: it is not missed', () => {
    for (const [name, end] of Object.entries(ENDS)) {
      for (const delivery of DELIVERIES) {
        for (const size of [10, 100, 1000, 20_000]) {
          const bytes = repeat(end.wire({ opcode: BINARY, payload: noise(size) }), 3)
          const connection = open(end, name, delivery)
          for (let time = 0; time < 3; time++) {
            const { chunk, lose } = make(bytes)
            connection.recv(chunk)
            for (let i = 0; i < 3; i++) {
              expect(isSame((connection.nextEvent() as Message).message, noise(size))).toBe(true)
            }
            lose()
            expect(ends(() => connection.nextEvent())).toBe('NEED_DATA')
          }
        }
      }
    }
  })
})

describe('of several chunks', () => {
  const payload = noise(300)

  it.each(Object.entries(LOSSES))('the events of those before the lost one come first: %s', (_, make) => {
    for (const [name, end] of Object.entries(ENDS)) {
      const bytes = repeat(end.wire({ opcode: BINARY, payload }), 3)
      for (const lost of [0, 1, 2]) {
        const connection = open(end, name)
        const chunks = [0, 1, 2].map(() => make(bytes))
        for (const { chunk } of chunks) connection.recv(chunk)
        chunks[lost].lose()
        for (let i = 0; i < lost * 3; i++) {
          expect(isSame((ends(() => connection.nextEvent()) as Message).message, payload)).toBe(true)
        }
        expectFailed(connection, `${name}, chunk ${lost}`)
      }
    }
  })

  /** Right bytes, where they were copied in time, or the error; `cut`: where the second chunk begins. */
  function lostBetween(end: End, name: string, options: ConnectionOptions, bytes: Uint8Array, cut: number): void {
    for (const [what, make] of Object.entries(LOSSES)) {
      for (const when of ['before the rest comes', 'after it has come', 'the rest itself'] as const) {
        const connection = open(end, name, options.delivery)
        const [first, rest] = [make(bytes.subarray(0, cut)), make(bytes.subarray(cut))]
        const messages: Message[] = []
        const pieces: Uint8Array[] = []
        const ask = () => {
          for (const message of connection.messages()) {
            messages.push(message)
            pieces.push(message.message.slice())
          }
        }
        connection.recv(first.chunk)
        ends(ask)
        if (when === 'before the rest comes') first.lose()
        connection.recv(rest.chunk)
        if (when === 'after it has come') first.lose()
        if (when === 'the rest itself') rest.lose()
        const error = thrown(ask)
        const how = `${what}, ${when}, ${bytes.length} bytes cut at ${cut}, '${options.delivery}'`
        if (error === undefined) {
          expect(isSame(join(...pieces), payload), how).toBe(true)
          expect(messages.at(-1)?.partial).toBe(false)
        } else {
          expectLost(error, how)
          expectFailed(connection, how)
        }
      }
    }
  }

  it.each(Object.entries(ENDS))(
    'one lost with a part of a frame in it gives right bytes or the error: %s',
    (name, end) => {
      for (const delivery of DELIVERIES) {
        const bytes = end.wire({ opcode: BINARY, payload })
        const payloadAt = bytes.length - payload.length
        for (const cut of [payloadAt + 1, payloadAt + 60, payloadAt + 150, bytes.length - 1]) {
          lostBetween(end, name, { delivery }, bytes, cut)
        }
      }
      const fragments = join(
        end.wire({ opcode: BINARY, fin: 0, payload: payload.subarray(0, 200) }),
        end.wire({ opcode: CONTINUE, payload: payload.subarray(200) }),
      )
      for (const cut of [100, 208, 240]) lostBetween(end, name, { delivery: 'message' }, fragments, cut)
    },
  )

  it.each(Object.entries(ENDS))('one that held no more than a part of a header is not missed: %s', (name, end) => {
    const bytes = end.wire({ opcode: BINARY, payload })
    for (const [what, make] of Object.entries(LOSSES)) {
      for (let cut = 1; cut <= bytes.length - payload.length; cut++) {
        const connection = open(end, name)
        const { chunk, lose } = make(bytes.subarray(0, cut))
        connection.recv(chunk)
        expect(connection.nextEvent()).toBe('NEED_DATA')
        lose()
        connection.recv(bytes.slice(cut))
        const [message] = ends(() => [...connection.messages()])
        expect(isSame(message.message, payload), `${what}, cut at ${cut}`).toBe(true)
      }
    }
  })
})

describe('what is not lost', () => {
  it("a chunk that was copied, as 'copy' does", () => {
    for (const [name, end] of Object.entries(ENDS)) {
      for (const make of Object.values(LOSSES)) {
        for (const size of [10, 100, 30_000]) {
          const bytes = repeat(end.wire({ opcode: TEXT, payload: 'x'.repeat(size) }), 3)
          const extensions = name.endsWith('extension') ? { extensions: [bare()] } : {}
          const connection = taking(end.role, { ...end.options, ...extensions, ownership: 'copy' })
          const { chunk, lose } = make(bytes)
          connection.recv(chunk)
          lose()
          const texts = ends(() => Array.from(connection.messages(), (message) => message.text()))
          expect(texts).toEqual(new Array(3).fill('x'.repeat(size)))
        }
      }
    }
  })

  it('bytes of a chunk whose buffer has grown: those that were given count', () => {
    for (const [name, end] of Object.entries(ENDS)) {
      for (const size of [10, 100, 30_000]) {
        const bytes = repeat(end.wire({ opcode: BINARY, payload: utf8('x'.repeat(size)) }), 3)
        const connection = open(end, name)
        const buffers = [0, 1].map(() => resizable(bytes, 2 * bytes.length))
        for (const buffer of buffers) connection.recv(new Uint8Array(buffer))
        for (const buffer of buffers) buffer.resize(2 * bytes.length)
        const messages = ends(() => [...connection.messages()])
        expect(messages.map((message) => message.message.length)).toEqual(new Array(6).fill(size))
        expect(connection.nextEvent()).toBe('NEED_DATA')
      }
    }
  })

  it('the end of the network, which recvEof tells: the error comes first, and again', () => {
    for (const [what, make] of Object.entries(LOSSES)) {
      const connection = taking('SERVER')
      const { chunk, lose } = make(masked({ opcode: BINARY, payload: noise(300) }))
      connection.recv(chunk)
      lose()
      expect(thrown(() => connection.recvEof())).toBe(undefined)
      const error = thrown(() => connection.nextEvent())
      expectLost(error, what)
      expect(thrown(() => connection.recvEof())).toBe(undefined)
      expect(thrown(() => connection.nextEvent())).toBe(error)
      expect(connection.state).not.toBe('OPEN')
    }
  })
})
