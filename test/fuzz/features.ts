// What an input has reached, as numbers: inputs that reach something new are kept and built upon.
// Knows frames, places of cuts and how a stream ended; nothing of how the codec finds that out.

import type { Frame } from '../support/frame-reference.js'
import type { Result } from './invariant.js'
import { cuts } from './plan.js'

/** How many features are told apart. */
export const FEATURES = 1 << 18

const BLOCK = 16384

/** Calls `reach` with each feature, some of them more than once. */
export function features({ plan, outcome }: Result, reach: (feature: number) => void): void {
  const { frames } = outcome.decoded
  const { length } = plan.stream
  const delivery = plan.ways[0].delivery
  const hit = (...parts: (string | number | boolean)[]) => reach(hash(parts.join()))

  const end =
    outcome.failure?.code ?? (outcome.close === undefined ? 'open' : `close ${outcome.close.payload.length > 0}`)
  const last = frames.at(-1)
  hit('end', end, plan.role, delivery, plan.ways[0].ownership)
  hit('end in', end, last === undefined ? 'nothing' : shape(last), plan.closeFirst, plan.replies, plan.eof)
  hit('company', end, plan.ways.length, plan.bystander, plan.patience > 0, plan.sends)

  let before = 'start'
  for (const frame of frames) {
    const after = shape(frame)
    hit('pair', before, after)
    hit('size', frame.first & 0x8f, sizeClass(frame.length), delivery)
    hit('block', after, place(frame, Math.ceil(frame.start / BLOCK) * BLOCK, length))
    before = after
  }
  let at = 0
  for (const way of plan.ways) {
    const ends = cuts(
      way,
      length,
      frames.map((frame) => frame.start),
    ).slice(0, 200)
    at = 0
    for (const cut of ends) {
      while (at + 1 < frames.length && frames[at + 1].start < cut) at++
      if (at < frames.length) hit('cut', place(frames[at], cut, length), frames[at].first & 0x8f, way.delivery)
    }
    hit('chunks', way.delivery, Math.ceil(Math.log2(ends.length)), Math.ceil(Math.log2(frames.length + 1)))
  }
}

/** Kinds of frames that a decoder may treat differently. */
function shape({ first, length, payloadStart, start, message, payload }: Frame): string {
  const text = message?.isText === true && payload.some((byte) => byte >= 0x80) ? 'non-ASCII' : ''
  return `${first & 0x8f} ${(first & 0x70) > 0} ${payloadStart - start} ${Math.min(length, 1)} ${text}`
}

function sizeClass(length: number): number {
  return Math.floor(Math.log2(length + 1) * 2)
}

/** Which part of a frame the place `at` cuts: a byte of its header, or its payload, by the phase of the mask. */
function place({ start, payloadStart, length }: Frame, at: number, size: number): string {
  if (at < start || at >= size) return 'beyond'
  if (at <= payloadStart) return `header ${at - start}`
  const left = payloadStart + length - at
  return left <= 0 ? `after ${Math.max(-14, left)}` : `payload ${(at - payloadStart) & 3} ${left > 1}`
}

function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return (sum ^ (sum >>> 15)) & (FEATURES - 1)
}
