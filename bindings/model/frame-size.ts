// How long frames and their headers are (RFC 6455 section 5.2).
// Knows lengths; nothing of what is in a frame.

import { MAX_LENGTH_7, MAX_LENGTH_16 } from '../../assembly/layout.js'

/** Bytes of the header for a payload of `length` bytes, counted in the minimal number of bytes. */
export function headerSize(length: number, masked: boolean): number {
  const size = length <= MAX_LENGTH_7 ? 2 : length <= MAX_LENGTH_16 ? 4 : 10
  return masked ? size + 4 : size
}

/** Bytes of a frame with a payload of `length` bytes, header included. */
export function frameSize(length: number, masked: boolean): number {
  return headerSize(length, masked) + length
}
