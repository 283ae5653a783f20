// Bugs that other WebSocket libraries had with memory, each named by its reference, measured after a forced collection.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, type Message, type Ownership } from '../../bindings/index.js'
import { binary, bytes, cont, type Frame, more, octets, ping, text, wire } from './case.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const KIB = 1024
const MIB = 1024 * KIB
/** What the measurement itself may be off by, in bytes: the test runner lives in the same heap. */
const NOISE = 512 * KIB
const KEY = [0x11, 0x22, 0x33, 0x44]
const OWNERSHIPS: readonly Ownership[] = ['copy', 'take']

const sent = (...frames: Frame[]) => bytes(...frames.map((frame) => wire(frame, 'SERVER', KEY)))

/** Bytes in use once collecting frees no more: what buffers held is given back in the collection after their own. */
async function inUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let unchanged = 0; unchanged < 4; unchanged++) {
    // What a job has looked at stays until its end.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external < least - 1024) unchanged = 0
    least = Math.min(least, heapUsed + external)
  }
  return least
}

/** Bytes that what `make` returns keeps in memory. */
async function kept(make: () => unknown): Promise<number> {
  const held: unknown[] = []
  // The first time also makes what is shared and stays.
  held.push(make())
  held.length = 0
  const before = await inUse()
  held.push(make())
  const after = await inUse()
  expect(held).toHaveLength(1)
  return after - before
}

/** Feeds `chunk` `count` times, taking what events there are; returns how many there were. */
function feed(connection: Connection, chunk: Uint8Array, count: number): number {
  let events = 0
  for (let i = 0; i < count; i++) {
    connection.recv(chunk.slice())
    for (const _ of connection.messages()) events++
  }
  return events
}

function repeated(one: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(one.length * count)
  for (let i = 0; i < count; i++) all.set(one, i * one.length)
  return all
}

/** A connection in the middle of a message. */
function begun(options: ConnectionOptions<never, never>, ...frames: Frame[]): Connection {
  const connection = new Connection('SERVER', options)
  connection.recv(sent(...frames))
  for (const _ of connection.messages());
  return connection
}

describe.each(OWNERSHIPS)("tiny fragments and chunks (CVE-2026-48779, CVE-2026-12151, ws#2331), '%s'", (ownership) => {
  const joined: ConnectionOptions = { ownership, delivery: 'message' }

  it('1,000,000 empty fragments of a message are kept in no memory', async () => {
    const tenThousand = repeated(sent(cont('', more)), 10_000)
    const size = await kept(() => {
      const connection = begun(joined, text('a', more))
      expect(feed(connection, tenThousand, 100)).toBe(0)
      return connection
    })
    expect(size).toBeLessThan(NOISE)
  })

  it('1,000,000 fragments of one byte are kept in about as much memory as their bytes', async () => {
    const tenThousand = repeated(sent(cont('b', more)), 10_000)
    const size = await kept(() => {
      const connection = begun(joined, text('a', more))
      expect(feed(connection, tenThousand, 100)).toBe(0)
      return connection
    })
    expect(size).toBeGreaterThan(900_000)
    expect(size).toBeLessThan(4 * MIB + NOISE)
  })

  it.each(['message', 'frame', 'chunk'] as const)(
    "a frame in 500,000 chunks of one byte, delivery '%s'",
    async (delivery) => {
      const size = await kept(() => {
        const connection = begun({ ownership, delivery }, text('', { declared: 8n * BigInt(MIB) }))
        expect(feed(connection, Uint8Array.of(0x11 ^ 0x41), 1)).toBe(delivery === 'chunk' ? 1 : 0)
        // Three more keep the key in phase, so that the text stays ASCII.
        const four = Uint8Array.of(0x22 ^ 0x41, 0x33 ^ 0x41, 0x44 ^ 0x41, 0x11 ^ 0x41)
        for (let i = 0; i < 500_000; i++) feed(connection, four.subarray(i % 4, (i % 4) + 1), 1)
        return connection
      })
      expect(size).toBeLessThan((delivery === 'chunk' ? 0 : 4 * 500_000) + NOISE)
    },
  )

  it('10,000 messages of which one byte has come', async () => {
    const size = await kept(() => Array.from({ length: 10_000 }, () => begun(joined, text('a', more))))
    expect(size).toBeLessThan(10_000 * 1.5 * KIB)
  })

  it('10,000 headers and control frames of which a part has come', async () => {
    const part = sent(ping(octets(125))).subarray(0, 100)
    const size = await kept(() =>
      Array.from({ length: 10_000 }, (_, i) => {
        const connection = new Connection('SERVER', joined)
        connection.recv(part.slice(0, 1 + (i % part.length)))
        for (const _ of connection.messages());
        return connection
      }),
    )
    expect(size).toBeLessThan(10_000 * 1.5 * KIB)
  })
})

