// The README is true: its programs run as they stand there, with each other and with ws, and its tables and those of
// docs name every error code, option and entry point there is. Knows the pages' text and the built package.

import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type ClientHttp2Stream, connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { REQUEST_CODES, RESPONSE_CODES } from '../../bindings/handshake/problems.js'
import { Connection, Data } from '../../bindings/index.js'
import { localCodes, remoteCodes } from '../../bindings/model/errors.js'
import { optionsIn, output, Page, root } from '../support/programs.js'
import { certificate } from './certificate.js'

const page = new Page('README.md')
const readme = page.text
const closing: (() => void)[] = []

beforeAll(() => page.write())
afterAll(() => {
  for (const close of closing) close()
})

const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Starts a server of the README's. */
async function serve(name: string) {
  const serving = await page.serve(name)
  closing.push(() => serving.server.kill())
  return serving
}

/** The port of a server of this process, where ws echoes. */
async function echoOfWs(server: ReturnType<typeof createHttpServer>): Promise<number> {
  const echo = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } })
  echo.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('the programs of the README', () => {
  it('are all its blocks of JavaScript', () => {
    expect(page.blocks).toBe(page.programs.length)
  })

  it.each([
    ['first.js', 'text hello\n'],
    ['opcodes.js', 'latin-1 [ 1, 0, 0 ] Uint8Array(1) [ 233 ]\ncompare [ 0, 0, 0 ] Uint8Array(0) []\n'],
  ])('%s prints what it says', async (name, printed) => {
    expect(await output(page.run(name))).toBe(printed)
  })
})

describe('ws-server.js', () => {
  it('tells everybody what anybody says, and has nothing to complain about', async () => {
    const { port, said } = await serve('ws-server.js')
    const [one, two] = [0, 1].map(() => new WebSocket(`ws://127.0.0.1:${port}/`))
    await Promise.all([one, two].map((socket) => once(socket, 'open')))
    expect(one.extensions).toBe('permessage-deflate')
    for (const message of ['hello ☀', Buffer.alloc(100_000, 'x')]) {
      const heard = Promise.all([one, two].map((socket) => once(socket, 'message')))
      one.send(message)
      for (const [data, isBinary] of await heard) {
        expect([String(data), isBinary]).toEqual([String(message), typeof message !== 'string'])
      }
    }
    two.terminate()
    one.close(1000)
    expect((await once(one, 'close'))[0]).toBe(1000)
    expect(said()).toBe('')
  })
})

const SAYS = {
  'client.js': 'hello\nclosed with 1000\n',
  'streams-client.js': "hello\nUint8Array(3) [ 1, 2, 3 ]\n{ closeCode: 1005, reason: '' }\n",
}
const CLIENTS = Object.entries(SAYS)

describe.each(['server.js', 'streams-server.js'])('%s', (name) => {
  let port: string
  let said: () => string
  beforeAll(async () => {
    ;({ port, said } = await serve(name))
  })

  it.each(CLIENTS)('speaks with %s until it closes, and has nothing to complain about', async (client, printed) => {
    expect(await output(page.run(client, [`ws://127.0.0.1:${port}/`]))).toBe(printed)
    expect(said()).toBe('')
  })

  it('speaks with ws, compressed, and closes with the code of ws', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    await once(socket, 'open')
    expect(socket.extensions).toBe('permessage-deflate')
    for (const message of ['échö', 'x'.repeat(100_000), '']) {
      socket.send(message)
      const [data, isBinary] = await once(socket, 'message')
      expect([String(data), isBinary]).toEqual([message, false])
    }
    socket.ping('?')
    expect(String((await once(socket, 'pong'))[0])).toBe('?')
    socket.close(3000, 'bye')
    expect((await once(socket, 'close'))[0]).toBe(3000)
  })

  it('answers a violation, and the connection ends', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    await once(socket, 'open')
    // A frame that is not masked, behind ws's back.
    const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
    raw.write(Uint8Array.of(0x81, 0))
    const [code, reason] = await once(socket, 'close')
    expect([code, String(reason)]).toEqual([1002, 'frame from a client is not masked'])
  })

  it('takes frames that come with the request', async () => {
    const early = new Connection('CLIENT').send(new Data('early', 'text'))
    const { socket, received } = shake(port, early)
    const connection = new Connection('CLIENT')
    while ((await received()).indexOf('early') < 0) await once(socket, 'data')
    expect(connection.state).toBe('OPEN')
    socket.destroy()
  })

  it('refuses a page of another origin, and ends the connection', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: 'https://evil.example' })
    const [error] = await once(socket, 'error')
    expect(error.message).toBe('Unexpected server response: 403')
  })

  it('has a page on the same port', async () => {
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect(await page.text()).toBe('There is a WebSocket here.\n')
  })

  it('does not read on while what it sends is not read, and loses nothing', async () => {
    const size = 1 << 20
    const count = 64
    const { socket, received } = shake(port, new Uint8Array(0))
    await received()
    socket.pause()
    const client = new Connection('CLIENT', { delivery: 'message' })
    for (let i = 0; i < count; i++) socket.write(client.send(new Data(new Uint8Array(size).fill(i), 'binary')))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    // What is neither in the two buffers of the system nor in the server.
    expect(socket.writableLength).toBeGreaterThan((count * size) / 2)
    let next = 0
    socket.on('data', (chunk) => {
      client.recv(chunk)
      for (const { message } of client.messages()) {
        expect([message.length, message[0], message.at(-1)]).toEqual([size, next, next])
        next++
      }
      if (next === count) socket.emit('all')
    })
    socket.resume()
    await once(socket, 'all')
    socket.destroy()
  })
})

