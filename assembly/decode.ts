// The batch decoder: walks the frames of a block, unmasks and validates them in place, and fills the event table.
// Everything it knows of a connection is in its arguments and the call block, and is forgotten when it returns.

import {
  BLOCK,
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
  LENGTH_16,
  LENGTH_BITS,
  MASK_BIT,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from './layout'
import { mask, rotateKey } from './mask'
import { brokenRule } from './rules'
import { addError, addRow, clearTable, rowCount, tableIsFull } from './table'
import { validate } from './utf8'

/**
 * Decodes the `length` bytes of the block, and the `carried` header bytes before it, and returns the number of rows
 * in the event table. A frame that goes on beyond the block leaves a row without HEAD_ENDS and its state in the call
 * block; so does a message. Stops after a close frame, after a violation (HEAD_ERROR), at an incomplete header
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
  // Most frames are a whole message. These bits of the first two bytes tell such a frame, and then no rule for them is
  // broken: FIN on, no reserved bit that is refused, the mask bit of the peer's role.
  const needsMask = (rules & RULES_NEED_MASK) !== 0
  const hasRole = (rules & (RULES_NEED_MASK | RULES_REFUSE_MASK)) !== 0
  const usualMask = HEAD_FIN | ((rules >> RULES_RSV_SHIFT) & HEAD_RSV) | (hasRole ? MASK_BIT << 8 : 0)
  const usual = HEAD_FIN | (needsMask ? MASK_BIT << 8 : 0)
  const usualOpcodes = rules & RULES_DATA
  let at: usize = BLOCK - carried
  let head = load<i32>(CALL_HEAD)
  let key = load<u32>(CALL_KEY)
  let remaining = <i64>load<f64>(CALL_REMAINING)
  let messageOpcode = load<i32>(CALL_MESSAGE_OPCODE)
  let messageSize = <i64>load<f64>(CALL_MESSAGE_SIZE)
  let utf8 = load<i32>(CALL_UTF8)
  clearTable()
  store<i32>(CALL_INCOMPLETE, 0)

  while (true) {
    let flags = 0
    if (remaining === 0) {
      if (at === end || tableIsFull()) break
      // A header (RFC 6455 section 5.2). What is read of it beyond the end of the block is not used.
      const present = <i32>(end - at)
      const start = <i32>load<u16>(at)
      const opcode = start & HEAD_OPCODE
      const isUsual = (start & usualMask) === usual && ((usualOpcodes >> opcode) & 1) !== 0
      if (!isUsual || messageOpcode !== 0 || present < 2) {
        const error = brokenRule(start, present, rules, messageOpcode)
        if (error) {
          addError(error, start & 0xff)
          break
        }
        if (present < 2) {
          store<i32>(CALL_INCOMPLETE, 1)
          break
        }
      }

      let size: i64 = (start >> 8) & LENGTH_BITS
      let payload = at + 2
      if (size > MAX_LENGTH_7) {
        const is16 = size === LENGTH_16
        payload += is16 ? 2 : 8
        if (payload > end) {
          store<i32>(CALL_INCOMPLETE, 1)
          break
        }
        size = is16 ? <i64>bswap<u16>(load<u16>(at + 2)) : <i64>bswap<u64>(load<u64>(at + 2))
        // "The most significant bit MUST be 0"; "the minimal number of bytes MUST be used to encode the length".
        const isMinimal = size > (is16 ? MAX_LENGTH_7 : MAX_LENGTH_16)
        if (!isMinimal) {
          addError(size < 0 ? ERROR_LENGTH_TOP_BIT : ERROR_LENGTH_NOT_MINIMAL, <f64>(<u64>size))
          break
        }
      }

      // Section 10.4. Control frames are short already, and no part of the message that they stand in.
      const isData = (opcode & OPCODE_CONTROL) === 0
      const total = opcode === OPCODE_CONTINUE ? messageSize + size : size
      if (isData && (size > frameLimit || total > messageLimit)) {
        const isFrame = size > frameLimit
        addError(isFrame ? ERROR_FRAME_SIZE : ERROR_MESSAGE_SIZE, <f64>(isFrame ? size : total))
        break
      }

      head = start & 0xff
      if (start & (MASK_BIT << 8)) {
        payload += 4
        if (payload > end) {
          store<i32>(CALL_INCOMPLETE, 1)
          break
        }
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
    const isMasked = (head & HEAD_MASKED) !== 0
    // A key of 0 changes nothing, but finds out whether a text is ASCII.
    const hasHighBytes = (isMasked || isText) && mask(at, present, isMasked ? key : 0)
    if (isMasked) key = rotateKey(key, present)
    if (isText) {
      if (!hasHighBytes && utf8 === UTF8_ACCEPT) {
        flags |= HEAD_ASCII
      } else {
        utf8 = validate(at, present, utf8)
        const isLast = (head & HEAD_FIN) !== 0 && remaining === 0
        if (utf8 === UTF8_REJECT || (isLast && utf8 !== UTF8_ACCEPT)) {
          addError(ERROR_UTF8, 0)
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
  store<i32>(CALL_HEAD, head)
  store<u32>(CALL_KEY, key)
  store<f64>(CALL_REMAINING, <f64>remaining)
  store<i32>(CALL_MESSAGE_OPCODE, messageOpcode)
  store<f64>(CALL_MESSAGE_SIZE, <f64>messageSize)
  store<i32>(CALL_UTF8, utf8)
  store<i32>(CALL_CONSUMED, <i32>(at - BLOCK))
  return rowCount()
}
