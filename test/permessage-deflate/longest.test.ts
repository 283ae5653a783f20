// What compression makes of bytes that it cannot compress: within the bound that sendInto and its callers count on, with
// every window, memory level and backend; and a send that fails leaves both ends able to go on.
// Knows the public API; the reference is a payload's own length.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection, Data, type Message } from '../../bindings/index.js'
import type { Backend, permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { pako } from '../../bindings/permessage-deflate/pako.js'
import { check } from '../support/seed.js'
import { agree, backends, decodeMessage, encodeMessage, json, mixed, same } from './pairs.js'

const HEADER = 14
/** What sendInto's documentation asks for, of a payload of `size` bytes. */
const room = (size: number) => HEADER + size + Math.ceil(size / 16) + 64
/** Blocks without compression (RFC 1951 section 3.2.4), and an empty one less its last four bytes. */
const bound = (size: number, fragments = 1) => size + 5 * (Math.ceil(size / 65_535) + fragments) + 1

/** Mixed bytes with a run of what came before it, as long as DEFLATE may repeat, after every `every` bytes. */
function withMatches(bytes: Uint8Array, every: number): Uint8Array {
  const out = new Uint8Array(bytes)
  for (let at = every; at + 3 <= out.length; at += every) out.copyWithin(at, at - every, at - every + 3)
  return out
}

const windowBits = [8, 9, 10, 11, 12, 13, 14, 15]
const memLevels = [1, 2, 3, 4, 5, 6, 7, 8, 9]

function connections(options: Parameters<typeof permessageDeflate>[0]) {
  const { client, server } = agree({ ...options, threshold: 0 }, { ...options, threshold: 0 })
  return {
    client: new Connection('CLIENT', { extensions: [client], delivery: 'message' }),
    server: new Connection('SERVER', { extensions: [server], delivery: 'message' }),
  }
}

describe.each(backends)('%s', (_name, backend) => {
  it('sends 16,000 bytes, 45 % of them high, into the room that is asked for, and what follows', () => {
    const { client, server } = connections({ serverMaxWindowBits: 9, memLevel: 3, backend })
    const payload = mixed(16_000, 45, 0)
    const target = new Uint8Array(room(payload.length))
    for (const bytes of [payload, json(500), payload.subarray(0, 700), json(500)]) {
      const end = server.sendInto(new Data(bytes, 'binary'), target)
      client.recv(target.slice(0, end))
      expect(same((client.nextEvent() as Message).message, bytes)).toBe(true)
    }
  })

  it.each(windowBits)('with a window of %i bits makes no payload longer than blocks without compression', (bits) => {
    for (const memLevel of memLevels) {
      const options = { serverMaxWindowBits: bits, memLevel, backend }
      for (const level of [-1, 0]) {
        const { client, server } = agree(options, { ...options, level })
        for (const size of [1, 127, 600, 5000, bits === 9 ? 70_000 : 9000]) {
          for (const high of [45, 100]) {
            const payload = mixed(size, high, size)
            const [encoded] = encodeMessage(server, payload)
            expect(encoded.length).toBeLessThanOrEqual(bound(size))
            expect(same(decodeMessage(client, [encoded]), payload)).toBe(true)
          }
        }
        // What came before is still what the next one may refer to.
        const last = json(300)
        expect(same(decodeMessage(client, encodeMessage(server, last)), last)).toBe(true)
      }
    }
  })

  it('finds no payload that is longer, whatever came before it, and in whatever fragments', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.tuple(fc.nat(20_000), fc.nat(100), fc.nat(1000)).map(([size, high, seed]) => mixed(size, high, seed)),
      fc
        .tuple(fc.nat(10_000), fc.nat(100), fc.integer({ min: 3, max: 300 }))
        .map(([size, high, every]) => withMatches(mixed(size, high, size), every)),
      fc.nat(2000).map((size) => json(size)),
    )
    const message = fc.record({ content, fragment: fc.nat(5000) })
    const options = fc.record({
      serverMaxWindowBits: fc.constantFrom(...windowBits),
      memLevel: fc.constantFrom(...memLevels),
      level: fc.integer({ min: -1, max: 9 }),
      serverNoContextTakeover: fc.boolean(),
    })
    check(
      fc.property(options, fc.array(message, { minLength: 1, maxLength: 5 }), (given, messages) => {
        const { client, server } = agree({ ...given, backend }, { ...given, backend })
        for (const { content, fragment } of messages) {
          const encoded = encodeMessage(server, content, fragment)
          for (const [i, one] of encoded.entries()) {
            const size = fragment === 0 ? content.length : Math.min(fragment, content.length - i * fragment)
            expect(one.length).toBeLessThanOrEqual(bound(size))
          }
          expect(same(decodeMessage(client, encoded), content)).toBe(true)
        }
      }),
      60,
    )
  })
})

describe('a deflater that fails', () => {
  /** Fails the `times` calls after the first `works`, each after it has moved on. */
  const failing = (works: number, times: number): Backend & { released: number } => {
    let calls = 0
    const backend = {
      released: 0,
      deflater(settings: Parameters<Backend['deflater']>[0]) {
        const own = pako.deflater(settings)
        return {
          deflate(bytes: Uint8Array) {
            const deflated = own.deflate(bytes)
            calls++
            if (calls > works && calls <= works + times) throw new RangeError('out of memory')
            return deflated
          },
          reset: () => own.reset(),
          release() {
            backend.released++
          },
        }
      },
      inflater: pako.inflater,
    }
    return backend
  }

  it.each([false, true])('costs the message alone; the peer can decode the next (no context takeover: %s)', (none) => {
    const backend = failing(1, 2)
    const { client, server } = connections({ backend, serverNoContextTakeover: none })
    const text = new Data(json(2000), 'text')
    client.recv(server.send(text))
    expect(() => server.send(text)).toThrow('out of memory')
    expect(() => server.sendInto(text, new Uint8Array(room(2000)))).toThrow('out of memory')
    for (const data of [text, text]) client.recv(server.send(data))
    expect([...client.messages()].map((one) => same(one.message, json(2000)))).toEqual([true, true, true])
    expect(backend.released).toBe(2)
  })

  it('in the middle of a message costs the fragment alone', () => {
    const { client, server } = connections({ backend: failing(1, 1) })
    const [first, rest] = [new Data(json(900), 'text', { fin: false }), new Data(json(900), 'continue')]
    client.recv(server.send(first))
    expect(() => server.send(rest)).toThrow('out of memory')
    client.recv(server.send(rest))
    client.recv(server.send(new Data('next', 'text')))
    const [message, next] = [...client.messages()]
    expect(same(message.message, Buffer.concat([json(900), json(900)]))).toBe(true)
    expect(next.text()).toBe('next')
  })
})
