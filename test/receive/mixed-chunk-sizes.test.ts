// Payloads in chunks of mixed sizes, by one connection and by many that take turns: each gets its own bytes.
// Knows the public API, frames written by hand, and the slow reference.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../../bindings/index.js'
import { agreeOn, everyWay } from '../support/agree.js'
import { BINARY, CONTINUE, frame, join, masked, noise, PING, TEXT } from '../support/frames.js'

const ROLES = [
  ['SERVER', masked],
  ['CLIENT', frame],
] as const
const OWNERSHIPS = ['copy', 'take'] as const

/** Chunk sizes, repeated to the end of the stream: single bytes, about 16 bytes, about 1 KiB, and far above it. */
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
