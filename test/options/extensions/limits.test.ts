// What a peer may make of extensions: limits before and after decoding, budgets, and payloads that cannot be decoded.
// Knows the public API, toy extensions and frames written by hand.

import { describe, expect, it } from 'vitest'
import {
  Connection,
  type ConnectionOptions,
  type Extension,
  ExtensionError,
  LocalProtocolError,
  RemoteProtocolError,
} from '../../../bindings/index.js'
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
  PING,
  TEXT,
} from '../../support/frames.js'
import { bare, rotation, runs } from './toys.js'

const DELIVERIES = ['frame', 'message', 'chunk'] as const
const TOO_BIG = 'error ERR_MESSAGE_TOO_BIG 1009'
const FRAME = 'error ERR_FRAME_TOO_BIG 1009'

/** A message of x-runs, one frame for each list of counts. */
function counted(...fragments: number[][]): Uint8Array {
  return join(
    ...fragments.map((counts, i) =>
      masked({
        opcode: i === 0 ? BINARY : CONTINUE,
        fin: i === fragments.length - 1 ? 1 : 0,
        rsv: i === 0 ? 2 : 0,
        payload: Uint8Array.from(counts.flatMap((count) => [count, 0x61])),
      }),
    ),
  )
}

describe('limits', () => {
  const plain = masked({ opcode: BINARY, payload: new Uint8Array(100) })
  const single = counted([1], [1], [1], [1], [1])
  const large = counted([200], [], [200, 200], [])
  type Row = [string, Uint8Array, ConnectionOptions, last: string]
  const rows: Row[] = [
    ['decoded to maxMessageSize', counted([100]), { maxMessageSize: 100 }, 'NEED_DATA'],
    ['decoded to more', counted([101]), { maxMessageSize: 100 }, TOO_BIG],
    ['to less', counted([99]), { maxMessageSize: 100 }, 'NEED_DATA'],
    ['over fragments', large, { maxMessageSize: 600 }, 'NEED_DATA'],
    ['over fragments, to more', large, { maxMessageSize: 599 }, TOO_BIG],
    ['one message after another', join(large, large, large), { maxMessageSize: 600 }, 'NEED_DATA'],
    ['nothing decoded where nothing may be', counted([]), { maxMessageSize: 0 }, 'NEED_DATA'],
    ['on the wire as large as maxMessageSize', single, { maxMessageSize: 10 }, 'NEED_DATA'],
    ['on the wire larger, though it becomes less', single, { maxMessageSize: 9 }, TOO_BIG],
    ['on the wire as large as maxFrameSize', single, { maxFrameSize: 2 }, 'NEED_DATA'],
    ['on the wire larger than maxFrameSize', single, { maxFrameSize: 1 }, FRAME],
    ['maxFrameSize is about the wire alone', counted([200]), { maxFrameSize: 2 }, 'NEED_DATA'],
    ['without limits', large, { maxMessageSize: Infinity, maxFrameSize: Infinity }, 'NEED_DATA'],
    ['a message that is not encoded', plain, { maxMessageSize: 100 }, 'NEED_DATA'],
    ['one that is not, and larger', plain, { maxMessageSize: 99 }, TOO_BIG],
  ]
  for (const delivery of DELIVERIES) {
    it.each(rows)(`'${delivery}': %s`, (_, stream, options, last) => {
      for (const size of [1, 4, 1000]) {
        const connection = new Connection('SERVER', { ...options, delivery, extensions: [runs()] })
        expect(decode(connection, chunks(stream, size)).at(-1)).toBe(last)
      }
    })
  }

  it('give an extension what the message may still become', () => {
    const seen = (delivery: ConnectionOptions['delivery'], maxMessageSize: number) => {
      const toy = runs()
      const connection = new Connection('SERVER', { delivery, maxMessageSize, extensions: [toy] })
      decode(connection, [join(large, masked({ opcode: PING }), large)])
      return toy.calls.map(({ size, fin, budget }) => [size, fin, budget])
    }
    const once = [
      [2, false, 1000],
      [0, false, 800],
      [4, false, 800],
      [0, true, 400],
    ]
    expect(seen('frame', 1000)).toEqual([...once, ...once])
    expect(seen('chunk', 1000)).toEqual([...once, ...once])
    expect(seen('message', 1000)).toEqual([
      [6, true, 1000],
      [6, true, 1000],
    ])
    expect(seen('message', Infinity)[0]).toEqual([6, true, Infinity])
  })

  it('hold for each of several extensions by itself', () => {
    // The second fragment is larger before the last step than after it.
    const extensions = () => [runs({ reserved: [1, 0, 0] }), rotation({ reserved: [0, 1, 0] })]
    const peer = rotation()
    const parts = [Uint8Array.of(90, 1), Uint8Array.from({ length: 20 }, (_, i) => (i % 2 ? i : 1))]
    const stream = join(
      masked({ opcode: BINARY, fin: 0, rsv: 6, payload: peer.encode(parts[0], false) }),
      masked({ opcode: CONTINUE, payload: peer.encode(parts[1], true) }),
    )
    const open = (maxMessageSize: number) => new Connection('SERVER', { maxMessageSize, extensions: extensions() })
    expect(decode(open(100), [stream]).at(-1)).toBe('NEED_DATA')
    expect(decode(open(99), [stream]).at(-1)).toBe(TOO_BIG)
  })

  it('hold for an extension that does not look at its budget', () => {
    for (const size of [10, 11]) {
      const careless = bare({ decode: () => new Uint8Array(size) })
      // What the first one makes of too much does not matter any more.
      const extensions = [bare({ reserved: [0, 0, 1], decode: () => new Uint8Array(1) }), careless]
      const connection = new Connection('SERVER', { maxMessageSize: 10, extensions })
      const last = decode(connection, [masked({ opcode: TEXT, rsv: 5, payload: 'x' })]).at(-1)
      expect(last).toBe(size === 10 ? 'NEED_DATA' : TOO_BIG)
    }
  })

  it('stop a bomb at the budget, in every delivery', () => {
    for (const delivery of DELIVERIES) {
      const toy = runs()
      const connection = new Connection('SERVER', { delivery, maxMessageSize: 50_000, extensions: [toy] })
      const bomb = counted(...Array.from({ length: 100 }, () => new Array(200).fill(255)))
      const seen = decode(connection, chunks(bomb, 1024))
      expect(seen.at(-1)).toBe(TOO_BIG)
      expect(toy.calls.length).toBeLessThan(3)
    }
  })
})

