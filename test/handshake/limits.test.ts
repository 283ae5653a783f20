// How much head is taken, and that reading it takes time linear in its bytes (RFC 6455 section 10.4).

import { afterEach, describe, expect, it, vi } from 'vitest'
import { latin1 } from '../../bindings/handshake/characters.js'
import {
  type HeadLimits,
  parseRequestHead,
  parseResponseHead,
  RequestHeadReader,
} from '../../bindings/handshake/index.js'
import { head } from './samples.js'

describe('limits', () => {
  const field = (size: number) => latin1(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(size - 3)}\r\n\r\n`)
  const target = (size: number) => latin1(`GET /${'y'.repeat(size - 14)} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const count = (fields: number) => latin1(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(fields - 1)}\r\n`)

  it.each<[string, Uint8Array, HeadLimits | undefined, string, number]>([
    ['a line', field(8192), undefined, 'DONE', 0],
    ['a line', field(8193), undefined, 'ERR_REQUEST_SIZE', 431],
    ['the request line', target(8192), undefined, 'DONE', 0],
    ['the request line', target(8193), undefined, 'ERR_REQUEST_LINE_LENGTH', 414],
    ['fields', count(128), undefined, 'DONE', 0],
    ['fields', count(129), undefined, 'ERR_REQUEST_SIZE', 431],
    ['a line of 40', field(40), { maxLineLength: 40 }, 'DONE', 0],
    ['a line of 40', field(41), { maxLineLength: 40 }, 'ERR_REQUEST_SIZE', 431],
    ['3 fields', count(3), { maxHeaders: 3 }, 'DONE', 0],
    ['3 fields', count(4), { maxHeaders: 3 }, 'ERR_REQUEST_SIZE', 431],
    ['the head', count(9), { maxHeadSize: count(9).length }, 'DONE', 0],
    ['the head', count(9), { maxHeadSize: count(9).length - 1 }, 'ERR_REQUEST_SIZE', 431],
  ])('of %s, case %#', (_, bytes, limits, code, status) => {
    for (const result of [parseRequestHead(bytes, limits), bytewise(bytes, new RequestHeadReader(limits))]) {
      if (code === 'DONE') expect(result.state).toBe('DONE')
      else expect(result).toMatchObject({ state: 'ERROR', code, response: { status } })
    }
  })

  function bytewise(bytes: Uint8Array, reader: RequestHeadReader) {
    let result = reader.push(new Uint8Array(0))
    for (const byte of bytes) {
      if (result.state !== 'NEED_DATA') break
      result = reader.push(Uint8Array.of(byte))
    }
    return result
  }

  it('hold before a line ends, so that no more is kept', () => {
    const reader = new RequestHeadReader()
    expect(reader.push(new Uint8Array(8193).fill(0x41)).state).toBe('NEED_DATA')
    expect(reader.push(Uint8Array.of(0x41))).toMatchObject({ state: 'ERROR', response: { status: 414 } })
    expect(parseResponseHead(new Uint8Array(10_000).fill(0x41))).toMatchObject({ code: 'ERR_RESPONSE_SIZE' })
  })

  it.each([
    [{ maxHeaders: '1' }, TypeError],
    [{ maxLineLength: 0 }, RangeError],
    [{ maxHeadSize: 1.5 }, RangeError],
    [{ maxHeadSize: Number.POSITIVE_INFINITY }, RangeError],
    [null, TypeError],
  ])('%j are none', (limits, error) => {
    expect(() => new RequestHeadReader(limits as never)).toThrow(error)
    expect(() => parseResponseHead(new Uint8Array(0), limits as never)).toThrow(error)
  })
})

describe('reading takes time linear in the bytes', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each([
    ['byte by byte', 1],
    ['whole', 65_536],
  ])('%s', (_, size) => {
    const bytes = head('GET / HTTP/1.1', [
      ['Host', 'a'],
      ...Array.from({ length: 7 }, (): [string, string] => ['X', 'y'.repeat(8000)]),
    ])
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    let copied = 0
    let scanned = 0
    const { set, indexOf } = Uint8Array.prototype
    vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, source, at) {
      copied += source.length
      set.call(this, source, at)
    })
    vi.spyOn(Uint8Array.prototype, 'indexOf').mockImplementation(function (this: Uint8Array, wanted, from) {
      const found = indexOf.call(this, wanted, from)
      scanned += (found < 0 ? this.length : found + 1) - (from ?? 0)
      return found
    })
    const reader = new RequestHeadReader()
    const results = chunks.map((chunk) => reader.push(chunk).state)
    expect(results.at(-1)).toBe('DONE')
    expect(scanned).toBe(bytes.length)
    expect(copied).toBeLessThan(4 * bytes.length)
  })
})
