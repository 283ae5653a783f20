// The codec's way out, and validation: bytes and numbers in, bytes and numbers out, no pointer. The way in is decoder.ts.
// With linear.ts and decoder.ts the only caller of the module. Knows payloads and keys; nothing of frames or connections.

import { BLOCK, BLOCK_SIZE, STAGE, TEXT, TEXT_SIZE, UTF8_REJECT } from '../assembly/layout.js'
import { part, setBytes } from './bytes.js'
import { memory, textSpace, view, wasm } from './linear.js'

export { openCodec, stage } from './linear.js'

const stageViews: Uint8Array[] = []
const textViews: Uint8Array[] = []

/** The validator's state (UTF8_ numbers) after `bytes`, given the state before them. */
export function validateUtf8(bytes: Uint8Array, state: number): number {
  for (let from = 0; from < bytes.length && state !== UTF8_REJECT; from += BLOCK_SIZE) {
    const length = Math.min(bytes.length - from, BLOCK_SIZE)
    memory.set(part(bytes, from, from + length), BLOCK)
    state = wasm.validateUtf8(length, state)
  }
  return state
}

/** What is masked at once: little enough to stay in the nearest cache, and a multiple of 4, so that the key is in phase. */
const PIECE_SIZE = 8192

/** Copies `payload` to `at` in `out`, which may be of a subclass, masked. `key`: first byte lowest. */
export function maskInto(out: Uint8Array, at: number, payload: Uint8Array, key: number): void {
  for (let from = 0; from < payload.length; from += PIECE_SIZE) {
    const length = Math.min(payload.length - from, PIECE_SIZE)
    memory.set(part(payload, from, from + length), STAGE)
    wasm.mask(0, length, key)
    setBytes.call(out, view(stageViews, STAGE, length), at + from)
  }
}

/** The key for the byte that lies `count` bytes after the one that `key` begins with. */
export function turnKey(key: number, count: number): number {
  const bits = (count & 3) << 3
  return (key >>> bits) | (key << (32 - bits))
}

/** Masks `length` bytes in the stage, from `at` on. */
export function maskStaged(at: number, length: number, key: number): void {
  wasm.mask(at, length, key)
}

/** The first `length` bytes of the stage, to be copied from. */
export function staged(length: number): Uint8Array {
  return view(stageViews, STAGE, length)
}

const encoder = new TextEncoder()
/** A UTF-16 code unit of a string has at most 3 bytes in UTF-8. */
const LONGEST_TEXT = Math.floor(TEXT_SIZE / 3)

/** A string as UTF-8, to be copied before the next one; undefined for a long one. Lone surrogates become U+FFFD. */
export function stagedText(text: string): Uint8Array | undefined {
  if (text.length > LONGEST_TEXT) return undefined
  return view(textViews, TEXT, encoder.encodeInto(text, textSpace).written)
}
