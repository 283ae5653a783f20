// The slow, obvious references: masking, UTF-8, headers and whole streams of frames, as RFC 6455 and RFC 3629 say it.
// Knows bytes and the two RFCs; nothing of the module, its memory, its blocks or its vectors.

/** Masks or unmasks (RFC 6455 section 5.3): byte i is XORed with byte (i + phase) modulo 4 of the key. */
export function maskBytes(bytes: Uint8Array, key: ArrayLike<number>, phase = 0): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, i) => byte ^ key[(i + phase) % 4])
}

/** The smallest and the largest value of a byte. */
export type Range = readonly [low: number, high: number]

const TAIL: Range = [0x80, 0xbf]

/** RFC 3629 section 4: the well-formed byte sequences, one row per rule of its grammar, a range per byte. */
const WELL_FORMED: readonly (readonly [Range, ...Range[]])[] = [
  [[0x00, 0x7f]],
  [[0xc2, 0xdf], TAIL],
  [[0xe0, 0xe0], [0xa0, 0xbf], TAIL],
  [[0xe1, 0xec], TAIL, TAIL],
  [[0xed, 0xed], [0x80, 0x9f], TAIL],
  [[0xee, 0xef], TAIL, TAIL],
  [[0xf0, 0xf0], [0x90, 0xbf], TAIL, TAIL],
  [[0xf1, 0xf3], TAIL, TAIL, TAIL],
  [[0xf4, 0xf4], [0x80, 0x8f], TAIL, TAIL],
]

/** What {@link checkUtf8} finds. */
export interface Utf8Check {
  /** 'prefix': not valid as it is, but some further bytes would make it so. */
  readonly verdict: 'valid' | 'prefix' | 'invalid'
  /** The index of the first byte that no well-formed text has there; the number of bytes where there is none. */
  readonly at: number
  /** How many bytes, from the first, make whole characters. */
  readonly whole: number
  /** For 'prefix': what each byte must be that the last character still lacks. */
  readonly missing: readonly Range[]
}

/** Whether `bytes` are UTF-8, or could become it (RFC 3629). */
export function checkUtf8(bytes: Uint8Array): Utf8Check {
  let whole = 0
  let missing: readonly Range[] = []
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (missing.length === 0) {
      const rule = WELL_FORMED.find(([first]) => isIn(byte, first))
      if (rule === undefined) return { verdict: 'invalid', at, whole, missing: [] }
      missing = rule.slice(1)
    } else {
      if (!isIn(byte, missing[0])) return { verdict: 'invalid', at, whole, missing: [] }
      missing = missing.slice(1)
    }
    if (missing.length === 0) whole = at + 1
  }
  return { verdict: missing.length === 0 ? 'valid' : 'prefix', at: bytes.length, whole, missing }
}

function isIn(byte: number, [low, high]: Range): boolean {
  return low <= byte && byte <= high
}

/** The four bytes of a masking key, in the order in which they are on the wire. */
export type Key = readonly [number, number, number, number]

/** The bytes that the payload length takes after the second byte of a header. */
export type LengthBytes = 0 | 2 | 8

/** A frame to write: {@link writeHeader}, {@link writeFrame}. */
export interface Head {
  /** The first byte: FIN, RSV1-3 and opcode. */
  readonly first: number
  /** The masking key of a masked frame. */
  readonly key?: Key | undefined
  /** Default: the minimal number. */
  readonly lengthBytes?: LengthBytes | undefined
}

/** The header of a frame with `length` bytes of payload (RFC 6455 section 5.2). */
export function writeHeader({ first, key, lengthBytes }: Head, length: bigint): Uint8Array<ArrayBuffer> {
  const extended = lengthBytes ?? minimalLengthBytes(length)
  const length7 = extended === 0 ? Number(length) : extended === 2 ? 126 : 127
  const bytes = [first, (key === undefined ? 0 : 0x80) | length7]
  for (let i = extended - 1; i >= 0; i--) bytes.push(Number((length >> BigInt(8 * i)) & 0xffn))
  if (key !== undefined) bytes.push(...key)
  return Uint8Array.from(bytes)
}

/** A whole frame; `payload` as it is before masking. */
export function writeFrame(head: Head, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([
    writeHeader(head, BigInt(payload.length)),
    head.key === undefined ? payload : maskBytes(payload, head.key),
  ])
}

function minimalLengthBytes(length: bigint): LengthBytes {
  if (length <= 125n) return 0
  return length <= 0xffffn ? 2 : 8
}

