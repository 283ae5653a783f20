// The client's part of the opening handshake over HTTP/1.1 (RFC 6455 section 4.1): what is asked, and which answers do.
// The responses that wsproto, python-websockets and ws refuse in their tests are among these.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { latin1 } from '../../bindings/handshake/characters.js'
import {
  acceptUpgrade,
  HandshakeError,
  parseRequestHead,
  parseResponseHead,
  type RequestOptions,
  requestUpgrade,
  type UpgradeResponse,
} from '../../bindings/handshake/index.js'
import { acceptFor } from '../../bindings/handshake/key.js'
import { RemoteProtocolError } from '../../bindings/index.js'
import { ACCEPT, KEY, negotiator, parameters, responseFields, text } from './samples.js'

/** A request with the key of the RFC's example. */
function sample(options?: RequestOptions) {
  const random = vi.spyOn(crypto, 'getRandomValues').mockImplementationOnce((array) => {
    new Uint8Array((array as Uint8Array).buffer).set(Uint8Array.from('the sample nonce', (c) => c.charCodeAt(0)))
    return array
  })
  const request = requestUpgrade('ws://server.example.com/chat', options)
  random.mockRestore()
  return request
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the request', () => {
  it('is that of the RFC', () => {
    const { requestBytes, headers } = sample()
    expect(text(requestBytes)).toBe(
      'GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    expect(headers).toEqual({
      Host: 'server.example.com',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': KEY,
      'Sec-WebSocket-Version': '13',
    })
  })

  it('has a key of its own each time', () => {
    const keys = Array.from({ length: 100 }, () => requestUpgrade('ws://a').headers['Sec-WebSocket-Key'] as string)
    expect(new Set(keys).size).toBe(100)
    for (const key of keys) expect(atob(key).length).toBe(16)
  })

  it('has what the options say, and a server reads it', () => {
    const { requestBytes, headers } = sample({
      subprotocols: ['soap', 'wamp'],
      extensions: [
        negotiator('foo', { offers: () => [parameters(['a', '1'], ['b', true]), parameters()] }),
        negotiator('bar'),
      ],
      origin: 'https://example.com',
      headers: { Authorization: 'Basic YTpi', Cookie: ['a=1', 'b=2'] },
    })
    expect(headers).toMatchObject({
      Origin: 'https://example.com',
      'Sec-WebSocket-Protocol': 'soap, wamp',
      'Sec-WebSocket-Extensions': 'foo; a=1; b, foo, bar',
      Authorization: 'Basic YTpi',
    })
    const result = parseRequestHead(requestBytes)
    if (result.state !== 'DONE') throw new Error(result.state)
    expect(acceptUpgrade(result.head, { subprotocols: ['wamp'], origin: ['https://example.com'] })).toMatchObject({
      ok: true,
      subprotocol: 'wamp',
      response: { headers: { 'Sec-WebSocket-Accept': ACCEPT } },
    })
  })

  it.each<[string | URL, string, { secure: boolean; host: string; port: number; path: string }]>([
    ['ws://a', 'a', { secure: false, host: 'a', port: 80, path: '/' }],
    ['wss://a', 'a', { secure: true, host: 'a', port: 443, path: '/' }],
    ['ws://a:80/', 'a', { secure: false, host: 'a', port: 80, path: '/' }],
    ['ws://a:443/', 'a:443', { secure: false, host: 'a', port: 443, path: '/' }],
    ['wss://a:443/', 'a', { secure: true, host: 'a', port: 443, path: '/' }],
    ['http://a:8080/b?c=d', 'a:8080', { secure: false, host: 'a', port: 8080, path: '/b?c=d' }],
    ['https://a?c', 'a', { secure: true, host: 'a', port: 443, path: '/?c' }],
    ['WS://EXAMPLE.com/A', 'example.com', { secure: false, host: 'example.com', port: 80, path: '/A' }],
    ['ws://[::1]:8080/', '[::1]:8080', { secure: false, host: '::1', port: 8080, path: '/' }],
    ['ws://[2001:DB8::1]/', '[2001:db8::1]', { secure: false, host: '2001:db8::1', port: 80, path: '/' }],
    [
      'ws://bücher.example/ä ö?ü',
      'xn--bcher-kva.example',
      { secure: false, host: 'xn--bcher-kva.example', port: 80, path: '/%C3%A4%20%C3%B6?%C3%BC' },
    ],
    ['ws://a/b\r\nX: y', 'a', { secure: false, host: 'a', port: 80, path: '/bX:%20y' }],
    ['ws://a/%23', 'a', { secure: false, host: 'a', port: 80, path: '/%23' }],
    [new URL('ws://a/b'), 'a', { secure: false, host: 'a', port: 80, path: '/b' }],
  ])('to %s', (url, authority, target) => {
    const request = requestUpgrade(url)
    expect(request).toMatchObject({ ...target, authority, headers: { Host: authority } })
    const start = `GET ${target.path} HTTP/1.1\r\nHost: ${authority}\r\n`
    expect(text(request.requestBytes).slice(0, start.length)).toBe(start)
  })

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [undefined, TypeError],
    [{}, TypeError],
    ['', RangeError],
    ['/chat', RangeError],
    ['a.example', RangeError],
    ['ftp://a', RangeError],
    ['mailto:a', RangeError],
    ['ws://', RangeError],
    ['ws://a:99999', RangeError],
    ['ws://a#b', RangeError],
    ['ws://a/#', RangeError],
    ['ws://user:secret@a', RangeError],
    ['ws://user@a', RangeError],
  ])('not to %s', (url, error) => {
    expect(() => requestUpgrade(url as never)).toThrow(error)
    expect(() => requestUpgrade(url as never)).not.toThrow('secret')
  })

  it.each<[object | null, typeof TypeError | typeof RangeError]>([
    [null, TypeError],
    [{ subprotocols: 'chat' }, TypeError],
    [{ subprotocols: [1] }, TypeError],
    [{ subprotocols: [''] }, RangeError],
    [{ subprotocols: ['a b'] }, RangeError],
    [{ subprotocols: ['a,b'] }, RangeError],
    [{ subprotocols: ['a', 'a'] }, RangeError],
    [{ origin: 1 }, TypeError],
    [{ origin: '' }, RangeError],
    [{ origin: 'https://a\r\nX: y' }, RangeError],
    [{ http2: 1 }, TypeError],
    [{ extensions: 'foo' }, TypeError],
    [{ extensions: [{ name: 'a;b', offers: () => [] }] }, RangeError],
    [{ extensions: [negotiator('a', { offers: () => [parameters(['b', 'c d'])] })] }, RangeError],
    [{ headers: { 'X\r\nY': 'z' } }, RangeError],
    [{ headers: { X: 'y\r\nZ: w' } }, RangeError],
    [{ headers: [['X', '\u2028']] }, RangeError],
    [{ headers: { Host: 'b' } }, RangeError],
    [{ headers: { origin: 'https://b' } }, RangeError],
    [{ headers: { 'Sec-WebSocket-Key': KEY } }, RangeError],
    [{ headers: { 'transfer-encoding': 'chunked' } }, RangeError],
  ])('not with %j', (options, error) => {
    expect(() => requestUpgrade('ws://a', options as never)).toThrow(error)
  })
})

