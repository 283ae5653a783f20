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
    writeUint32(out, at + 2, Math.floor(length / 2 ** 32))
    writeUint32(out, at + 6, length % 2 ** 32)
    at += 10
  }
  if (key === undefined) return at
  out[at] = key
  out[at + 1] = key >> 8
  out[at + 2] = key >> 16
  out[at + 3] = key >> 24
  return at + 4
}

/** `value` in network byte order. */
function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}

/** A masked frame of at most LONGEST_SHORT bytes of payload, in one go. Row 'client sends 16 B, `send`': 1.2x. */
function writeShort(out: Uint8Array, at: number, first: number, payload: Uint8Array, key: number): number {
  const { length } = payload
  const end = at + 6 + length
  const b = key >> 8
  const c = key >> 16
  const d = key >> 24
  out[at] = first
  out[at + 1] = MASK_BIT | length
  out[at + 2] = key
  out[at + 3] = b
  out[at + 4] = c
  out[at + 5] = d
  at += 6
  let i = 0
  for (; i + 4 <= length; i += 4, at += 4) {
    out[at] = payload[i] ^ key
    out[at + 1] = payload[i + 1] ^ b
    out[at + 2] = payload[i + 2] ^ c
    out[at + 3] = payload[i + 3] ^ d
  }
  if (i < length) out[at] = payload[i] ^ key
  if (i + 1 < length) out[at + 1] = payload[i + 1] ^ b
  if (i + 2 < length) out[at + 2] = payload[i + 2] ^ c
  return end
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
  if (key === undefined) return writeUnmasked(out, at, first, payload)
  return payload.length <= LONGEST_SHORT
    ? writeShort(out, at, first, payload, key)
    : writeMasked(out, at, first, payload, key)
}

/** The same where the payload may lie in `out`, even where the frame goes. */
export function writeOver(
  out: Uint8Array,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number | undefined,
): number {
  if (key === undefined) return writeUnmasked(out, at, first, payload)
  const { length } = payload
  if (length <= LONGEST_SHORT) {
    // Another copy of so few bytes costs less than to find out where they lie.
    stage.set(payload)
    return writeShort(out, at, first, stageView(length), key)
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
