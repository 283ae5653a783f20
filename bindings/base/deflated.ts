// What a deflater makes of a payload, as it goes on the wire: never longer than blocks without compression.
// Knows DEFLATE's blocks (RFC 1951 section 3.2.4) and RFC 7692 section 7.2.1; no stream, no backend and no frame.

/** Bytes in front of a block without compression: its kind, its length, and the complement of that. */
const HEADER = 5
/** The most bytes in such a block. */
const MOST = 0xffff
const MARKER_SIZE = 4

/**
 * The shorter of what was flushed for `payload`, of which there is at least one byte, and of blocks without compression;
 * `fin`: less the four octets that the receiver of a message appends. With a small window or little memory, deflaters
 * cannot always choose such blocks themselves, and make up to an eighth more. Either leaves a receiver with the same window,
 * as both begin and end at a whole byte.
 */
export function shorter(flushed: Uint8Array, payload: Uint8Array, fin: boolean): Uint8Array {
  const { length } = payload
  // Behind the last block of a message comes an empty one, of which all but the first byte is appended.
  const size = length + HEADER * Math.ceil(length / MOST) + (fin ? 1 : 0)
  const encoded = fin ? flushed.subarray(0, -MARKER_SIZE) : flushed
  if (encoded.length <= size) return encoded
  const blocks = new Uint8Array(size)
  let at = 0
  for (let start = 0; start < length; start += MOST) {
    const block = payload.subarray(start, start + MOST)
    const count = block.length
    blocks.set([0, count, count >> 8, ~count, ~count >> 8], at)
    blocks.set(block, at + HEADER)
    at += HEADER + count
  }
  return blocks
}
