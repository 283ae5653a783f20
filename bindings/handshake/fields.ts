// Header fields from wherever they come: Node's objects, fetch's Headers, Maps, pairs, HTTP/2 header objects.
// Knows no header by name, but Set-Cookie, which is no list.

import { isFieldValue, isToken, kind, lowerAscii, show, trimBlanks } from './characters.js'

/**
 * Header fields of a message that was received: pairs of name and value (as {@link RequestHead} has them, or a `Map`),
 * fetch's `Headers`, or an object by name (Node's `headers`, HTTP/2's header object). Names in any case; a field that
 * came more than once has an array of values, or several pairs.
 */
export type HeaderSource =
  | Iterable<readonly [string, string | readonly string[]]>
  | { forEach(callback: (value: string, name: string) => void): void }
  | { readonly [name: string]: string | number | readonly string[] | undefined }

/** Header fields to send: by name, or pairs. */
export type ExtraHeaders =
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | readonly string[] | undefined }

/** Header fields for a program's HTTP library, as Node's `writeHead` and HTTP/2's `respond` take them. */
export type HeaderObject = Record<string, string | string[]>

/** Fields by name in small letters, each value of each, in order. */
export class Fields {
  readonly #values = new Map<string, string[]>()

  /** `rawHeaders`: Node's names and values in turn, which have every field; its `headers` drop some. */
  constructor(headers: HeaderSource | undefined, rawHeaders?: readonly string[] | undefined) {
    if (Array.isArray(rawHeaders) && rawHeaders.length > 0) {
      for (let i = 0; i + 1 < rawHeaders.length; i += 2) this.#add(rawHeaders[i], rawHeaders[i + 1])
      return
    }
    if (typeof headers !== 'object' || headers === null) {
      throw new TypeError(`headers must be an object, a Map, Headers or pairs, not ${kind(headers)}`)
    }
    if (Symbol.iterator in headers) {
      for (const pair of headers as Iterable<unknown>) {
        if (!Array.isArray(pair)) throw new TypeError(`headers must be pairs of name and value, not ${kind(pair)}`)
        this.#add(pair[0], pair[1])
      }
    } else if (typeof headers.forEach === 'function') {
      headers.forEach((value: unknown, name: unknown) => {
        this.#add(name, value)
      })
    } else {
      for (const [name, value] of Object.entries(headers)) this.#add(name, value)
    }
  }

  #add(name: unknown, value: unknown): void {
    if (typeof name !== 'string') throw new TypeError(`a header's name must be a string, not ${kind(name)}`)
    if (value === undefined) return
    const lower = lowerAscii(name)
    for (const one of Array.isArray(value) ? value : [value]) {
      const text = typeof one === 'number' ? String(one) : one
      if (typeof text !== 'string') throw new TypeError(`header ${show(name)} must be a string, not ${kind(text)}`)
      const values = this.#values.get(lower)
      if (values === undefined) this.#values.set(lower, [trimBlanks(text)])
      else values.push(trimBlanks(text))
    }
  }

  /** Each value that the field came with, in order; none where it is not there. `name`: in small letters. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The field's value where it came once. */
  single(name: string): string | undefined {
    const values = this.all(name)
    return values.length === 1 ? values[0] : undefined
  }

  /** All of them, as an object by name in small letters. */
  toObject(): HeaderObject {
    const pairs = [...this.#values].flatMap(([name, values]) => values.map((value) => [name, value] as const))
    return toObject(pairs, true)
  }

  /** Whether this token, in small letters, is in the field's list of tokens, in any case. */
  lists(name: string, token: string): boolean {
    return this.all(name).some((value) => value.split(',').some((item) => lowerAscii(trimBlanks(item)) === token))
  }
}

/**
 * Fields that a caller adds to what is sent, checked so that none can be taken for two, or for one of the handshake's.
 *
 * @param taken Whether the handshake itself is in charge of the field with this name in small letters.
 */
export function readExtraHeaders(
  headers: ExtraHeaders | undefined,
  taken: (name: string) => boolean,
): [string, string][] {
  const fields: [string, string][] = []
  if (headers === undefined) return fields
  if (typeof headers !== 'object' || headers === null) {
    throw new TypeError(`headers must be an object or pairs, not ${kind(headers)}`)
  }
  const given: Iterable<unknown> = Symbol.iterator in headers ? headers : Object.entries(headers)
  for (const pair of given) {
    if (!Array.isArray(pair)) throw new TypeError(`headers must be pairs of name and value, not ${kind(pair)}`)
    const [name, value] = pair as [unknown, unknown]
    if (typeof name !== 'string') throw new TypeError(`a header's name must be a string, not ${kind(name)}`)
    if (!isToken(name))
      throw new RangeError(`a header's name is ${show(name)}; it must be a token (RFC 9110 section 5.1)`)
    if (taken(lowerAscii(name)))
      throw new RangeError(`the header ${name} is the handshake's; it may not be among headers`)
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string') throw new TypeError(`header ${name} must be a string, not ${kind(one)}`)
      // What a line break would start is another header, or the end of them.
      if (!isFieldValue(one)) {
        throw new RangeError(
          `header ${name} is ${show(one)}; blanks and visible characters up to U+00FF are allowed (RFC 9110 section 5.5)`,
        )
      }
      fields.push([name, trimBlanks(one)])
    }
  }
  return fields
}

/** As an object by name, `lower` in small letters; fields of the same name are joined, but Set-Cookie, which is a list. */
export function toObject(fields: readonly (readonly [string, string])[], lower: boolean): HeaderObject {
  // Without a prototype, so that no name means anything else.
  const object: HeaderObject = Object.create(null)
  const written = new Map<string, string>()
  for (const [name, value] of fields) {
    const known = lowerAscii(name)
    const key = lower ? known : (written.get(known) ?? name)
    written.set(known, key)
    const before = object[key]
    if (known === 'set-cookie') object[key] = [...(before ?? []), value]
    else object[key] = before === undefined ? value : `${before}, ${value}`
  }
  return object
}
