// Two ends that have agreed upon permessage-deflate, without a connection; and messages to send between them.
// Knows the extension's interfaces; no frame and no transport.

import type { Extension, ExtensionParameters } from '../../bindings/index.js'
import type { Backend } from '../../bindings/permessage-deflate/index.js'
import { type PermessageDeflateOptions, permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { nodeZlib } from '../../bindings/permessage-deflate/node.js'
import { pako } from '../../bindings/permessage-deflate/pako.js'

/** The backends that every test of messages runs on. */
export const backends: readonly (readonly [name: string, backend: Backend])[] = [
  ['pako', pako],
  ['node:zlib', nodeZlib],
]

export const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

/** Parameters as they stand in a header: `a; b=1`, or '' for none. */
export function parameters(text: string): ExtensionParameters {
  const map = new Map<string, (string | true)[]>()
  for (const item of text.split(';').map((one) => one.trim())) {
    if (item === '') continue
    const [name, ...value] = item.split('=')
    map.set(name, [...(map.get(name) ?? []), value.length === 0 ? true : value.join('=')])
  }
  return map
}

/** The other way round. */
export function text(given: ExtensionParameters): string {
  return [...given]
    .flatMap(([name, values]) => values.map((value) => (value === true ? name : `${name}=${value}`)))
    .join('; ')
}

export interface Pair {
  readonly client: Extension
  readonly server: Extension
  readonly answer: string
}

/** A client and a server, each with its options, after their handshake. */
export function agree(clientOptions: PermessageDeflateOptions, serverOptions: PermessageDeflateOptions): Pair {
  const negotiator = permessageDeflate(clientOptions)
  const [offer] = negotiator.offers()
  const accepted = permessageDeflate(serverOptions).accept(offer)
  if (accepted === undefined) throw new Error(`declined: ${text(offer)}`)
  return {
    client: negotiator.accepted(accepted.parameters),
    server: accepted.extension,
    answer: text(accepted.parameters),
  }
}

/** A message in fragments of at most `size` bytes, encoded; 0: in one. */
export function encodeMessage(extension: Extension, message: Uint8Array, size = 0): Uint8Array[] {
  if (size === 0 || message.length <= size) return [extension.encode(message, true)]
  const fragments: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size) {
    fragments.push(extension.encode(message.subarray(at, at + size), at + size >= message.length))
  }
  return fragments
}

/** What encoded fragments become, `budget` bytes at most. */
export function decodeMessage(extension: Extension, fragments: readonly Uint8Array[], budget = 1 << 26): Uint8Array {
  const pieces: Uint8Array[] = []
  let left = budget
  for (const [index, fragment] of fragments.entries()) {
    const piece = extension.decode(fragment, index === fragments.length - 1, left)
    left -= piece.length
    pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat(pieces))
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** `size` bytes of JSON lines, other ones for each `seed`. */
export function json(size: number, seed = 0): Uint8Array {
  let lines = ''
  for (let i = seed; lines.length < size; i++) {
    const [name, price] = [`user ${(i * 7919) % 1000}`, ((i * 31_337) % 99_991) / 100]
    lines += `${JSON.stringify({ id: i, name, price, tags: ['alpha', 'beta', 'gamma'].slice(i % 3), ok: i % 2 === 0 })}\n`
  }
  return new TextEncoder().encode(lines.slice(0, size))
}

/** Bytes of a generator that is the same everywhere: `high` of 100 are from 0x90 to 0xff, which cost 9 bits in fixed blocks. */
export function mixed(size: number, high: number, seed: number): Uint8Array {
  let state = seed + 1
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 8
  }
  return Uint8Array.from({ length: size }, () => (next() % 100 < high ? 0x90 + (next() % 0x70) : next() & 0xff))
}
