// Masking keys (RFC 6455 sections 5.3 and 10.3): unpredictable ones from a pool, or a caller's own.
// Knows keys as 32-bit integers, first byte on the wire lowest; nothing of frames.

import { KEYS_LEFT, POOL_KEYS } from '../../assembly/layout.js'
import { describe, outOfRange } from '../base/show.js'
import { keyPool, words } from '../memory/wasm-memory.js'

/**
 * A key drawn from the platform's cryptographically strong source of random numbers. The pool lies in linear memory,
 * which is never handed out, so that no key can be read before it is used.
 */
export function randomKey(): number {
  let left = words[KEYS_LEFT >> 2]
  if (left === 0) {
    crypto.getRandomValues(keyPool)
    left = POOL_KEYS
  }
  words[KEYS_LEFT >> 2] = --left
  const key = keyPool[left]
  keyPool[left] = 0
  return key
}

/** A key from a caller's own source, in the codec's order: first byte on the wire lowest. */
export function givenKey(maskKey: () => number): number {
  const key: unknown = maskKey()
  if (typeof key !== 'number') throw new TypeError(`maskKey must return a number, not ${describe(key)}`)
  if (!Number.isInteger(key) || key < 0 || key > 0xffffffff) {
    throw outOfRange('what maskKey returned', key, 'a masking key is a whole number from 0 to 4294967295')
  }
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key << 8) & 0xff0000) | (key << 24)
}
