// What may be sent: frames against the rules, and their keys. How they are encoded is encode.ts.
// Knows one number of state, the message in progress; nothing of the closing handshake, which connection.ts keeps.

import {
  HEAD_RSV,
  MAX_CONTROL_LENGTH,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from '../assembly/layout.js'
import { shorten } from './bytes.js'
import { isCloseCode } from './close.js'
import { validateUtf8 } from './codec.js'
import { type Data, firstOf, partsOf, payloadOf } from './data.js'
import { CLOSE_CODES, LocalProtocolError } from './errors.js'
import { givenKey, randomKey } from './keys.js'
import type { Settings } from './settings.js'

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
