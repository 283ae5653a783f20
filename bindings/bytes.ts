// Bytes and text: what counts as bytes, conversion both ways, and how arguments are shown in errors and logs.
// Knows no frame.

const encoder = new TextEncoder()
// A byte order mark is part of the text; RFC 6455 gives it no meaning.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** UTF-8 as text; bytes that are not UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Up to this many bytes of ASCII are sooner put together here than decoded by the platform. */
export const SHORT_ASCII = 32

/** Bytes `start` to `end`, all of them below 0x80, as text. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  const of = String.fromCharCode
  let text = ''
  let i = start
  for (; i + 8 <= end; i += 8) {
    text += of(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
    )
  }
  if (i + 4 <= end) {
    text += of(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3])
    i += 4
  }
  for (; i < end; i++) text += of(bytes[i])
  return text
}

// Asked of the objects themselves, so that another realm's count and look-alikes do not.
const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength')

function getter(prototype: object, name: string | symbol): (value: unknown) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) as { get(): unknown }
  return (value) => get.call(value)
}

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    return bufferLength(value) !== undefined
  } catch {
    return false
  }
}

/**
 * `value` as a Uint8Array where it is one (a Buffer, another subclass, another realm's) or an ArrayBuffer, else
 * undefined. A subclass may have its own idea of slice, subarray and set, so that these are not to be called on it.
 */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array || typedArrayName(value) === 'Uint8Array') return value as Uint8Array
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

/** A plain copy of bytes `start` to `end`. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start)
  copy.set(part(bytes, start, end))
  return copy
}

/** Whether {@link asBytes} takes it. */
export function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || typedArrayName(value) === 'Uint8Array' || isArrayBuffer(value)
}

/** A value as an error message names it: 'a string', 'an Array', '12'. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  const name = typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value
  return /^[AEIO]/i.test(name) ? `an ${name}` : `a ${name}`
}

/** The error where `value` was given for `name`, and only `allowed` may be. */
export function wrongType(name: string, allowed: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${allowed}, not ${describe(value)}`)
}

/** At most 40 characters of a name that a caller gave. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

const PREVIEW_BYTES = 16
const PREVIEW_CHARACTERS = 32
// Delete, the controls of C1 and those of direction, which JSON leaves as they are and a terminal may obey.
const CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Up to 16 bytes as hexadecimal, with an ellipsis where there are more. */
export function previewBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, PREVIEW_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.length > PREVIEW_BYTES ? `<${shown} …>` : `<${shown}>`
}

/** Up to 32 characters as JSON, with an ellipsis where there are more. */
export function previewText(text: string): string {
  const characters = Array.from(text.slice(0, PREVIEW_CHARACTERS * 2 + 1))
  const shown = JSON.stringify(characters.slice(0, PREVIEW_CHARACTERS).join(''))
  const safe = shown.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return characters.length > PREVIEW_CHARACTERS ? `${safe}…` : safe
}

/** The beginning of UTF-8 as {@link previewText} shows it. */
export function previewUtf8(bytes: Uint8Array): string {
  return previewText(decodeText(bytes.subarray(0, (PREVIEW_CHARACTERS + 1) * 4)))
}

/** Where Node, Deno and Bun look for an object's own way of being logged. */
export const inspect = Symbol.for('nodejs.util.inspect.custom')
