// Masking keys (RFC 6455 sections 5.3 and 10.3): unpredictable ones from a pool, or the caller's own.
// Knows keys as 32-bit integers, first byte on the wire lowest; nothing of frames.

import { describe } from './bytes.js'

// The pool is memory of its own, so no key can be read through another buffer before it is used.
const POOL_KEYS = 4096
let pool: Int32Array<ArrayBuffer> | undefined
let next = POOL_KEYS

/** A key drawn from the platform's cryptographically strong source of random numbers. */
export function randomKey(): number {
  pool ??= new Int32Array(POOL_KEYS)
  if (next === POOL_KEYS) {
    crypto.getRandomValues(pool)
    next = 0
  }
  const key = pool[next]
  pool[next++] = 0
  return key
}

/** A key from a caller's own source, in the codec's order: first byte on the wire lowest. */
export function givenKey(maskKey: () => number): number {
  const key: unknown = maskKey()
  if (typeof key !== 'number') throw new TypeError(`maskKey must return a number, not ${describe(key)}`)
  if (!Number.isInteger(key) || key < 0 || key > 0xffffffff) {
    throw new RangeError(`maskKey returned ${key}; a masking key is a whole number from 0 to 4294967295`)
  }
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key << 8) & 0xff0000) | (key << 24)
}
