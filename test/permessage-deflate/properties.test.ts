// Whatever is sent arrives, with whatever was agreed, in whatever fragments and pieces; and zlib is of the same mind.
// Knows the extension and its backends; node:zlib is the reference.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { check } from '../support/seed.js'
import { agree, backends, decodeMessage, encodeMessage, json, parameters, same, TAIL } from './pairs.js'

const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined })
const options = fc.record({
  serverNoContextTakeover: fc.boolean(),
  clientNoContextTakeover: fc.boolean(),
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits,
  level: fc.integer({ min: -1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
})
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(5000), fc.nat(50)).map(([size, seed]) => json(size, seed)),
  fc.tuple(fc.nat(255), fc.nat(30_000)).map(([value, size]) => new Uint8Array(size).fill(value)),
)
const message = fc.record({ content, fragment: fc.nat(3000), piece: fc.nat(3000), fromClient: fc.boolean() })

/** The same bytes in other pieces, of `size` bytes. */
function recut(fragments: readonly Uint8Array[], size: number): Uint8Array[] {
  if (size === 0) return [...fragments]
  const whole = new Uint8Array(Buffer.concat(fragments))
  const pieces: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size))
  return [...pieces, new Uint8Array(0)]
}

describe.each(backends)('%s', (_name, backend) => {
  it('carries any messages under any agreement', () => {
    check(
      fc.property(options, options, fc.array(message, { maxLength: 8 }), (ofClient, ofServer, messages) => {
        const { client, server } = agree({ ...ofClient, backend }, { ...ofServer, backend })
        for (const { content, fragment, piece, fromClient } of messages) {
          const [from, to] = fromClient ? [client, server] : [server, client]
          const encoded = encodeMessage(from, content, fragment)
          expect(same(decodeMessage(to, recut(encoded, piece), content.length), content)).toBe(true)
        }
      }),
      100,
    )
  })

  it('writes what zlib reads', () => {
    check(
      fc.property(options, fc.array(message, { minLength: 1, maxLength: 8 }), (ofServer, messages) => {
        const { server } = agree({ backend }, { ...ofServer, backend })
        const bits = ofServer.serverMaxWindowBits ?? 15
        let window: Uint8Array = new Uint8Array(0)
        for (const { content, fragment } of messages) {
          const given = Buffer.concat([...encodeMessage(server, content, fragment), TAIL])
          const dictionary = ofServer.serverNoContextTakeover ? new Uint8Array(0) : window
          const read = inflateRawSync(given, { finishFlush: constants.Z_SYNC_FLUSH, dictionary, windowBits: bits })
          expect(same(read, content)).toBe(true)
          window = Buffer.concat([window, content]).subarray(-(1 << bits))
        }
      }),
      100,
    )
  })

  it('reads what zlib writes', () => {
    const settings = fc.record({
      level: fc.integer({ min: -1, max: 9 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
      strategy: fc.integer({ min: 0, max: 4 }),
      windowBits: fc.integer({ min: 9, max: 15 }),
    })
    check(
      fc.property(
        settings,
        fc.boolean(),
        fc.array(message, { minLength: 1, maxLength: 8 }),
        (settings, final, messages) => {
          const { windowBits } = settings
          const accepted = permessageDeflate({ backend }).accept(parameters(`client_max_window_bits=${windowBits}`))
          const extension = accepted?.extension ?? expect.fail()
          let window: Uint8Array = new Uint8Array(0)
          for (const { content, piece } of messages) {
            const finishFlush = final ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
            const written = deflateRawSync(content, { ...settings, finishFlush, dictionary: window })
            const given =
              final || content.length === 0 ? Buffer.concat([written, Uint8Array.of(0)]) : written.subarray(0, -4)
            if (!final && content.length === 0) continue
            expect(same(decodeMessage(extension, recut([given], piece), content.length), content)).toBe(true)
            window = Buffer.concat([window, content]).subarray(-(1 << windowBits))
          }
        },
      ),
      100,
    )
  })
})
