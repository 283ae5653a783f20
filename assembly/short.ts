// Short frames, by far the most: data frames that are whole, of no fragmented message and no longer than a block,
// decoded without a look at each rule. What it leaves alone, whatever the reason, decode.ts reads rule by rule.

import {
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
  OPCODE_TEXT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
  UTF8_ACCEPT,
} from './layout'
import { mask } from './mask'
import { addRow, tableIsFull } from './table'
import { validate } from './utf8'

/**
 * Decodes short frames of at most `most` bytes from `at` on and returns where the first one begins that is not one, at
 * most `end`. The caller has seen that no message is in progress, and that `most` is 125 or more.
 */
export function decodeShort(at: usize, end: usize, rules: i32, most: i32): usize {
  const masked = (rules & RULES_NEED_MASK) !== 0
  if (!masked && !(rules & RULES_REFUSE_MASK)) return at
  // The bits of the first two bytes that decide, and their values in a frame that breaks no rule: FIN on,
  // no reserved bit that is refused, the mask bit of the peer's role.
  const deciding = HEAD_FIN | ((rules >> RULES_RSV_SHIFT) & HEAD_RSV) | (MASK_BIT << 8)
  const right = HEAD_FIN | (masked ? MASK_BIT << 8 : 0)
  const opcodes = rules & RULES_DATA
  const header = masked ? 6 : 2
  const whole = HEAD_BEGINS | HEAD_ENDS | (masked ? HEAD_MASKED : 0)
  while (!tableIsFull()) {
    const bytes = <i32>load<u16>(at)
    if ((bytes & deciding) !== right || !((opcodes >> (bytes & HEAD_OPCODE)) & 1)) break
    let length = (bytes >> 8) & LENGTH_BITS
    let payload = at + header
    if (length > MAX_LENGTH_7) {
      if (length !== LENGTH_16) break
      length = <i32>bswap<u16>(load<u16>(at + 2))
      if (length <= MAX_LENGTH_7 || length > most) break
      payload += 2
    }
    if (payload + length > end) break
    const isText = (bytes & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT
    // A key of 0 changes nothing, but finds out whether a text is ASCII.
    const key = masked ? load<u32>(payload - 4) : 0
    const high = (masked || isText) && mask(payload, length, key)
    let head = (bytes & 0xff) | whole
    if (isText) {
      if (!high) {
        head |= HEAD_ASCII
      } else if (validate(payload, length, UTF8_ACCEPT) !== UTF8_ACCEPT) {
        // As it was, for the one that says what is wrong.
        mask(payload, length, key)
        break
      }
    }
    addRow(payload, length, head)
    at = payload + length
  }
  return at
}
