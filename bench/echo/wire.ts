// Frames as they are on the wire (RFC 6455 section 5.2), written by hand: what is measured here must not make them.
// Knows no socket.

import { randomFillSync } from 'node:crypto'

export const CONTINUE = 0
export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** Bytes of a header without a masking key. */
export function headerSize(payload: number): number {
  return payload <= 125 ? 2 : payload <= 0xffff ? 4 : 10
}

function writeHeader(out: Buffer, at: number, first: number, payload: number, mask: 0 | 0x80): number {
  out[at] = first
  if (payload <= 125) out[at + 1] = mask | payload
  else if (payload <= 0xffff) {
    out[at + 1] = mask | 126
    out.writeUInt16BE(payload, at + 2)
  } else {
    out[at + 1] = mask | 127
    out.writeBigUInt64BE(BigInt(payload), at + 2)
  }
  return at + headerSize(payload)
}

/** A frame as a server sends it. */
export function unmasked(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const frame = Buffer.alloc(headerSize(payload.length) + payload.length)
  frame.set(payload, writeHeader(frame, 0, (fin ? 0x80 : 0) | opcode, payload.length, 0))
  return frame
}

/** A frame as a client sends it, with a random masking key. */
export function masked(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const frame = Buffer.alloc(headerSize(payload.length) + 4 + payload.length)
  const key = writeHeader(frame, 0, (fin ? 0x80 : 0) | opcode, payload.length, 0x80)
  randomFillSync(frame, key, 4)
  for (let i = 0; i < payload.length; i++) frame[key + 4 + i] = payload[i] ^ frame[key + (i & 3)]
  return frame
}

/** How much memory the frames of a ring take, at least: enough that they are not all in the processor's caches. */
const RING_BYTES = 4 * 1024 * 1024

/** Frames to send one after another, round and round. */
export interface Ring {
  /** How many there are before the first comes again. */
  readonly frames: number
  /** Bytes of each on the wire. */
  readonly frameSize: number
  /** `count` frames from number `from` on, in one piece; `count` is at most what the ring was made for. */
  slice(from: number, count: number): Buffer
}

/**
 * Masked binary frames. Random bytes are also masked random bytes, so keys and payloads are filled in one go, and no two
 * are the same. `most`: frames in one slice; the ring's beginning is repeated behind its end for that.
 */
export function ringOf(payload: number, most: number): Ring {
  const frameSize = headerSize(payload) + 4 + payload
  const frames = Math.max(16, Math.min(4096, Math.ceil(RING_BYTES / frameSize)))
  const bytes = Buffer.allocUnsafe((frames + most) * frameSize)
  randomFillSync(bytes, 0, frames * frameSize)
  for (let i = 0; i < frames; i++) writeHeader(bytes, i * frameSize, 0x80 | BINARY, payload, 0x80)
  for (let i = 0; i < most; i++) {
    const from = (i % frames) * frameSize
    bytes.copy(bytes, (frames + i) * frameSize, from, from + frameSize)
  }
  return {
    frames,
    frameSize,
    slice: (from, count) => bytes.subarray(from * frameSize, (from + count) * frameSize),
  }
}
