// What counts as bytes, and views and copies of them.
// Knows no frame.

import { checkWhole } from './check.js'
import { wrongType } from './show.js'

export const NO_BYTES = new Uint8Array(0)

/** Of any realm; a subclass may have its own idea of slice, subarray and set, which are not to be called. */
function isUint8Array(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array'
}

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength') as { get(): unknown }

/** Of any realm, and no look-alike: only they have a length. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    return byteLength.call(value) !== undefined
  } catch {
    return false
  }
}

/**
 * `value` as a Uint8Array where it is one (a Buffer, another subclass, another realm's) or an ArrayBuffer, else
 * undefined.
 */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (isUint8Array(value)) return value
  return isArrayBuffer(value) ? new Uint8Array(value) : undefined
}

/** The same as a plain Uint8Array, of the same memory. */
export function asBytes(value: unknown): Uint8Array | undefined {
  const bytes = bytesIn(value)
  if (bytes === undefined || bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** For memory of a caller's, which may be of a subclass: `setBytes.call(memory, bytes, at)`. */
export const setBytes: (this: Uint8Array, bytes: Uint8Array, at: number) => void = Uint8Array.prototype.set

/** A plain view of bytes `start` to `end`; the bytes themselves where that is all of them. */
export function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start === bytes.length) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

/** `value` where it is a Uint8Array, as in {@link bytesIn}; TypeError where it is none. */
export function checkBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!isUint8Array(value)) throw wrongType(name, 'a Uint8Array', value)
}

/** TypeError or RangeError where nothing can be written to `offset` in `target`. */
export function checkTarget(target: unknown, offset: unknown): void {
  checkBytes('target', target)
  checkWhole('offset', offset, 0, (target as Uint8Array).length)
}
