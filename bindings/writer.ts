// Frames on their way out: headers, payloads and masks, in memory that is the caller's when it is done.
// Knows first bytes, payloads and keys; nothing of types, rules or connections.

import {
  LENGTH_16,
  LENGTH_64,
  MASK_BIT,
  MAX_HEADER,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  STAGE_SIZE,
} from '../assembly/layout.js'
import { encodeStaged, isStageable, maskInto, maskStaged, placeText, stage, staged } from './codec.js'
import { Memory, MOST_SHARED, Slab } from './slab.js'

/** Up to this many bytes, calling the module and copying to it and back cost more than masking here. */
const SHORT = 40

/** Where frames of up to MOST_SHARED bytes are written. A larger one costs less for each byte, and keeps more. */
const slab = new Slab(32 * 1024)

const UINT32 = 2 ** 32

/** Bytes of the header for a payload of `length` bytes (RFC 6455 section 5.2). */
export function headerSize(length: number, masked: boolean): number {
  const size = length <= MAX_LENGTH_7 ? 2 : length <= MAX_LENGTH_16 ? 4 : 10
  return masked ? size + 4 : size
}

/**
 * Writes a header and returns where it ends. `first`: its first byte. `length`: payload bytes, 0 to 2^53 - 1, encoded in
 * the minimal number of bytes. `key`: first byte lowest; undefined for a frame that is not masked.
 */
export function writeHeader(
  view: DataView,
  at: number,
  first: number,
  length: number,
  key: number | undefined,
): number {
  const head = (first << 8) | (key === undefined ? 0 : MASK_BIT)
  if (length <= MAX_LENGTH_7) {
    view.setUint16(at, head | length)
    at += 2
  } else if (length <= MAX_LENGTH_16) {
    view.setUint16(at, head | LENGTH_16)
    view.setUint16(at + 2, length)
    at += 4
  } else {
    view.setUint16(at, head | LENGTH_64)
    view.setUint32(at + 2, Math.floor(length / UINT32))
    view.setUint32(at + 6, length % UINT32)
    at += 10
  }
  if (key === undefined) return at
  view.setInt32(at, key, true)
  return at + 4
}

/** Copies a short payload to `at`, masked. */
function maskShort(view: DataView, at: number, payload: Uint8Array, key: number): void {
  const { length } = payload
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const word = payload[i] | (payload[i + 1] << 8) | (payload[i + 2] << 16) | (payload[i + 3] << 24)
    view.setInt32(at + i, word ^ key, true)
  }
  for (; i < length; i++) view.setUint8(at + i, payload[i] ^ (key >>> ((i & 3) << 3)))
}

function writeFrame(out: Memory, at: number, first: number, payload: Uint8Array, key: number | undefined): number {
  at = writeHeader(out.view, at, first, payload.length, key)
  if (key === undefined) out.bytes.set(payload, at)
  else if (payload.length <= SHORT) maskShort(out.view, at, payload, key)
  else maskInto(out.bytes, at, payload, key)
  return at + payload.length
}

/** One frame. */
export function encodeFrame(first: number, payload: Uint8Array, key: number | undefined): Uint8Array<ArrayBuffer> {
  const size = headerSize(payload.length, key !== undefined) + payload.length
  if (size > MOST_SHARED) {
    const own = new Memory(size)
    writeFrame(own, 0, first, payload, key)
    return own.bytes
  }
  const start = slab.reserve(size)
  const memory = slab.memory as Memory
  writeFrame(memory, start, first, payload, key)
  return new Uint8Array(memory.buffer, start, size)
}

/** The header alone of a frame that is not masked, whose payload goes its own way. */
export function encodeHeader(first: number, length: number): Uint8Array<ArrayBuffer> {
  const size = headerSize(length, false)
  const start = slab.reserve(size)
  const memory = slab.memory as Memory
  writeHeader(memory.view, start, first, length, undefined)
  return new Uint8Array(memory.buffer, start, size)
}

/** Frames one after another, of any sizes: `first`, `payload` and `key` of each are as for {@link encodeFrame}. */
export function encodeFrames(
  firsts: readonly number[],
  payloads: readonly Uint8Array[],
  keys: readonly number[] | undefined,
): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const { length } of payloads) size += headerSize(length, keys !== undefined) + length
  const out = new Memory(size)
  let at = 0
  for (let i = 0; i < firsts.length; i++) at = writeFrame(out, at, firsts[i], payloads[i], keys?.[i])
  return out.bytes
}

/**
 * Writes a frame into the stage, where several are put together in one go, and returns where it ends; -1 where there is
 * no room for it. The arguments are those of {@link encodeFrame} after `at`, the place in the stage.
 */
export function stageFrame(at: number, first: number, payload: Uint8Array, key: number | undefined): number {
  if (at + MAX_HEADER + payload.length > STAGE_SIZE) return -1
  at = writeHeader(stage.view, at, first, payload.length, key)
  if (key !== undefined && payload.length <= SHORT) {
    maskShort(stage.view, at, payload, key)
  } else {
    stage.bytes.set(payload, at)
    if (key !== undefined) maskStaged(at, payload.length, key)
  }
  return at + payload.length
}

/** The same for a frame whose payload is `text` as UTF-8. */
export function stageTextFrame(at: number, first: number, text: string, key: number | undefined): number {
  if (!isStageable(text)) return -1
  const length = encodeStaged(text)
  if (at + MAX_HEADER + length > STAGE_SIZE) return -1
  at = writeHeader(stage.view, at, first, length, key)
  placeText(at, length)
  if (key !== undefined) maskStaged(at, length, key)
  return at + length
}

/** The frames in the first `size` bytes of the stage. */
export function finishStage(size: number): Uint8Array<ArrayBuffer> {
  const out = size > MOST_SHARED ? new Uint8Array(size) : slab.take(size)
  out.set(staged(size))
  return out
}
