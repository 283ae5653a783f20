// The grammars of Sec-WebSocket-Extensions and Sec-WebSocket-Protocol (RFC 6455 sections 9.1 and 11.3): text to lists
// and back. Knows no extension, and no header but these two. Reads each character once; no regular expression.

import type { ExtensionParameters } from '../index.js'
import { isBlank, isToken, isTokenCode, kind, show } from './characters.js'

/** One extension of a Sec-WebSocket-Extensions header, as it was offered or answered. */
export interface ExtensionItem {
  /** Its name, as it is written. */
  readonly name: string
  /** Its parameters, in order. */
  readonly parameters: ExtensionParameters
}

const COMMA = 0x2c
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** A place in a header's value. */
class Scanner {
  readonly text: string
  readonly header: string
  at = 0

  constructor(header: string, text: string) {
    if (typeof text !== 'string') throw new TypeError(`${header} must be a string, not ${kind(text)}`)
    this.header = header
    this.text = text
  }

  /** The character here after blanks, which may be between any two parts; NaN at the end. */
  next(): number {
    while (isBlank(this.text.charCodeAt(this.at))) this.at++
    return this.text.charCodeAt(this.at)
  }

  /** The next part is this character, which is passed over. */
  takes(code: number): boolean {
    if (this.next() !== code) return false
    this.at++
    return true
  }

  token(): string {
    this.next()
    const start = this.at
    while (isTokenCode(this.text.charCodeAt(this.at))) this.at++
    if (this.at === start) throw this.wrong('a token')
    return this.text.slice(start, this.at)
  }

  /** A token, or one in quotes: unescaped, it must be a token too (RFC 6455 section 9.1). */
  value(): string {
    if (!this.takes(QUOTE)) return this.token()
    let value = ''
    for (; ; this.at++) {
      let code = this.text.charCodeAt(this.at)
      if (code === QUOTE && value !== '') break
      if (code === BACKSLASH) code = this.text.charCodeAt(++this.at)
      if (!isTokenCode(code)) throw this.wrong('a character of a token, or the quote that ends it')
      value += this.text[this.at]
    }
    this.at++
    return value
  }

  wrong(wanted: string): SyntaxError {
    const { header, text, at } = this
    const found = at < text.length ? `${show(text[at])} at character ${at}` : 'the end'
    return new SyntaxError(`${header} has ${found} where ${wanted} is wanted`)
  }

  /** A list with commas between its elements; empty ones are passed over (RFC 7230 section 7, RFC 2616 section 2.1). */
  list(element: () => void): void {
    for (;;) {
      while (this.takes(COMMA));
      if (Number.isNaN(this.next())) return
      element()
      if (!Number.isNaN(this.next()) && !this.takes(COMMA)) throw this.wrong("',' or the end")
    }
  }
}

/**
 * Reads a Sec-WebSocket-Extensions header: RFC 6455 section 9.1, blanks wherever HTTP lets them be, empty elements of the
 * list passed over, quoted values unescaped.
 *
 * @param header Its value, or the values where it came more than once, in order.
 * @returns The extensions in order; the same one may be there several times, as alternatives.
 * @throws SyntaxError where it is not in the grammar, or the list is empty; it says at which character.
 */
export function parseExtensions(header: string | readonly string[]): ExtensionItem[] {
  const items: ExtensionItem[] = []
  for (const value of typeof header === 'string' ? [header] : header) {
    const scanner = new Scanner('Sec-WebSocket-Extensions', value)
    scanner.list(() => {
      const name = scanner.token()
      const parameters = new Map<string, (string | true)[]>()
      while (scanner.takes(SEMICOLON)) {
        const parameter = scanner.token()
        const given = scanner.takes(EQUALS) ? scanner.value() : true
        const values = parameters.get(parameter)
        if (values === undefined) parameters.set(parameter, [given])
        else values.push(given)
      }
      items.push({ name, parameters })
    })
  }
  // 1#extension: at least one.
  if (items.length === 0) throw new SyntaxError('Sec-WebSocket-Extensions is empty where an extension is wanted')
  return items
}

/**
 * Writes a Sec-WebSocket-Extensions header. What {@link parseExtensions} reads from it is the same, but for the order
 * among parameters of different names where one of them came twice.
 *
 * @throws RangeError where there is no extension, or a name or a value is not a token: RFC 6455 section 9.1.
 */
export function formatExtensions(items: readonly ExtensionItem[]): string {
  if (items.length === 0) throw new RangeError('a Sec-WebSocket-Extensions header has at least one extension')
  return items
    .map(({ name, parameters }) => {
      let text = token('an extension', name)
      for (const [parameter, values] of parameters) {
        for (const value of values) {
          text += `; ${token('a parameter', parameter)}`
          if (value !== true) text += `=${token(`the value of ${parameter}`, value)}`
        }
      }
      return text
    })
    .join(', ')
}

/**
 * Reads a Sec-WebSocket-Protocol header of a request: RFC 6455 sections 4.1 and 11.3.4.
 *
 * @param header Its value, or the values where it came more than once, in order.
 * @returns The subprotocols, the most wanted first.
 * @throws SyntaxError where it is not in the grammar, the list is empty, or a subprotocol is in it twice.
 */
export function parseSubprotocols(header: string | readonly string[]): string[] {
  const subprotocols = new Set<string>()
  for (const value of typeof header === 'string' ? [header] : header) {
    const scanner = new Scanner('Sec-WebSocket-Protocol', value)
    scanner.list(() => {
      const subprotocol = scanner.token()
      // Section 4.1, request header 10: all unique.
      if (subprotocols.has(subprotocol)) {
        throw new SyntaxError(`Sec-WebSocket-Protocol has ${show(subprotocol)} twice; each is in the list once`)
      }
      subprotocols.add(subprotocol)
    })
  }
  if (subprotocols.size === 0) throw new SyntaxError('Sec-WebSocket-Protocol is empty where a subprotocol is wanted')
  return [...subprotocols]
}

/**
 * Writes a Sec-WebSocket-Protocol header.
 *
 * @throws RangeError where there is no subprotocol, one is not a token, or is there twice: RFC 6455 section 4.1.
 */
export function formatSubprotocols(subprotocols: readonly string[]): string {
  if (subprotocols.length === 0) throw new RangeError('a Sec-WebSocket-Protocol header has at least one subprotocol')
  for (const subprotocol of subprotocols) token('a subprotocol', subprotocol)
  if (new Set(subprotocols).size < subprotocols.length) {
    throw new RangeError('a subprotocol is in the list twice; each may be in it once (RFC 6455 section 4.1)')
  }
  return subprotocols.join(', ')
}

function token(what: string, text: unknown): string {
  if (typeof text !== 'string') throw new TypeError(`${what} must be a string, not ${kind(text)}`)
  if (!isToken(text)) {
    throw new RangeError(
      `${what} is ${show(text)}; it must be a token: letters, digits and !#$%&'*+-.^_\`|~ (RFC 9110 section 5.6.2)`,
    )
  }
  return text
}
