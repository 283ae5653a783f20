// The servers and clients of the pages speak with each other and with ws, over TCP, TLS and HTTP/2: run as they stand
// there. Knows the pages' programs and the built package.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type ClientHttp2Stream, connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Connection, Data } from '../../bindings/index.js'
import { output, Page } from '../support/programs.js'
import { certificate } from './certificate.js'

const codec = new Page('docs/codec.md')
const streams = new Page('docs/streams.md', codec)
const http2 = new Page('docs/http2.md', codec)
const closing: (() => void)[] = []

beforeAll(() => {
  for (const page of [codec, streams, http2]) page.write()
})
afterAll(() => {
  for (const close of closing) close()
})

/** Starts a server of a page. */
async function serve(page: Page, name: string) {
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

const SERVERS: [string, Page][] = [
  ['server.js', codec],
  ['streams-server.js', streams],
]
const CLIENTS: [string, Page, string][] = [
  ['client.js', codec, 'hello\nclosed with 1000\n'],
  ['streams-client.js', streams, "hello\nUint8Array(3) [ 1, 2, 3 ]\n{ closeCode: 1005, reason: '' }\n"],
]

describe.each(SERVERS)('%s', (name, page) => {
  let port: string
  let said: () => string
  beforeAll(async () => {
    ;({ port, said } = await serve(page, name))
  })

  it.each(CLIENTS)(
    'speaks with %s until it closes, and has nothing to complain about',
    async (client, its, printed) => {
      expect(await output(its.run(client, [`ws://127.0.0.1:${port}/`]))).toBe(printed)
      expect(said()).toBe('')
    },
  )

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

  describe.each(CLIENTS)('%s', (name, page, printed) => {
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
    const printed = await output(codec.run('client.js', [`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`]))
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
    ;({ port, said } = await serve(http2, 'http2-server.js'))
  })

  it('client and server speak to each other, compressed, and close', async () => {
    expect(await output(http2.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toBe('hello\nclosed with 1000\n')
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
    expect(await output(http2.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toBe('hello\nclosed with 1000\n')
  })

  it('the client says that a server has none', async () => {
    const server = createHttp2Server().listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const { port } = server.address() as AddressInfo
    expect(await output(http2.run('http2-client.js', [`ws://127.0.0.1:${port}/`]))).toMatch(
      /has no WebSocket over HTTP\/2/,
    )
  })
})
