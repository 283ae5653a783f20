// The platform's free memory, filled with a pattern, and where that pattern comes to light again.
// Knows how Node allocates; nothing of the codec.

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
export const collect = runInNewContext('gc') as () => void

/** Any five bytes in a row of what {@link fillFreeMemory} writes have these among them. */
const PATTERN = Buffer.from([0xa5, 0x5a, 0xa5, 0x5a])

const KIB = 1024
const SIZES = [2, 4, 8, 16, 32, 64, 128].map((kib) => kib * KIB)
const EACH = 40
const SHORT = 4000
/** Up to 64 bytes a typed array has its memory on JavaScript's own heap. */
const SHORTEST = 65

/** Kept, so that the blocks that are given back do not become one, which would go back to the operating system. */
let pins: Uint8Array[] = []

/** Writes the pattern to many blocks of many sizes, and gives them back to the platform. */
export async function fillFreeMemory(): Promise<void> {
  pins = []
  let dropped: Uint8Array[] = []
  const fill = (size: number) => {
    dropped.push(Buffer.allocUnsafeSlow(size).fill(PATTERN))
    pins.push(Buffer.allocUnsafeSlow(SHORTEST + (size & 63)).fill(PATTERN))
  }
  for (let i = 0; i < SHORT; i++) fill(SHORTEST + ((i * 37) % 1200))
  for (const size of SIZES) for (let i = 0; i < EACH; i++) fill(size + (i % 4) * 16)
  dropped = []
  collect()
  // Buffers that were collected are freed a little later.
  await sleep(3)
}

/** Whether a piece of the pattern is anywhere in the buffer. */
export function showsPattern(buffer: ArrayBufferLike): boolean {
  return Buffer.from(buffer as ArrayBuffer).indexOf(PATTERN) >= 0
}
