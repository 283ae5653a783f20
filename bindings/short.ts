// The short way in: a chunk that is one whole short data frame, as most are where frames come one by one, read here; the
// copies to the module and back cost more than its speed brings. What is left alone, the decoder reads rule by rule.

import {
  HEAD_ASCII,
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_FIN,
  HEAD_MASKED,
  HEAD_OPCODE,
  HEAD_RSV,
  MASK_BIT,
  OPCODE_TEXT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
} from '../assembly/layout.js'
import { Message } from './message.js'
import type { Settings } from './settings.js'
import { type Arrival, Source } from './source.js'

/** Payload bytes up to which this is faster than the module. */
const LONGEST = 40
const NOT_ASCII = 0x80

/**
 * The message that `chunk` is, or undefined where it must be decoded; then nothing has changed. The caller has seen that
 * nothing is in progress. Under ownership 'take', the payload is unmasked in place.
 */
export function readShort(chunk: Uint8Array, settings: Settings, arrival: Arrival): Message | undefined {
  const size = chunk.length
  if (size > LONGEST + 6 || size < 2) return undefined
  const { bits } = settings
  const masked = (bits & RULES_NEED_MASK) !== 0
  if (!masked && (bits & RULES_REFUSE_MASK) === 0) return undefined
  const first = chunk[0]
  const start = masked ? 6 : 2
  const length = size - start
  // Whole, with the mask bit of the peer's role, and no longer than that; FIN on, no reserved bit that is refused.
  if (chunk[1] !== (masked ? MASK_BIT | length : length)) return undefined
  const deciding = HEAD_FIN | ((bits >> RULES_RSV_SHIFT) & HEAD_RSV)
  if ((first & deciding) !== HEAD_FIN || (((bits & RULES_DATA) >> (first & HEAD_OPCODE)) & 1) === 0) return undefined
  if (length > settings.maxFrameSize || length > settings.maxMessageSize) return undefined

  const opcode = first & HEAD_OPCODE
  const isText = (first & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT
  const { take } = settings
  const payload = take ? chunk : new Uint8Array(length)
  const at = take ? start : 0
  let bytes = 0
  if (masked) {
    bytes = unmask(chunk, payload, at)
  } else if (isText || !take) {
    for (let i = 0; i < length; i++) bytes |= payload[at + i] = chunk[start + i]
  }
  if (isText && bytes >= NOT_ASCII) {
    if (masked && take) unmask(chunk, payload, at)
    return undefined
  }
  const head = first | HEAD_BEGINS | HEAD_ENDS | (masked ? HEAD_MASKED : 0) | (isText ? HEAD_ASCII : 0)
  const source = new Source(payload, !take, arrival)
  return new Message(source, settings.opcodes.names[opcode] as string, head, at, at + length)
}

/** Writes the payload of a masked frame to `at` in `out`, and returns all of its bytes joined by OR. */
function unmask(frame: Uint8Array, out: Uint8Array, at: number): number {
  const a = frame[2]
  const b = frame[3]
  const c = frame[4]
  const d = frame[5]
  const size = frame.length
  let bytes = 0
  let i = 6
  for (; i + 4 <= size; i += 4, at += 4) {
    bytes |= out[at] = frame[i] ^ a
    bytes |= out[at + 1] = frame[i + 1] ^ b
    bytes |= out[at + 2] = frame[i + 2] ^ c
    bytes |= out[at + 3] = frame[i + 3] ^ d
  }
  if (i < size) bytes |= out[at] = frame[i] ^ a
  if (i + 1 < size) bytes |= out[at + 1] = frame[i + 1] ^ b
  if (i + 2 < size) bytes |= out[at + 2] = frame[i + 2] ^ c
  return bytes
}
