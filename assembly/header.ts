// The layout of a frame header (RFC 6455 section 5.2).
// Knows where its fields lie and how they are encoded; nothing of rules, payloads or connections.

import { LENGTH_16, LENGTH_64, LENGTH_BITS, MASK_BIT, MAX_LENGTH_7, MAX_LENGTH_16 } from './layout'

/** The first two bytes of a header, the first of them lowest. */
@inline
export function readStart(at: usize): i32 {
  return <i32>load<u16>(at)
}

/** The 7-bit length in them, which may be LENGTH_16 or LENGTH_64. */
@inline
export function length7(start: i32): i32 {
  return (start >> 8) & LENGTH_BITS
}

@inline
export function isMasked(start: i32): bool {
  return (start & (MASK_BIT << 8)) !== 0
}

/** Where the length of a header at `at` ends, and its masking key begins if it has one. */
@inline
export function lengthEnd(at: usize, start: i32): usize {
  const length = length7(start)
  return at + (length <= MAX_LENGTH_7 ? 2 : length === LENGTH_16 ? 4 : 10)
}

/** The payload length in bytes, unsigned, of a header whose length is there. */
@inline
export function readLength(at: usize, start: i32): i64 {
  const length = length7(start)
  if (length <= MAX_LENGTH_7) return length
  return length === LENGTH_16 ? <i64>bswap<u16>(load<u16>(at + 2)) : <i64>bswap<u64>(load<u64>(at + 2))
}

/** "The minimal number of bytes MUST be used to encode the length", and "the most significant bit MUST be 0". */
@inline
export function isMinimal(length: i64, start: i32): bool {
  const code = length7(start)
  return code <= MAX_LENGTH_7 || length > (code === LENGTH_64 ? MAX_LENGTH_16 : MAX_LENGTH_7)
}
