// Most frames, sent without a look at each rule: whole binary messages, and texts given as strings, have none to break
// while the connection is open and no message is in progress. Row 'client sends 16 B, `send`': 5.7x.
// Knows such frames, and parts that several connections share; all others are the sender's.

import { MAX_HEADER, STAGE_SIZE } from '../../assembly/layout.js'
import { frames } from '../memory/arena.js'
import { stageText } from '../memory/codec.js'
import { stage, stageView } from '../memory/wasm-memory.js'
import { bytesOf, type Data, partsOf, partsSizeOf, payloadOf, plainOf, setParts } from '../model/data.js'
import { frameSize } from '../model/frame-size.js'
import type { Settings } from '../options/settings.js'
import { writeFrame, writeHeader, writeOver } from './frame-writer.js'
import { randomKey } from './masking-keys.js'

/** Up to this many bytes, a frame of a server is copied as a whole: two writes cost less than new memory only above. */
const SMALL_FRAME = 64

/** What a server sends for a frame, as a list. */
export type Parts = readonly Uint8Array[]

/** The frames; undefined where another one is among them, or they are too many bytes: then nothing is done. */
export function plainFrames(data: readonly Data[], { role }: Settings): Uint8Array<ArrayBuffer> | undefined {
  const masked = role === 'CLIENT'
  if (data.length === 1) {
    const first = plainOf(data[0])
    if (first === 0) return undefined
    const payload = payloadNow(data[0])
    const frame = frames.take(frameSize(payload.length, masked))
    writeFrame(frame, 0, first, payload, masked ? randomKey() : undefined)
    return frame
  }
  let end = 0
  for (let i = 0; i < data.length; i++) {
    const first = plainOf(data[i])
    if (first === 0) return undefined
    const payload = payloadNow(data[i])
    // As if the others were as long, so that it is the first of many long ones that is too much.
    if ((MAX_HEADER + payload.length) * (data.length - i) > STAGE_SIZE - end) return undefined
    end = writeFrame(stage, end, first, payload, masked ? randomKey() : undefined)
  }
  const out = frames.take(end)
  out.set(stageView(end))
  return out
}

/** The same for one frame of a server, as a list. */
export function plainParts(data: Data): Parts | undefined {
  const first = plainOf(data)
  return first === 0 ? undefined : serverParts(data, first)
}

/** The same for one frame, written to `at` in `out`. Returns where it ends, -1 where there is no room for it. */
export function plainInto(data: Data, out: Uint8Array, at: number, { role }: Settings): number | undefined {
  const first = plainOf(data)
  if (first === 0) return undefined
  const masked = role === 'CLIENT'
  const payload = payloadNow(data)
  if (frameSize(payload.length, masked) > out.length - at) return -1
  return writeOver(out, at, first, payload, masked ? randomKey() : undefined)
}

/** Payload bytes to be copied at once: a string is encoded anew each time, which costs less than to keep it. */
function payloadNow(data: Data): Uint8Array {
  return bytesOf(data) ?? stageText(data.data as string) ?? payloadOf(data)
}

/** A server's frame as a list: as it was encoded before, where that is still right. */
export function serverParts(data: Data, first: number): Parts {
  const payload = payloadOf(data)
  const { length } = payload
  const size = frameSize(length, false)
  const isSmall = size <= SMALL_FRAME
  const headLength = isSmall ? size : size - length
  const last = partsOf(data)
  // Freezing a list costs as much as making it, so whether a caller has changed this one is looked at; and whether the
  // payload lies in a buffer that was resized.
  const isRight = last?.[0]?.length === headLength && last[0][0] === first && partsSizeOf(data) === length
  if (isRight && last.length === (isSmall ? 1 : 2) && (isSmall || last[1] === payload)) return last
  const head = frames.take(headLength)
  if (isSmall) writeFrame(head, 0, first, payload, undefined)
  else writeHeader(head, 0, first, length, undefined)
  const parts = isSmall ? [head] : [head, payload]
  setParts(data, parts)
  return parts
}
