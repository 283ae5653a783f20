// @ts-check
// Tests of the inspector's server without a browser: how it starts and ends, whom it refuses, what it survives.
// Knows its addresses and headers; not the page.

import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runServer, startServer } from './harness.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

/**
 * @param {string} path
 * @param {Record<string, string>} [headers]
 * @param {string} [method]
 * @param {string} [body]
 * @returns {Promise<{ status: number | undefined, headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
function ask(path, headers = {}, method = 'GET', body = '') {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: server.port, host: '127.0.0.1', path, method, headers, timeout: 5000 },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }))
      },
    )
    asked.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode, headers: response.headers, body: '' })
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.on('error', reject)
    asked.end(body)
  })
}

const UPGRADE = {
  Connection: 'keep-alive, Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}
const SESSION = '0123456789abcdef0123456789abcdef'
const own = () => ({ Origin: `http://127.0.0.1:${server.port}` })

/** Opens the stream of reports, which makes the session; the returned function ends it. @param {string} session */
function openSession(session) {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.write(`GET /events?session=${session} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece
  })
  return { text: () => text, end: () => socket.destroy() }
}

describe('start and end', () => {
  test('says its address in one line', () => {
    expect(server.output.out).toBe(`The inspector is at http://127.0.0.1:${server.port}/\n`)
  })

  test('says in one line that a port is taken, and ends with 1', async () => {
    const second = runServer('--port', String(server.port))
    expect(await second.ended).toBe(1)
    expect(second.output.out).toBe('')
    expect(second.output.err).toMatch(new RegExp(`^Port ${server.port} of 127.0.0.1 is taken.*--port.*\\n$`))
  })

  test.each(['abc', '65536', '-1', '80.5', ''])('refuses the port %j', async (port) => {
    const second = runServer(`--port=${port}`)
    expect(await second.ended).toBe(1)
    expect(second.output.err).toBe(
      `--port must be a number from 0 to 65535, not ${JSON.stringify(port)}; 0 is any free port.\n`,
    )
  })

  test('refuses an argument that it does not know', async () => {
    const second = runServer('--prot', '1')
    expect(await second.ended).toBe(1)
    expect(second.output.err).toMatch(/--prot.*\n?Usage: node server.js/s)
  })

  test.each(/** @type {const} */ (['SIGTERM', 'SIGINT']))(
    '%s ends it at once, with connections open',
    async (signal) => {
      const second = await startServer()
      const socket = connect(second.port, '127.0.0.1')
      socket.on('error', () => socket.destroy())
      socket.write(`GET /events?session=${SESSION} HTTP/1.1\r\nHost: 127.0.0.1:${second.port}\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      const start = Date.now()
      second.child.kill(signal)
      expect(await second.ended).toBe(0)
      expect(Date.now() - start).toBeLessThan(2000)
      socket.destroy()
    },
  )
})

describe('headers', () => {
  test('the page may load nothing from elsewhere and run nothing inline', async () => {
    const { status, headers } = await ask('/')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(/^default-src 'self'; connect-src 'self' ws:\/\/127/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
  })

  test.each(['/server.js', '/../server.js', '/page/index.html', '/%2e%2e/server.js', '//'])(
    'no file: %s',
    async (path) => {
      const { status, body } = await ask(path)
      expect(path === '//' ? 200 : 404).toBe(status)
      expect(body).not.toContain('createServer')
    },
  )
})

describe('who may ask', () => {
  test('another name for this host is refused', async () => {
    expect((await ask('/', { Host: `example.com:${server.port}` })).status).toBe(421)
    expect((await ask('/', { Host: `localhost:${server.port}` })).status).toBe(200)
  })

  test("another site's page may neither command nor listen nor connect", async () => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    const json = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ name: 'measure', count: 1, size: 1 })
    const command = `/command?session=${SESSION}`
    expect((await ask(command, { ...json, Origin: 'http://example.com' }, 'POST', body)).status).toBe(403)
    expect((await ask(command, json, 'POST', body)).status).toBe(403)
    expect((await ask(command, { ...json, ...own() }, 'POST', body)).status).toBe(204)
    expect((await ask(command, { 'Content-Type': 'text/plain', ...own() }, 'POST', body)).status).toBe(415)
    expect((await ask(`/events?session=${SESSION}`, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    const socket = `/socket?session=${SESSION}`
    expect((await ask(socket, { ...UPGRADE, Origin: 'http://example.com' })).status).toBe(403)
    expect((await ask(socket, UPGRADE)).status).toBe(403)
    expect((await ask(socket, { ...UPGRADE, ...own() })).status).toBe(101)
    session.end()
  })

  test.each([
    ['not JSON', '{', 'A command is a JSON object.'],
    ['no object', 'null', 'A command is a JSON object.'],
    ['no name', '{}', 'A command has a name.'],
    ['an unknown name', '{"name":"toString"}', 'The browser is not connected.'],
    ['an unknown scenario', '{"name":"raw","scenario":"x"}', 'There is no such scenario.'],
    ['a huge burst', '{"name":"measure","count":1e9,"size":1}', 'count must be a whole number from 1 to 100000.'],
  ])('a command that is %s', async (_, body, sentence) => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    const headers = { 'Content-Type': 'application/json', ...own() }
    const answer = await ask(`/command?session=${SESSION}`, headers, 'POST', body)
    expect(answer).toMatchObject({ status: 409, body: `${sentence}\n` })
    session.end()
  })

  test('a command that is too long', async () => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    const headers = { 'Content-Type': 'application/json', ...own() }
    const body = JSON.stringify({ name: 'text', text: 'x'.repeat(70_000) })
    expect((await ask(`/command?session=${SESSION}`, headers, 'POST', body)).status).toBe(413)
    session.end()
  })
})

describe('the handshake', () => {
  test('answers the key', async () => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    // The key and the answer of RFC 6455 section 1.3.
    const headers = { ...UPGRADE, ...own(), 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const { headers: answer } = await ask(`/socket?session=${SESSION}`, headers)
    expect(answer['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    session.end()
  })

  test.each([
    ['no upgrade', {}, 426],
    ['another protocol', { ...UPGRADE, Upgrade: 'h2c' }, 426],
    ['another version', { ...UPGRADE, 'Sec-WebSocket-Version': '8' }, 426],
    ['no key', { ...UPGRADE, 'Sec-WebSocket-Key': '' }, 400],
    ['a key of 15 bytes', { ...UPGRADE, 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }, 400],
  ])('refuses %s', async (_, headers, status) => {
    const answer = await ask(`/socket?session=${SESSION}`, { ...headers, ...own() })
    expect(answer.status).toBe(status)
    // RFC 9110 section 15.5.22.
    if (status === 426) expect(answer.headers.upgrade).toBe('websocket')
  })

  test('says which version would do', async () => {
    const answer = await ask('/socket?session=none', { ...UPGRADE, ...own(), 'Sec-WebSocket-Version': '8' })
    expect(answer.headers['sec-websocket-version']).toBe('13')
  })

  test.each([
    ['a session that wants it', '&deflate', 'permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['one that does not', '', 'permessage-deflate; client_max_window_bits', undefined],
    ['a client that does not offer it', '&deflate', undefined, undefined],
    ['a client that offers something else', '&deflate', 'permessage-bzip2', undefined],
  ])('agrees upon permessage-deflate for %s', async (_, query, offer, agreed) => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    const headers = { ...UPGRADE, ...own(), ...(offer && { 'Sec-WebSocket-Extensions': offer }) }
    const answer = await ask(`/socket?session=${SESSION}${query}`, headers)
    expect(answer.status).toBe(101)
    expect(answer.headers['sec-websocket-extensions']).toBe(agreed)
    session.end()
  })

  test('refuses an unknown session and another path', async () => {
    expect((await ask('/socket?session=none', { ...UPGRADE, ...own() })).status).toBe(404)
    expect((await ask('/other', { ...UPGRADE, ...own() })).status).toBe(404)
  })

  /** Asks for a WebSocket and writes `bytes` at once. @param {string} target @param {number[]} bytes @param {Record<string, string>} [more] */
  function openWith(target, bytes, more) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    const headers = { Host: `127.0.0.1:${server.port}`, ...UPGRADE, ...own(), ...more }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const handshake = [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')
    socket.write(Buffer.concat([Buffer.from(handshake), Buffer.from(bytes)]))
    return socket
  }

  test('frames that come along with the request are not lost, and a reset does no harm', async () => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    const socket = openWith(`/socket?session=${SESSION}`, [0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69])
    await expect.poll(session.text).toContain('"type":"pong"')
    expect(session.text()).toMatch(/"type":"ping"[^}]*"fin":true[^}]*"length":2/)
    socket.resetAndDestroy()
    await expect.poll(session.text).toContain('"event":"closed"')
    expect(session.text()).toContain('"code":1006')
    expect((await ask('/')).status).toBe(200)
    session.end()
  })
  test('nor are compressed ones', async () => {
    const session = openSession(SESSION)
    await expect.poll(session.text).toContain('event: hello')
    // "Hello" as RFC 7692 section 7.2.3.1 has it.
    const frame = [0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
    const socket = openWith(`/socket?session=${SESSION}&deflate`, frame, offer)
    await expect.poll(session.text).toContain('"plain":{"length":5,"head":"SGVsbG8="}')
    expect(session.text()).toMatch(/"rsv":"100","length":7/)
    socket.destroy()
    session.end()
  })
})
