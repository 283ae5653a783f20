// The encoder's share of linear memory: headers and masking in the stage, where the caller has put the payload.
// Knows offsets within the stage; nothing of roles, opcodes or connections.

import { writeHeader as writeHeaderAt } from './header'
import { STAGE } from './layout'
import { mask as maskAt } from './mask'

/** Writes a header `offset` bytes into the stage and returns its length in bytes. `key`: first byte lowest. */
export function writeHeader(offset: i32, first: i32, length: f64, masked: bool, key: u32): i32 {
  return writeHeaderAt(STAGE + offset, first, length, masked, key)
}

/** Masks `length` bytes of payload in the stage, beginning `offset` bytes into it. */
export function mask(offset: i32, length: i32, key: u32): void {
  maskAt(STAGE + offset, length, key)
}
