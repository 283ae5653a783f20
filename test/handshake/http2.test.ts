// WebSockets over HTTP/2 (RFC 8441): the rules, and both ends over an extended CONNECT of node:http2.

import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from 'node:http2'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type AcceptOptions,
  acceptUpgrade,
  requestUpgrade,
  type UpgradeRequest,
} from '../../bindings/handshake/index.js'
import { Connection, Data } from '../../bindings/index.js'
import { each, echo, listen } from '../support/transports.js'
import { negotiator, text } from './samples.js'

const headers = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/chat',
  ':authority': 'server.example.com',
  'sec-websocket-version': '13',
}

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name))
}

describe('a request', () => {
  it('is what RFC 8441 has', () => {
    const request = requestUpgrade('wss://server.example.com/chat', { http2: true })
    expect(request.headers).toEqual(headers)
    expect(request.requestBytes.length).toBe(0)
  })

  it('has what the options say, in small letters', () => {
    const request = requestUpgrade('ws://a:8080/?b', {
      http2: true,
      subprotocols: ['c', 'd'],
      extensions: [negotiator('foo')],
      origin: 'https://e',
      headers: { 'X-F': 'g' },
    })
    expect(request.headers).toMatchObject({
      ':scheme': 'http',
      ':path': '/?b',
      ':authority': 'a:8080',
      'sec-websocket-protocol': 'c, d',
      'sec-websocket-extensions': 'foo',
      origin: 'https://e',
      'x-f': 'g',
    })
  })

  it.each<[string, UpgradeRequest]>([
    ['an HTTP/2 header object', { headers }],
    [
      'the compatible request',
      { method: 'CONNECT', httpVersion: '2.0', headers, rawHeaders: Object.entries(headers).flat() },
    ],
    ['HTTP/3', { httpVersion: '3.0', headers }],
  ])('is accepted as %s', (_, request) => {
    const asked = { ...headers, 'sec-websocket-protocol': 'c, d', 'sec-websocket-extensions': 'foo' }
    const result = acceptUpgrade(
      { ...request, headers: asked, rawHeaders: undefined },
      { subprotocols: ['d'], extensions: [negotiator('foo')] },
    )
    expect(result).toMatchObject({ ok: true, subprotocol: 'd', extensions: [{ name: 'foo' }] })
    expect(result.response).toEqual({
      status: 200,
      headers: { ':status': '200', 'sec-websocket-protocol': 'd', 'sec-websocket-extensions': 'foo' },
    })
    expect(result.responseBytes.length).toBe(0)
    expect(acceptUpgrade(request).ok).toBe(true)
  })

  it.each<[string, UpgradeRequest, string, number, AcceptOptions?]>([
    ['GET', { headers: { ...headers, ':method': 'GET' } }, 'ERR_REQUEST_METHOD', 405],
    ['no method', { headers: without(':method') }, 'ERR_REQUEST_METHOD', 405],
    [
      'HTTP/1.1’s headers',
      { httpVersion: '2.0', method: 'GET', headers: { upgrade: 'websocket' } },
      'ERR_REQUEST_METHOD',
      405,
    ],
    ['a tunnel', { headers: without(':protocol') }, 'ERR_REQUEST_CONNECT', 400],
    ['another protocol', { headers: { ...headers, ':protocol': 'connect-udp' } }, 'ERR_REQUEST_PROTOCOL', 501],
    ['no path', { headers: without(':path') }, 'ERR_REQUEST_CONNECT', 400],
    ['no scheme', { headers: without(':scheme') }, 'ERR_REQUEST_CONNECT', 400],
    ['no authority', { headers: without(':authority') }, 'ERR_REQUEST_CONNECT', 400],
    ['no version', { headers: without('sec-websocket-version') }, 'ERR_REQUEST_VERSION_MISSING', 400],
    ['version 8', { headers: { ...headers, 'sec-websocket-version': '8' } }, 'ERR_REQUEST_VERSION', 400],
    [
      'another origin',
      { headers: { ...headers, origin: 'https://evil' } },
      'ERR_REQUEST_ORIGIN',
      403,
      { origin: ['https://a'] },
    ],
    [
      'extensions outside the grammar',
      { headers: { ...headers, 'sec-websocket-extensions': ';' } },
      'ERR_REQUEST_EXTENSIONS',
      400,
    ],
  ])('with %s is refused', (_, request, code, status, options) => {
    const result = acceptUpgrade(request, options)
    expect(result).toMatchObject({ ok: false, code, response: { status, headers: { ':status': String(status) } } })
    if (result.ok) return
    // RFC 9113 section 8.2.2: no field of a connection.
    for (const name of Object.keys(result.response.headers)) expect(name).not.toMatch(/[A-Z]|^connection$|^upgrade$/)
    if (code.includes('VERSION')) expect(result.response.headers['sec-websocket-version']).toBe('13')
    expect(text(result.responseBytes)).toBe(result.response.body)
  })
})

