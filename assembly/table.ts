// The event table: rows are added one after another, and counted. Knows where a row lies; nothing of what it means.

import { BLOCK, HEAD_ERROR, ROW_ERROR, ROW_HEAD, ROW_LENGTH, ROW_SIZE, ROW_START, ROWS, ROWS_END } from './layout'

let next: usize = ROWS

export function clearTable(): void {
  next = ROWS
}

export function tableIsFull(): bool {
  return next === ROWS_END
}

export function rowCount(): i32 {
  return <i32>((next - ROWS) / ROW_SIZE)
}

/** A frame, or a piece of one: `length` bytes of payload at `payload`. */
export function addRow(payload: usize, length: i32, head: i32): void {
  store<i32>(next + ROW_START, <i32>(payload - BLOCK))
  store<i32>(next + ROW_LENGTH, length)
  store<i32>(next + ROW_HEAD, head)
  next += ROW_SIZE
}

/** A violation: an ERROR_ number, and the length or first byte that it is about. */
export function addError(error: i32, detail: f64): void {
  store<f64>(next + ROW_START, detail)
  store<i32>(next + ROW_HEAD, HEAD_ERROR)
  store<i32>(next + ROW_ERROR, error)
  next += ROW_SIZE
}
