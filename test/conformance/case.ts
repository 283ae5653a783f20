// The form of the conformance table: the frames that a peer sends, and what they must come to.
// Writes frames as RFC 6455 section 5.2 draws them, rightly or wrongly; knows nothing of the codec under test.

/** A frame as it is on the wire. Frames that break a rule are written with the fields at the bottom. */
export interface Frame {
  readonly opcode: number
  readonly fin: boolean
  /** RSV1 to RSV3 as one number: 4 is RSV1 alone, 7 is all three. */
  readonly rsv: number
  readonly payload: Uint8Array
  /** The form of the payload length: 7, 16 or 64 bits. Default: the shortest that holds it. */
  readonly lengthBits?: 7 | 16 | 64
  /** The payload length that the header declares. Default: that of the payload. */
  readonly declared?: bigint
  /** Whether the frame is masked. Default: as it must be, from a client only. */
  readonly masked?: boolean
}

/** What an endpoint allows its peer beyond the bare RFC, and its limits; the defaults are the RFC's, and no limit. */
export interface Allowed {
  /** RSV bits that an extension has given a meaning, as one number. Default 0. */
  readonly rsv?: number
  readonly dataOpcodes?: Readonly<Record<string, number>>
  readonly controlOpcodes?: Readonly<Record<string, number>>
  readonly unmasked?: boolean
  readonly maxFrameSize?: number
  readonly maxMessageSize?: number
}

/** A rule that is broken: the connection fails with `closeCode`, and `code` names the rule. */
export interface Violation {
  readonly frame: Frame
  readonly code: string
  readonly closeCode: 1002 | 1007 | 1009
  /**
   * Payload bytes of the frame that must have arrived before the rule is broken. Default 0: the header is enough. Text
   * must fail with exactly this byte (section 8.1, and fail-fast); for other rules it is the latest allowed.
   */
  readonly failsAt?: number
}

/**
 * One case. The peer sends `frames`, each of which is legal, then perhaps a frame that is not (`violation`) or the
 * beginning of one (`unfinished`), then what must have no effect (`ignored`).
 */
export interface Case {
  readonly name: string
  /** The section of RFC 6455 that decides. */
  readonly section: string
  /** The number of the case of the Autobahn suite that this is. */
  readonly autobahn?: string
  /** Who receives, 'CLIENT' or 'SERVER', where the case makes sense for one of them only. */
  readonly role?: 'CLIENT' | 'SERVER'
  readonly allowed?: Allowed
  readonly frames: readonly Frame[]
  /** What the frames are as messages, fragments joined. Default: each frame is a message. */
  readonly messages?: readonly Frame[]
  readonly violation?: Violation
  readonly unfinished?: Frame
  readonly ignored?: readonly Frame[]
  /** The size in bytes of the pieces in which the stream is to arrive, in addition to the cuts that every case gets. */
  readonly chop?: number
}

/** A chapter of the table. */
export interface Chapter {
  readonly title: string
  readonly cases: readonly Case[]
}

type Details = Partial<Omit<Frame, 'opcode' | 'payload'>>

export function frame(opcode: number, payload: string | Uint8Array = '', details: Details = {}): Frame {
  return { opcode, fin: true, rsv: 0, payload: typeof payload === 'string' ? utf8(payload) : payload, ...details }
}

export const cont = (payload?: string | Uint8Array, details?: Details) => frame(0, payload, details)
export const text = (payload?: string | Uint8Array, details?: Details) => frame(1, payload, details)
export const binary = (payload?: string | Uint8Array, details?: Details) => frame(2, payload, details)
export const ping = (payload?: string | Uint8Array, details?: Details) => frame(9, payload, details)
export const pong = (payload?: string | Uint8Array, details?: Details) => frame(10, payload, details)

/** A close frame: with no code its payload is empty. */
export function close(code?: number, reason: string | Uint8Array = '', details?: Details): Frame {
  if (code === undefined) return frame(8, '', details)
  return frame(8, bytes([code >> 8, code & 0xff], typeof reason === 'string' ? utf8(reason) : reason), details)
}

/** A fragment that is not the last. */
export const more = { fin: false } as const

export function utf8(string: string): Uint8Array {
  return new TextEncoder().encode(string)
}

/** Bytes written as hexadecimal, with or without blanks. */
export function hex(digits: string): Uint8Array {
  const pairs = digits.replaceAll(' ', '').match(/../g) ?? []
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}

export function bytes(...parts: (readonly number[] | Uint8Array)[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

// Payloads in which no two neighbourhoods are alike, so that a byte out of place shows; made once, shared by all cases.
const SAMPLE_SIZE = 16 * 1024 * 1024 + 1
const sample = (byteAt: (i: number) => number) => {
  let made: Uint8Array | undefined
  return (size: number): Uint8Array => {
    if (made === undefined) {
      made = new Uint8Array(SAMPLE_SIZE)
      for (let i = 0; i < SAMPLE_SIZE; i++) made[i] = byteAt(i)
    }
    if (size > made.length) throw new RangeError(`samples have up to ${made.length} bytes`)
    return made.subarray(0, size)
  }
}

/** ASCII letters. */
export const letters = sample((i) => 0x41 + ((i + (i >> 8) * 3 + (i >> 16) * 7) % 26))
/** Any bytes. */
export const octets = sample((i) => (i + (i >> 8) * 3 + (i >> 16) * 7) % 251)

/** `whole` cut into fragments of `size` bytes, the first of them with `opcode`. */
export function fragments(opcode: number, whole: Uint8Array, size: number): Frame[] {
  const frames: Frame[] = []
  for (let from = 0; from < whole.length || from === 0; from += size) {
    const fin = from + size >= whole.length
    frames.push(frame(from === 0 ? opcode : 0, whole.subarray(from, from + size), { fin }))
  }
  return frames
}

/** The header's bytes, without the masking key. */
function header(frame: Frame, masked: boolean): number[] {
  const length = frame.declared ?? BigInt(frame.payload.length)
  const bits = frame.lengthBits ?? (length <= 125n ? 7 : length <= 65535n ? 16 : 64)
  const first = (frame.fin ? 0x80 : 0) | (frame.rsv << 4) | frame.opcode
  const mask = masked ? 0x80 : 0
  if (bits === 7) return [first, mask | Number(length)]
  const count = bits / 8
  const long = Array.from({ length: count }, (_, i) => Number((length >> BigInt(8 * (count - 1 - i))) & 0xffn))
  return [first, mask | (bits === 16 ? 126 : 127), ...long]
}

/** A frame's bytes for an endpoint of `role` to receive: masked with `key` where that is the server. */
export function wire(frame: Frame, role: 'CLIENT' | 'SERVER', key: readonly number[]): Uint8Array {
  const masked = frame.masked ?? role === 'SERVER'
  const head = header(frame, masked)
  if (!masked) return bytes(head, frame.payload)
  const out = bytes(head, key, frame.payload)
  const start = head.length + 4
  for (let i = 0; i < frame.payload.length; i++) out[start + i] ^= key[i % 4]
  return out
}

/** How many of those bytes are the header, masking key included. */
export function headerLength(frame: Frame, role: 'CLIENT' | 'SERVER'): number {
  const masked = frame.masked ?? role === 'SERVER'
  return header(frame, masked).length + (masked ? 4 : 0)
}
