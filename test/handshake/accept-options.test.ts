// What a server may ask for beyond the RFC's rules: the origin, the subprotocol, further headers; and wrong options.

import { describe, expect, it } from 'vitest'
import { type AcceptOptions, acceptUpgrade, type UpgradeRequest } from '../../bindings/handshake/index.js'
import { negotiator, requestFields, text } from './samples.js'

type Change = [name: string, value: string | undefined]

const request = (...changed: Change[]): UpgradeRequest => ({
  method: 'GET',
  url: '/chat',
  httpVersion: '1.1',
  headers: requestFields(...changed),
})

function accept(given: UpgradeRequest, options?: AcceptOptions) {
  const result = acceptUpgrade(given, options)
  if (!result.ok) throw new Error(result.reason)
  return result
}

describe('the origin', () => {
  const origin = ['https://example.com', 'null']
  it.each<[string | undefined, AcceptOptions['origin'], boolean]>([
    ['https://example.com', undefined, true],
    [undefined, undefined, true],
    ['https://example.com', origin, true],
    ['null', origin, true],
    [undefined, origin, false],
    [undefined, [...origin, undefined], true],
    ['https://example.org', origin, false],
    ['http://example.com', origin, false],
    ['https://example.com:8443', origin, false],
    ['https://example.com.evil.org', origin, false],
    ['https://EXAMPLE.com', origin, false],
    ['https://example.com, https://evil.org', origin, false],
    ['https://example.com', [], false],
    ['https://a.example.com', (given) => given?.endsWith('.example.com') === true, true],
    ['https://example.org', (given) => given?.endsWith('.example.com') === true, false],
    [undefined, (given) => given === undefined, true],
  ])('%s, where %s may connect: %s', (given, allowed, passes) => {
    const result = acceptUpgrade(request(['Origin', given]), { origin: allowed })
    expect(result.ok).toBe(passes)
    if (!result.ok) expect(result).toMatchObject({ code: 'ERR_REQUEST_ORIGIN', response: { status: 403 } })
  })

  it('is decided with the request at hand', () => {
    const given = { ...request(), user: 'me' }
    expect(acceptUpgrade(given, { origin: (_, { user }) => user === 'me' }).ok).toBe(true)
  })
})

describe('the subprotocol', () => {
  const asked: Change = ['Sec-WebSocket-Protocol', 'soap, ,wamp , chat']
  it.each<[string, AcceptOptions['subprotocols'], string | undefined]>([
    ['the first of the list that was asked for', ['chat', 'wamp'], 'chat'],
    ['none', ['mqtt'], undefined],
    ['none', [], undefined],
    ['none', undefined, undefined],
    ['none, as case counts', ['CHAT'], undefined],
    ['the one that was chosen', (all) => all[1], 'wamp'],
    ['none, as was chosen', () => undefined, undefined],
  ])('is %s: %s', (_, subprotocols, chosen) => {
    const result = accept(request(asked), { subprotocols })
    expect(result.subprotocol).toBe(chosen)
    expect(result.response.headers['Sec-WebSocket-Protocol']).toBe(chosen)
    const line = `Sec-WebSocket-Protocol: ${chosen}\r\n`
    expect(text(result.responseBytes).includes(line)).toBe(chosen !== undefined)
  })

  it('is not chosen of others than were asked for', () => {
    expect(() => acceptUpgrade(request(asked), { subprotocols: () => 'mqtt' })).toThrow(RangeError)
    expect(() => acceptUpgrade(request(asked), { subprotocols: () => 1 as never })).toThrow(TypeError)
  })
})

describe('options', () => {
  it('further headers are sent', () => {
    const headers = { 'Set-Cookie': ['a=1', 'b=2'], Server: 'mine' }
    const { response, responseBytes } = accept(request(), { headers })
    expect(response.headers).toMatchObject(headers)
    expect(text(responseBytes)).toContain('\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: mine\r\n\r\n')
  })

  it.each<[object | null, typeof TypeError | typeof RangeError]>([
    [null, TypeError],
    [{ subprotocols: 'chat' }, TypeError],
    [{ subprotocols: [1] }, TypeError],
    [{ subprotocols: ['a b'] }, RangeError],
    [{ subprotocols: ['a\r\nSet-Cookie: b'] }, RangeError],
    [{ origin: 'https://example.com' }, TypeError],
    [{ origin: [null] }, TypeError],
    [{ origin: () => 1 }, TypeError],
    [{ extensions: {} }, TypeError],
    [{ extensions: [null] }, TypeError],
    [{ extensions: [{ name: 'a' }] }, TypeError],
    [{ extensions: [{ name: 1, offers: () => [] }] }, TypeError],
    [{ extensions: [negotiator('a b')] }, RangeError],
    [{ extensions: [negotiator('a'), negotiator('a')] }, RangeError],
    [{ headers: 'a: b' }, TypeError],
    [{ headers: { a: 1 } }, TypeError],
    [{ headers: ['a: b'] }, TypeError],
    [{ headers: { 'a b': 'c' } }, RangeError],
    [{ headers: { '': 'c' } }, RangeError],
    [{ headers: { a: 'b\r\nc: d' } }, RangeError],
    [{ headers: { a: 'b\nc' } }, RangeError],
    [{ headers: { a: 'b\0' } }, RangeError],
    [{ headers: { a: '\u0100' } }, RangeError],
    [{ headers: { Connection: 'close' } }, RangeError],
    [{ headers: { 'Content-Length': '0' } }, RangeError],
    [{ headers: { 'sec-websocket-accept': 'x' } }, RangeError],
  ])('%j are none', (options, error) => {
    expect(() => acceptUpgrade(request(), options as never)).toThrow(error)
  })

  it.each([
    undefined,
    null,
    {},
    { headers: 1 },
    { headers: ['a'] },
    { headers: { a: {} } },
    { headers: {}, method: 1 },
    { headers: {}, httpVersion: 2 },
    { headers: {}, url: {} },
  ])('%j is no request', (given) => {
    expect(() => acceptUpgrade(given as never)).toThrow(TypeError)
  })
})
