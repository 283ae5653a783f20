// Frames on their way out: headers, payloads and masks, in any memory.
// Knows first bytes, payloads and keys; nothing of types, rules or connections.

import { LENGTH_16, LENGTH_64, MASK_BIT, MAX_LENGTH_7, MAX_LENGTH_16, STAGE_SIZE } from '../assembly/layout.js'
import { setBytes } from './bytes.js'
import { maskInto, maskStaged, stage, staged } from './codec.js'
import { SMALL_BUFFER } from './slab.js'

/** Up to this many payload bytes, calling the module and copying to it and back cost more than masking here. */
const SHORT = 32

const UINT32 = 2 ** 32

/** Bytes of the header for a payload of `length` bytes (RFC 6455 section 5.2). */
function headerSize(length: number, masked: boolean): number {
  const size = length <= MAX_LENGTH_7 ? 2 : length <= MAX_LENGTH_16 ? 4 : 10
  return masked ? size + 4 : size
}

/** Bytes of a frame with a payload of `length` bytes, header included. */
export function frameSize(length: number, masked: boolean): number {
  return headerSize(length, masked) + length
}

/**
 * Writes a header and returns where it ends. `first`: its first byte. `length`: payload bytes, 0 to 2^53 - 1, encoded in
 * the minimal number of bytes. `key`: first byte lowest; undefined for a frame that is not masked.
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
    writeNumber(out, at + 2, length, 2)
    at += 4
  } else {
    out[at + 1] = maskBit | LENGTH_64
    writeNumber(out, at + 2, Math.floor(length / UINT32), 4)
    writeNumber(out, at + 6, length % UINT32, 4)
    at += 10
  }
  if (key === undefined) return at
  out[at] = key
  out[at + 1] = key >> 8
  out[at + 2] = key >> 16
  out[at + 3] = key >> 24
  return at + 4
}

/** `value` in `size` bytes, at most 4, in network byte order. */
function writeNumber(out: Uint8Array, at: number, value: number, size: number): void {
  for (let i = 0; i < size; i++) out[at + i] = value >>> ((size - 1 - i) << 3)
}

/** Writes a frame with at most SHORT bytes of payload, masked, and returns where it ends. */
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
 * Writes a frame where there is room for it, and returns where it ends. `out`: may be of a subclass. The other arguments
 * are those of a header.
 */
export function writeFrame(
  out: Uint8Array,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number | undefined,
): number {
  const { length } = payload
  if (key !== undefined && length <= SHORT) return writeShort(out, at, first, payload, key)
  at = writeHeader(out, at, first, length, key)
  if (key === undefined) {
    setBytes.call(out, payload, at)
  } else if (out === stage) {
    stage.set(payload, at)
    maskStaged(at, length, key)
  } else {
    maskInto(out, at, payload, key)
  }
  return at + length
}

/** One frame in a new buffer. */
export function encodeFrame(first: number, payload: Uint8Array, key: number | undefined): Uint8Array<ArrayBuffer> {
  const size = frameSize(payload.length, key !== undefined)
  if (key !== undefined && size > SMALL_BUFFER && size <= STAGE_SIZE) {
    return unstage(writeFrame(stage, 0, first, payload, key))
  }
  const out = new Uint8Array(size)
  writeFrame(out, 0, first, payload, key)
  return out
}

/** The header of an unmasked frame, in a new buffer. */
export function encodeHeader(first: number, length: number): Uint8Array {
  const out = new Uint8Array(headerSize(length, false))
  writeHeader(out, 0, first, length, undefined)
  return out
}

/** A new buffer with the first `size` bytes of the stage, where frames were put together. */
export function unstage(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(staged(size))
}
