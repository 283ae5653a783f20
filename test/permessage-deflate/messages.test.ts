// Messages through both ends: the RFC's own examples, sizes, fragments, empty ones, context takeover, windows, memory.
// Knows the extension and its backends; no frame.

import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  type Backend,
  type PermessageDeflateOptions,
  permessageDeflate,
} from '../../bindings/permessage-deflate/index.js'
import { noise, utf8 } from '../support/frames.js'
import { agree, backends, decodeMessage, encodeMessage, json, parameters, same, TAIL } from './pairs.js'
import { walk } from './reference.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const levels = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

/** What several messages of one direction are, put together as one stream. */
function stream(messages: readonly (readonly Uint8Array[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(messages.flatMap((fragments) => [...fragments, TAIL])))
}

describe.each(backends)('%s', (_name, backend) => {
  const pair = (client: PermessageDeflateOptions = {}, server: PermessageDeflateOptions = {}) =>
    agree({ backend, ...client }, { backend, ...server })
  const receiver = () => permessageDeflate({ backend }).accepted(parameters(''))

  describe('reads the examples of RFC 7692 section 7.2.3', () => {
    it.each([
      ['7.2.3.1: one block', ['f2 48 cd c9 c9 07 00']],
      ['7.2.3.1: in two fragments', ['f2 48 cd', 'c9 c9 07 00']],
      ['7.2.3.3: no compression', ['00 05 00 fa ff 48 65 6c 6c 6f 00']],
      ['7.2.3.4: BFINAL', ['f3 48 cd c9 c9 07 00 00']],
      ['7.2.3.5: two blocks', ['f2 48 05 00 00 00 ff ff ca c9 c9 07 00']],
    ])('%s', (_section, fragments) => {
      const payloads = fragments.map(bytes)
      expect(String(Buffer.from(decodeMessage(receiver(), payloads)))).toBe('Hello')
      // Byte by byte it is the same.
      const cut = payloads.flatMap((payload) => [...payload].map((byte) => Uint8Array.of(byte)))
      expect(String(Buffer.from(decodeMessage(receiver(), cut)))).toBe('Hello')
    })

    it('7.2.3.2: sharing the window', () => {
      const extension = receiver()
      const messages = ['f2 48 cd c9 c9 07 00', 'f2 00 11 00 00'].map((payload) =>
        String(Buffer.from(extension.decode(bytes(payload), true, 5))),
      )
      expect(messages).toEqual(['Hello', 'Hello'])
    })

    it('7.2.3.6: an empty fragment', () => {
      expect(receiver().decode(bytes('00'), true, 0)).toEqual(new Uint8Array(0))
    })
  })

  it('round-trips every size, whole and in fragments, in both directions', () => {
    const { client, server } = pair()
    for (const size of [0, 1, 2, 125, 1024, 65_535, 65_536, 65_537, 1_000_000]) {
      for (const message of [json(size, size), noise(size)]) {
        for (const fragment of [0, Math.max(1, size >> 1), Math.max(1, Math.ceil(size / 7))]) {
          expect(same(decodeMessage(server, encodeMessage(client, message, fragment)), message)).toBe(true)
          expect(same(decodeMessage(client, encodeMessage(server, message, fragment)), message)).toBe(true)
        }
      }
    }
  })

  it('writes a stream that zlib reads, at every level and memLevel', () => {
    for (const [index, level] of levels.entries()) {
      const { server } = pair({}, { level, memLevel: (index % 9) + 1 })
      const messages = [json(10), json(70_000), noise(70_000), new Uint8Array(0), json(3000, 5)]
      const encoded = messages.map((message) => encodeMessage(server, message, 9000))
      // A connection keeps so much room for it: a sixteenth more, and 64 bytes.
      expect(server.encode(noise(70_000), true).length).toBeLessThan(70_000 * (17 / 16) + 64)
      const read = inflateRawSync(stream(encoded), { finishFlush: constants.Z_SYNC_FLUSH })
      expect(same(read, Buffer.concat(messages))).toBe(true)
    }
  })

  it('writes empty messages and empty fragments', () => {
    const { client, server } = pair()
    expect(hex(client.encode(new Uint8Array(0), true))).toBe('00')
    expect(server.decode(Uint8Array.of(0), true, 0).length).toBe(0)
    const fragments = [
      client.encode(new Uint8Array(0), false),
      client.encode(utf8('abc'), false),
      client.encode(new Uint8Array(0), false),
      client.encode(utf8('abc'), false),
      client.encode(new Uint8Array(0), true),
    ]
    expect(hex(fragments[0])).toBe('')
    expect(hex(fragments[4])).toBe('00')
    expect(String(Buffer.from(decodeMessage(server, fragments)))).toBe('abcabc')
    expect(String(Buffer.from(decodeMessage(server, [client.encode(utf8('abc'), true)])))).toBe('abc')
  })

  it('hands on what a fragment has as soon as it is encoded', () => {
    const { client, server } = pair()
    for (const part of ['first ', 'second ', 'third ']) {
      expect(String(Buffer.from(server.decode(client.encode(utf8(part), false), false, 100)))).toBe(part)
    }
  })

  it('uses what came before, or not, as agreed', () => {
    const message = json(2000)
    for (const takeover of [true, false]) {
      const { client, server } = pair({ clientNoContextTakeover: !takeover }, { serverNoContextTakeover: !takeover })
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        const [first, second] = [from.encode(message, true), from.encode(message, true)]
        if (takeover) expect(second.length).toBeLessThan(first.length / 10)
        else expect(hex(second)).toBe(hex(first))
        expect(same(to.decode(first, true, 2000), message)).toBe(true)
        expect(same(to.decode(second, true, 2000), message)).toBe(true)
      }
    }
  })

  it('does not let a message refer to those before it where that was agreed', () => {
    const sender = pair().client
    const encoded = [sender.encode(json(2000), true), sender.encode(json(2000), true)]
    const { server } = pair({ clientNoContextTakeover: true })
    server.decode(encoded[0], true, 2000)
    expect(() => server.decode(encoded[1], true, 2000)).toThrow(expect.objectContaining({ closeCode: 1007 }))
  })

  it.each([8, 9, 10, 11, 12, 13, 14, 15])('keeps to a window of %i bits', (windowBits) => {
    // Repeats at every distance up to beyond the window, with text that cannot match elsewhere.
    const random = noise(1 << Math.min(windowBits + 1, 15))
    const messages = [random, random, json(3000), json(3000), random.slice(100)]
    for (const level of levels) {
      for (const memLevel of [1, 8]) {
        if (windowBits > 11 && level !== 9) continue
        const settings = { windowBits, level, memLevel }
        const deflater = backend.deflater(settings)
        const whole = Buffer.concat(messages.map((message) => deflater.deflate(message)))
        const { maxDistance, output } = walk(whole)
        expect(maxDistance).toBeLessThanOrEqual(1 << windowBits)
        expect(same(output, Buffer.concat(messages))).toBe(true)
      }
    }
  })

  it.each([8, 9, 15])('is read by zlib with a window of %i bits', async (bits) => {
    const { client, server } = pair({ serverMaxWindowBits: bits, clientMaxWindowBits: bits })
    for (const from of [client, server]) {
      const inflate = createInflateRaw({ windowBits: bits })
      const received: Buffer[] = []
      inflate.on('data', (chunk: Buffer) => received.push(chunk))
      const messages = Array.from({ length: 50 }, (_, i) => json(700, i))
      for (const message of messages) {
        // Each piece on its own, so that zlib has nothing but its window to look back to.
        for (const fragment of [...encodeMessage(from, message, 50), TAIL]) {
          await new Promise<void>((resolve) => inflate.write(fragment, () => inflate.flush(() => resolve())))
        }
      }
      expect(same(Buffer.concat(received), Buffer.concat(messages))).toBe(true)
      inflate.close()
    }
  })

  it('copies: neither end keeps or shares the caller’s bytes', () => {
    const { client, server } = pair()
    const message = json(3000)
    const given = message.slice()
    const encoded = client.encode(given, true)
    given.fill(0)
    const sent = encoded.slice()
    encoded.fill(0xff)
    const decoded = server.decode(sent, true, 3000)
    sent.fill(0xff)
    expect(same(decoded, message)).toBe(true)
    decoded.fill(0)
    const next = client.encode(message, true)
    expect(next.length).toBeLessThan(100)
    expect(same(server.decode(next, true, 3000), message)).toBe(true)
  })

  it('keeps connections apart that share their memory', () => {
    const options = { backend, serverNoContextTakeover: true, clientNoContextTakeover: true }
    const [left, right] = [permessageDeflate(options), permessageDeflate(options)]
    const ends = Array.from({ length: 6 }, () => {
      const { parameters, extension } = right.accept(left.offers()[0]) ?? expect.fail()
      return { client: left.accepted(parameters), server: extension, received: [] as Uint8Array[] }
    })
    const messages = ends.map((_, i) => json(4000, i * 100))
    // Their fragments in turn: each holds its deflater and inflater until its message ends.
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 4000; at += 1000) {
        for (const [i, { client, server, received }] of ends.entries()) {
          const fragment = client.encode(messages[i].subarray(at, at + 1000), at === 3000)
          received.push(server.decode(fragment, at === 3000, 4000))
        }
      }
    }
    for (const [i, { received }] of ends.entries()) {
      expect(same(Buffer.concat(received), Buffer.concat([messages[i], messages[i], messages[i]]))).toBe(true)
    }
  })
})