/** One array with the bytes of all the parts. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A header as far as its bytes are there; what is not there yet is undefined. */
export interface Header {
  /** Where it begins in the stream. */
  readonly start: number
  readonly first: number | undefined
  readonly second: number | undefined
  readonly lengthBytes: LengthBytes | undefined
  readonly length: bigint | undefined
  /** Undefined also where the frame is not masked. */
  readonly key: Key | undefined
  /** Where the payload begins; undefined where the header is not complete. */
  readonly end: number | undefined
}

/** Reads the header that begins at `start` (RFC 6455 section 5.2), with no rule applied. */
export function parseHeader(bytes: Uint8Array, start: number): Header {
  const header = { start, first: bytes[start] as number | undefined, second: bytes[start + 1] as number | undefined }
  const none = { lengthBytes: undefined, length: undefined, key: undefined, end: undefined }
  if (header.second === undefined) return { ...header, ...none }

  const length7 = header.second & 0x7f
  const lengthBytes = length7 === 126 ? 2 : length7 === 127 ? 8 : 0
  const keyStart = start + 2 + lengthBytes
  if (keyStart > bytes.length) return { ...header, ...none, lengthBytes }
  let length = lengthBytes === 0 ? BigInt(length7) : 0n
  for (const byte of bytes.subarray(start + 2, keyStart)) length = (length << 8n) | BigInt(byte)

  if ((header.second & 0x80) === 0) return { ...header, lengthBytes, length, key: undefined, end: keyStart }
  if (keyStart + 4 > bytes.length) return { ...header, ...none, lengthBytes, length }
  const [a, b, c, d] = bytes.subarray(keyStart, keyStart + 4)
  return { ...header, lengthBytes, length, key: [a, b, c, d], end: keyStart + 4 }
}

/** What an endpoint allows its peer. */
export interface Rules {
  /** Registered opcodes. */
  readonly opcodes: readonly number[]
  /** RSV bits that the peer may set, where the first byte of a frame has them. */
  readonly reserved: number
  /** Section 5.1: 'required' of a client, 'refused' from a server. */
  readonly masking: 'required' | 'refused' | 'either'
  /** Payload bytes, or Infinity. */
  readonly maxFrameSize: number
  readonly maxMessageSize: number
}

/** The opcodes that RFC 6455 section 5.2 defines. */
export const DEFINED_OPCODES: readonly number[] = [0, 1, 2, 8, 9, 10]

/** Every opcode of the RFC and every RSV bit, masked or not, of any size. */
export const LENIENT: Rules = {
  opcodes: DEFINED_OPCODES,
  reserved: 0x70,
  masking: 'either',
  maxFrameSize: Number.POSITIVE_INFINITY,
  maxMessageSize: Number.POSITIVE_INFINITY,
}

/** A rule that a stream breaks, by the code that RemoteProtocolError has for it. */
export type ViolationCode =
  | 'ERR_RESERVED_BIT'
  | 'ERR_UNKNOWN_OPCODE'
  | 'ERR_FRAGMENTED_CONTROL_FRAME'
  | 'ERR_NOTHING_TO_CONTINUE'
  | 'ERR_MESSAGE_INTERRUPTED'
  | 'ERR_NOT_MASKED'
  | 'ERR_MASKED'
  | 'ERR_CONTROL_FRAME_LENGTH'
  | 'ERR_LENGTH_TOP_BIT'
  | 'ERR_LENGTH_NOT_MINIMAL'
  | 'ERR_FRAME_TOO_BIG'
  | 'ERR_MESSAGE_TOO_BIG'
  | 'ERR_INVALID_UTF8'

export interface Violation {
  readonly code: ViolationCode
  /** Where the byte is that decides it: with this byte there, whatever follows, the stream is wrong. */
  readonly at: number
  /** What it is about: the first byte of a frame or a number of bytes; 0 for text. */
  readonly detail: number
}

/** The message that a data frame belongs to. */
export interface MessageInProgress {
  /** The opcode of its first frame. */
  readonly opcode: number
  /** Payload bytes that its frames have declared so far. */
  readonly size: bigint
  /** Whether section 8.1 holds for it: a text message whose first frame has no reserved bit on. */
  readonly isText: boolean
}

/** A frame whose header is complete and breaks no rule. */
export interface Frame {
  readonly first: number
  readonly masked: boolean
  /** Where its header and its payload begin in the stream. */
  readonly start: number
  readonly payloadStart: number
  /** Payload bytes that the header declares. */
  readonly length: number
  /** The payload, unmasked, as far as it is in the stream. */
  readonly payload: Uint8Array
  /** The message it belongs to, itself included; undefined for a control frame. */
  readonly message: MessageInProgress | undefined
}