/** A client over bare TCP that sends `early` together with its request. */
function shake(port: string, early: Uint8Array) {
  const socket = connect(Number(port), '127.0.0.1')
  const lines = ['GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  const head = Buffer.from(`${lines.join('\r\n')}\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`)
  socket.write(Buffer.concat([head, early]))
  let text = ''
  const add = (chunk: Buffer) => {
    text += chunk.toString('latin1')
  }
  socket.on('data', add)
  /** All that came so far, at least the head. */
  const received = async () => {
    while (!text.includes('\r\n\r\n')) await once(socket, 'data')
    return text
  }
  return { socket, received }
}

describe('over TCP and TLS', () => {
  const { key, cert } = certificate()
  const folder = mkdtempSync(join(tmpdir(), 'noio-ws-'))
  const file = join(folder, 'cert.pem')
  let plain: number
  let secure: number
  const asked: string[] = []
  closing.push(() => rmSync(folder, { recursive: true }))

  beforeAll(async () => {
    writeFileSync(file, cert)
    plain = await echoOfWs(createHttpServer())
    const SNICallback = (name: string, done: (error: null) => void) => {
      asked.push(name)
      done(null)
    }
    secure = await echoOfWs(createHttpsServer({ key, cert, SNICallback }))
  })

  describe.each(CLIENTS)('%s', (name, printed) => {
    it('speaks with ws', async () => {
      expect(await output(page.run(name, [`ws://127.0.0.1:${plain}/`]))).toBe(printed)
    })

    it.each(['localhost', '127.0.0.1'])('speaks with ws over TLS at %s', async (host) => {
      asked.length = 0
      const env = { NODE_EXTRA_CA_CERTS: file }
      expect(await output(page.run(name, [`wss://${host}:${secure}/`], env))).toBe(printed)
      expect(asked).toEqual(host === 'localhost' ? ['localhost'] : [])
    })

    it('trusts no certificate that it does not know', async () => {
      const printed = await output(page.run(name, [`wss://localhost:${secure}/`]))
      expect(printed).toMatch(/self-signed certificate/)
    })

    it('says why a server is none', async () => {
      const server = createHttpServer((_, response) => response.writeHead(404).end())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(() => server.close())
      const printed = await output(page.run(name, [`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`]))
      expect(printed).toMatch(/HandshakeError|RemoteProtocolError/)
      expect(printed).toMatch(/status 404; it must be 101/)
    })
  })

  it('the answer is behind a 103, and frames are behind the answer', async () => {
    const server = createHttpServer()
    const echo = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      socket.cork()
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
      echo.handleUpgrade(request, socket, head, (peer) => {
        peer.send('behind')
        process.nextTick(() => socket.uncork())
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const printed = await output(page.run('client.js', [`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`]))
    expect(printed).toBe('behind\nclosed with 1000\n')
  })
})

/** ws over a stream that is no socket, as its users do it; ws itself has no HTTP/2. */
function wsOver(stream: Duplex, isServer: boolean): WebSocket {
  const bare = Object.assign(stream, { setNoDelay: () => {}, setTimeout: () => stream })
  // Neither is in its types: options that its server gives, and the method that takes a stream.
  const options: object = { autoPong: true, closeTimeout: 5000 }
  const socket = new WebSocket(null as unknown as string, undefined, options) as unknown as {
    _isServer: boolean
    setSocket(socket: Duplex, head: Buffer, options: object): void
  }
  socket._isServer = isServer
  socket.setSocket(bare, Buffer.alloc(0), { maxPayload: 0, skipUTF8Validation: false })
  return socket as unknown as WebSocket
}

describe('over HTTP/2', () => {
  let port: string
  let said: () => string
  beforeAll(async () => {
    ;({ port, said } = await serve('http2-server.js'))
  })

  it('client and server speak to each other, compressed, and close', async () => {
    expect(await output(page.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toBe('hello\nclosed with 1000\n')
    expect(said()).toBe('')
  })

  async function request(headers: Record<string, string>): Promise<{ stream: ClientHttp2Stream; status: number }> {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    closing.push(() => session.destroy())
    await once(session, 'remoteSettings')
    const stream = session.request({ ':path': '/', ...headers })
    const [response] = await once(stream, 'response')
    return { stream, status: response[':status'] }
  }
  const CONNECT = { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' }

  it('the server speaks with ws', async () => {
    const { stream, status } = await request(CONNECT)
    expect(status).toBe(200)
    const socket = wsOver(stream, false)
    socket.send('x'.repeat(100_000))
    expect(String((await once(socket, 'message'))[0])).toBe('x'.repeat(100_000))
    socket.close(3000)
    expect((await once(socket, 'close'))[0]).toBe(3000)
  })

  it('the server refuses, and has a page', async () => {
    expect((await request({ ...CONNECT, origin: 'https://evil.example' })).status).toBe(403)
    expect((await request({ ':method': 'GET' })).status).toBe(200)
  })

  it('the client speaks with ws', async () => {
    const server = createHttp2Server({ settings: { enableConnectProtocol: true } })
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      const socket = wsOver(stream, true)
      socket.on('message', (data, binary) => socket.send(data, { binary }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const { port } = server.address() as AddressInfo
    expect(await output(page.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toBe('hello\nclosed with 1000\n')
  })

  it('the client says that a server has none', async () => {
    const server = createHttp2Server().listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const { port } = server.address() as AddressInfo
    expect(await output(page.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toMatch(
      /has no WebSocket over HTTP\/2/,
    )
  })
})

describe('the links', () => {
  const markdown = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'))
  const pages = ['README.md', 'SECURITY.md', ...markdown.map((name) => `docs/${name}`)]

  /** The fragments of a page's headings, as GitHub makes them. */
  const fragmentsOf = (text: string) =>
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    )

  it.each(pages)('of %s lead somewhere', (path) => {
    const links = Array.from(textOf(path).matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link)
    for (const link of links.filter((link) => !link.startsWith('https:'))) {
      const [file, fragment] = link.split('#')
      const target = file === '' ? new URL(path, root) : new URL(file, new URL(path, root))
      expect(existsSync(target), link).toBe(true)
      if (fragment !== undefined) expect(fragmentsOf(readFileSync(target, 'utf8')), link).toContain(fragment)
    }
  })
})

describe('the tables', () => {
  it('have a row for every error code, with its close code and section', () => {
    for (const { code, closeCode, section } of remoteCodes()) {
      expect(readme).toContain(`| \`${code}\` | ${closeCode} | ${section} |`)
    }
    for (const [code, section] of localCodes()) expect(readme).toContain(`| \`${code}\` | ${section} |`)
    expect(readme.match(/^\| `ERR_/gm)).toHaveLength(remoteCodes().length + localCodes().length)
  })

  it('have a row for every error code of the handshake, with its status and section', () => {
    const requests = Object.entries(REQUEST_CODES)
    const responses = Object.entries(RESPONSE_CODES)
    const text = textOf('docs/handshake.md')
    for (const [code, { status, section }] of requests) {
      expect(text).toContain(`| \`${code}\` | ${status} | ${section.replace(' section', '')} |`)
    }
    for (const [code, section] of responses)
      expect(text).toContain(`| \`${code}\` | ${section.replace(' section', '')} |`)
    expect(text.match(/^\| `ERR_/gm)).toHaveLength(requests.length + responses.length)
  })

  it.each([
    ['README.md', 'bindings/options/settings.ts', 'ConnectionOptions'],
    ['docs/handshake.md', 'bindings/handshake/accept.ts', 'AcceptOptions'],
    ['docs/handshake.md', 'bindings/handshake/request.ts', 'RequestOptions'],
    ['docs/handshake.md', 'bindings/handshake/reader.ts', 'HeadLimits'],
    ['docs/compression.md', 'bindings/permessage-deflate/options.ts', 'PermessageDeflateOptions'],
    ['docs/streams.md', 'bindings/streams/options.ts', 'TransportOptions'],
    ['docs/streams.md', 'bindings/keepalive/index.ts', 'KeepAliveOptions'],
  ])('%s: a row for every option in %s, %s', (document, file, name) => {
    const options = optionsIn(file, name)
    expect(options.length).toBeGreaterThan(1)
    for (const option of options) expect(textOf(document)).toContain(`| \`${option}\` |`)
  })

  it('have a row for every entry point', () => {
    const names = Object.keys(JSON.parse(textOf('package.json')).exports)
    for (const name of names) expect(readme).toContain(`| \`noio-ws${name.slice(1)}\` |`)
    expect(readme.match(/^\| `noio-ws/gm)).toHaveLength(names.length)
  })
})
