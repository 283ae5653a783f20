// The slow, obvious reference of the sending half: which rules a frame breaks, and what it is on the wire.
// Knows RFC 6455 and the fields of a frame to send; nothing of how the codec under test checks or encodes it.

import { checkUtf8, concat } from '../support/frame-reference.js'
import { mayBeSent } from '../support/receive-reference.js'

/** A frame that a program asks for, by the fields of Data. */
export interface Asked {
  readonly data: string | Uint8Array<ArrayBuffer> | ArrayBuffer
  readonly type: string
  readonly fin: boolean
  readonly statusCode: number | undefined
  readonly rsv1: 0 | 1
  readonly rsv2: 0 | 1
  readonly rsv3: 0 | 1
}

/** Where a connection is, as far as it decides what may be sent. */
export interface Sender {
  readonly state: 'OPEN' | 'CLOSE_SENT' | 'CLOSE_RECEIVED' | 'FAILED' | 'CLOSED'
  /** The message of which fragments were sent: what of its text is not a whole character yet; undefined: not text. */
  readonly message: { readonly open: Uint8Array | undefined } | undefined
}

/** The first byte of a frame and its payload before masking. */
export interface Sent {
  readonly first: number
  readonly payload: Uint8Array
}

const NAMES: Readonly<Record<string, number>> = {
  continue: 0,
  text: 1,
  binary: 2,
  'latin-1': 3,
  close: 8,
  ping: 9,
  pong: 10,
  compare: 11,
}

/** The opcodes that can be sent, by name: those of the RFC and two that the connections here register. */
export const OPCODES: ReadonlyMap<string, number> = new Map(Object.entries(NAMES))

/** The payload without a status code. */
function bytesOf({ data }: Asked): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data)
}

function codeOf({ statusCode }: Asked): Uint8Array {
  return Uint8Array.from(statusCode === undefined ? [] : [statusCode >> 8, statusCode & 0xff])
}

/** The codes of all the rules that the frame breaks; a LocalProtocolError has one of them. */
export function brokenRules(asked: Asked, { state, message }: Sender): string[] {
  const opcode = OPCODES.get(asked.type)
  if (opcode === undefined) return ['ERR_SEND_TYPE']
  const broken: string[] = []
  const bytes = bytesOf(asked)
  const check = (holds: boolean, code: string) => holds || broken.push(code)

  const finishes = state === 'CLOSE_RECEIVED' && opcode === 0 && message !== undefined
  const owed = (state === 'CLOSE_RECEIVED' || state === 'FAILED') && opcode === 8
  check(state === 'OPEN' || finishes || owed, 'ERR_SEND_STATE')
  if (opcode >= 8) {
    check(asked.fin, 'ERR_SEND_FRAGMENTED_CONTROL_FRAME')
    check(codeOf(asked).length + bytes.length <= 125, 'ERR_SEND_CONTROL_FRAME_LENGTH')
  } else {
    check(opcode !== 0 || message !== undefined, 'ERR_SEND_NOTHING_TO_CONTINUE')
    check(opcode === 0 || message === undefined, 'ERR_SEND_MESSAGE_INTERRUPTED')
    const open = openText(asked, message)
    const verdict = open === undefined ? 'valid' : checkUtf8(open).verdict
    check(verdict === 'valid' || (verdict === 'prefix' && !asked.fin), 'ERR_SEND_INVALID_UTF8')
  }
  if (opcode !== 8) {
    check(asked.statusCode === undefined, 'ERR_SEND_CODE_WITHOUT_CLOSE')
  } else if (asked.statusCode === undefined) {
    check(bytes.length === 0, 'ERR_SEND_REASON_WITHOUT_CODE')
  } else {
    check(mayBeSent(asked.statusCode), 'ERR_SEND_CLOSE_CODE')
    check(checkUtf8(bytes).verdict === 'valid', 'ERR_SEND_INVALID_UTF8')
  }
  return broken
}

/** The text of the message that has to be UTF-8 once this frame is sent: undefined where it is not text. */
function openText(asked: Asked, message: Sender['message']): Uint8Array | undefined {
  const bytes = bytesOf(asked)
  if (asked.type === 'continue') return message?.open && concat([message.open, bytes])
  // With a reserved bit on, the bytes are an extension's.
  const isText = asked.type === 'text' && asked.rsv1 + asked.rsv2 + asked.rsv3 === 0
  return isText ? bytes : undefined
}

/** The frame, which breaks no rule, and the sender after it. */
export function send(asked: Asked, sender: Sender): { sent: Sent; after: Sender } {
  const opcode = OPCODES.get(asked.type) as number
  const rsv = (asked.rsv1 << 6) | (asked.rsv2 << 5) | (asked.rsv3 << 4)
  const sent = { first: (asked.fin ? 0x80 : 0) | rsv | opcode, payload: concat([codeOf(asked), bytesOf(asked)]) }
  if (opcode === 8) return { sent, after: { ...sender, state: sender.state === 'OPEN' ? 'CLOSE_SENT' : 'CLOSED' } }
  if (opcode > 8) return { sent, after: sender }
  if (asked.fin) return { sent, after: { ...sender, message: undefined } }
  const text = openText(asked, sender.message)
  const open = text?.slice(checkUtf8(text).whole)
  return { sent, after: { ...sender, message: { open } } }
}

/** The sender after something has arrived. */
export function arrive(what: 'ping' | 'close' | 'violation' | 'eof', { state, message }: Sender): Sender {
  if (what === 'ping' || state === 'CLOSED' || state === 'CLOSE_RECEIVED' || state === 'FAILED')
    return { state, message }
  if (state === 'CLOSE_SENT' || what === 'eof') return { state: 'CLOSED', message }
  return { state: what === 'close' ? 'CLOSE_RECEIVED' : 'FAILED', message }
}