describe('a response', () => {
  const request = requestUpgrade('wss://a/', { http2: true, subprotocols: ['c'], extensions: [negotiator('foo')] })

  it.each([
    ['a status of 200', { ':status': 200 }, {}],
    ['as text', { ':status': '200' }, {}],
    ['a subprotocol', { ':status': 200, 'sec-websocket-protocol': 'c' }, { subprotocol: 'c' }],
    ['an extension', { ':status': 200, 'sec-websocket-extensions': 'foo' }, { extensions: [{ name: 'foo' }] }],
  ])('with %s is verified', (_, given, agreed) => {
    expect(request.verify({ headers: given })).toMatchObject({ ok: true, ...agreed })
  })

  it.each([
    ['101', { ':status': 101 }, 'ERR_RESPONSE_STATUS'],
    ['404', { ':status': 404 }, 'ERR_RESPONSE_STATUS'],
    ['no status', {}, 'ERR_RESPONSE_STATUS'],
    ['another subprotocol', { ':status': 200, 'sec-websocket-protocol': 'd' }, 'ERR_RESPONSE_SUBPROTOCOL'],
    ['another extension', { ':status': 200, 'sec-websocket-extensions': 'bar' }, 'ERR_RESPONSE_EXTENSIONS'],
  ])('with %s is not', (_, given, code) => {
    expect(request.verify({ headers: given })).toMatchObject({ ok: false, code })
  })
})

describe('over node:http2', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  async function session(): Promise<{ client: ClientHttp2Session; url: string }> {
    const server = createServer({ settings: { enableConnectProtocol: true } })
    server.on('stream', (stream, headers) => {
      const answer = acceptUpgrade({ headers }, { subprotocols: ['echo'], origin: [undefined, 'https://example.com'] })
      stream.respond(answer.response.headers)
      if (answer.ok) echo(new Connection('SERVER', answer.connectionOptions), stream, answer.responseBytes)
      else stream.end(answer.responseBytes)
    })
    const url = `http://127.0.0.1:${await listen(server)}`
    const client = connect(url)
    closing.push(
      () => client.destroy(),
      () => server.close(),
    )
    await once(client, 'remoteSettings')
    return { client, url }
  }

  it('frames go both ways, and the stream closes', async () => {
    const { client, url } = await session()
    const request = requestUpgrade(`${url}/chat`, { http2: true, subprotocols: ['echo'] })
    const stream = client.request(request.headers)
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    const verified = request.verify({ headers })
    if (!verified.ok) throw verified.error
    expect(verified.subprotocol).toBe('echo')
    const connection = new Connection('CLIENT', { ...verified.connectionOptions, delivery: 'message' })
    const got: number[] = []
    each(connection, stream, new Uint8Array(0), ({ type, message }) => {
      if (type === 'binary' && got.push(message.length) === 3)
        stream.write(connection.send(new Data('', 'close', { statusCode: 1000 })))
    })
    for (const size of [0, 125, 70_000]) stream.write(connection.send(new Data(new Uint8Array(size), 'binary')))
    await once(stream, 'close')
    expect(got).toEqual([0, 125, 70_000])
    expect(connection.closeCode).toBe(1000)
  })

  it('a refusal has its status and its reason', async () => {
    const { client, url } = await session()
    const request = requestUpgrade(url, { http2: true, origin: 'https://evil.example' })
    const stream = client.request(request.headers)
    const [headers] = await once(stream, 'response')
    expect(request.verify({ headers })).toMatchObject({ ok: false, code: 'ERR_RESPONSE_STATUS' })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect([headers[':status'], text(Buffer.concat(chunks))]).toEqual([
      403,
      expect.stringContaining("Origin is 'https://evil.example'"),
    ])
  })
})
