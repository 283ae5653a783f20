// What was in memory before is never seen, neither in a result nor in the rest of the buffer that it lies in.
// Knows kinds of results and a pattern in free memory; nothing of where results are cut from.

import { expect, it } from 'vitest'
import { fillFreeMemory, showsPattern } from './free-memory.js'
import { KINDS } from './results.js'

const KIB = 1024
const LENGTHS = Array.from({ length: 1101 }, (_, i) => i)
/** Sizes at which a result may lie elsewhere, and the headers that may come on top. */
const LIMITS = [2, 4, 8, 16, 32, 64].map((kib) => kib * KIB)
const AROUND = [-16, -14, -10, -8, -4, -1, 0, 1]
const BYTE = 0x11
/** As many bytes of results are made of memory that was filled, before it is filled again. */
const PER_FILL = 2 * 1024 * KIB

async function shown(maker: (payload: Uint8Array) => Uint8Array[], lengths: readonly number[]): Promise<string[]> {
  const found: string[] = []
  const seen = new WeakSet<ArrayBufferLike>()
  // Held until the next time, so that each result is made of memory that nobody has had.
  let held: Uint8Array[] = []
  let left = 0
  for (const length of lengths) {
    if (left <= 0) {
      held = []
      await fillFreeMemory()
      left = PER_FILL
    }
    const payload = new Uint8Array(length).fill(BYTE)
    const results = maker(payload)
    held.push(...results)
    for (const { buffer, length: size } of results) {
      left -= size
      if (seen.has(buffer)) continue
      seen.add(buffer)
      if (showsPattern(buffer)) found.push(`result of ${size} bytes in ${buffer.byteLength}`)
    }
  }
  return found
}

it('what a platform does not clear shows the pattern, so that this test can fail', async () => {
  let shows = 0
  for (const size of [500, 1000, ...LIMITS]) {
    let isShown = false
    for (let attempt = 0; attempt < 10 && !isShown; attempt++) {
      await fillFreeMemory()
      const uncleared = Array.from({ length: 10 }, () => Buffer.allocUnsafeSlow(size))
      isShown = uncleared.some(({ buffer }) => showsPattern(buffer))
    }
    if (isShown) shows++
  }
  expect(shows).toBeGreaterThan(4)
})

const around = LIMITS.flatMap((limit) => AROUND.map((more) => limit + more))

it.each(KINDS)('%s of 0 to 1,100 bytes', async (_, open) => {
  expect(await shown(open(), LENGTHS)).toEqual([])
})

it.each(KINDS)('%s of lengths around the limits', async (_, open) => {
  expect(await shown(open(), around)).toEqual([])
})
