// What a peer may send that is no message: bombs, data that is cut off or goes on, wrong bits, floods of blocks.
// Knows the extension and its backends; the bytes come from node:zlib or are written by hand.

import { constants, deflateRawSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { type Extension, ExtensionError } from '../../bindings/index.js'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { noise, utf8 } from '../support/frames.js'
import { backends, decodeMessage, json, parameters, same, TAIL } from './pairs.js'
import { walk } from './reference.js'

const MIB = 1 << 20
const flush = { finishFlush: constants.Z_SYNC_FLUSH }
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** A message as zlib compresses it, ready to send. */
function payload(message: Uint8Array): Uint8Array {
  return new Uint8Array(deflateRawSync(message, flush)).subarray(0, -4)
}

/** A payload that becomes `size` zeros. */
function bomb(size: number): Uint8Array {
  // One mebibyte after another, each referring to the one before: the same bytes again and again.
  const first = deflateRawSync(new Uint8Array(MIB), flush)
  const next = deflateRawSync(new Uint8Array(MIB), { ...flush, dictionary: new Uint8Array(32_768) })
  const rest = new Array(size / MIB - 1).fill(next)
  return new Uint8Array(Buffer.concat([first, ...rest])).subarray(0, -4)
}

/** Whether a payload is whole once the four octets are appended, as the slow inflater sees it. */
function wholeBlocks(payload: Uint8Array): boolean {
  try {
    walk(Buffer.concat([payload, TAIL]))
    return true
  } catch {
    return false
  }
}

/** The close code that decoding ends with; undefined where it does not. */
function code(decode: () => unknown): number | undefined {
  try {
    decode()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(ExtensionError)
    expect((error as Error).message.length).toBeLessThan(100)
    return (error as ExtensionError).closeCode
  }
}

describe.each(backends)('%s', (_name, backend) => {
  const receiver = (agreed = ''): Extension => permessageDeflate({ backend }).accepted(parameters(agreed))

  it('stops a bomb of 1 GiB at the limit, in the memory of the limit', () => {
    const payload = bomb(1024 * MIB)
    expect(payload.length).toBeLessThan(1.2 * MIB)
    const limit = 16 * MIB
    let most = 0
    for (const size of [payload.length, 65_536, 1000]) {
      const extension = receiver()
      const before = process.memoryUsage().arrayBuffers
      let left = limit
      let at = 0
      const stopped = code(() => {
        for (; at < payload.length; at += size) {
          left -= extension.decode(payload.subarray(at, at + size), false, left).length
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        }
      })
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      expect(stopped).toBe(1009)
      expect(at).toBeLessThan(payload.length / 32)
    }
    expect(most).toBeLessThan(2 * limit + 4 * MIB)
  })

  it.each([0, 1, 65_535, 65_536, 65_537, MIB])('tells %i bytes from one more', (size) => {
    const message = json(size)
    expect(same(receiver().decode(payload(message), true, size), message)).toBe(true)
    if (size > 0) expect(code(() => receiver().decode(payload(message), true, size - 1))).toBe(1009)
    // And where the limit is reached in an earlier piece.
    const extension = receiver()
    const given = payload(message)
    const half = given.length >> 1
    const first = extension.decode(given.subarray(0, half), false, size)
    const rest = extension.decode(given.subarray(half), true, size - first.length)
    expect(first.length + rest.length).toBe(size)
  })

  it('has no limit where there is none', () => {
    const message = noise(3 * MIB)
    expect(same(receiver().decode(payload(message), true, Number.POSITIVE_INFINITY), message)).toBe(true)
  })

  it.each([
    ['of JSON', json(3000)],
    ['of noise', noise(3000)],
    ['of five bytes', utf8('Hello')],
  ])('finds a message %s cut off anywhere', (_what, message) => {
    const whole = payload(message)
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length)
      // What is left may be whole all the same: the first byte of a stored block is an empty message, and where one lacks
      // four bytes, the four that are appended complete it. Nobody could tell.
      const expected = wholeBlocks(cut) ? undefined : 1007
      expect(
        code(() => receiver().decode(cut, true, MIB)),
        `${length} of ${whole.length}`,
      ).toBe(expected)
    }
  })

  it('finds a stored block cut off, however much of what is appended it takes for its data', () => {
    const message = noise(200)
    for (const final of [0, 1]) {
      const block = Buffer.concat([Uint8Array.of(final, 200, 0, 55, 255), message])
      for (let missing = 1; missing < 60; missing++) {
        const stopped = code(() => receiver().decode(new Uint8Array(block.subarray(0, -missing)), true, MIB))
        expect(stopped, `${missing}`).toBe(final === 0 && missing === 4 ? undefined : 1007)
      }
    }
  })

  it('takes a message for whole that ends in what looks like the end of one', () => {
    for (const end of ['01 08 00 f7 ff', '00 00 ff ff', '01 00 00 ff ff', '00 00 ff ff 01 00 00 ff ff']) {
      const message = new Uint8Array(Buffer.concat([noise(100), bytes(end)]))
      const extension = receiver()
      expect(same(extension.decode(payload(message), true, 200), message)).toBe(true)
      expect(same(extension.decode(payload(message), true, 200), message)).toBe(true)
    }
  })

  it('finds bytes after a message’s data', () => {
    const whole = payload(json(3000))
    for (const after of [
      '00 00 ff ff',
      '00',
      'ff',
      '00 00 ff ff 00 00 ff ff',
      '06',
      '07',
      '01 00 00 ff ff 00 00 ff ff',
    ]) {
      const given = new Uint8Array(Buffer.concat([whole, bytes(after)]))
      expect(
        code(() => receiver().decode(given, true, MIB)),
        after,
      ).toBe(1007)
    }
  })

  it('finds wrong data', () => {
    for (const given of ['06', '07 00', '00 01 00 00 00', 'ff ff ff ff', '05 ff', '02 02 00 00', '4a 04']) {
      const stopped = code(() => receiver().decode(bytes(given), true, MIB))
      expect(stopped, given).toBe(1007)
    }
  })

  it('does not take a message without any byte for an empty one', () => {
    expect(code(() => receiver().decode(new Uint8Array(0), true, MIB))).toBe(1007)
    // But its last fragment may have none.
    const extension = receiver()
    extension.decode(bytes('f2 48 cd c9 c9 07 00'), false, 5)
    expect(extension.decode(new Uint8Array(0), true, 0).length).toBe(0)
  })

  it('says the same again, whatever comes', () => {
    const extension = receiver()
    expect(code(() => extension.decode(bytes('06'), true, MIB))).toBe(1007)
    expect(code(() => extension.decode(bytes('00'), true, MIB))).toBe(1007)
    extension.release?.()
    expect(code(() => extension.decode(bytes('00'), true, MIB))).toBe(1007)
  })

  it('neither crashes nor loops on any bytes, in any cut', () => {
    for (let round = 0; round < 400; round++) {
      const given = round % 2 === 0 ? noise(1 + (round % 50)) : payload(json(500, round)).slice()
      if (round % 2 === 1) given[(round * 7919) % given.length] ^= 1 << (round % 8)
      const outcomes = [given.length, 1, 3].map((size) => {
        const extension = receiver()
        const pieces: Uint8Array[] = []
        const stopped = code(() => {
          for (let at = 0; at < given.length; at += size) {
            const fin = at + size >= given.length
            pieces.push(extension.decode(given.subarray(at, at + size), fin, 100_000))
          }
        })
        return stopped ?? Buffer.concat(pieces).toString('hex')
      })
      expect(new Set(outcomes).size, Buffer.from(given).toString('hex')).toBe(1)
    }
  })

  describe('a block with BFINAL on', () => {
    const [head, tail] = [json(2000), json(2000, 40)]
    const finished = new Uint8Array(deflateRawSync(head))

    it('may end a message, with or without the empty block after it', () => {
      for (const end of ['', '00']) {
        const given = new Uint8Array(Buffer.concat([finished, bytes(end)]))
        expect(same(receiver().decode(given, true, 2000), head)).toBe(true)
        const cut = [...given].map((byte) => Uint8Array.of(byte))
        expect(same(decodeMessage(receiver(), cut), head)).toBe(true)
      }
    })

    it('leaves the window as it is, for the rest of the message and for the next', () => {
      const more = new Uint8Array(deflateRawSync(tail, { dictionary: head }))
      expect(more.length).toBeLessThan(finished.length)
      const both = new Uint8Array(Buffer.concat([finished, more]))
      expect(same(receiver().decode(both, true, 4000), Buffer.concat([head, tail]))).toBe(true)
      for (const end of ['', '00']) {
        const extension = receiver()
        const first = new Uint8Array(Buffer.concat([finished, bytes(end)]))
        expect(same(extension.decode(first, true, 2000), head)).toBe(true)
        expect(same(extension.decode(more, true, 2000), tail)).toBe(true)
      }
    })

    it('does not make a message of none, after one that ended so', () => {
      const extension = receiver()
      extension.decode(finished, true, 2000)
      expect(code(() => extension.decode(new Uint8Array(0), true, 2000))).toBe(1007)
    })

    it('may come for every fragment of a message, but not for every second byte', () => {
      const fragments = Array.from({ length: 300 }, (_, i) => new Uint8Array(deflateRawSync(json(40, i))))
      expect(decodeMessage(receiver(), fragments).length).toBe(12_000)
      const flood = bytes('03 00'.repeat(MIB / 2))
      // pako makes new tables for each block that goes on after one with BFINAL on.
      const tables = vi.spyOn(globalThis, 'Int32Array')
      expect(code(() => receiver().decode(flood, true, MIB))).toBe(1007)
      expect(
        code(() =>
          decodeMessage(
            receiver(),
            [...flood.subarray(0, 1000)].map((one) => Uint8Array.of(one)),
          ),
        ),
      ).toBe(1007)
      expect(tables.mock.calls.length).toBeLessThan(1000)
      tables.mockRestore()
    })
  })
})
