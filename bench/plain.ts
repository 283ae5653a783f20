// A WebSocket codec in JavaScript alone, written with care but without tricks: compared with it, what WebAssembly brings is seen.
// It keeps the rules of RFC 6455 that noio-ws keeps, but looks at text only once it is whole; it joins fragments, and
// unmasks chunks in place.
// Knows Node's Buffer; a machine whose byte order is not little-endian is beyond it.

import { isUtf8 } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

const OPCODE_CONTINUE = 0
const OPCODE_TEXT = 1
const OPCODE_BINARY = 2
const OPCODE_CLOSE = 8
const OPCODE_CONTROL = 8
const OPCODE_PONG = 10
const FIN = 0x80
const RSV = 0x70
const MASK = 0x80
const MAX_CONTROL_LENGTH = 125
const MAX_HEADER = 14
/** Below this, XOR by bytes costs less than getting at words. */
const WORDS_FROM = 32

/** The peer broke the protocol; `code` is what to close with. */
export class ProtocolError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Takes the opcode and payload of each message and control frame. */
export type OnMessage = (opcode: number, payload: Buffer) => void

export class PlainDecoder {
  readonly #isMasked: boolean
  readonly #maxLength: number
  readonly #onMessage: OnMessage
  /** A header that is not complete yet. */
  readonly #partial = Buffer.alloc(MAX_HEADER)
  #held = 0
  /** Whether a header was read whose payload is not complete. */
  #inFrame = false
  #first = 0
  #length = 0
  #remaining = 0
  #key = 0
  /** The message in progress: its opcode, or 0, its size so far, and its pieces; and the pieces of a control frame. */
  #opcode = 0
  #size = 0
  #pieces: Buffer[] = []
  #control: Buffer[] = []

  constructor(role: 'CLIENT' | 'SERVER', maxLength: number, onMessage: OnMessage) {
    this.#isMasked = role === 'SERVER'
    this.#maxLength = maxLength
    this.#onMessage = onMessage
  }