describe('the threshold', () => {
  it.each<[PermessageDeflateOptions, size: number, fin: boolean, encodes: boolean]>([
    [{}, 1023, true, false],
    [{}, 1024, true, true],
    [{}, 10, false, true],
    [{ threshold: 0 }, 0, true, true],
    [{ threshold: 1 }, 0, true, false],
    [{ threshold: Number.POSITIVE_INFINITY }, 1 << 30, true, false],
    [{ threshold: Number.POSITIVE_INFINITY }, 10, false, false],
  ])('with %j and %i bytes, fin %s: %s', (options, size, fin, encodes) => {
    expect(permessageDeflate(options).accepted(parameters('')).encodes('text', size, fin)).toBe(encodes)
  })
})

describe('a backend of the caller’s', () => {
  function counting() {
    const made: string[] = []
    const pako = backends[0][1]
    const backend: Backend = {
      deflater: (settings) => {
        made.push(`deflater ${JSON.stringify(settings)}`)
        return Object.assign(pako.deflater(settings), { release: () => made.push('released') })
      },
      inflater: (settings) => {
        made.push(`inflater ${JSON.stringify(settings)}`)
        return Object.assign(pako.inflater(settings), { release: () => made.push('released') })
      },
    }
    return { made, backend }
  }

  it('is asked for nothing before there is something to do, and released at the end', () => {
    const { made, backend } = counting()
    const negotiator = permessageDeflate({ backend, level: 3, memLevel: 5, serverMaxWindowBits: 10 })
    const { extension } = negotiator.accept(parameters('client_max_window_bits=12')) ?? expect.fail()
    extension.encode(new Uint8Array(0), true)
    expect(made).toEqual([])
    extension.encode(utf8('abc'), true)
    expect(made).toEqual(['deflater {"windowBits":10,"level":3,"memLevel":5}'])
    extension.decode(Uint8Array.of(0), true, 0)
    extension.decode(Uint8Array.of(0), true, 0)
    expect(made.slice(1)).toEqual(['inflater {"windowBits":12}'])
    extension.release?.()
    expect(made.slice(2)).toEqual(['released', 'released'])
    expect(() => extension.encode(utf8('abc'), true)).toThrow('released')
    expect(() => extension.decode(Uint8Array.of(0), true, 0)).toThrow('released')
  })

  it('keeps a few for connections without context takeover', () => {
    const { made, backend } = counting()
    const negotiator = permessageDeflate({ backend, serverNoContextTakeover: true })
    const extensions = Array.from({ length: 100 }, () => negotiator.accept(new Map())?.extension ?? expect.fail())
    for (const extension of extensions) extension.encode(utf8('abc'), true)
    expect(made.length).toBe(1)
    for (const extension of extensions) extension.encode(utf8('abc'), false)
    expect(made.length).toBe(100)
    for (const extension of extensions) extension.encode(utf8('abc'), true)
    expect(made.filter((one) => one === 'released').length).toBe(96)
  })

  it('that does not flush is found out', () => {
    const { backend } = counting()
    const broken: Backend = {
      ...backend,
      deflater: () => ({ deflate: (given: Uint8Array) => given, reset: () => {} }),
    }
    const { extension } = permessageDeflate({ backend: broken }).accept(new Map()) ?? expect.fail()
    expect(() => extension.encode(utf8('abcdefgh'), true)).toThrow('did not flush')
  })
})
