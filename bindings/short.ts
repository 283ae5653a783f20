// The short way in: frames for which the copies to the module and back cost more than its speed brings. A chunk that is
// one short frame, and frames of which only the header is looked at. The decoder reads all others, rule by rule.

import {
  HEAD_ASCII,
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_FIN,
  HEAD_OPCODE,
  HEAD_RSV,
  LENGTH_16,
  MASK_BIT,
  MAX_LENGTH_7,
  OPCODE_TEXT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_RSV_SHIFT,
} from '../assembly/layout.js'
import { Message } from './message.js'
import type { Settings } from './settings.js'
import { type Arrival, Source } from './source.js'

/** Payload bytes up to which masks are removed and text is looked at sooner here than by the module. */
const LONGEST = 40
/** Payload bytes up to which many frames that only lie there are sooner read by the module, all at once. */
const LONGEST_COPIED = 200
const NOT_ASCII = 0x80

/** Where the payload of the frame that {@link readWhole} found begins and ends. */
let start = 0
let end = 0

/**
 * Reads the header at `at` in `bytes` of a data frame that is whole there and in its message. Returns its first byte, or
 * -1 where the decoder must look. The caller has seen that nothing is in progress.
 */
function readWhole(bytes: Uint8Array, at: number, settings: Settings): number {
  const size = bytes.length
  if (at + 2 > size) return -1
  const { bits } = settings
  const first = bytes[at]
  // FIN on, and no reserved bit that is refused.
  if ((first & (HEAD_FIN | ((bits >> RULES_RSV_SHIFT) & HEAD_RSV))) !== HEAD_FIN) return -1
  if ((((bits & RULES_DATA) >> (first & HEAD_OPCODE)) & 1) === 0) return -1
  // The mask bit of the peer's role.
  const masked = (bits & RULES_NEED_MASK) !== 0
  let length = bytes[at + 1] ^ (masked ? MASK_BIT : 0)
  start = at + (masked ? 6 : 2)
  if (length === LENGTH_16 && at + 4 <= size) {
    length = (bytes[at + 2] << 8) | bytes[at + 3]
    start += 2
    if (length <= MAX_LENGTH_7) return -1
  } else if (length > MAX_LENGTH_7) {
    return -1
  }
  end = start + length
  if (end > size || length > settings.maxFrameSize || length > settings.maxMessageSize) return -1
  return first
}

/** The head of a row for a frame that is whole, and whose payload is all ASCII if it is text. */
function wholeHead(first: number, isText: boolean): number {
  return first | HEAD_BEGINS | HEAD_ENDS | (isText ? HEAD_ASCII : 0)
}

function isPlainText(first: number): boolean {
  return (first & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT
}

/**
 * The message that a chunk is, where it is one short frame, or undefined where it must be decoded; then nothing has
 * changed. The caller has seen that nothing is in progress.
 */
export function readShort(chunk: Uint8Array, settings: Settings, arrival: Arrival): Message | undefined {
  if (chunk.length > LONGEST + 6) return undefined
  const first = readWhole(chunk, 0, settings)
  if (first < 0 || end !== chunk.length) return undefined
  const length = end - start
  const isText = isPlainText(first)
  const masked = (settings.bits & RULES_NEED_MASK) !== 0
  // A buffer so short is sooner made, while its bytes are at hand, than a view of the chunk, which a text may never need.
  const inPlace = settings.take && (isText || !masked)
  const payload = inPlace ? chunk : new Uint8Array(length)
  const at = inPlace ? start : 0
  let bytes = 0
  if (masked) bytes = unmask(chunk, payload, at)
  else if (isText || !inPlace) for (let i = 0; i < length; i++) bytes |= payload[at + i] = chunk[start + i]
  if (isText && bytes >= NOT_ASCII) {
    if (masked && inPlace) unmask(chunk, payload, at)
    return undefined
  }
  return messageOf(wholeHead(first, isText), new Source(payload, !inPlace, arrival), at, at + length, settings)
}

/** The frame at `at` as a message, where nothing of its payload needs a look; undefined where the decoder must look. */
export function readUnmasked(chunk: Source, at: number, settings: Settings): Message | undefined {
  const first = readWhole(chunk.bytes, at, settings)
  if (first < 0 || end - start < LONGEST_COPIED || isPlainText(first)) return undefined
  return messageOf(wholeHead(first, false), chunk, start, end, settings)
}

/** Where that frame ends. */
export function wholeEnd(): number {
  return end
}

function messageOf(head: number, source: Source, start: number, end: number, settings: Settings): Message {
  return new Message(source, settings.opcodes.names[head & HEAD_OPCODE] as string, head, start, end)
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
