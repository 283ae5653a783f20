// The module's calls without pointers: bytes and numbers in, bytes and numbers out. Frames are decoded by
// receive/decoder.ts. Knows payloads and keys; nothing of frames or connections.

import { BLOCK, BLOCK_SIZE, TEXT_SIZE, UTF8_REJECT } from '../../assembly/layout.js'
import { part, setBytes } from '../base/bytes.js'
import { memory, stage, stageView, textSpace, textView, wasm } from './wasm-memory.js'

/** The validator's state (UTF8_ numbers) after `bytes`, given the state before them. */
export function validateUtf8(bytes: Uint8Array, state: number): number {
  for (let from = 0; from < bytes.length && state !== UTF8_REJECT; from += BLOCK_SIZE) {
    const length = Math.min(bytes.length - from, BLOCK_SIZE)
    memory.set(part(bytes, from, from + length), BLOCK)
    state = wasm.validateUtf8(length, state)
  }
  return state
}

/** The key for the byte that lies `count` bytes after the one that `key` begins with. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) << 3
  return (key >>> bits) | (key << (32 - bits))
}

/** Up to this many bytes are masked faster by {@link maskShort} than by a call of the module, and the copies for it. */
const LONGEST_SHORT = 32

/** What is masked at once: it stays in the nearest cache, and is a multiple of 4, so that the key stays in phase. */
export const MASKED_AT_ONCE = 8192

/**
 * Copies `bytes` to `at` in `out`, which may be of a subclass, masked or unmasked (RFC 6455 section 5.3). They may lie
 * there already; of more than 32 bytes, up to {@link MASKED_AT_ONCE}, all are read before one is written.
 * `key`: first byte lowest; 0 leaves the bytes as they are.
 */
export function copyMasked(out: Uint8Array, at: number, bytes: Uint8Array, key: number): void {
  const { length } = bytes
  if (key === 0) {
    setBytes.call(out, bytes, at)
  } else if (length <= LONGEST_SHORT) {
    maskShort(out, at, bytes, 0, length, key)
  } else if (out === stage) {
    stage.set(bytes, at)
    wasm.mask(at, length, key)
  } else {
    for (let from = 0; from < length; from += MASKED_AT_ONCE) {
      const size = Math.min(length - from, MASKED_AT_ONCE)
      stage.set(part(bytes, from, from + size))
      wasm.mask(0, size, key)
      setBytes.call(out, stageView(size), at + from)
    }
  }
}

/**
 * The same for a few bytes, `start` to `end` of `bytes`, which may also lie at `at` in `out` already. Returns all
 * resulting bytes joined by OR.
 */
export function maskShort(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  key: number,
): number {
  const a = key & 0xff
  const b = (key >> 8) & 0xff
  const c = (key >> 16) & 0xff
  const d = key >>> 24
  let all = 0
  let i = start
  for (; i + 4 <= end; i += 4, at += 4) {
    all |= out[at] = bytes[i] ^ a
    all |= out[at + 1] = bytes[i + 1] ^ b
    all |= out[at + 2] = bytes[i + 2] ^ c
    all |= out[at + 3] = bytes[i + 3] ^ d
  }
  if (i < end) all |= out[at] = bytes[i] ^ a
  if (i + 1 < end) all |= out[at + 1] = bytes[i + 1] ^ b
  if (i + 2 < end) all |= out[at + 2] = bytes[i + 2] ^ c
  return all
}

const encoder = new TextEncoder()
/** A UTF-16 code unit of a string has at most 3 bytes in UTF-8. */
const LONGEST_STRING = Math.floor(TEXT_SIZE / 3)

/** A string as UTF-8, to be copied before the next one; undefined for a long one. Lone surrogates become U+FFFD. */
export function stageText(text: string): Uint8Array | undefined {
  if (text.length > LONGEST_STRING) return undefined
  return textView(encoder.encodeInto(text, textSpace).written)
}
