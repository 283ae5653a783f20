// A frame header as JavaScript reads it where calling the module costs more: of a whole data frame that breaks no rule.
// Knows headers of up to 65,535 bytes of payload; all others, and what is wrong with one, are the module's.

import {
  HEAD_FIN,
  HEAD_OPCODE,
  HEAD_RSV,
  LENGTH_16,
  MASK_BIT,
  MAX_LENGTH_7,
  OPCODE_TEXT,
  RULES_DATA,
  RULES_NEED_MASK,
  RULES_RSV_SHIFT,
} from '../../assembly/layout.js'
import { headerSize } from '../model/frame-size.js'
import type { Settings } from '../options/settings.js'

/** Whether the peer must mask its frames. */
export function isMasked({ rules }: Settings): boolean {
  return (rules & RULES_NEED_MASK) !== 0
}

/** Whether the first byte of a frame is that of a text that is validated. */
export function isPlainText(first: number): boolean {
  return (first & (HEAD_OPCODE | HEAD_RSV)) === OPCODE_TEXT
}

/** The masking key that lies at `at`, first byte lowest. */
export function maskingKey(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

/**
 * The payload bytes of the frame that begins at `at`, where it is a message by itself, whole there, and its header breaks
 * no rule while no message is in progress; else -1.
 */
export function wholePayloadSize(bytes: Uint8Array, at: number, settings: Settings): number {
  const size = bytes.length
  if (at + 2 > size) return -1
  const { rules } = settings
  const first = bytes[at]
  // FIN on, and no reserved bit that is refused.
  if ((first & (HEAD_FIN | ((rules >> RULES_RSV_SHIFT) & HEAD_RSV))) !== HEAD_FIN) return -1
  if ((((rules & RULES_DATA) >> (first & HEAD_OPCODE)) & 1) === 0) return -1
  const masked = isMasked(settings)
  // Above 127 where the mask bit is not that of the peer's role.
  let length = bytes[at + 1] ^ (masked ? MASK_BIT : 0)
  if (length > LENGTH_16) return -1
  if (length === LENGTH_16) {
    if (at + 4 > size) return -1
    length = (bytes[at + 2] << 8) | bytes[at + 3]
    if (length <= MAX_LENGTH_7) return -1
  }
  const isThere = at + headerSize(length, masked) + length <= size
  return isThere && length <= settings.maxFrameSize && length <= settings.maxMessageSize ? length : -1
}
