// Frames on their way out: headers, payloads and masks, in any memory.
// Knows first bytes, payloads and keys; nothing of types, rules or connections.

import { LENGTH_16, LENGTH_64, MASK_BIT, MAX_LENGTH_7, MAX_LENGTH_16 } from '../../assembly/layout.js'
import { part, setBytes } from '../base/bytes.js'
import { copyMasked, LONGEST_SHORT, MASKED_AT_ONCE } from '../memory/codec.js'
import { stage, stageView } from '../memory/wasm-memory.js'
import { headerSize } from '../model/frame-size.js'

/**
 * Writes a header (RFC 6455 section 5.2) and returns where it ends. `first`: its first byte. `length`: payload bytes, 0
 * to 2^53 - 1, encoded in the minimal number of bytes. `key`: first byte lowest; undefined for a frame that is not masked.
 */
export function writeHeader(
  out: Uint8Array,
  at: number,
  first: number,
  length: number,
  key: number | undefined,
): number {
  const maskBit = key === undefined ? 0 : MASK_BIT
  out[at] = first
  if (length <= MAX_LENGTH_7) {
    out[at + 1] = maskBit | length
    at += 2
  } else if (length <= MAX_LENGTH_16) {
    out[at + 1] = maskBit | LENGTH_16
    out[at + 2] = length >> 8
    out[at + 3] = length
    at += 4
  } else {
    out[at + 1] = maskBit | LENGTH_64
    at = writeLength64(out, at + 2, length)
  }
  if (key === undefined) return at
  out[at] = key
  out[at + 1] = key >> 8
  out[at + 2] = key >> 16
  out[at + 3] = key >> 24
  return at + 4
}

/** Writes a length in network byte order and returns where it ends. */
function writeLength64(out: Uint8Array, at: number, length: number): number {
  let rest = length
  for (let i = at + 7; i >= at; i--) {
    out[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return at + 8
}

/**
 * Writes a frame where there is room for it, and returns where it ends. `out`: may be of a subclass; the payload must not
 * lie where the frame goes: see {@link writeOver}. The other arguments are those of a header.
 */
export function writeFrame(
  out: Uint8Array,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number | undefined,
): number {
  return key === undefined ? writeUnmasked(out, at, first, payload) : writeMasked(out, at, first, payload, key)
}

/** The same where the payload may lie in `out`, even where the frame goes. */
export function writeOver(
  out: Uint8Array,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number | undefined,
): number {
  return key === undefined ? writeUnmasked(out, at, first, payload) : writeMaskedOver(out, at, first, payload, key)
}

function writeMaskedOver(out: Uint8Array, at: number, first: number, payload: Uint8Array, key: number): number {
  const { length } = payload
  if (length <= LONGEST_SHORT) {
    // Asking for their buffers costs as much as the frame; bytes at other offsets do not lie where it goes.
    const from = payload.byteOffset - out.byteOffset - at
    if (from >= headerSize(length, true) + length || -from >= length) return writeMasked(out, at, first, payload, key)
    stage.set(payload)
    payload = stageView(length)
  }
  if (length > MASKED_AT_ONCE) {
    const start = at + headerSize(length, true)
    setBytes.call(out, payload, start)
    payload = part(out, start, start + length)
  }
  return writeMasked(out, at, first, payload, key)
}

// The payload goes before the header, which may be written over where the payload was.

function writeUnmasked(out: Uint8Array, at: number, first: number, payload: Uint8Array): number {
  const { length } = payload
  setBytes.call(out, payload, at + headerSize(length, false))
  return writeHeader(out, at, first, length, undefined) + length
}

function writeMasked(out: Uint8Array, at: number, first: number, payload: Uint8Array, key: number): number {
  const { length } = payload
  copyMasked(out, at + headerSize(length, true), payload, key)
  return writeHeader(out, at, first, length, key) + length
}
