// Frames of a connection in each form they are asked for: in a buffer, in one of the caller's, or as a list of parts.
// Knows options and frames that may be sent; not whether they may, which send.ts says.

import { MAX_HEADER, STAGE_SIZE } from '../assembly/layout.js'
import { stage, stagedText } from './codec.js'
import { bytesOf, type Data, firstOf, partsOf, payloadOf, plainOf, setParts } from './data.js'
import { randomKey } from './keys.js'
import { type Keys, opcodeOf } from './send.js'
import type { Settings } from './settings.js'
import { SMALL_BUFFER } from './slab.js'
import { encodeFrame, encodeHeader, frameSize, unstage, writeFrame } from './writer.js'

/** Frames that were checked, one after another. */
export function encode(data: readonly Data[], settings: Settings, keys: Keys): Uint8Array<ArrayBuffer> {
  const firsts = data.map((frame) => firstOf(frame) | opcodeOf(frame, settings))
  if (data.length === 1) return encodeFrame(firsts[0], payloadOf(data[0]), keys?.[0])
  let size = 0
  for (const frame of data) size += frameSize(payloadOf(frame).length, keys !== undefined)
  const out = new Uint8Array(size)
  let at = 0
  for (let i = 0; i < data.length; i++) at = writeFrame(out, at, firsts[i], payloadOf(data[i]), keys?.[i])
  return out
}

/**
 * Most frames, without a look at each rule: whole binary messages, and texts given as strings, have none to break while
 * no message is in progress. Undefined where there is another one among them, or too much at once: nothing is done then.
 */
export function encodePlain(data: readonly Data[], masked: boolean): Uint8Array<ArrayBuffer> | undefined {
  if (data.length === 1) {
    const first = plainOf(data[0])
    return first === 0 ? undefined : encodeFrame(first, payloadNow(data[0]), masked ? randomKey() : undefined)
  }
  let at = 0
  for (let i = 0; i < data.length; i++) {
    const first = plainOf(data[i])
    if (first === 0) return undefined
    const payload = payloadNow(data[i])
    if (at + MAX_HEADER + payload.length > STAGE_SIZE) return undefined
    at = writeFrame(stage, at, first, payload, masked ? randomKey() : undefined)
  }
  return unstage(at)
}

/** The same for one frame, written to `at` in `out`. Returns where it ends, -1 where there is no room for it. */
export function encodePlainInto(out: Uint8Array, at: number, data: Data, masked: boolean): number | undefined {
  const first = plainOf(data)
  if (first === 0) return undefined
  const payload = payloadNow(data)
  if (frameSize(payload.length, masked) > out.length - at) return -1
  return writeFrame(out, at, first, payload, masked ? randomKey() : undefined)
}

/** Writes a frame that was checked to `at` in `out`, which has room for it, and returns where it ends. */
export function encodeInto(out: Uint8Array, at: number, data: Data, settings: Settings, keys: Keys): number {
  const payload = payloadOf(data)
  const size = frameSize(payload.length, keys !== undefined)
  if (size > out.length - at) {
    throw new RangeError(`an extension made ${payload.length} bytes of a payload; there is room for ${out.length - at}`)
  }
  return writeFrame(out, at, firstOf(data) | opcodeOf(data, settings), payload, keys?.[0])
}

/** Payload bytes to be copied at once: a string is encoded anew each time, which costs less than to keep it. */
function payloadNow(data: Data): Uint8Array {
  return bytesOf(data) ?? stagedText(data.data as string) ?? payloadOf(data)
}

/** What {@link encodeParts} gives a server for a frame that {@link encodePlain} takes; else undefined. */
export function encodePlainParts(data: Data): readonly Uint8Array[] | undefined {
  const first = plainOf(data)
  if (first === 0) return undefined
  return serverParts(data, first)
}

/** A frame that was checked, as a list for writev; a server's is encoded once, however many connections send it. */
export function encodeParts(data: Data, settings: Settings, keys: Keys): readonly Uint8Array[] {
  if (keys !== undefined) return Object.freeze([encode([data], settings, keys)])
  const first = firstOf(data) | opcodeOf(data, settings)
  return serverParts(data, first)
}

/** A payload is copied only where the whole frame is small: two writes cost less than a new buffer otherwise. */
function serverParts(data: Data, first: number): readonly Uint8Array[] {
  const payload = payloadOf(data)
  const isSmall = frameSize(payload.length, false) <= SMALL_BUFFER
  const last = partsOf(data)
  // Freezing a list costs as much as making it, so whether somebody has changed this one is looked at.
  const isWhole = last !== undefined && (isSmall ? last.length === 1 : last.length === 2 && last[1] === payload)
  if (isWhole && last[0][0] === first) return last
  const parts = isSmall ? [encodeFrame(first, payload, undefined)] : [encodeHeader(first, payload.length), payload]
  setParts(data, parts)
  return parts
}
