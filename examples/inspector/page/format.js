// @ts-check
// Numbers, times and bytes as text for people.
// Knows no row and no document.

const decoder = new TextDecoder()
const integers = new Intl.NumberFormat('en')
const decimals = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** @param {number} value */
export const whole = (value) => integers.format(Math.round(value))

/** @param {number} bytes Of a length: 1,048,576 B. */
export const exactBytes = (bytes) => `${whole(bytes)} B`

/** @param {number} bytes Of a total or a rate: 1.05 MB. */
export function roughBytes(bytes) {
  for (const [unit, size] of UNITS) if (bytes >= size) return `${decimals.format(bytes / size)} ${unit}`
  return `${whole(bytes)} B`
}

/** @param {number} plain @param {number} wire @param {(bytes: number) => string} [bytes] A size, and what it is on the wire. */
export const packed = (plain, wire, bytes = exactBytes) => `${bytes(plain)} → ${bytes(wire)}`

/** @type {readonly [string, number][]} */
const UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
]

/** @param {number} time ms since the epoch, shown as local time. */
export function clock(time) {
  const date = new Date(time)
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0')
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`
}

/** @param {string} base64 */
export function fromBase64(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, hexByte).join(' ')
}

/** @param {number} byte */
const hexByte = (byte) => byte.toString(16).padStart(2, '0')

/**
 * The beginning of a text: a character that is cut off at the end is left out.
 * @param {Uint8Array} bytes
 * @param {boolean} isWhole
 */
export function text(bytes, isWhole) {
  return isWhole ? decoder.decode(bytes) : new TextDecoder().decode(bytes, { stream: true })
}

/** Text on one line, in quotes. @param {string} value */
export const quoted = (value) => JSON.stringify(value)

/** Offsets, bytes and ASCII, 16 bytes a line. @param {Uint8Array} bytes */
export function hexDump(bytes) {
  const lines = []
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const line = bytes.subarray(offset, offset + 16)
    const halves = [line.subarray(0, 8), line.subarray(8)].map((half) => hex(half).padEnd(23)).join('  ')
    const ascii = Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${halves}  ${ascii}`)
  }
  return lines.join('\n')
}
