// The encoder's share of linear memory: payload is masked in the stage, where the caller has put it. Headers are written
// faster by the caller than by a call. Knows offsets within the stage; nothing of frames.

import { STAGE } from './layout'
import { mask as maskAt } from './mask'

/** Masks `length` bytes of payload in the stage, beginning `offset` bytes into it. */
export function mask(offset: i32, length: i32, key: u32): void {
  maskAt(STAGE + offset, length, key)
}
