// The server's part of the opening handshake over HTTP/1.1 (RFC 6455 section 4.2), request by request.
// The requests that wsproto, python-websockets and ws refuse in their tests are among these.

import { describe, expect, it } from 'vitest'
import { acceptUpgrade, type UpgradeRequest } from '../../bindings/handshake/index.js'
import { ACCEPT, KEY, requestFields, text } from './samples.js'

type Change = [name: string, value: string | undefined]

const request = (...changed: Change[]): UpgradeRequest => ({
  method: 'GET',
  url: '/chat',
  httpVersion: '1.1',
  headers: requestFields(...changed),
})

function accept(given: UpgradeRequest) {
  const result = acceptUpgrade(given)
  if (!result.ok) throw new Error(result.reason)
  return result
}

describe('a request that asks for a WebSocket', () => {
  it('is accepted', () => {
    const result = accept(request())
    expect(result).toMatchObject({
      ok: true,
      connectionOptions: { reservedBits: [0, 0, 0], extensions: [] },
      subprotocol: undefined,
      extensions: [],
      response: {
        status: 101,
        headers: { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': ACCEPT },
      },
    })
    expect(text(result.responseBytes)).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
    )
  })

  it.each<[string, Change[]]>([
    ['Upgrade in capitals', [['Upgrade', 'WebSocket']]],
    [
      'names in capitals',
      [
        ['UPGRADE', 'websocket'],
        ['CONNECTION', 'UPGRADE'],
      ],
    ],
    ['Firefox’s Connection', [['Connection', 'keep-alive, Upgrade']]],
    ['a Connection with empty elements', [['Connection', ',,\t,  , ,Upgrade  ,,']]],
    [
      'two Connections',
      [
        ['Connection', 'keep-alive'],
        ['Connection', 'upgrade'],
      ],
    ],
    ['an Upgrade with another', [['Upgrade', 'h2c, websocket']]],
    ['a Content-Length of 0', [['Content-Length', '0']]],
    ['an Origin', [['Origin', 'https://example.com']]],
    ['extensions nobody knows', [['Sec-WebSocket-Extensions', 'foo; bar=1, ,baz']]],
    ['subprotocols nobody speaks', [['Sec-WebSocket-Protocol', 'foo, bar']]],
    ['a name with a meaning elsewhere', [['__proto__', 'x']]],
  ])('with %s is accepted', (_, changed) => {
    expect(accept(request(...changed)).response.headers).toMatchObject({ 'Sec-WebSocket-Accept': ACCEPT })
  })

  it.each([
    ['with a URL for a target and a Host', { url: 'HTTP://other/chat' }],
    ['with a Host that is not that of its URL', { url: 'http://other/chat', headers: requestFields(['Host', 'a']) }],
  ])('%s is accepted: RFC 9112 section 3.2.2', (_, changed) => {
    expect(accept({ ...request(), ...changed }).response.status).toBe(101)
  })

  it.each(['100-continue', '100-Continue', 'x, 100-continue'])('that expects %s is sent a 100 first', (expected) => {
    const bytes = text(accept(request(['Expect', expected])).responseBytes)
    expect(bytes).toBe(`HTTP/1.1 100 Continue\r\n\r\n${text(accept(request()).responseBytes)}`)
  })

  it('that expects something else is not, and neither is one that is refused', () => {
    expect(accept(request(['Expect', 'x'])).responseBytes).toEqual(accept(request()).responseBytes)
    const refused = acceptUpgrade(request(['Expect', '100-continue'], ['Sec-WebSocket-Version', '12']))
    expect(text(refused.responseBytes)).toMatch(/^HTTP\/1\.1 426 /)
  })

  const fields = requestFields()
  it.each<[string, UpgradeRequest]>([
    ['pairs', { method: 'GET', headers: fields }],
    ['a Map', { method: 'GET', headers: new Map(fields) }],
    ['an object', { method: 'GET', headers: Object.fromEntries(fields) }],
    [
      'an object with arrays',
      { method: 'GET', headers: { ...Object.fromEntries(fields), Connection: ['a', 'Upgrade'] } },
    ],
    ['Headers', { method: 'GET', headers: new Headers(fields) }],
    [
      'no iterator',
      {
        method: 'GET',
        headers: { forEach: (each: (v: string, n: string) => void) => new Headers(fields).forEach(each) },
      },
    ],
    [
      'a fetch Request without Host',
      { method: 'GET', url: 'https://a/', headers: new Headers(requestFields(['Host', undefined])) },
    ],
    ['rawHeaders', { method: 'GET', headers: {}, rawHeaders: fields.flat() }],
  ])('is read from %s', (_, given) => {
    expect(accept(given).response.status).toBe(101)
  })
})