describe.each(OWNERSHIPS)("declared lengths (CVE-2026-1528, CVE-2020-27813), '%s'", (ownership) => {
  it.each(['message', 'frame', 'chunk'] as const)(
    "are not allocated before the bytes come, delivery '%s'",
    async (delivery) => {
      for (const declared of [16n * BigInt(MIB), 2n ** 31n, 2n ** 40n, 2n ** 53n - 1n]) {
        const size = await kept(() =>
          Array.from({ length: 1000 }, () => {
            const options = { delivery, ownership, maxFrameSize: Number.POSITIVE_INFINITY }
            const limits = { ...options, maxMessageSize: Number.POSITIVE_INFINITY }
            return begun(limits, binary(octets(100), { declared }))
          }),
        )
        expect(size, String(declared)).toBeLessThan(1000 * 2 * KIB + NOISE)
      }
    },
  )
})

describe('read buffers (tungstenite#480)', () => {
  const SLAB = 64 * KIB

  /** Bytes as a socket hands them over: at the beginning of a large buffer. */
  const partOfSlab = (stream: Uint8Array) => {
    const slab = new Uint8Array(SLAB)
    slab.set(stream)
    return slab.subarray(0, stream.length)
  }
  const inSlab = (...frames: Frame[]) => partOfSlab(sent(...frames))

  it.each(OWNERSHIPS)("10,000 idle connections keep none, '%s'", async (ownership) => {
    const size = await kept(() =>
      Array.from({ length: 10_000 }, () => {
        const connection = new Connection('SERVER', { ownership, delivery: 'message' })
        connection.recv(inSlab(text('hello'), binary(octets(300))))
        expect([...connection.messages()].length).toBe(2)
        return connection
      }),
    )
    expect(size).toBeLessThan(10_000 * 0.5 * KIB + NOISE)
  })

  it.each(OWNERSHIPS)("1,000 connections in the middle of a frame keep none, '%s'", async (ownership) => {
    const size = await kept(() =>
      Array.from({ length: 1000 }, () => {
        const connection = new Connection('SERVER', { ownership, delivery: 'message' })
        connection.recv(inSlab(text('hello'), binary(octets(100), more), cont(octets(300), { declared: 400n })))
        expect([...connection.messages()].length).toBe(1)
        return connection
      }),
    )
    expect(size).toBeLessThan(1000 * 3 * KIB + NOISE)
  })

  it.each(OWNERSHIPS)("1,000 connections with more and more of a long payload keep none, '%s'", async (ownership) => {
    const size = await kept(() =>
      Array.from({ length: 1000 }, () => {
        const connection = new Connection('SERVER', { ownership, delivery: 'message' })
        connection.recv(inSlab(binary(octets(2000), { declared: 12_000n })))
        expect([...connection.messages()].length).toBe(0)
        for (let i = 0; i < 4; i++) connection.recv(partOfSlab(octets(2000)))
        expect([...connection.messages()].length).toBe(0)
        return connection
      }),
    )
    expect(size).toBeLessThan(1000 * 4 * 10 * KIB + NOISE)
  })

  it("1,000 payloads that are kept keep no read buffer, 'copy'", async () => {
    const size = await kept(() =>
      Array.from({ length: 1000 }, () => {
        const connection = new Connection('SERVER')
        connection.recv(inSlab(binary(octets(300))))
        return (connection.nextEvent() as Message).message
      }),
    )
    expect(size).toBeLessThan(1000 * KIB + NOISE)
  })
})
