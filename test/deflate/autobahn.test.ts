// The messages of Autobahn's groups 12.* and 13.*, all 216 cases, between two ends and with ws's own extension as the peer.
// Knows which sizes, fragments and parameters those cases have; no frame. The data are of the same kinds.

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { Extension } from '../../bindings/index.js'
import { type PermessageDeflateOptions, permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { noise } from '../frames.js'
import { decodeMessage, encodeMessage, json, parameters, same } from './pairs.js'

interface WsDeflate {
  accept(configurations: readonly Record<string, (string | true)[]>[]): Record<string, string | number | true>
  compress(data: Uint8Array, fin: boolean, callback: (error: Error | null, data: Buffer) => void): void
  decompress(data: Uint8Array, fin: boolean, callback: (error: Error | null, data: Buffer) => void): void
  cleanup(): void
}
const WsPermessageDeflate = createRequire(import.meta.url)('../../node_modules/ws/lib/permessage-deflate.js') as new (
  options: object,
) => WsDeflate

/** Payload length and size of fragments, 0 for none: cases x.y.1 to x.y.18. */
const SIZES = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 0] as const),
  ...[8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 256] as const),
  ...[1024, 4096, 32_768].map((fragment) => [131_072, fragment] as const),
]
// A thousand messages each there; here as many as pass a window, and at least a few.
const count = (size: number) => Math.min(500, Math.max(3, Math.ceil((1 << 15) / size)))

const lines = 'Habe nun, ach! Philosophie,\nJuristerei und Medizin,\nUnd leider auch Theologie\nDurchaus studiert, '
const image = Uint8Array.from({ length: 1 << 18 }, (_, i) => 128 + 60 * Math.sin(i / 97) + 60 * Math.cos((i >> 9) / 31))
/** Text, a bitmap, what is compressed already, JSON, HTML. */
const DATA: readonly (readonly [string, Uint8Array])[] = [
  ['12.1', new Uint8Array(Buffer.from(lines.repeat(2000)))],
  ['12.2', image],
  ['12.3', noise(1 << 18)],
  ['12.4', json(1 << 18)],
  ['12.5', new Uint8Array(Buffer.from(`<li class="entry">${'<b>x</b>'.repeat(3)}</li>\n`.repeat(6000)))],
]

interface Group {
  readonly name: string
  readonly data: Uint8Array
  /** What Autobahn offers where it is the client, the most wanted first. */
  readonly offers: readonly string[]
  /** What Autobahn answers where it is the server. */
  readonly answer: string
}

const NO_TAKEOVER = 'server_no_context_takeover'
const plain = { offers: ['client_no_context_takeover; client_max_window_bits'], answer: '' }
/** Autobahn's client says that it accepts both limits itself; what it asks of the server, group by group. */
const own = (wanted: string) =>
  [wanted, 'client_no_context_takeover; client_max_window_bits'].filter(Boolean).join('; ')
const GROUPS: readonly Group[] = [
  ...DATA.map(([name, data]) => ({ name, data, ...plain })),
  ...(
    [
      ['13.1', [own('')], ''],
      ['13.2', [own(NO_TAKEOVER)], 'client_no_context_takeover'],
      ['13.3', [own('server_max_window_bits=8')], 'client_max_window_bits=8'],
      ['13.4', [own('server_max_window_bits=15')], 'client_max_window_bits=15'],
      [
        '13.5',
        [own(`${NO_TAKEOVER}; server_max_window_bits=8`)],
        'client_no_context_takeover; client_max_window_bits=8',
      ],
      [
        '13.6',
        [own(`${NO_TAKEOVER}; server_max_window_bits=15`)],
        'client_no_context_takeover; client_max_window_bits=15',
      ],
      [
        '13.7',
        [own(`${NO_TAKEOVER}; server_max_window_bits=8`), own(NO_TAKEOVER), own('')],
        'client_no_context_takeover; client_max_window_bits=8',
      ],
    ] as const
  ).map(([name, offers, answer]) => ({ name, data: json(1 << 18), offers, answer })),
]

const options: PermessageDeflateOptions = { threshold: 0 }

/** The case's messages, each a window on the data that wraps round at its end. */
function* messages(data: Uint8Array, size: number): Generator<Uint8Array> {
  const twice = Buffer.concat([data, data])
  for (let i = 0, at = 0; i < count(size); i++, at = (at + size) % data.length) {
    yield new Uint8Array(twice.subarray(at, at + size))
  }
}

/** The first offer that a server of ours accepts, as the handshake does it. */
function serve(offers: readonly string[]): { extension: Extension; answer: Record<string, (string | true)[]> } {
  for (const offer of offers) {
    const accepted = permessageDeflate(options).accept(parameters(offer))
    if (accepted === undefined) continue
    const answer = Object.fromEntries([...accepted.parameters].map(([name, values]) => [name, [...values]]))
    return { extension: accepted.extension, answer }
  }
  throw new Error('every offer declined')
}

describe.each(GROUPS)('$name', ({ data, offers, answer }) => {
  it.each(SIZES)('%i bytes in fragments of %i', async (size, fragment) => {
    // Autobahn as the client, then as the server: ws takes its place. What we send goes through both.
    const served = serve(offers)
    const wsClient = new WsPermessageDeflate({ threshold: 0 })
    wsClient.accept([structuredClone(served.answer)])
    const accepted = permessageDeflate(options).accepted(parameters(answer))
    const wsServer = new WsPermessageDeflate({ threshold: 0, isServer: true })
    wsServer.accept([Object.fromEntries([...parameters(answer)].map(([name, values]) => [name, [...values]]))])
    for (const [ours, peer] of [
      [served.extension, wsClient],
      [accepted, wsServer],
    ] as const) {
      for (const message of messages(data, size)) {
        const received = decodeMessage(ours, await compress(peer, message, fragment), size)
        expect(same(received, message)).toBe(true)
        const echoed = await decompress(peer, encodeMessage(ours, received))
        expect(same(echoed, message)).toBe(true)
      }
      peer.cleanup()
    }
  })
})

async function compress(ws: WsDeflate, message: Uint8Array, fragment: number): Promise<Uint8Array[]> {
  const fragments: Uint8Array[] = []
  const step = fragment === 0 ? message.length : fragment
  for (let at = 0; at < message.length; at += step) {
    fragments.push(
      await new Promise((resolve, reject) => {
        const done = (error: Error | null, encoded: Buffer) => (error === null ? resolve(encoded) : reject(error))
        ws.compress(message.subarray(at, at + step), at + step >= message.length, done)
      }),
    )
  }
  return fragments
}

async function decompress(ws: WsDeflate, fragments: readonly Uint8Array[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (const [index, fragment] of fragments.entries()) {
    pieces.push(
      await new Promise((resolve, reject) => {
        const done = (error: Error | null, decoded: Buffer) => (error === null ? resolve(decoded) : reject(error))
        ws.decompress(fragment, index === fragments.length - 1, done)
      }),
    )
  }
  return new Uint8Array(Buffer.concat(pieces))
}