  decode(chunk: Buffer): void {
    // Aligned words over the chunk, for all of its frames.
    const words = this.#isMasked ? new Int32Array(chunk.buffer, 0, chunk.buffer.byteLength >> 2) : undefined
    for (let at = 0; ; ) {
      if (!this.#inFrame) {
        at = this.#readHeader(chunk, at)
        if (at < 0) return
        this.#inFrame = true
      }
      const end = Math.min(at + this.#remaining, chunk.length)
      if (words !== undefined) {
        unmask(chunk, words, at, end, this.#key)
        this.#key = rotate(this.#key, end - at)
      }
      this.#remaining -= end - at
      const piece = chunk.subarray(at, end)
      at = end
      if (this.#remaining > 0) {
        if (piece.length > 0) this.#piecesOfFrame().push(piece)
        return
      }
      this.#inFrame = false
      this.#endFrame(piece)
    }
  }

  /** Reads a header from `at` on; returns where it ends, or -1 where the chunk ends first. */
  #readHeader(chunk: Buffer, at: number): number {
    if (this.#held === 0) {
      const end = at + headerSize(chunk, at)
      if (end <= chunk.length) {
        this.#parseHeader(chunk, at)
        return end
      }
    }
    while (at < chunk.length) {
      this.#partial[this.#held++] = chunk[at++]
      if (this.#held < 2 || this.#held < headerSize(this.#partial, 0)) continue
      this.#held = 0
      this.#parseHeader(this.#partial, 0)
      return at
    }
    return -1
  }

  #parseHeader(bytes: Buffer, at: number): void {
    const first = bytes[at++]
    const second = bytes[at++]
    const opcode = first & 0x0f
    if (first & RSV) throw new ProtocolError(1002, 'a reserved bit is on')
    if (((second & MASK) !== 0) !== this.#isMasked) throw new ProtocolError(1002, 'masked, or not, as it may not be')
    let length = second & 0x7f
    if (length === 126) {
      length = (bytes[at] << 8) | bytes[at + 1]
      at += 2
      if (length <= 125) throw new ProtocolError(1002, 'a length in more bytes than it needs')
    } else if (length === 127) {
      if (bytes[at] & 0x80) throw new ProtocolError(1002, 'a length with its top bit on')
      length = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
      at += 8
      if (length <= 0xffff) throw new ProtocolError(1002, 'a length in more bytes than it needs')
    }
    if (opcode >= OPCODE_CONTROL) {
      if (opcode > OPCODE_PONG) throw new ProtocolError(1002, 'an unknown opcode')
      if ((first & FIN) === 0) throw new ProtocolError(1002, 'a fragmented control frame')
      if (length > MAX_CONTROL_LENGTH) throw new ProtocolError(1002, 'a control frame that is too long')
    } else {
      if (opcode > OPCODE_BINARY) throw new ProtocolError(1002, 'an unknown opcode')
      if (opcode === OPCODE_CONTINUE && this.#opcode === 0) throw new ProtocolError(1002, 'nothing to continue')
      if (opcode !== OPCODE_CONTINUE && this.#opcode !== 0) throw new ProtocolError(1002, 'an interrupted message')
      if (this.#size + length > this.#maxLength) throw new ProtocolError(1009, 'a message that is too big')
      if (opcode !== OPCODE_CONTINUE) this.#opcode = opcode
      this.#size += length
    }
    this.#first = first
    this.#length = length
    this.#remaining = length
    if (this.#isMasked) {
      this.#key = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    }
  }

  #piecesOfFrame(): Buffer[] {
    return this.#first & OPCODE_CONTROL ? this.#control : this.#pieces
  }

  #endFrame(piece: Buffer): void {
    const pieces = this.#piecesOfFrame()
    if ((this.#first & FIN) === 0) {
      pieces.push(piece)
      return
    }
    let payload = piece
    if (pieces.length > 0) {
      pieces.push(piece)
      payload = Buffer.concat(pieces, this.#first & OPCODE_CONTROL ? this.#length : this.#size)
      pieces.length = 0
    }
    if (this.#first & OPCODE_CONTROL) {
      this.#endControl(this.#first & 0x0f, payload)
      return
    }
    const opcode = this.#opcode
    this.#opcode = 0
    this.#size = 0
    if (opcode === OPCODE_TEXT && !isUtf8(payload)) throw new ProtocolError(1007, 'text that is not UTF-8')
    this.#onMessage(opcode, payload)
  }

  #endControl(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE_CLOSE && payload.length > 0) {
      if (payload.length === 1) throw new ProtocolError(1002, 'a close frame with 1 byte of payload')
      const code = payload.readUInt16BE(0)
      const isAllowed = (code >= 3000 && code < 5000) || (code >= 1000 && code < 1015 && (code < 1004 || code > 1006))
      if (!isAllowed) throw new ProtocolError(1002, 'a status code that may not be sent')
      if (!isUtf8(payload.subarray(2))) throw new ProtocolError(1007, 'a close reason that is not UTF-8')
    }
    this.#onMessage(opcode, payload)
  }
}

/** Of the header at `at`, whose second byte may be missing: then it is more than there is. */
function headerSize(bytes: Buffer, at: number): number {
  const second = bytes[at + 1]
  const length = second & 0x7f
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & MASK ? 4 : 0)
}

/** The key for bytes that come `count` later; its first byte is the lowest. */
function rotate(key: number, count: number): number {
  const bits = (count & 3) << 3
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits))
}

/** XORs `bytes` from `at` to `end`; `words` are those of its whole buffer. */
function unmask(bytes: Buffer, words: Int32Array, at: number, end: number, key: number): void {
  if (end - at >= WORDS_FROM) {
    for (; (bytes.byteOffset + at) & 3; at++) {
      bytes[at] ^= key
      key = rotate(key, 1)
    }
    const last = (bytes.byteOffset + end) >> 2
    for (let word = (bytes.byteOffset + at) >> 2; word < last; word++) words[word] ^= key
    at = (last << 2) - bytes.byteOffset
  }
  for (let i = at; i < end; i++) bytes[i] ^= key >>> (((i - at) & 3) << 3)
}

const KEY_POOL = 8192
const keys = new Int32Array(KEY_POOL)
let nextKey = KEY_POOL

function randomKey(): number {
  if (nextKey === KEY_POOL) {
    randomFillSync(keys)
    nextKey = 0
  }
  return keys[nextKey++]
}

/** The header of a final frame; a masked one leaves room for its payload. */
function encodeHeader(opcode: number, length: number, masked: boolean): Buffer {
  const size = 2 + (length > 0xffff ? 8 : length > 125 ? 2 : 0) + (masked ? 4 : 0)
  const target = Buffer.allocUnsafe(masked ? size + length : size)
  const mask = masked ? MASK : 0
  target[0] = FIN | opcode
  if (length <= 125) {
    target[1] = mask | length
  } else if (length <= 0xffff) {
    target[1] = mask | 126
    target[2] = length >> 8
    target[3] = length
  } else {
    target[1] = mask | 127
    target.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
    target.writeUInt32BE(length >>> 0, 6)
  }
  return target
}

/** A message as one frame, as a list of buffers: one with a copy where it is masked, else a header and the payload. */
export function encodePlain(data: Buffer | string, masked: boolean): Buffer[] {
  const isText = typeof data === 'string'
  const payload = isText ? Buffer.from(data) : data
  const target = encodeHeader(isText ? OPCODE_TEXT : OPCODE_BINARY, payload.length, masked)
  if (!masked) return payload.length > 0 ? [target, payload] : [target]
  const start = target.length - payload.length
  const key = randomKey()
  target[start - 4] = key
  target[start - 3] = key >> 8
  target[start - 2] = key >> 16
  target[start - 1] = key >> 24
  if (payload.length < WORDS_FROM) {
    for (let i = 0; i < payload.length; i++) target[start + i] = payload[i] ^ (key >>> ((i & 3) << 3))
  } else {
    target.set(payload, start)
    unmask(target, new Int32Array(target.buffer, 0, target.buffer.byteLength >> 2), start, target.length, key)
  }
  return [target]
}