export interface Decoded {
  /** In the order of the stream; the last one may go on beyond it, and may be the one that is not UTF-8. */
  readonly frames: readonly Frame[]
  /** The first rule that is broken. What comes after it is not looked at. */
  readonly violation: Violation | undefined
}

/** The largest length that is a whole number in JavaScript; no frame or message may be larger, whatever the limits. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Decodes a stream up to its end, a close frame or the first violation. `message`: the one in progress before the
 * stream, of whole characters.
 */
export function decodeStream(bytes: Uint8Array, rules: Rules, message?: MessageInProgress): Decoded {
  const frames: Frame[] = []
  let inProgress = message
  // Text of the message in progress that is not a whole character yet.
  let open = new Uint8Array(0)
  let at = 0
  while (true) {
    const header = parseHeader(bytes, at)
    const violation = headerViolation(header, rules, inProgress)
    if (violation !== undefined) return { frames, violation }
    const { first, key, length, end } = header
    if (first === undefined || length === undefined || end === undefined) return { frames, violation: undefined }

    const opcode = first & 0x0f
    const declared = Number(length)
    const present = bytes.subarray(end, end + declared)
    const payload = key === undefined ? present : maskBytes(present, key)
    const after = opcode >= 8 ? undefined : messageAfter(inProgress, first, length)
    frames.push({
      first,
      masked: key !== undefined,
      start: at,
      payloadStart: end,
      length: declared,
      payload,
      message: after,
    })
    const complete = present.length === declared
    if (after !== undefined) {
      if (after.isText) {
        const text = concat([open, payload])
        const check = checkUtf8(text)
        if (check.verdict === 'invalid') {
          return { frames, violation: { code: 'ERR_INVALID_UTF8', at: end + check.at - open.length, detail: 0 } }
        }
        if (check.verdict === 'prefix' && complete && first >= 0x80) {
          return { frames, violation: { code: 'ERR_INVALID_UTF8', at: end + declared - 1, detail: 0 } }
        }
        open = text.slice(check.whole)
      }
      inProgress = first >= 0x80 ? undefined : after
    }
    if (!complete || opcode === 8) return { frames, violation: undefined }
    at = end + declared
  }
}

function messageAfter(before: MessageInProgress | undefined, first: number, length: bigint): MessageInProgress {
  if (before !== undefined) return { ...before, size: before.size + length }
  return { opcode: first & 0x0f, size: length, isText: (first & 0x7f) === 1 }
}

/** The first rule that a header breaks, in the order of its fields and as far as its bytes are there. */
function headerViolation(header: Header, rules: Rules, message: MessageInProgress | undefined): Violation | undefined {
  const { start, first, second, lengthBytes, length } = header
  if (first === undefined) return undefined
  const about = (code: ViolationCode, at: number, detail: bigint | number): Violation => ({
    code,
    at,
    detail: Number(detail),
  })

  const opcode = first & 0x0f
  const isControl = opcode >= 8
  if ((first & 0x70 & ~rules.reserved) !== 0) return about('ERR_RESERVED_BIT', start, first)
  if (!rules.opcodes.includes(opcode)) return about('ERR_UNKNOWN_OPCODE', start, first)
  if (isControl && first < 0x80) return about('ERR_FRAGMENTED_CONTROL_FRAME', start, first)
  if (opcode === 0 && message === undefined) return about('ERR_NOTHING_TO_CONTINUE', start, first)
  if (opcode > 0 && !isControl && message !== undefined) return about('ERR_MESSAGE_INTERRUPTED', start, first)

  if (second === undefined) return undefined
  const isMasked = second >= 0x80
  if (!isMasked && rules.masking === 'required') return about('ERR_NOT_MASKED', start + 1, first)
  if (isMasked && rules.masking === 'refused') return about('ERR_MASKED', start + 1, first)
  if (isControl && (second & 0x7f) > 125) return about('ERR_CONTROL_FRAME_LENGTH', start + 1, first)

  if (lengthBytes === undefined || length === undefined) return undefined
  const at = start + 1 + lengthBytes
  if (length >= 2n ** 63n) return about('ERR_LENGTH_TOP_BIT', at, length)
  if (lengthBytes !== minimalLengthBytes(length)) return about('ERR_LENGTH_NOT_MINIMAL', at, length)

  if (isControl) return undefined
  if (length > rules.maxFrameSize || length > LARGEST) return about('ERR_FRAME_TOO_BIG', at, length)
  const { size } = messageAfter(message, first, length)
  if (size > rules.maxMessageSize || size > LARGEST) return about('ERR_MESSAGE_TOO_BIG', at, size)
  return undefined
}
