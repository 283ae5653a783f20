// Short texts that follow one another, made one: what lies between them, their headers, is overwritten, so that they can
// be decoded together. Knows the event table; nothing of masks or messages.

import { BLOCK, HEAD_ASCII, ROW_HEAD, ROW_LENGTH, ROW_SIZE, ROW_START, ROWS } from './layout'

/**
 * Overwrites with 0 the headers of the last of `rows` rows that are ASCII text, as far back as all are, and returns
 * where the first of their payloads begins, in bytes from the start of the block; -1 where the last row is another one.
 */
export function joinTexts(rows: i32): i32 {
  let row: usize = ROWS + rows * ROW_SIZE
  let from = -1
  while (row > <usize>ROWS) {
    row -= ROW_SIZE
    if (!(load<i32>(row + ROW_HEAD) & HEAD_ASCII)) break
    const next = load<i32>(row + ROW_START)
    if (from >= 0) {
      const end = next + load<i32>(row + ROW_LENGTH)
      // Every header has an even number of bytes.
      for (let at = end; at < from; at += 2) store<u16>(BLOCK + at, 0)
    }
    from = next
  }
  return from
}
