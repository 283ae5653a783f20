// Masking keys: a million of them look like random numbers, and none can be read by others before it is used.
// Knows the frames that a client sends, and that their keys come from crypto.getRandomValues, in the place of which is a
// generator with the seed of the tests. Each bound says how likely a seed is that breaks it by chance.

import { createCipheriv } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Connection, Data } from '../../bindings/index.js'
import { seededRandom } from '../support/seed.js'

const COUNT = 1_000_000
const BATCH = 1000

/** A frame without payload: two bytes of header, and its masking key. */
const empty = new Data('', 'ping')
const FRAME = 6

/** The masking keys of the next frames, as numbers in network byte order. */
function nextKeys(client: Connection, count: number): Uint32Array {
  const bytes = client.send(...new Array<Data<'ping'>>(count).fill(empty))
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Uint32Array.from({ length: count }, (_, i) => view.getUint32(i * FRAME + 2))
}

/** As unpredictable as the platform's, and the same for the same seed: AES in counter mode. */
const cipher = createCipheriv('aes-128-ctr', seededRandom(1).bytes(16), new Uint8Array(16))
const source = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  bytes.set(cipher.update(new Uint8Array(bytes.length)))
  return array
})

afterAll(() => {
  source.mockRestore()
})

describe('a million frames', () => {
  const keys = new Uint32Array(COUNT)

  beforeAll(() => {
    const client = new Connection('CLIENT')
    for (let at = 0; at < COUNT; at += BATCH) keys.set(nextKeys(client, BATCH), at)
  })

  // Keys of 32 bits cannot all differ: a million draws of 2^32 make 116.4 equal pairs on average, by the birthday rule.
  // Their number is Poisson: below 51 or above 199 once in 10^11. A generator that repeats itself makes more, and one
  // that walks through all numbers (a counter, a generator with one long cycle) makes none.
  it('have keys that repeat as often as chance has it, and no more', () => {
    const sorted = keys.slice().sort()
    let equal = 0
    for (let i = 1; i < COUNT; i++) if (sorted[i] === sorted[i - 1]) equal++
    expect(equal).toBeGreaterThan(50)
    expect(equal).toBeLessThan(200)
  })

  // Half of a million, give or take 500 (one standard deviation): 4000 is eight of them, which of 64 counts one exceeds
  // once in 10^13.
  it('have keys with every bit on in half of them, and changed in half of them from one to the next', () => {
    const on = new Array<number>(32).fill(0)
    const changed = new Array<number>(32).fill(0)
    for (let i = 0; i < COUNT; i++) {
      const change = i === 0 ? 0 : keys[i] ^ keys[i - 1]
      for (let bit = 0; bit < 32; bit++) {
        on[bit] += (keys[i] >>> bit) & 1
        changed[bit] += (change >>> bit) & 1
      }
    }
    for (const count of [...on, ...changed]) expect(Math.abs(count - COUNT / 2)).toBeLessThan(4000)
  })

  // Chi-square with 255 degrees of freedom: 255 on average, over 450 once in 10^11 for one of four.
  it('have keys with every value of a byte equally often, in each of the four places', () => {
    for (const shift of [0, 8, 16, 24]) {
      const counts = new Array<number>(256).fill(0)
      for (const key of keys) counts[(key >>> shift) & 0xff]++
      const average = COUNT / 256
      const chiSquare = counts.reduce((sum, count) => sum + (count - average) ** 2 / average, 0)
      expect(chiSquare).toBeLessThan(450)
    }
  })

  // 2^64 pairs: two of a million are equal once in 10^7.
  it('never have the same two keys one after the other twice', () => {
    const pairs = BigUint64Array.from({ length: COUNT - 1 }, (_, i) => (BigInt(keys[i]) << 32n) | BigInt(keys[i + 1]))
    pairs.sort()
    let equal = 0
    for (let i = 1; i < pairs.length; i++) if (pairs[i] === pairs[i - 1]) equal++
    expect(equal).toBe(0)
  })
})

describe('nobody can read a key before its frame is sent:', () => {
  /** Every four bytes in a row that are in a buffer, as numbers in both byte orders. */
  function words(buffer: ArrayBufferLike): Set<number> {
    const view = new DataView(buffer)
    const found = new Set<number>()
    for (let at = 0; at + 4 <= view.byteLength; at++) found.add(view.getUint32(at)).add(view.getUint32(at, true))
    return found
  }

  // Ten looks at a pool of 8 or 64 KiB, each before 1000 keys: two numbers are equal by chance 0.04 or 0.3 times, and
  // ten times once in 10^12, whatever is in the pool. Keys that come from the pool are equal thousands of times.
  it('it is not among the bytes of the pool that Buffers share', () => {
    const client = new Connection('CLIENT')
    nextKeys(client, 1)
    let found = 0
    for (let look = 0; look < 10; look++) {
      const visible = words(Buffer.from('anything').buffer)
      for (const key of nextKeys(client, 1000)) if (visible.has(key)) found++
    }
    expect(found).toBeLessThan(10)
  })

  it('a frame’s buffer holds frames that were made, and nothing else', () => {
    const client = new Connection('CLIENT')
    for (const size of [0, 10, 125, 126, 70_000]) {
      const data = new Data(new Uint8Array(size), 'binary')
      const header = size < 126 ? 6 : size < 65_536 ? 8 : 14
      for (const bytes of [client.send(data), ...client.sendParts(data)]) {
        expect(bytes.byteLength).toBe(header + size)
        expect([header + size, 64 * 1024]).toContain(bytes.buffer.byteLength)
      }
    }
  })

  it('it is drawn again for every frame, also of one Data, in one call and on connections side by side', () => {
    const data = new Data('', 'ping')
    const clients = [new Connection('CLIENT'), new Connection('CLIENT')]
    const frames = clients.flatMap((client) => [client.send(data, data), client.send(data), ...client.sendParts(data)])
    const keys = new Set<string>()
    for (const bytes of frames) {
      for (let at = 0; at < bytes.length; at += FRAME) {
        keys.add(Buffer.from(bytes.subarray(at + 2, at + FRAME)).toString('hex'))
      }
    }
    // 28 pairs of 8 keys: two are equal once in 10^8.
    expect(keys.size).toBe(8)
  })
})
