// What may be sent: frames against the state of the connection, the message in progress, and the rules for each type.
// Knows no byte on the wire; how frames are written is frame-writer.ts.

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
} from '../../assembly/layout.js'
import { shorten, wrongType } from '../base/show.js'
import { validateUtf8 } from '../memory/codec.js'
import { isCloseCode } from '../model/close-codes.js'
import { Data, firstOf, partsOf, payloadOf } from '../model/data.js'
import { CLOSE_CODES, LocalProtocolError } from '../model/errors.js'
import { REFUSALS, type State, TRANSITIONS } from '../model/state.js'
import type { Settings } from '../options/settings.js'

/**
 * The message in progress: undefined between two, else the UTF-8 state after its last fragment, UTF8_OFF where it is not
 * text.
 */
export type MessageState = number | undefined

/** The opcode of `data`, which must be registered. */
export function opcodeOf(data: Data, settings: Settings): number {
  const opcode = settings.opcodes.opcode(data.type)
  if (opcode !== undefined) return opcode
  const names = settings.opcodes.list()
  throw new LocalProtocolError('ERR_SEND_TYPE', `type '${shorten(data.type)}' is not registered; registered: ${names}`)
}

/** The message in progress after frames that are sent in `state`, after `message`, where these allow them. */
export function messageAfter(
  data: readonly Data[],
  state: State,
  message: MessageState,
  settings: Settings,
): MessageState {
  for (const frame of data) {
    const opcode = allowedOpcode(frame, state, message, settings)
    message = checkFrame(frame, opcode, message, settings.extensions?.claimedBits ?? 0)
    if (opcode === OPCODE_CLOSE) state = TRANSITIONS[state].sendClose as State
  }
  return message
}

/** The opcode of a frame that the state of the connection allows. */
function allowedOpcode(data: unknown, state: State, message: MessageState, settings: Settings): number {
  if (!(data instanceof Data)) throw wrongType('a frame to send', 'a Data', data)
  const opcode = opcodeOf(data, settings)
  if (state === 'OPEN') return opcode
  const isOwedClose = opcode === OPCODE_CLOSE && TRANSITIONS[state].sendClose !== undefined
  // "An endpoint MAY delay sending a Close frame until its current message is sent."
  const isRest = state === 'CLOSE_RECEIVED' && opcode === OPCODE_CONTINUE && message !== undefined
  if (isOwedClose || isRest) return opcode
  throw new LocalProtocolError('ERR_SEND_STATE', `'${data.type}' may not be sent: ${REFUSALS[state]}`)
}

/** Checks that `data` may be sent after `message`; returns the message in progress once it is sent. */
function checkFrame(data: Data, opcode: number, message: MessageState, claimedBits: number): MessageState {
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
    return message
  }
  if (opcode === OPCODE_CONTINUE) {
    if (message === undefined) {
      const sentence = "'continue' outside a message; it must follow a data frame with fin: false"
      throw new LocalProtocolError('ERR_SEND_NOTHING_TO_CONTINUE', sentence)
    }
    return checkText(data, message)
  }
  if (message !== undefined) {
    const sentence = `'${data.type}' inside a fragmented message; send 'continue' frames up to one with fin: true first`
    throw new LocalProtocolError('ERR_SEND_MESSAGE_INTERRUPTED', sentence)
  }
  // With a reserved bit on, the text is an extension's to encode.
  const isText = opcode === OPCODE_TEXT && (firstOf(data) & HEAD_RSV) === 0
  // A whole text that was sent on another connection has been looked at.
  if (isText && data.fin && partsOf(data) !== undefined) return undefined
  return checkText(data, isText ? UTF8_ACCEPT : UTF8_OFF)
}

function checkText(data: Data, state: number): MessageState {
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