describe('a response', () => {
  const offered = negotiator('foo', {
    accepted(answer) {
      if (answer.get('a')?.[0] !== '1') throw new RangeError('a must be 1')
      return { ...negotiator('foo').accepted(answer), reserved: [1, 0, 0] }
    },
  })
  const options: RequestOptions = {
    subprotocols: ['soap', 'wamp'],
    extensions: [
      offered,
      negotiator('bar'),
      negotiator('same', { accepted: () => ({ ...negotiator('same').accepted(parameters()), reserved: [1, 0, 0] }) }),
    ],
  }
  const response = (...changed: [string, string | undefined][]): UpgradeResponse => ({
    status: 101,
    headers: responseFields(...changed),
  })

  it('is verified', () => {
    expect(sample().verify(response())).toEqual({
      ok: true,
      connectionOptions: { reservedBits: [0, 0, 0], extensions: [] },
      subprotocol: undefined,
      extensions: [],
      status: 101,
      headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': ACCEPT },
    })
    const full = sample(options).verify(
      response(['Sec-WebSocket-Protocol', 'wamp'], ['Sec-WebSocket-Extensions', 'bar, foo; a=1']),
    )
    expect(full).toMatchObject({ ok: true, subprotocol: 'wamp', extensions: [{ name: 'bar' }, { name: 'foo' }] })
  })

  it.each<[string, UpgradeResponse]>([
    [
      'Node’s',
      { statusCode: 101, headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': ACCEPT } },
    ],
    ['fetch’s', { status: 101, headers: new Headers(responseFields()) }],
    ['in other case', response(['UPGRADE', 'WebSocket'], ['connection', 'keep-alive, UPGRADE'])],
    ['with more', response(['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['Content-Length', '0'])],
    ['without a subprotocol, though one was asked for', response()],
  ])('%s is verified', (_, given) => {
    expect(sample(options).verify(given)).toMatchObject({ ok: true })
  })

  it.each<[string, UpgradeResponse | [string, string | undefined][], string, string]>([
    ['status 200', { ...response(), status: 200 }, 'ERR_RESPONSE_STATUS', 'status 200; it must be 101'],
    ['status 102', { ...response(), status: 102 }, 'ERR_RESPONSE_STATUS', 'status 102'],
    ['a redirect', { status: 302, headers: { location: 'ws://b' } }, 'ERR_RESPONSE_STATUS', 'status 302'],
    ['401', { statusCode: 401, headers: {} }, 'ERR_RESPONSE_STATUS', 'status 401'],
    ['no status', { headers: responseFields() }, 'ERR_RESPONSE_STATUS', 'status unknown'],
    ['HTTP/1.0', { ...response(), httpVersion: '1.0' }, 'ERR_RESPONSE_HTTP_VERSION', "HTTP version '1.0'"],
    ['no Upgrade', [['Upgrade', undefined]], 'ERR_RESPONSE_UPGRADE', 'there is no Upgrade header'],
    ['another Upgrade', [['Upgrade', 'h2']], 'ERR_RESPONSE_UPGRADE', "Upgrade is 'h2'; it must be 'websocket'"],
    [
      'two Upgrades',
      [
        ['Upgrade', 'websocket'],
        ['Upgrade', 'websocket'],
      ],
      'ERR_RESPONSE_UPGRADE',
      'Upgrade came 2 times',
    ],
    ['no Connection', [['Connection', undefined]], 'ERR_RESPONSE_CONNECTION', 'there is no Connection header'],
    ['another Connection', [['Connection', 'Keep-Alive']], 'ERR_RESPONSE_CONNECTION', "Connection is 'Keep-Alive'"],
    [
      'no Accept',
      [['Sec-WebSocket-Accept', undefined]],
      'ERR_RESPONSE_ACCEPT',
      'there is no Sec-WebSocket-Accept header',
    ],
    ['another Accept', [['Sec-WebSocket-Accept', acceptFor('x')]], 'ERR_RESPONSE_ACCEPT', `it must be '${ACCEPT}'`],
    [
      'Accept in other case',
      [['Sec-WebSocket-Accept', ACCEPT.toLowerCase()]],
      'ERR_RESPONSE_ACCEPT',
      'Sec-WebSocket-Accept is',
    ],
    [
      'two Accepts',
      [
        ['Sec-WebSocket-Accept', ACCEPT],
        ['Sec-WebSocket-Accept', ACCEPT],
      ],
      'ERR_RESPONSE_ACCEPT',
      'came 2 times',
    ],
    ['the key for Accept', [['Sec-WebSocket-Accept', KEY]], 'ERR_RESPONSE_ACCEPT', 'Sec-WebSocket-Accept is'],
    [
      'another subprotocol',
      [['Sec-WebSocket-Protocol', 'chat']],
      'ERR_RESPONSE_SUBPROTOCOL',
      "'chat'; it must be one of soap, wamp",
    ],
    ['a subprotocol in other case', [['Sec-WebSocket-Protocol', 'SOAP']], 'ERR_RESPONSE_SUBPROTOCOL', "'SOAP'"],
    ['subprotocols', [['Sec-WebSocket-Protocol', 'soap, wamp']], 'ERR_RESPONSE_SUBPROTOCOL', "'soap, wamp'"],
    ['an empty subprotocol', [['Sec-WebSocket-Protocol', '']], 'ERR_RESPONSE_SUBPROTOCOL', "is ''"],
    [
      'two subprotocols',
      [
        ['Sec-WebSocket-Protocol', 'soap'],
        ['Sec-WebSocket-Protocol', 'wamp'],
      ],
      'ERR_RESPONSE_SUBPROTOCOL',
      'came 2 times',
    ],
    [
      'another extension',
      [['Sec-WebSocket-Extensions', 'baz, foo; a=1']],
      'ERR_RESPONSE_EXTENSIONS',
      "extension 'baz' was not offered; offered: foo, bar, same",
    ],
    [
      'an extension in other case',
      [['Sec-WebSocket-Extensions', 'Bar']],
      'ERR_RESPONSE_EXTENSIONS',
      "'Bar' was not offered",
    ],
    [
      'an extension with a meaning elsewhere',
      [['Sec-WebSocket-Extensions', '__proto__']],
      'ERR_RESPONSE_EXTENSIONS',
      "'__proto__' was not offered",
    ],
    [
      'an extension twice',
      [['Sec-WebSocket-Extensions', 'bar, bar']],
      'ERR_RESPONSE_EXTENSIONS',
      'extension bar is answered twice',
    ],
    [
      'wrong parameters',
      [['Sec-WebSocket-Extensions', 'foo; a=2']],
      'ERR_RESPONSE_EXTENSIONS',
      'extension foo: a must be 1; the parameters must answer',
    ],
    [
      'extensions that share a bit',
      [['Sec-WebSocket-Extensions', 'foo; a=1, same']],
      'ERR_RESPONSE_EXTENSIONS',
      'same claims a reserved bit',
    ],
    ['empty extensions', [['Sec-WebSocket-Extensions', '']], 'ERR_RESPONSE_EXTENSIONS', 'is empty'],
    [
      'extensions outside the grammar',
      [['Sec-WebSocket-Extensions', 'bar;']],
      'ERR_RESPONSE_EXTENSIONS',
      'the end where a token is wanted',
    ],
    [
      'two headers of extensions',
      [
        ['Sec-WebSocket-Extensions', 'foo; a=1'],
        ['Sec-WebSocket-Extensions', 'bar'],
      ],
      'ERR_RESPONSE_EXTENSIONS',
      'more than once',
    ],
  ])('with %s is not', (_, given, code, why) => {
    const result = sample(options).verify(Array.isArray(given) ? response(...given) : given)
    expect(result).toMatchObject({ ok: false, code })
    if (result.ok) return
    expect(result.reason).toContain(why)
    expect(result.reason).toMatch(/ \(RFC 6455 section [\d.]+\)$/)
    expect(result.error).toBeInstanceOf(HandshakeError)
    expect(result.error).toBeInstanceOf(RemoteProtocolError)
    expect(result.error).toMatchObject({ name: 'HandshakeError', code, message: result.reason, closeCode: 1006 })
    const { status, headers } = result.error
    expect({ status, headers }).toEqual({ status: result.status, headers: result.headers })
    expect(() => result.error.response()).toThrow('there is no connection')
  })

  it.each([
    [401, [['WWW-Authenticate', 'Basic realm="a"']], { 'www-authenticate': 'Basic realm="a"' }],
    [302, [['Location', 'https://example.com/other']], { location: 'https://example.com/other' }],
    [
      503,
      [
        ['Retry-After', '120'],
        ['X', 'a'],
        ['x', 'b'],
      ],
      { 'retry-after': '120', x: 'a, b' },
    ],
    [
      403,
      [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['__proto__', 'c'],
      ],
      { 'set-cookie': ['a=1', 'b=2'] },
    ],
  ] as [number, [string, string][], object][])('with %i is told from the others', (status, headers, told) => {
    const node = { statusCode: status, headers: {}, rawHeaders: headers.flat(), httpVersion: '1.1' }
    for (const given of [{ status, headers }, node]) {
      const result = sample().verify(given)
      if (result.ok) throw new Error('it is not')
      for (const { status: answered, headers: fields } of [result, result.error]) {
        expect(answered).toBe(status)
        expect(fields).toMatchObject(told)
      }
    }
    const overHttp2 = requestUpgrade('ws://a', { http2: true }).verify({ headers: { ':status': status, x: 'y' } })
    expect(overHttp2).toMatchObject({ ok: false, status, headers: { ':status': String(status), x: 'y' } })
  })

  it('has no status where its head could not be read', () => {
    const result = parseResponseHead(latin1('HTTP/1.1 OK\r\n\r\n'))
    expect(result).toMatchObject({ state: 'ERROR', status: undefined, headers: {}, error: { name: 'HandshakeError' } })
  })

  it('is not, where nothing was asked for that it answers', () => {
    expect(sample().verify(response(['Sec-WebSocket-Protocol', 'soap']))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('none was asked for'),
    })
    expect(sample().verify(response(['Sec-WebSocket-Extensions', 'foo']))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('offered: none'),
    })
    const silent = sample({ extensions: [negotiator('foo', { offers: () => [] })] })
    expect(silent.headers['Sec-WebSocket-Extensions']).toBe(undefined)
    expect(silent.verify(response(['Sec-WebSocket-Extensions', 'foo']))).toMatchObject({ ok: false })
  })

  it('says what an extension found wrong', () => {
    const result = sample(options).verify(response(['Sec-WebSocket-Extensions', 'foo']))
    expect(!result.ok && result.error.cause).toEqual(new RangeError('a must be 1'))
  })

  it.each([undefined, null, {}, { headers: 1 }])('%j is none', (given) => {
    expect(() => sample().verify(given as never)).toThrow(TypeError)
  })
})
