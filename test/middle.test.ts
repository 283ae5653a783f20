// The middle of payloads and headers: chunks of mixed sizes that are neither the first nor the last of a frame, with many
// connections side by side. Knows the public API, frames written by hand, and the slow reference.

import { describe, expect, it } from 'vitest'
import { Connection, Information, type Message } from '../bindings/index.js'
import { BINARY, CONTINUE, decode, events, frame, join, masked, noise, PING, TEXT } from './frames.js'
import { agreeOn, everyWay } from './properties/agree.js'

const ROLES = [
  ['SERVER', masked],
  ['CLIENT', frame],
] as const
const OWNERSHIPS = ['copy', 'take'] as const

/** Chunk sizes, again and again; on both sides of what is copied by hand, copied, and left where it is. */
const CUTS: readonly (readonly number[])[] = [
  [1, 2, 1023, 1, 1024, 17],
  [16, 17, 3, 5000, 1025, 1],
  [1024],
  [4096, 1, 4096, 2, 4096, 3],
  [1027, 1026, 1025],
  [1023],
  [20_000, 700, 1],
]

describe.each(ROLES)('received by a %s', (role, write) => {
  const zero = role === 'SERVER' ? { key: [0, 0, 0, 0] } : {}
  const half = role === 'SERVER' ? { key: [0, 0, 1, 0] } : {}
  const streams: [string, Uint8Array][] = [
    ['a large frame', write({ opcode: BINARY, payload: noise(60_001) })],
    ['a large text', write({ opcode: TEXT, payload: 'æ€😀 '.repeat(5000) })],
    ['a key of 0', write({ opcode: BINARY, payload: noise(9000), ...zero })],
    ['a key of which most is 0', write({ opcode: BINARY, payload: noise(9001), ...half })],
    [
      'fragments, and control frames between them',
      join(
        write({ opcode: BINARY, fin: 0, payload: noise(7001) }),
        write({ opcode: PING, payload: noise(125) }),
        write({ opcode: CONTINUE, fin: 0, payload: noise(5002) }),
        write({ opcode: CONTINUE, payload: noise(9003) }),
        write({ opcode: TEXT, payload: 'after' }),
      ),
    ],
  ]

  it.each(streams)('%s: is what was sent, in chunks of mixed sizes', (_, stream) => {
    for (const options of everyWay(role)) for (const cut of CUTS) agreeOn(options, stream, cut)
  })

  it.each(OWNERSHIPS)("'%s': each of 40 connections in the middle of a message gets its own", (ownership) => {
    const payloads = Array.from({ length: 40 }, (_, i) => noise(1 + i * 150, i + 1))
    const wires = payloads.map((payload) => write({ opcode: BINARY, payload }))
    for (const step of [700, 61, 3000]) {
      const connections = wires.map(() => new Connection(role, { ownership }))
      const received: (Message | undefined)[] = []
      for (let at = 0; at < 6100; at += step) {
        for (const [i, connection] of connections.entries()) {
          connection.recv(wires[i].slice(at, at + step))
          for (const message of connection.messages()) received[i] = message
        }
      }
      const same = received.map((message, i) => Buffer.compare(message?.message ?? noise(0), payloads[i]) === 0)
      expect(same, `chunks of ${step} bytes`).toEqual(payloads.map(() => true))
    }
  })

  it('connections that are given up in the middle of a message take nothing from others', () => {
    const wire = write({ opcode: BINARY, payload: noise(3000) })
    const last = new Connection(role)
    last.recv(wire.slice(0, 1000))
    expect([...last.messages()]).toEqual([])
    for (let i = 0; i < 100; i++) {
      const given = new Connection(role)
      given.recv(wire.slice(0, 50 + i))
      expect([...given.messages()]).toEqual([])
    }
    last.recv(wire.slice(1000))
    expect(Buffer.compare((last.nextEvent() as Message).message, noise(3000))).toBe(0)
  })

  it("what is received under 'copy' stays as it was", () => {
    const connection = new Connection(role, { ownership: 'copy' })
    const wire = write({ opcode: BINARY, payload: noise(9000) })
    for (let at = 0; at < wire.length; at += 2000) {
      const chunk = wire.slice(at, at + 2000)
      const before = chunk.slice()
      connection.recv(chunk)
      const message = [...connection.messages()][0]
      expect(Buffer.compare(chunk, before)).toBe(0)
      chunk.fill(0)
      if (message !== undefined) expect(Buffer.compare(message.message, noise(9000))).toBe(0)
    }
  })
})

it('a header in any cut is read as one', () => {
  for (const size of [5, 125, 126, 300, 65_536]) {
    const wire = join(masked({ opcode: BINARY, payload: noise(size) }), masked({ opcode: TEXT, payload: 'x' }))
    for (const cut of [[1], [2, 1], [1, 1, 3, 1], [3, 2, 2, 7], [2, 8, 3, 1], [2, 2, 3, 1], [2, 9, 2, 1]]) {
      const chunks: Uint8Array[] = []
      let at = 0
      for (const size of cut) {
        chunks.push(wire.slice(at, at + size))
        at += size
      }
      chunks.push(wire.slice(at))
      expect(decode(new Connection('SERVER'), chunks)).toEqual(decode(new Connection('SERVER'), [wire.slice()]))
    }
  }
})

it('a header fails with the byte that breaks a rule', () => {
  const headers = [
    { bytes: [0x82, 0xfe, 0x00, 0x7d], code: 'ERR_LENGTH_NOT_MINIMAL' },
    { bytes: [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], code: 'ERR_LENGTH_NOT_MINIMAL' },
    { bytes: [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], code: 'ERR_LENGTH_TOP_BIT' },
  ]
  for (const { bytes, code } of headers) {
    const connection = new Connection('SERVER')
    const seen = bytes.map((byte) => {
      connection.recv(new Uint8Array([byte]))
      return events(connection).at(-1)
    })
    const last = seen.pop()
    expect(last).toContain(code)
    expect(seen).toEqual(seen.map(() => Information.NEED_DATA))
  }
})
