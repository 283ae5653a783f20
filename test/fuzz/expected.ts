// What must come of a stream, worked out by the slow reference: events, the violation, and when each is due.
// Knows RFC 6455 and places in the stream; nothing of the codec, and nothing of cuts.

import { checkUtf8, concat, type Decoded, decodeStream, type Frame, type Rules } from '../support/frame-reference.js'

/** A frame, or a message, that must be given once the stream has come as far as `end`. */
export interface Expected {
  readonly opcode: number
  readonly rsv: number
  readonly fin: boolean
  readonly payload: Uint8Array
  /** Where its last frame's payload begins, and where it ends. */
  readonly payloadStart: number
  readonly end: number
}

/** The rule that is broken, by the byte at `at` and by none before it. */
export interface Failure {
  readonly code: string
  readonly closeCode: number
  readonly at: number
}

export interface Outcome {
  readonly frames: readonly Expected[]
  /** The same, with fragments joined. */
  readonly messages: readonly Expected[]
  /** A data frame that has begun, with the payload that may be given in pieces; `end` is where that payload ends. */
  readonly begun: Expected | undefined
  readonly failure: Failure | undefined
  /** The close frame, which is the last of the frames; nothing after it counts. */
  readonly close: Expected | undefined
  readonly decoded: Decoded
}

export function outcomeOf(stream: Uint8Array, rules: Rules): Outcome {
  const decoded = decodeStream(stream, rules)
  const { violation } = decoded
  let failure: Failure | undefined
  if (violation !== undefined) failure = { ...violation, closeCode: closeCodeOf(violation.code) }
  const frames: Expected[] = []
  let begun: Expected | undefined
  let close: Expected | undefined
  for (const frame of decoded.frames) {
    const one = expectedOf(frame)
    const isWrong = violation?.code === 'ERR_INVALID_UTF8' && frame === decoded.frames.at(-1)
    if (isWrong || frame.payload.length < frame.length) {
      if (one.opcode >= 8) continue
      const end = isWrong ? (violation?.at ?? 0) : one.end
      begun = { ...one, end, payload: one.payload.subarray(0, end - frame.payloadStart) }
      continue
    }
    if (one.opcode === 8) {
      failure = closeFailure(one.payload, one.end - 1)
      if (failure !== undefined) continue
      close = one
    }
    frames.push(one)
  }
  return { frames, messages: joined(frames), begun, failure, close, decoded }
}

function expectedOf({ first, payload, payloadStart }: Frame): Expected {
  const end = payloadStart + payload.length
  return { opcode: first & 15, rsv: (first >> 4) & 7, fin: first >= 0x80, payload, payloadStart, end }
}

function joined(frames: readonly Expected[]): Expected[] {
  const messages: Expected[] = []
  let fragments: Expected[] = []
  for (const frame of frames) {
    if (frame.opcode >= 8) {
      messages.push(frame)
      continue
    }
    fragments.push(frame)
    if (!frame.fin) continue
    const [{ opcode, rsv }] = fragments
    const payload = concat(fragments.map((fragment) => fragment.payload))
    messages.push({ ...frame, opcode, rsv, payload })
    fragments = []
  }
  return messages
}

function closeCodeOf(code: string): number {
  if (code === 'ERR_INVALID_UTF8') return 1007
  return code === 'ERR_FRAME_TOO_BIG' || code === 'ERR_MESSAGE_TOO_BIG' ? 1009 : 1002
}

/** Sections 5.5.1 and 7.4: what a close frame's payload may be. */
function closeFailure(payload: Uint8Array, at: number): Failure | undefined {
  if (payload.length === 0) return undefined
  if (payload.length === 1) return { code: 'ERR_CLOSE_PAYLOAD_LENGTH', closeCode: 1002, at }
  const code = payload[0] * 256 + payload[1]
  const isMeant = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
  if (!isMeant) return { code: 'ERR_CLOSE_CODE', closeCode: 1002, at }
  if (checkUtf8(payload.subarray(2)).verdict === 'valid') return undefined
  return { code: 'ERR_CLOSE_REASON', closeCode: 1007, at }
}
