// Frames on their way out: headers, payloads and masks, in any memory.
// Knows first bytes, payloads and keys; nothing of types, rules or connections.

import { LENGTH_16, LENGTH_64, MASK_BIT, MAX_LENGTH_7, MAX_LENGTH_16 } from '../../assembly/layout.js'
import { copyMasked } from '../memory/codec.js'

const UINT32 = 2 ** 32

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
    writeUint32(out, at + 2, Math.floor(length / UINT32))
    writeUint32(out, at + 6, length % UINT32)
    at += 10
  }
  if (key === undefined) return at
  out[at] = key
  out[at + 1] = key >> 8
  out[at + 2] = key >> 16
  out[at + 3] = key >> 24
  return at + 4
}

/** Whether {@link writeHeader} writes what `bytes` begin with, for a frame that is not masked. */
export function isHeader(bytes: Uint8Array, first: number, length: number): boolean {
  if (bytes[0] !== first) return false
  if (length <= MAX_LENGTH_7) return bytes[1] === length
  const code = length <= MAX_LENGTH_16 ? LENGTH_16 : LENGTH_64
  const at = code === LENGTH_16 ? 2 : 8
  const low = (bytes[at] << 8) | bytes[at + 1]
  if (bytes[1] !== code || low !== (length & 0xffff)) return false
  return code === LENGTH_16 || ((bytes[6] << 8) | bytes[7]) === Math.floor(length / 2 ** 16)
}

/** `value` in network byte order. */
function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}

/**
 * Writes a frame where there is room for it, and returns where it ends. `out`: may be of a subclass; the payload must not
 * lie in it where the frame goes. The other arguments are those of a header.
 */
export function writeFrame(
  out: Uint8Array,
  at: number,
  first: number,
  payload: Uint8Array,
  key: number | undefined,
): number {
  at = writeHeader(out, at, first, payload.length, key)
  copyMasked(out, at, payload, key ?? 0)
  return at + payload.length
}
