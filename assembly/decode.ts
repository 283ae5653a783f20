// The batch decoder: walks a block of bytes, unmasks and validates it in place, and fills the event table.
// Everything it knows of a connection is in its arguments and the call block, and is forgotten when it returns.

import { errorDetail, INCOMPLETE, readHeader } from './header'
import {
  BLOCK,
  BLOCK_SIZE,
  CALL_CONSUMED,
  CALL_HEAD,
  CALL_INCOMPLETE,
  CALL_KEY,
  CALL_MESSAGE_OPCODE,
  CALL_MESSAGE_SIZE,
  CALL_REMAINING,
  CALL_UTF8,
  ERROR_UTF8,
  HEAD_ASCII,
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_FIN,
  HEAD_MASKED,
  HEAD_OPCODE,
  HEAD_RSV,
  MAX_LENGTH_7,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from './layout'
import { mask, turnKey } from './mask'
import { decodeShort } from './short'
import { addError, addRow, clearTable, rowCount, tableIsFull } from './table'
import { validate } from './utf8'

/**
 * Decodes the `length` bytes of the block, and the `carried` header bytes before it, and returns the number of rows
 * in the event table. A frame that goes on beyond the block leaves a row without HEAD_ENDS and its state in the call
 * block; so does a message. Stops after a close frame, after a violation (HEAD_ERROR), at an incomplete header
 * (CALL_INCOMPLETE) and when the table is full; CALL_CONSUMED says where, in bytes from the block's start.
 *
 * `rules` are RULES_ bits; the limits are in payload bytes and may be Infinity.
 */
export function decode(length: i32, carried: i32, rules: i32, maxFrame: f64, maxMessage: f64): i32 {
  const end: usize = BLOCK + length
  let at: usize = BLOCK - carried
  let remaining = load<f64>(CALL_REMAINING)
  const most = <i32>min<f64>(min<f64>(maxFrame, maxMessage), BLOCK_SIZE)
  clearTable()
  store<i32>(CALL_INCOMPLETE, 0)

  while (true) {
    let flags = 0
    if (remaining === 0) {
      if (most >= MAX_LENGTH_7 && load<i32>(CALL_MESSAGE_OPCODE) === 0) at = decodeShort(at, end, rules, most)
      if (at === end || tableIsFull()) break
      const size = readHeader(at, <i32>(end - at), rules, maxFrame, maxMessage)
      if (size === INCOMPLETE) store<i32>(CALL_INCOMPLETE, 1)
      else if (size < 0) addError(-size, errorDetail())
      if (size <= 0) break
      at += size
      flags = HEAD_BEGINS
      remaining = load<f64>(CALL_REMAINING)
      beginText(load<i32>(CALL_HEAD))
    } else if (at === end) {
      break
    }

    const head = load<i32>(CALL_HEAD)
    const present = <i32>min<f64>(remaining, <f64>(end - at))
    remaining -= present
    if (remaining === 0) flags |= HEAD_ENDS
    const kind = takePayload(at, present, head, flags)
    if (kind < 0) {
      addError(ERROR_UTF8, 0)
      break
    }
    addRow(at, present, head | flags | kind)
    at += present
    if (flags & HEAD_ENDS) {
      if ((head & (OPCODE_CONTROL | HEAD_FIN)) === HEAD_FIN) {
        store<i32>(CALL_MESSAGE_OPCODE, 0)
        store<f64>(CALL_MESSAGE_SIZE, 0)
      }
      if ((head & HEAD_OPCODE) === OPCODE_CLOSE) break
    }
  }
  store<f64>(CALL_REMAINING, remaining)
  store<i32>(CALL_CONSUMED, <i32>(at - BLOCK))
  return rowCount()
}

/** Section 8.1 holds for text as it was written; with a reserved bit on, an extension has to decode it first. */
function beginText(head: i32): void {
  if (!(head & OPCODE_CONTROL) && (head & HEAD_OPCODE) !== OPCODE_CONTINUE) {
    const isText = (head & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT
    store<i32>(CALL_UTF8, isText ? UTF8_ACCEPT : UTF8_OFF)
  }
}

/** Unmasks and validates a piece of payload. Returns HEAD_ASCII or 0, or -1 where the text cannot be UTF-8. */
function takePayload(at: usize, length: i32, head: i32, flags: i32): i32 {
  let high = true
  if (head & HEAD_MASKED) {
    const key = load<u32>(CALL_KEY)
    high = mask(at, length, key)
    store<u32>(CALL_KEY, turnKey(key, length))
  }
  if (head & OPCODE_CONTROL) return 0
  let state = load<i32>(CALL_UTF8)
  if (state === UTF8_OFF) return 0
  const ascii = !high && state === UTF8_ACCEPT
  if (!ascii) {
    state = validate(at, length, state)
    store<i32>(CALL_UTF8, state)
    const last = (head & HEAD_FIN) !== 0 && (flags & HEAD_ENDS) !== 0
    if (state === UTF8_REJECT || (last && state !== UTF8_ACCEPT)) return -1
  }
  return ascii ? HEAD_ASCII : 0
}
