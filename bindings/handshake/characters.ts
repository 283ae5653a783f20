// The characters of HTTP: which may be where, how text becomes bytes, and how input is shown in a reason.
// Knows no header by name. One pass over the text each, and no regular expression.

const TAB = 0x09
const SPACE = 0x20
const TILDE = 0x7e

/** Whether a token may have the character with this code: RFC 9110 section 5.6.2, RFC 2616 section 2.2. */
const TOKEN: readonly boolean[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return code > SPACE && code < 0x7f && !'()<>@,;:\\"/[]?={}'.includes(character)
})

export function isTokenCode(code: number): boolean {
  return code < 128 && TOKEN[code]
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isTokenCode(text.charCodeAt(i))) return false
  return text.length > 0
}

/** Whether a field value may be this: blanks, visible characters and obs-text, each one byte (RFC 9110 section 5.5). */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < SPACE && code !== TAB) || code === 0x7f || code > 0xff) return false
  }
  return true
}

/** Whether there is nothing in it but visible ASCII, and at least one character. */
export function isVisible(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= SPACE || code > TILDE) return false
  }
  return text.length > 0
}

/** Without the blanks at both ends. `String.trim` would take more than blanks. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** In small letters, as far as ASCII goes: a Kelvin sign is no k. */
export function lowerAscii(text: string): string {
  let lower = ''
  let kept = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x41 || code > 0x5a) continue
    lower += text.slice(kept, i) + String.fromCharCode(code + 32)
    kept = i + 1
  }
  return kept === 0 ? text : lower + text.slice(kept)
}

/** Each character as one byte; the text has none over U+00FF. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** Bytes `start` to `end`, each as one character. TextDecoder's latin1 is windows-1252. */
export function fromLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i += 4096) text += String.fromCharCode(...bytes.subarray(i, Math.min(end, i + 4096)))
  return text
}

const SHOWN = 40
const MARKUP = '<>&"\'\\`'

/**
 * Input as a reason tells it: in quotes, cut after 40 characters, and with \xhh or \u{h} for whatever a log, a terminal or a page
 * might take for more than text.
 */
export function show(value: string): string {
  let text = ''
  for (let i = 0; i < Math.min(value.length, SHOWN); i++) {
    const code = value.charCodeAt(i)
    const plain = code >= SPACE && code <= TILDE && !MARKUP.includes(value[i])
    const hex = code.toString(16)
    text += plain ? value[i] : code > 0xff ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`
  }
  return `'${text}${value.length > SHOWN ? '...' : ''}'`
}

/** An argument of the caller's, for a TypeError: its kind rather than its contents. */
export function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'string' ? show(value) : typeof value
}
