// The batch decoder: walks the frames of a block, unmasks and validates them in place, and fills the event table.
// Everything it knows of a connection is in its arguments and the call block, and is forgotten when it returns.

import { isMasked, isMinimal, lengthEnd, readLength, readStart } from './header'
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
  ERROR_FRAME_SIZE,
  ERROR_LENGTH_NOT_MINIMAL,
  ERROR_LENGTH_TOP_BIT,
  ERROR_MESSAGE_SIZE,
  ERROR_UTF8,
  HEAD_ASCII,
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_FIN,
  HEAD_MASKED,
  HEAD_OPCODE,
  HEAD_RSV,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from './layout'
import { mask, rotateKey } from './mask'
import { brokenRule } from './rules'
import { addError, addRow, clearTable, rowCount, tableIsFull } from './table'
import { validate } from './utf8'
import { decodeWholeMessages } from './whole-messages'

/**
 * Decodes the `length` bytes of the block, and the `carried` header bytes before it, and returns the number of rows
 * in the event table. A frame that goes on beyond the block leaves a row without HEAD_ENDS; its state, and that of a
 * message that goes on, is left in the call block. Stops after a close frame, after a violation (HEAD_ERROR), at an incomplete header
 * (CALL_INCOMPLETE) and when the table is full; CALL_CONSUMED says where, in bytes from the block's start.
 *
 * `rules` are RULES_ bits; the limits are in payload bytes and may be Infinity.
 *
 * Each rule is checked as soon as its bytes are there and in the order of the bytes, so that a stream fails with the
 * same error however it is cut.
 */
export function decode(length: i32, carried: i32, rules: i32, maxFrame: f64, maxMessage: f64): i32 {
  const end: usize = BLOCK + length
  // 2^53 - 1 is the largest length that JavaScript can count, whatever the limit.
  const frameLimit = <i64>min<f64>(maxFrame, f64.MAX_SAFE_INTEGER)
  const messageLimit = <i64>min<f64>(maxMessage, f64.MAX_SAFE_INTEGER)
  const most = min<i64>(min<i64>(frameLimit, messageLimit), BLOCK_SIZE)
  let at: usize = BLOCK - carried
  let head = load<i32>(CALL_HEAD)
  let key = load<u32>(CALL_KEY)
  let remaining = <i64>load<f64>(CALL_REMAINING)
  let messageOpcode = load<i32>(CALL_MESSAGE_OPCODE)
  let messageSize = <i64>load<f64>(CALL_MESSAGE_SIZE)
  let utf8 = load<i32>(CALL_UTF8)
  let isIncomplete = false
  let error = 0
  let detail: f64 = 0
  clearTable()

  while (true) {
    let flags = 0
    if (remaining === 0) {
      if (messageOpcode === 0) at = decodeWholeMessages(at, end, rules, most)
      if (at === end || tableIsFull()) break
      // What is read of a header beyond the end of the block is not used.
      const present = <i32>(end - at)
      const start = readStart(at)
      detail = start & 0xff
      error = brokenRule(start, present, rules, messageOpcode)
      if (error) break
      let payload = lengthEnd(at, start)
      isIncomplete = present < 2 || payload > end
      if (isIncomplete) break
      const size = readLength(at, start)
      if (!isMinimal(size, start)) {
        detail = <f64>(<u64>size)
        error = size < 0 ? ERROR_LENGTH_TOP_BIT : ERROR_LENGTH_NOT_MINIMAL
        break
      }
      const opcode = start & HEAD_OPCODE

      // Section 10.4. Control frames are short already, and no part of the message that they stand in.
      const isData = (opcode & OPCODE_CONTROL) === 0
      const total = opcode === OPCODE_CONTINUE ? messageSize + size : size
      if (isData && (size > frameLimit || total > messageLimit)) {
        const isFrame = size > frameLimit
        detail = <f64>(isFrame ? size : total)
        error = isFrame ? ERROR_FRAME_SIZE : ERROR_MESSAGE_SIZE
        break
      }

      head = start & 0xff
      if (isMasked(start)) {
        payload += 4
        isIncomplete = payload > end
        if (isIncomplete) break
        key = load<u32>(payload - 4)
        head |= HEAD_MASKED
      }
      if (isData) {
        messageSize = total
        if (opcode !== OPCODE_CONTINUE) {
          messageOpcode = opcode
          // Section 8.1 holds for text as it was written; with a reserved bit on, an extension has to decode it first.
          utf8 = (start & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT ? UTF8_ACCEPT : UTF8_OFF
        }
      }
      remaining = size
      at = payload
      flags = HEAD_BEGINS
    } else if (at === end) {
      break
    }

    const present = <i32>min<i64>(remaining, <i64>(end - at))
    remaining -= present
    if (remaining === 0) flags |= HEAD_ENDS
    const isText = utf8 !== UTF8_OFF && (head & OPCODE_CONTROL) === 0
    let hasHighBytes = true
    if (head & HEAD_MASKED) {
      hasHighBytes = mask(at, present, key)
      key = rotateKey(key, present)
    }
    if (isText) {
      if (!hasHighBytes && utf8 === UTF8_ACCEPT) {
        flags |= HEAD_ASCII
      } else {
        utf8 = validate(at, present, utf8)
        const isLast = (head & HEAD_FIN) !== 0 && remaining === 0
        if (utf8 === UTF8_REJECT || (isLast && utf8 !== UTF8_ACCEPT)) {
          detail = 0
          error = ERROR_UTF8
          break
        }
      }
    }
    addRow(at, present, head | flags)
    at += present
    if (remaining === 0) {
      if ((head & (OPCODE_CONTROL | HEAD_FIN)) === HEAD_FIN) {
        messageOpcode = 0
        messageSize = 0
      }
      if ((head & HEAD_OPCODE) === OPCODE_CLOSE) break
    }
  }
  if (error) addError(error, detail)
  store<i32>(CALL_INCOMPLETE, isIncomplete)
  store<i32>(CALL_HEAD, head)
  store<u32>(CALL_KEY, key)
  store<f64>(CALL_REMAINING, <f64>remaining)
  store<i32>(CALL_MESSAGE_OPCODE, messageOpcode)
  store<f64>(CALL_MESSAGE_SIZE, <f64>messageSize)
  store<i32>(CALL_UTF8, utf8)
  store<i32>(CALL_CONSUMED, <i32>(at - BLOCK))
  return rowCount()
}