describe('a request that does not', () => {
  const version13 = 'Sec-WebSocket-Version: 13'
  it.each<[string, Partial<UpgradeRequest> | Change[], string, number, string?]>([
    ['POST', { method: 'POST' }, 'ERR_REQUEST_METHOD', 405, 'Allow: GET'],
    ['get in small letters', { method: 'get' }, 'ERR_REQUEST_METHOD', 405, 'Allow: GET'],
    ['CONNECT', { method: 'CONNECT' }, 'ERR_REQUEST_METHOD', 405, 'Allow: GET'],
    ['no method', { method: undefined }, 'ERR_REQUEST_METHOD', 405, 'Allow: GET'],
    ['HTTP/1.0', { httpVersion: '1.0' }, 'ERR_REQUEST_HTTP_VERSION', 505],
    ['HTTP/0.9', { httpVersion: '0.9' }, 'ERR_REQUEST_HTTP_VERSION', 505],
    ['no Host', [['Host', undefined]], 'ERR_REQUEST_HOST', 400],
    [
      'two Hosts',
      [
        ['Host', 'a'],
        ['Host', 'a'],
      ],
      'ERR_REQUEST_HOST',
      400,
    ],
    ['an empty Host', [['Host', '']], 'ERR_REQUEST_HOST', 400],
    [
      'a URL for a target, and no Host',
      { url: 'http://other/chat', headers: requestFields(['Host', undefined]) },
      'ERR_REQUEST_HOST',
      400,
    ],
    [
      'an asterisk for a target, and no Host',
      { url: '*', headers: requestFields(['Host', undefined]) },
      'ERR_REQUEST_LINE',
      400,
    ],
    ['an asterisk for a target', { url: '*' }, 'ERR_REQUEST_LINE', 400],
    ['an authority for a target', { url: 'other:80' }, 'ERR_REQUEST_LINE', 400],
    ['another scheme', { url: 'ftp://other/' }, 'ERR_REQUEST_LINE', 400],
    ['no target', { url: '' }, 'ERR_REQUEST_LINE', 400],
    ['no Upgrade', [['Upgrade', undefined]], 'ERR_REQUEST_UPGRADE', 426, 'Upgrade: websocket'],
    ['another Upgrade', [['Upgrade', 'h2c']], 'ERR_REQUEST_UPGRADE', 426, 'Upgrade: websocket'],
    ['nearly the right Upgrade', [['Upgrade', 'websockets']], 'ERR_REQUEST_UPGRADE', 426, 'Connection: Upgrade, close'],
    ['a Kelvin sign for a k', [['Upgrade', 'websoc\u212aet']], 'ERR_REQUEST_UPGRADE', 426],
    ['an Upgrade with a version', [['Upgrade', 'websocket/13']], 'ERR_REQUEST_UPGRADE', 426],
    ['a list with semicolons', [['Upgrade', 'h2c; websocket']], 'ERR_REQUEST_UPGRADE', 426],
    ['no Connection', [['Connection', undefined]], 'ERR_REQUEST_CONNECTION', 400],
    ['another Connection', [['Connection', 'Keep-Alive, No-Upgrade']], 'ERR_REQUEST_CONNECTION', 400],
    ['a Connection with semicolons', [['Connection', 'keep-alive; Upgrade']], 'ERR_REQUEST_CONNECTION', 400],
    ['no version', [['Sec-WebSocket-Version', undefined]], 'ERR_REQUEST_VERSION_MISSING', 400, version13],
    [
      'two versions',
      [
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Version', '13'],
      ],
      'ERR_REQUEST_VERSION_MISSING',
      400,
      version13,
    ],
    ['version 8', [['Sec-WebSocket-Version', '8']], 'ERR_REQUEST_VERSION', 426, version13],
    ['version 12', [['Sec-WebSocket-Version', '12']], 'ERR_REQUEST_VERSION', 426, 'Upgrade: websocket'],
    ['version 14', [['Sec-WebSocket-Version', '14']], 'ERR_REQUEST_VERSION', 426, version13],
    ['version 013', [['Sec-WebSocket-Version', '013']], 'ERR_REQUEST_VERSION', 426, version13],
    ['version 13.0', [['Sec-WebSocket-Version', '13.0']], 'ERR_REQUEST_VERSION', 426, version13],
    ['versions joined', [['Sec-WebSocket-Version', '13, 13']], 'ERR_REQUEST_VERSION', 426, version13],
    ['a version that is no number', [['Sec-WebSocket-Version', 'not-a-digit']], 'ERR_REQUEST_VERSION', 426, version13],
    ['no key', [['Sec-WebSocket-Key', undefined]], 'ERR_REQUEST_KEY', 400],
    ['an empty key', [['Sec-WebSocket-Key', '']], 'ERR_REQUEST_KEY', 400],
    [
      'two keys',
      [
        ['Sec-WebSocket-Key', KEY],
        ['Sec-WebSocket-Key', KEY],
      ],
      'ERR_REQUEST_KEY',
      400,
    ],
    ['keys joined', [['Sec-WebSocket-Key', `${KEY}, ${KEY}`]], 'ERR_REQUEST_KEY', 400],
    ['a key that is not base64', [['Sec-WebSocket-Key', `${'!'.repeat(22)}==`]], 'ERR_REQUEST_KEY', 400],
    ['a key in base64url', [['Sec-WebSocket-Key', `${'-'.repeat(22)}==`]], 'ERR_REQUEST_KEY', 400],
    ['a key of 15 bytes', [['Sec-WebSocket-Key', 'A'.repeat(20)]], 'ERR_REQUEST_KEY', 400],
    ['a key of 17 bytes', [['Sec-WebSocket-Key', `${'A'.repeat(23)}=`]], 'ERR_REQUEST_KEY', 400],
    ['a key of 18 bytes', [['Sec-WebSocket-Key', 'A'.repeat(24)]], 'ERR_REQUEST_KEY', 400],
    ['a key without its padding', [['Sec-WebSocket-Key', KEY.slice(0, 22)]], 'ERR_REQUEST_KEY', 400],
    [
      'a key with a blank in it',
      [['Sec-WebSocket-Key', `${KEY.slice(0, 10)} ${KEY.slice(11)}`]],
      'ERR_REQUEST_KEY',
      400,
    ],
    ['a body', [['Content-Length', '5']], 'ERR_REQUEST_BODY', 400],
    ['a length of -0', [['Content-Length', '-0']], 'ERR_REQUEST_BODY', 400],
    ['a chunked body', [['Transfer-Encoding', 'chunked']], 'ERR_REQUEST_BODY', 400],
    [
      'two Origins',
      [
        ['Origin', 'https://a'],
        ['Origin', 'https://a'],
      ],
      'ERR_REQUEST_ORIGIN',
      403,
    ],
    ['empty extensions', [['Sec-WebSocket-Extensions', '']], 'ERR_REQUEST_EXTENSIONS', 400],
    ['extensions outside the grammar', [['Sec-WebSocket-Extensions', 'foo; bar="a b"']], 'ERR_REQUEST_EXTENSIONS', 400],
    ['empty subprotocols', [['Sec-WebSocket-Protocol', ',']], 'ERR_REQUEST_SUBPROTOCOLS', 400],
    ['subprotocols outside the grammar', [['Sec-WebSocket-Protocol', 'foo bar']], 'ERR_REQUEST_SUBPROTOCOLS', 400],
    ['a subprotocol twice', [['Sec-WebSocket-Protocol', 'foo, foo']], 'ERR_REQUEST_SUBPROTOCOLS', 400],
    [
      'a subprotocol twice in two headers',
      [
        ['Sec-WebSocket-Protocol', 'foo'],
        ['Sec-WebSocket-Protocol', 'foo'],
      ],
      'ERR_REQUEST_SUBPROTOCOLS',
      400,
    ],
  ])('with %s is refused', (_, given, code, status, header) => {
    const asked = Array.isArray(given) ? request(...given) : { ...request(), ...given }
    const result = acceptUpgrade(asked, { subprotocols: ['foo'] })
    expect(result).toMatchObject({ ok: false, code, response: { status } })
    if (result.ok) return
    expect(result.reason).toMatch(/; .+ \(RFC \d+ section [\d.]+\)$/)
    expect(result.response.body).toBe(`${result.reason}\n`)
    const [head, body] = text(result.responseBytes).split('\r\n\r\n')
    expect(body).toBe(result.response.body)
    expect(head).toContain(`\r\nContent-Length: ${body.length}`)
    expect(head).toMatch(/\r\nConnection: (Upgrade, )?close/)
    if (header !== undefined) expect(`${head}\r\n`).toContain(`\r\n${header}\r\n`)
    // A program that answers with a Response can.
    expect(new Response(result.response.body, result.response).status).toBe(status)
  })

  it('is told why without what would be markup, or another line', () => {
    const result = acceptUpgrade(
      request(['Upgrade', `<script>alert('1')</script>\r\nX: y\x1b[31m\u2028${'z'.repeat(100)}`]),
    )
    if (result.ok) throw new Error('accepted')
    expect(result.response.body).toMatch(/^[ -;=?-~]+\n$/)
    expect(text(result.responseBytes)).toContain(`\r\n\r\n${result.response.body}`)
    expect(result.reason).toContain("'\\x3cscript\\x3ealert(\\x271\\x27)")
    expect(result.reason.length).toBeLessThan(300)
  })

  it('has no body where it was HEAD', () => {
    const result = acceptUpgrade({ ...request(), method: 'HEAD' })
    expect(!result.ok && text(result.responseBytes)).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n[\s\S]+\r\n\r\n$/)
  })

  it('sees what Node’s headers drop', () => {
    const rawHeaders = [...requestFields(), ['Host', 'other.example.com']].flat()
    const result = acceptUpgrade({ ...request(), headers: Object.fromEntries(requestFields()), rawHeaders })
    expect(result).toMatchObject({ ok: false, code: 'ERR_REQUEST_HOST' })
  })
})
