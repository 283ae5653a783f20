// What the platform's allocator does with memory that was freed. Knows no codec.

import { setTimeout as sleep } from 'node:timers/promises'

/** Just below what glibc counts in, at most. */
const LARGE = 31 * 2 ** 20

/**
 * Makes the allocator keep what is freed. glibc gives free memory back to the system, which makes it anew page by page,
 * unless a buffer about as large was freed before: then it expects more of these. A program that has run for a while may
 * be in either state, or change between them.
 */
export async function keepMemory(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc')
  let large: ArrayBuffer | undefined = new ArrayBuffer(LARGE)
  if (large.byteLength === LARGE) large = undefined
  // What is collected is freed by another thread.
  for (let i = 0; i < 2; i++) {
    globalThis.gc()
    await sleep(5)
  }
}
