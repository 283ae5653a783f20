// Frame headers (RFC 6455 section 5.2), read with every rule that a header alone can break.
// Knows one header and the message it stands in, both by way of the call block; nothing of payloads.

import {
  CALL_HEAD,
  CALL_KEY,
  CALL_MESSAGE_OPCODE,
  CALL_MESSAGE_SIZE,
  CALL_REMAINING,
  ERROR_CONTROL_FRAGMENTED,
  ERROR_CONTROL_LENGTH,
  ERROR_FRAME_SIZE,
  ERROR_LENGTH_NOT_MINIMAL,
  ERROR_LENGTH_TOP_BIT,
  ERROR_MASKED,
  ERROR_MESSAGE_INTERRUPTED,
  ERROR_MESSAGE_SIZE,
  ERROR_NOT_MASKED,
  ERROR_NOTHING_TO_CONTINUE,
  ERROR_OPCODE,
  ERROR_RSV,
  HEAD_FIN,
  HEAD_MASKED,
  HEAD_OPCODE,
  HEAD_RSV,
  LENGTH_16,
  LENGTH_BITS,
  MASK_BIT,
  MAX_CONTROL_LENGTH,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  RULES_CLAIMED_SHIFT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
} from './layout'

/** Results of readHeader beside the positive one: the number of bytes the header has. */
export const INCOMPLETE = 0

/** What an error is about: the first byte, or a length in bytes. */
let detail: f64 = 0

export function errorDetail(): f64 {
  return detail
}

/**
 * Reads the header at `at`, of which `present` bytes are there. Returns its length in bytes and sets CALL_HEAD,
 * CALL_KEY, CALL_REMAINING and the message's fields; or INCOMPLETE; or a negated ERROR_ number.
 *
 * Each check is made as soon as its byte is there and in the order of the bytes, so that a stream fails with the same
 * error however it is cut.
 */
export function readHeader(at: usize, present: i32, rules: i32, maxFrame: f64, maxMessage: f64): i32 {
  if (present < 1) return INCOMPLETE
  const first = <i32>load<u8>(at)
  const opcode = first & HEAD_OPCODE
  const wrong = checkFirst(first, opcode, rules)
  if (wrong) {
    detail = first
    return -wrong
  }
  if (present < 2) return INCOMPLETE

  const second = <i32>load<u8>(at + 1)
  const masked = second & MASK_BIT
  detail = first
  // Section 5.1: a server must close on a frame that is not masked, a client on one that is.
  if (masked ? rules & RULES_REFUSE_MASK : rules & RULES_NEED_MASK) return masked ? -ERROR_MASKED : -ERROR_NOT_MASKED

  const length7 = second & LENGTH_BITS
  const control = (opcode & OPCODE_CONTROL) !== 0
  // Section 5.5: all control frames have a payload length of 125 bytes or less.
  if (control && length7 > MAX_CONTROL_LENGTH) return -ERROR_CONTROL_LENGTH

  let size = 2
  let length: f64 = length7
  if (length7 > MAX_LENGTH_7) {
    size = length7 === LENGTH_16 ? 4 : 10
    if (present < size) return INCOMPLETE
    const long = length7 === LENGTH_16 ? <u64>bswap<u16>(load<u16>(at + 2)) : bswap<u64>(load<u64>(at + 2))
    length = <f64>long
    detail = length
    // Section 5.2: "the most significant bit MUST be 0"; "the minimal number of bytes MUST be used".
    if (<i64>long < 0) return -ERROR_LENGTH_TOP_BIT
    if (long <= <u64>(length7 === LENGTH_16 ? MAX_LENGTH_7 : MAX_LENGTH_16)) return -ERROR_LENGTH_NOT_MINIMAL
  }

  // Section 10.4. Control frames are short already, and no part of the message they stand in.
  let total: f64 = length
  if (!control) {
    detail = length
    // 2^53 - 1 is the largest length that can be counted on the other side, whatever the limit.
    if (length > maxFrame || length > f64.MAX_SAFE_INTEGER) return -ERROR_FRAME_SIZE
    if (opcode === OPCODE_CONTINUE) total += load<f64>(CALL_MESSAGE_SIZE)
    detail = total
    if (total > maxMessage || total > f64.MAX_SAFE_INTEGER) return -ERROR_MESSAGE_SIZE
  }

  if (masked) {
    if (present < size + 4) return INCOMPLETE
    store<u32>(CALL_KEY, load<u32>(at + size))
    store<i32>(CALL_HEAD, first | HEAD_MASKED)
    size += 4
  } else {
    store<i32>(CALL_HEAD, first)
  }
  store<f64>(CALL_REMAINING, length)
  if (!control) {
    if (opcode !== OPCODE_CONTINUE) store<i32>(CALL_MESSAGE_OPCODE, opcode)
    store<f64>(CALL_MESSAGE_SIZE, total)
  }
  return size
}

/** The rules of sections 5.2, 5.4 and 5.5 for a first byte: an ERROR_ number, or 0. */
function checkFirst(first: i32, opcode: i32, rules: i32): i32 {
  // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
  const begins = (RULES_DATA >> opcode) & 1
  const refused = begins ? rules >> RULES_RSV_SHIFT : (rules >> RULES_RSV_SHIFT) | (rules >> RULES_CLAIMED_SHIFT)
  if (first & HEAD_RSV & refused) return ERROR_RSV
  // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
  if (!(rules & (1 << opcode))) return ERROR_OPCODE
  if (opcode & OPCODE_CONTROL) {
    // "MUST NOT be fragmented."
    return first & HEAD_FIN ? 0 : ERROR_CONTROL_FRAGMENTED
  }
  // Section 5.4: a message is one frame of a data opcode and then continuation frames, not interleaved with another's.
  const inMessage = load<i32>(CALL_MESSAGE_OPCODE) !== 0
  if (opcode === OPCODE_CONTINUE) return inMessage ? 0 : ERROR_NOTHING_TO_CONTINUE
  return inMessage ? ERROR_MESSAGE_INTERRUPTED : 0
}
