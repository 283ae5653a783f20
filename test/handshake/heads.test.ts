// Heads of requests and responses from raw bytes (RFC 9112): what is one, what is none, in any cut.
// The malformed heads that llhttp refuses, and those of python-websockets' tests, are among these.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latin1 } from '../../bindings/handshake/characters.js'
import {
  acceptUpgrade,
  HandshakeError,
  parseRequestHead,
  parseResponseHead,
  RequestHeadReader,
  ResponseHeadReader,
} from '../../bindings/handshake/index.js'
import { RemoteProtocolError } from '../../bindings/index.js'
import { check } from '../support/seed.js'
import { head, requestFields, responseFields, text } from './samples.js'

const REQUEST = head('GET /chat?x=1 HTTP/1.1', requestFields())
const RESPONSE = head('HTTP/1.1 101 Switching Protocols', responseFields())
const frame = Uint8Array.of(0x81, 0x80, 0, 0, 0, 0)

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

describe('a request', () => {
  it('is read, and what comes after it is handed on', () => {
    const result = parseRequestHead(joined(REQUEST, frame))
    expect(result).toEqual({
      state: 'DONE',
      head: { method: 'GET', url: '/chat?x=1', httpVersion: '1.1', headers: requestFields() },
      rest: frame,
    })
    expect(result.state === 'DONE' && acceptUpgrade(result.head)).toMatchObject({ ok: true, response: { status: 101 } })
  })

  it.each<[string, string, [string, string | undefined][]]>([
    ['an empty line before it', '\r\nGET / HTTP/1.1', []],
    ['an absolute target', 'GET http://server.example.com/chat HTTP/1.1', []],
    ['an absolute ws: target', 'GET WS://server.example.com/ HTTP/1.1', []],
    ['another method', 'PROPFIND / HTTP/1.1', []],
    ['an empty value', 'GET / HTTP/1.1', [['X', '']]],
    ['blanks around a value', 'GET / HTTP/1.1', [['X', ' \t y \t ']]],
    ['blanks and tabs in a value', 'GET / HTTP/1.1', [['X', 'a \t b']]],
    ['obs-text', 'GET / HTTP/1.1', [['X', '\xe9\xff\x80']]],
    ['every character of a token in a name', 'GET / HTTP/1.1', [["!#$%&'*+-.^_`|~09azAZ", 'y']]],
    ['a Content-Length of 0', 'GET / HTTP/1.1', [['Content-Length', '0']]],
    ['an IPv6 host', 'GET / HTTP/1.1', [['Host', '[::1]:8080']]],
    [
      'a name with a meaning elsewhere',
      'GET / HTTP/1.1',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
  ])('with %s is one', (_, line, changed) => {
    const fields = requestFields(...changed)
    const result = parseRequestHead(head(line, fields))
    expect(result).toMatchObject({
      state: 'DONE',
      head: { headers: fields.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]) },
    })
  })

  const line = (bytes: string) => latin1(`GET / HTTP/1.1\r\nHost: a\r\n${bytes}\r\n\r\n`)
  it.each<[string, Uint8Array | string, string, number]>([
    ['no HTTP', 'broken nonsense\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n', 'ERR_REQUEST_LINE', 400],
    ['two empty lines before it', `\r\n\r\n${text(REQUEST)}`, 'ERR_REQUEST_LINE', 400],
    ['a blank before it', ` ${text(REQUEST)}`, 'ERR_REQUEST_LINE', 400],
    ['no version', 'GET /\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['no target', 'GET HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['two spaces', 'GET  / HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a tab for a space', 'GET\t/ HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a space at the end', 'GET / HTTP/1.1 \r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a method that is no token', 'G@T / HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a target that is no path', 'GET chat HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a target for OPTIONS', 'OPTIONS * HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a target for CONNECT', 'CONNECT a:80 HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a fragment', 'GET /#a HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a target that is not ASCII', 'GET /\xe9 HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a NUL in the target', 'GET /\0 HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'ERR_REQUEST_HTTP_VERSION', 505],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\n\r\n', 'ERR_REQUEST_HTTP_VERSION', 505],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\n\r\n', 'ERR_REQUEST_HTTP_VERSION', 505],
    ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['http/1.1', 'GET / http/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['HTTP/1.10', 'GET / HTTP/1.10\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['HTTP/1,1', 'GET / HTTP/1,1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['ICE/1.1', 'GET / ICE/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a line feed alone after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a line feed alone after a field', line('X: y\nZ: w'), 'ERR_REQUEST_FIELD', 400],
    ['a line feed alone at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 'ERR_REQUEST_FIELD', 400],
    ['a carriage return in the request line', 'GET /\r HTTP/1.1\r\n\r\n', 'ERR_REQUEST_LINE', 400],
    ['a carriage return in a value', line('X: a\rb'), 'ERR_REQUEST_FIELD', 400],
    ['two carriage returns', line('X: a\r'), 'ERR_REQUEST_FIELD', 400],
    ['a carriage return in a name', line('X\r: a'), 'ERR_REQUEST_FIELD', 400],
    ['a folded field', line('X: a\r\n b'), 'ERR_REQUEST_FIELD', 400],
    ['a field folded by a tab', line('X: a\r\n\tb'), 'ERR_REQUEST_FIELD', 400],
    ['a blank before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'ERR_REQUEST_FIELD', 400],
    ['a line of blanks', line(' '), 'ERR_REQUEST_FIELD', 400],
    ['a blank before the colon', line('X : a'), 'ERR_REQUEST_FIELD', 400],
    ['a tab before the colon', line('X\t: a'), 'ERR_REQUEST_FIELD', 400],
    ['a blank in a name', line('X Y: a'), 'ERR_REQUEST_FIELD', 400],
    ['no name', line(': a'), 'ERR_REQUEST_FIELD', 400],
    ['no colon', line('Oops'), 'ERR_REQUEST_FIELD', 400],
    ['a NUL in a name', line('X\0: a'), 'ERR_REQUEST_FIELD', 400],
    ['a name that is not ASCII', line('\xe9: a'), 'ERR_REQUEST_FIELD', 400],
    ['a pseudo-header of HTTP/2', line(':protocol: websocket'), 'ERR_REQUEST_FIELD', 400],
    ['a quote in a name', line('"X": a'), 'ERR_REQUEST_FIELD', 400],
    ['a NUL in a value', line('X: a\0b'), 'ERR_REQUEST_FIELD', 400],
    ['a control character in a value', line('X: \x0f'), 'ERR_REQUEST_FIELD', 400],
    ['a DEL in a value', line('X: \x7f'), 'ERR_REQUEST_FIELD', 400],
    ['a form feed at the end of a value', line('X: a\f'), 'ERR_REQUEST_FIELD', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'ERR_REQUEST_HOST', 400],
    ['two Hosts', line('Host: b'), 'ERR_REQUEST_HOST', 400],
    ['the same Host twice', line('host: a'), 'ERR_REQUEST_HOST', 400],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'ERR_REQUEST_HOST', 400],
    ['a Host with a user', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 'ERR_REQUEST_HOST', 400],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'ERR_REQUEST_HOST', 400],
    ['two Hosts in one', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 'ERR_REQUEST_HOST', 400],
    ['a body', line('Content-Length: 3'), 'ERR_REQUEST_BODY', 400],
    ['a length that is none', line('Content-Length: +0'), 'ERR_REQUEST_BODY', 400],
    ['a length in a list', line('Content-Length: 0, 0'), 'ERR_REQUEST_BODY', 400],
    ['a second length', line('Content-Length: 0\r\nContent-Length: 5'), 'ERR_REQUEST_BODY', 400],
    ['a chunked body', line('Transfer-Encoding: chunked'), 'ERR_REQUEST_BODY', 400],
    ['a strange Transfer-Encoding', line('Transfer-Encoding:'), 'ERR_REQUEST_BODY', 400],
  ])('with %s is none', (_, given, code, status) => {
    const bytes = typeof given === 'string' ? latin1(given) : given
    const result = parseRequestHead(bytes)
    expect(result).toMatchObject({ state: 'ERROR', ok: false, code, response: { status } })
    if (result.state !== 'ERROR') return
    expect(text(result.responseBytes)).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [^\r\n]+\r\n(?:[!-~]+: [ -~]+\r\n)+\r\n`),
    )
    // Neither what it says nor its headers let through what was sent.
    expect(text(result.responseBytes)).toMatch(/^[\r\n -~]*$/)
    for (const cut of cuts(bytes)) expect(cut(new RequestHeadReader())).toEqual(result)
  })
})

/** The ways to hand bytes to a reader: one by one, and in two at every position. */
function* cuts(bytes: Uint8Array) {
  const feed = (chunks: Uint8Array[]) => (reader: RequestHeadReader | ResponseHeadReader) => {
    let result: ReturnType<(typeof reader)['push']> = { state: 'NEED_DATA' }
    for (const [index, chunk] of chunks.entries()) {
      result = reader.push(chunk)
      if (result.state === 'DONE') return { ...result, rest: joined(result.rest, ...chunks.slice(index + 1)) }
    }
    return result
  }
  yield feed(Array.from(bytes, (byte) => Uint8Array.of(byte)))
  for (let i = 0; i <= bytes.length; i++) yield feed([bytes.slice(0, i), bytes.slice(i)])
}

describe('a response', () => {
  it('is read, and what comes after it is handed on', () => {
    expect(parseResponseHead(joined(RESPONSE, frame))).toEqual({
      state: 'DONE',
      head: { status: 101, statusText: 'Switching Protocols', httpVersion: '1.1', headers: responseFields() },
      rest: frame,
    })
  })

  it.each([
    ['HTTP/1.1 101 ', 101, ''],
    ['HTTP/1.1 200 OK', 200, 'OK'],
    ['HTTP/1.1 404 Not \t Found \xe9', 404, 'Not \t Found \xe9'],
    ['HTTP/1.1 599  ', 599, ' '],
  ])('with %j is one', (line, status, statusText) => {
    expect(parseResponseHead(head(line, []))).toMatchObject({
      state: 'DONE',
      head: { status, statusText, headers: [] },
    })
  })

  it.each([
    ['Hello!', 'ERR_RESPONSE_LINE'],
    ['', 'ERR_RESPONSE_LINE'],
    ['\r\nHTTP/1.1 101 ', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 101', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1  101 ', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 OMG WTF', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 007 My name is Bond', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 1e2 x', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 1010 x', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 600 x', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 200 \x7f', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 200 a\0', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.0 101 x', 'ERR_RESPONSE_HTTP_VERSION'],
    ['HTTP/2.0 101 x', 'ERR_RESPONSE_HTTP_VERSION'],
    ['http/1.1 101 x', 'ERR_RESPONSE_LINE'],
    ['HTTP/1.1 101 x\r\nOops', 'ERR_RESPONSE_FIELD'],
    ['HTTP/1.1 101 x\r\nX: a\r\n b', 'ERR_RESPONSE_FIELD'],
    ['HTTP/1.1 101 x\r\nX: a\nY: b', 'ERR_RESPONSE_FIELD'],
    ['HTTP/1.1 101 x\nX: a', 'ERR_RESPONSE_LINE'],
  ])('with %j is none', (start, code) => {
    const bytes = head(start, [])
    const result = parseResponseHead(bytes)
    expect(result).toMatchObject({ state: 'ERROR', ok: false, code })
    if (result.state !== 'ERROR') return
    expect(result.error).toBeInstanceOf(RemoteProtocolError)
    expect(result.error).toBeInstanceOf(HandshakeError)
    expect(result.error).toMatchObject({ code, message: result.reason, closeCode: 1006 })
    expect(() => result.error.response()).toThrow('end the transport')
    for (const cut of cuts(bytes)) expect(cut(new ResponseHeadReader())).toEqual(result)
  })

  it('is the one behind interim ones, in any cut: RFC 9110 section 15.2', () => {
    const frame = Uint8Array.of(0x81, 1, 0x61)
    const interim = ['100 Continue', '102 Processing', '103 Early Hints'].map((status) =>
      head(`HTTP/1.1 ${status}`, [['Link', '</a>']]),
    )
    const bytes = joined(...interim, RESPONSE, frame)
    expect(parseResponseHead(bytes)).toMatchObject({ state: 'DONE', head: { status: 101 }, rest: frame })
    for (const size of [1, 2, 3, 7, 20, 50, bytes.length - 4]) {
      const reader = new ResponseHeadReader({ maxHeadSize: 200, maxHeaders: 3 })
      let at = 0
      let result = reader.push(bytes.subarray(0, 0))
      while (result.state === 'NEED_DATA' && at < bytes.length) {
        result = reader.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(result).toMatchObject({ state: 'DONE', head: { status: 101, headers: responseFields() } })
      if (result.state === 'DONE') expect(joined(result.rest, bytes.subarray(at))).toEqual(frame)
    }
    expect(parseResponseHead(joined(...interim))).toEqual({ state: 'NEED_DATA' })
    // Each of them is read as strictly, and within the limits.
    const reader = new ResponseHeadReader({ maxHeaders: 1 })
    reader.push(interim[0])
    expect(
      reader.push(
        head('HTTP/1.1 103 x', [
          ['A', 'b'],
          ['C', 'd'],
        ]),
      ),
    ).toMatchObject({ code: 'ERR_RESPONSE_SIZE' })
  })
})

describe('in any cut', () => {
  it('a head is the same, and so is what comes after it', () => {
    for (const cut of cuts(joined(REQUEST, frame))) {
      expect(cut(new RequestHeadReader())).toEqual(parseRequestHead(joined(REQUEST, frame)))
    }
    for (const cut of cuts(joined(RESPONSE, frame))) {
      expect(cut(new ResponseHeadReader())).toEqual(parseResponseHead(joined(RESPONSE, frame)))
    }
  })

  it('a head that has not ended needs more', () => {
    for (let i = 0; i < REQUEST.length; i++)
      expect(parseRequestHead(REQUEST.subarray(0, i))).toEqual({ state: 'NEED_DATA' })
  })

  it('any bytes have one meaning', () => {
    const pieces = ['GET / HTTP/1.1\r\n', 'Host: a\r\n', 'X: y\r\n', '\r\n', '\n', '\r', ' ', ':', 'a', '\0', '\xff']
    const bytes = fc
      .array(fc.constantFrom(...pieces), { maxLength: 12 })
      .map((parts) => latin1(`GET / HTTP/1.1\r\n${parts.join('')}`))
    check(
      fc.property(bytes, fc.array(fc.nat({ max: 40 }), { maxLength: 5 }), (all, lengths) => {
        const reader = new RequestHeadReader()
        let at = 0
        for (const length of [...lengths, all.length]) {
          const chunk = all.slice(at, at + length)
          at += chunk.length
          const result = reader.push(chunk)
          // The caller may use the chunk again.
          if (result.state === 'NEED_DATA') chunk.fill(0)
          if (result.state === 'NEED_DATA' && at < all.length) continue
          const whole = parseRequestHead(all)
          const known = result.state === 'DONE' ? { ...result, rest: joined(result.rest, all.slice(at)) } : result
          expect(known).toEqual(whole)
          return
        }
      }),
      300,
    )
  })

  it('a reader is for one head', () => {
    const reader = new RequestHeadReader()
    expect(reader.push(REQUEST).state).toBe('DONE')
    expect(() => reader.push(frame)).toThrow('belong to the connection')
    const broken = new RequestHeadReader()
    const error = broken.push(latin1('x\r\n'))
    expect(error.state).toBe('ERROR')
    expect(broken.push(REQUEST)).toBe(error)
  })

  it('bytes are a Uint8Array, a part of a buffer, or an ArrayBuffer', () => {
    const buffer = joined(Uint8Array.of(1, 2, 3), REQUEST, frame)
    expect(parseRequestHead(Buffer.from(buffer).subarray(3))).toMatchObject({ state: 'DONE', rest: frame })
    expect(parseRequestHead(buffer.slice(3).buffer)).toMatchObject({ state: 'DONE', rest: frame })
    expect(() => parseRequestHead('GET' as never)).toThrow(TypeError)
  })
})
