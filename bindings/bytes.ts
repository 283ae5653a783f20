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

/** `value` itself where it is a Uint8Array, a view of it where it is an ArrayBuffer (of any realm), else undefined. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  switch (Object.prototype.toString.call(value)) {
    case '[object Uint8Array]':
      return value as Uint8Array
    case '[object ArrayBuffer]':
      return new Uint8Array(value as ArrayBuffer)
    default:
      return undefined
  }
}

/** A value as an error message names it: 'a string', 'an Array', '12'. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  const name = typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value
  return /^[AEIO]/i.test(name) ? `an ${name}` : `a ${name}`
}

const PREVIEW_BYTES = 16
const PREVIEW_CHARACTERS = 32

/** Up to 16 bytes as hexadecimal, or up to 32 characters of text as JSON, with an ellipsis where there is more. */
export function preview(bytes: Uint8Array, isText: boolean): string {
  if (isText) {
    const text = decodeText(bytes.subarray(0, PREVIEW_CHARACTERS * 4))
    const characters = Array.from(text)
    const shown = characters.slice(0, PREVIEW_CHARACTERS).join('')
    return JSON.stringify(shown) + (characters.length > PREVIEW_CHARACTERS ? '…' : '')
  }
  const shown = Array.from(bytes.subarray(0, PREVIEW_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.length > PREVIEW_BYTES ? `<${shown} …>` : `<${shown}>`
}

/** Where Node, Deno and Bun look for an object's own way of being logged. */
export const inspect = Symbol.for('nodejs.util.inspect.custom')
