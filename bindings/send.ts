// The sending half of a connection: checks frames against the rules, then encodes them.
// Knows one number of state, the message in progress; nothing of the closing handshake, which connection.ts keeps.

import {
  HEAD_RSV,
  MAX_CONTROL_LENGTH,
  MAX_HEADER,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  STAGE_SIZE,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from '../assembly/layout.js'
import { shorten } from './bytes.js'
import { isCloseCode } from './close.js'
import { stage, stagedText, validateUtf8 } from './codec.js'
import { bytesOf, type Data, firstOf, partsOf, payloadOf, plainOf, setParts } from './data.js'
import { CLOSE_CODES, LocalProtocolError } from './errors.js'
import { givenKey, randomKey } from './keys.js'
import type { Settings } from './settings.js'
import { encodeFrame, headerSize, SMALL_BUFFER, unstage, writeFrame, writeHeader } from './writer.js'

/**
 * What a sender remembers between frames: nothing, or the UTF-8 state of the message in progress (UTF8_OFF where it is
 * not text).
 */
export type Sending = number | undefined

/** The opcode of `data`, which must be registered. */
export function opcodeOf(data: Data, settings: Settings): number {
  const opcode = settings.opcodes.opcode(data.type)
  if (opcode !== undefined) return opcode
  const names = settings.opcodes.list()
  throw new LocalProtocolError('ERR_SEND_TYPE', `type '${shorten(data.type)}' is not registered; registered: ${names}`)
}

/** Checks that `data` may be sent now; returns what is to be remembered once it was. */
export function checkFrame(data: Data, opcode: number, sending: Sending, claimedBits: number): Sending {
  if (firstOf(data) & claimedBits) {
    const sentence = `'${data.type}' with a reserved bit on that belongs to an extension, which sets it itself`
    throw new LocalProtocolError('ERR_SEND_RESERVED_BIT', sentence)
  }
  if (data.statusCode !== undefined && opcode !== OPCODE_CLOSE) {
    const sentence = `status code ${data.statusCode} on a '${data.type}' frame; only close frames have one`
    throw new LocalProtocolError('ERR_SEND_CODE_WITHOUT_CLOSE', sentence)
  }
  if (opcode & OPCODE_CONTROL) {
    checkControl(data, opcode)
    return sending
  }
  if (opcode === OPCODE_CONTINUE) {
    if (sending === undefined) {
      const sentence = "'continue' outside a message; it must follow a data frame with fin: false"
      throw new LocalProtocolError('ERR_SEND_NOTHING_TO_CONTINUE', sentence)
    }
    return checkText(data, sending)
  }
  if (sending !== undefined) {
    const sentence = `'${data.type}' inside a fragmented message; send 'continue' frames up to one with fin: true first`
    throw new LocalProtocolError('ERR_SEND_MESSAGE_INTERRUPTED', sentence)
  }
  // With a reserved bit on, the text is an extension's to encode.
  const isText = opcode === OPCODE_TEXT && (firstOf(data) & HEAD_RSV) === 0
  // A whole text that was sent on another connection has been looked at.
  if (isText && data.fin && partsOf(data) !== undefined) return undefined
  return checkText(data, isText ? UTF8_ACCEPT : UTF8_OFF)
}

function checkText(data: Data, state: number): Sending {
  if (state !== UTF8_OFF) {
    const inside = state !== UTF8_ACCEPT
    // A string is whole characters: it needs no look, but cannot end a character that a fragment of bytes began.
    if (typeof data.data === 'string') state = inside && data.data !== '' ? UTF8_REJECT : state
    else state = validateUtf8(payloadOf(data), state)
    if (state === UTF8_REJECT || (data.fin && state !== UTF8_ACCEPT)) {
      const where = inside ? ' after a fragment that ended inside a character' : ''
      const sentence = `'${data.type}' payload${where} does not make valid UTF-8 text; bytes that are not text are 'binary'`
      throw new LocalProtocolError('ERR_SEND_INVALID_UTF8', sentence)
    }
  }
  return data.fin ? undefined : state
}

function checkControl(data: Data, opcode: number): void {
  if (!data.fin) {
    const sentence = `'${data.type}' with fin: false; control frames are never fragmented`
    throw new LocalProtocolError('ERR_SEND_FRAGMENTED_CONTROL_FRAME', sentence)
  }
  const size = payloadOf(data).length
  if (size > MAX_CONTROL_LENGTH) {
    const sentence = `'${data.type}' with a payload of ${size} bytes; a control frame has 0 to 125`
    throw new LocalProtocolError('ERR_SEND_CONTROL_FRAME_LENGTH', sentence)
  }
  if (opcode !== OPCODE_CLOSE) return
  const code = data.statusCode
  if (code === undefined) {
    if (size === 0) return
    throw new LocalProtocolError('ERR_SEND_REASON_WITHOUT_CODE', 'close reason without a status code; give statusCode')
  }
  if (!isCloseCode(code)) {
    throw new LocalProtocolError('ERR_SEND_CLOSE_CODE', `close frame with status code ${code}; ${CLOSE_CODES}`)
  }
  if (typeof data.data !== 'string' && validateUtf8(payloadOf(data).subarray(2), UTF8_ACCEPT) !== UTF8_ACCEPT) {
    throw new LocalProtocolError('ERR_SEND_INVALID_UTF8', 'close reason that is not UTF-8; encode the text')
  }
}

/** Masking keys for `count` frames, or undefined for a server. Before anything is encoded: maskKey may send, too. */
export function drawKeys(count: number, settings: Settings): Keys {
  if (settings.role === 'SERVER') return undefined
  const { maskKey } = settings
  return Array.from({ length: count }, () => (maskKey === undefined ? randomKey() : givenKey(maskKey)))
}

export type Keys = readonly number[] | undefined

/** Frames that were checked, one after another. */
export function encode(data: readonly Data[], settings: Settings, keys: Keys): Uint8Array<ArrayBuffer> {
  const firsts = data.map((frame) => firstOf(frame) | opcodeOf(frame, settings))
  if (data.length === 1) return encodeFrame(firsts[0], payloadOf(data[0]), keys?.[0])
  let size = 0
  for (const frame of data) size += sizeOf(payloadOf(frame), keys !== undefined)
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
  if (sizeOf(payload, masked) > out.length - at) return -1
  return writeFrame(out, at, first, payload, masked ? randomKey() : undefined)
}

/** Writes a frame that was checked to `at` in `out`, which has room for it, and returns where it ends. */
export function encodeInto(out: Uint8Array, at: number, data: Data, settings: Settings, keys: Keys): number {
  const payload = payloadOf(data)
  const size = sizeOf(payload, keys !== undefined)
  if (size > out.length - at) {
    throw new RangeError(`an extension made ${payload.length} bytes of a payload; there is room for ${out.length - at}`)
  }
  return writeFrame(out, at, firstOf(data) | opcodeOf(data, settings), payload, keys?.[0])
}

/** The most bytes that a frame may have, header included. */
export function mostSize(data: Data, settings: Settings): number {
  const { length } = payloadOf(data)
  const most = settings.extended === undefined ? length : settings.extended.bound(length)
  return most + headerSize(most, settings.role === 'CLIENT')
}

/** Payload bytes to be copied at once: a string is encoded anew each time, which costs less than to keep it. */
function payloadNow(data: Data): Uint8Array {
  return bytesOf(data) ?? stagedText(data.data as string) ?? payloadOf(data)
}

function sizeOf(payload: Uint8Array, masked: boolean): number {
  return headerSize(payload.length, masked) + payload.length
}

/** A server's frame as it was encoded last, if that was with this first byte. */
function partsFor(data: Data, first: number): readonly Uint8Array[] | undefined {
  const parts = partsOf(data)
  return parts !== undefined && parts[0][0] === first ? parts : undefined
}

/** What {@link encodeParts} gives a server for a frame that {@link encodePlain} takes; else undefined. */
export function encodePlainParts(data: Data): readonly Uint8Array[] | undefined {
  const first = plainOf(data)
  if (first === 0) return undefined
  return partsFor(data, first) ?? newParts(data, first)
}

/** A frame that was checked, as a list for writev; a server's is encoded once, however many connections send it. */
export function encodeParts(data: Data, settings: Settings, keys: Keys): readonly Uint8Array[] {
  if (keys !== undefined) return Object.freeze([encode([data], settings, keys)])
  const first = firstOf(data) | opcodeOf(data, settings)
  return partsFor(data, first) ?? newParts(data, first)
}

/** A payload is copied only where the whole frame is small: two writes cost less than a new buffer otherwise. */
function newParts(data: Data, first: number): readonly Uint8Array[] {
  const payload = payloadOf(data)
  let parts: Uint8Array[]
  if (sizeOf(payload, false) <= SMALL_BUFFER) {
    parts = [encodeFrame(first, payload, undefined)]
  } else {
    const header = new Uint8Array(headerSize(payload.length, false))
    writeHeader(header, 0, first, payload.length, undefined)
    parts = [header, payload]
  }
  setParts(data, Object.freeze(parts))
  return parts
}
