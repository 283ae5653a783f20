// What the module exports: the batch decoder, what joins its texts, the encoder's mask, and the validator.
// Knows nothing itself.

import { BLOCK } from './layout'
import { validate } from './utf8'

export { decode } from './decode'
export { mask } from './encode'
export { joinTexts } from './texts'

/** The validator's state after the first `length` bytes of the block, given the state before them (UTF8_ numbers). */
export function validateUtf8(length: i32, state: i32): i32 {
  return validate(BLOCK, length, state)
}
