// Messages of an opening handshake that hold, with what a test changes in them; and extensions that do nothing.
// The example is that of RFC 6455 section 1.3.

import { latin1 } from '../../bindings/handshake/characters.js'
import type { Bit, Extension, ExtensionNegotiator, ExtensionParameters } from '../../bindings/index.js'

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

export type Pairs = [string, string][]

/** The fields of a request, without those with the names in `changed`, and with its pairs. */
export function requestFields(...changed: readonly (readonly [name: string, value: string | undefined])[]): Pairs {
  return change(
    [
      ['Host', 'server.example.com'],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', KEY],
      ['Sec-WebSocket-Version', '13'],
    ],
    changed,
  )
}

function change(fields: Pairs, changed: readonly (readonly [string, string | undefined])[]): Pairs {
  const names = changed.map(([name]) => name.toLowerCase())
  const added = changed.filter((pair): pair is [string, string] => pair[1] !== undefined)
  return [...fields.filter(([name]) => !names.includes(name.toLowerCase())), ...added]
}

/** The fields of a response to the request with this key. */
export function responseFields(...changed: readonly (readonly [name: string, value: string | undefined])[]): Pairs {
  return change(
    [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', ACCEPT],
    ],
    changed,
  )
}

export function head(startLine: string, fields: Pairs): Uint8Array<ArrayBuffer> {
  return latin1(`${startLine}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
}

export function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** An extension that does nothing, and tells what becomes of it. */
export function idle(name: string, reserved: readonly [Bit, Bit, Bit] = [0, 0, 0]) {
  const released: string[] = []
  const extension: Extension = {
    name,
    reserved,
    encodes: () => false,
    encode: (payload) => payload,
    decode: (payload) => payload,
    release: () => released.push(name),
  }
  return { extension, released }
}

export function parameters(...pairs: readonly (readonly [string, string | true])[]): ExtensionParameters {
  const map = new Map<string, (string | true)[]>()
  for (const [name, value] of pairs) map.set(name, [...(map.get(name) ?? []), value])
  return map
}

/** How it negotiates, but for what a test says. */
export function negotiator(name: string, changed: Partial<ExtensionNegotiator> = {}): ExtensionNegotiator {
  const { extension } = idle(name)
  return {
    name,
    offers: () => [parameters()],
    accepted: () => extension,
    accept: () => ({ parameters: parameters(), extension }),
    ...changed,
  }
}
