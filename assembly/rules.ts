// The rules that the first two bytes of a frame can break (RFC 6455 sections 5.1, 5.2, 5.4 and 5.5).
// Knows those bytes, what is allowed and whether a message is in progress; nothing of lengths beyond 125 or of payloads.

import { isMasked, length7 } from './header'
import {
  ERROR_CONTROL_FRAGMENTED,
  ERROR_CONTROL_LENGTH,
  ERROR_MASKED,
  ERROR_MESSAGE_INTERRUPTED,
  ERROR_NOT_MASKED,
  ERROR_NOTHING_TO_CONTINUE,
  ERROR_OPCODE,
  ERROR_RSV,
  HEAD_FIN,
  HEAD_OPCODE,
  HEAD_RSV,
  MAX_CONTROL_LENGTH,
  OPCODE_CONTINUE,
  OPCODE_CONTROL,
  RULES_CLAIMED_SHIFT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
} from './layout'

/**
 * The first rule that a frame breaks with its first two bytes, the first of them lowest in `start`, as an ERROR_ number;
 * 0 where it breaks none. `present`: how many of them are there. `messageOpcode`: that of the message in progress, or 0.
 */
export function brokenRule(start: i32, present: i32, rules: i32, messageOpcode: i32): i32 {
  const opcode = start & HEAD_OPCODE
  // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
  const beginsMessage = ((RULES_DATA >> opcode) & 1) !== 0
  const refused = (rules >> RULES_RSV_SHIFT) | (beginsMessage ? 0 : rules >> RULES_CLAIMED_SHIFT)
  if (start & HEAD_RSV & refused) return ERROR_RSV
  // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
  if (!(rules & (1 << opcode))) return ERROR_OPCODE
  if (opcode & OPCODE_CONTROL) {
    // "MUST NOT be fragmented."
    if (!(start & HEAD_FIN)) return ERROR_CONTROL_FRAGMENTED
  } else if (opcode === OPCODE_CONTINUE) {
    if (messageOpcode === 0) return ERROR_NOTHING_TO_CONTINUE
  } else if (messageOpcode !== 0) {
    // Section 5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
    return ERROR_MESSAGE_INTERRUPTED
  }
  if (present < 2) return 0

  // Section 5.1: a server must close on a frame that is not masked, a client on one that is.
  const masked = isMasked(start)
  if (masked && rules & RULES_REFUSE_MASK) return ERROR_MASKED
  if (!masked && rules & RULES_NEED_MASK) return ERROR_NOT_MASKED
  // Section 5.5: "All control frames MUST have a payload length of 125 bytes or less".
  return opcode & OPCODE_CONTROL && length7(start) > MAX_CONTROL_LENGTH ? ERROR_CONTROL_LENGTH : 0
}