describe('a payload that cannot be decoded', () => {
  const thrown = (cause: unknown) => ({
    decode() {
      throw cause
    },
  })
  const returned = (value: unknown) => ({ decode: () => value as Uint8Array })
  const own = Object.assign(new Error('of another bundle'), { closeCode: 1009 })
  const data = ['ERR_EXTENSION_DATA', 1007] as const
  const size = ['ERR_MESSAGE_TOO_BIG', 1009] as const
  type Row = [string, Partial<Extension>, readonly [string, number], RegExp | unknown]
  const rows: Row[] = [
    ['an ExtensionError with 1007', thrown(new ExtensionError('bad', 1007)), data, /^bad$/],
    ['an ExtensionError with 1009', thrown(new ExtensionError('big', 1009)), size, /^big$/],
    ['one of another copy of the class', thrown(own), size, /another bundle/],
    ['another error', thrown(new RangeError('bug')), data, /^bug$/],
    ['a string', thrown('bug'), data, 'bug'],
    ['undefined', thrown(undefined), data, undefined],
    ['a result of undefined', returned(undefined), data, /^decode of extension 'x-bare' must return a Uint8Array$/],
    ['a result that is a string', returned('text'), data, /must return a Uint8Array/],
    ['a result that is an Array', returned([1]), data, /must return a Uint8Array/],
  ]
  it.each(rows)('%s', (_, parts, [code, closeCode], cause) => {
    let calls = 0
    const { decode: wrong } = parts as Extension
    const extension = bare({
      decode(payload, fin, budget) {
        calls++
        return payload[0] === 0x78 ? wrong(payload, fin, budget) : payload
      },
    })
    const connection = new Connection('SERVER', { maxMessageSize: 1000, extensions: [extension] })
    const one = (payload: string) => masked({ opcode: TEXT, rsv: 4, payload })
    connection.recv(join(one('good'), one('x'), one('later'), masked({ opcode: CLOSE, payload: closePayload(1000) })))
    expect(events(connection)).toEqual(['text 100 [676f6f64]', `error ${code} ${closeCode}`])
    expect(connection.state).toBe('CLOSING')
    const errors = [1, 2].map(() => {
      try {
        return connection.nextEvent()
      } catch (error) {
        return error as RemoteProtocolError
      }
    }) as RemoteProtocolError[]
    expect(errors[0]).toBeInstanceOf(RemoteProtocolError)
    expect(errors[1]).toBe(errors[0])
    if (cause instanceof RegExp) expect((errors[0].cause as Error).message).toMatch(cause)
    else expect(errors[0].cause).toBe(cause)
    expect(calls).toBe(2)
    expect(() => connection.send(errors[0].response())).not.toThrow(LocalProtocolError)
    expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
  })

  it('says so, and where the rule is', () => {
    const connection = new Connection('SERVER', { extensions: [runs()] })
    connection.recv(masked({ opcode: BINARY, rsv: 2, payload: Uint8Array.of(1) }))
    expect(() => connection.nextEvent()).toThrow(
      'payload that its extension cannot decode; what the negotiated extension makes (RFC 6455 section 9.1)',
    )
  })

  it('is found at the end of a message that is cut short', () => {
    for (const delivery of DELIVERIES) {
      const connection = new Connection('SERVER', { delivery, extensions: [runs()] })
      const stream = join(
        masked({ opcode: BINARY, fin: 0, rsv: 2, payload: Uint8Array.of(1, 0x61, 2) }),
        masked({ opcode: CONTINUE }),
      )
      expect(decode(connection, chunks(stream, 1)).at(-1)).toBe('error ERR_EXTENSION_DATA 1007')
    }
  })
})
