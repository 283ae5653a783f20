// Masking keys (RFC 6455 sections 5.3 and 10.3): unpredictable ones from a pool, or a caller's own.
// Knows keys as 32-bit integers, first byte on the wire lowest; nothing of frames.

import { KEYS_LEFT, POOL_KEYS } from '../../assembly/layout.js'
import { checkWhole } from '../base/check.js'
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
  checkWhole('what maskKey returned', key, 0, 0xffffffff)
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key << 8) & 0xff0000) | (key << 24)
}
