// How values are shown in error messages and logs.
// Knows no frame.

import { decodeText } from './text.js'

/** A value as an error message names it: 'a Map', 'an Array', '12'. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  // A primitive, or null.
  if (Object(value) !== value) return String(value) + (typeof value === 'bigint' ? 'n' : '')
  const name = Object.prototype.toString.call(value).slice(8, -1)
  return (/^[AEIO]/.test(name) ? 'an ' : 'a ') + name
}

/** The error where `value` was given for `name`, and only `allowed` may be. */
export function wrongType(name: string, allowed: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${allowed}, not ${describe(value)}`)
}

/** The error where `value` was given for `name`, and only `allowed` may be: of the right type, but out of range. */
export function outOfRange(name: string, value: unknown, allowed: string): RangeError {
  return new RangeError(`${name} is ${value}; ${allowed}`)
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

/** An object in one line; what is empty is left out. */
export function oneLine(name: string, parts: readonly unknown[]): string {
  return `${name} { ${parts.filter((part) => part !== undefined && part !== '').join(' ')} }`
}

/** Where Node, Deno and Bun look for an object's own way of being logged. */
export const inspect = Symbol.for('nodejs.util.inspect.custom')
