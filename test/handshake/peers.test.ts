// The opening handshake over real TCP: with ws at the other end, with Node's HTTP, and with bare bytes at both ends.
// What is sent together with a head must reach the connection.

import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  acceptUpgrade,
  RequestHeadReader,
  type RequestOptions,
  ResponseHeadReader,
  requestUpgrade,
} from '../../bindings/handshake/index.js'
import { Connection, Data } from '../../bindings/index.js'
import { each, echo, listen } from '../support/transports.js'
import { KEY, text } from './samples.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server with Node's HTTP, which reads the request's head. */
async function httpServer(): Promise<number> {
  const server = createHttpServer((request, response) => {
    const answer = acceptUpgrade(request)
    if (!answer.ok) response.writeHead(answer.response.status, answer.response.headers).end(answer.response.body)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const answer = acceptUpgrade(request, {
      subprotocols: ['wamp', 'echo'],
      origin: [undefined, 'https://example.com'],
    })
    if (!answer.ok) {
      socket.end(answer.responseBytes)
      return
    }
    socket.write(answer.responseBytes)
    echo(new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message' }), socket, head)
  })
  closing.push(() => server.close())
  return listen(server)
}

/** A server over bare TCP. */
async function tcpServer(): Promise<number> {
  const server = createServer((socket) => {
    const reader = new RequestHeadReader()
    const read = (chunk: Buffer) => {
      const result = reader.push(chunk)
      if (result.state === 'NEED_DATA') return
      socket.off('data', read)
      const answer = result.state === 'DONE' ? acceptUpgrade(result.head, { subprotocols: ['echo'] }) : result
      if (answer.ok) {
        socket.write(answer.responseBytes)
        const rest = result.state === 'DONE' ? result.rest : new Uint8Array(0)
        echo(new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message' }), socket, rest)
      } else {
        socket.end(answer.responseBytes)
      }
    }
    socket.on('data', read).on('error', () => socket.destroy())
  })
  closing.push(() => server.close())
  return listen(server)
}

/** A client over bare TCP; `early`: bytes that it sends together with its request. */
async function tcpClient(port: number, options: RequestOptions = {}, early = new Uint8Array(0)) {
  const request = requestUpgrade(`ws://127.0.0.1:${port}/chat?x=1`, options)
  const socket = connect({ host: request.host, port: request.port })
  closing.push(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(Buffer.concat([request.requestBytes, early]))
  const reader = new ResponseHeadReader()
  for (;;) {
    const [chunk] = await once(socket, 'data')
    const result = reader.push(chunk)
    if (result.state === 'NEED_DATA') continue
    if (result.state === 'ERROR') throw result.error
    const verified = request.verify(result.head)
    if (!verified.ok) throw verified.error
    return { ...verified, socket, rest: result.rest }
  }
}

/** Says hello, waits for it to come back, and closes. */
async function hello(socket: Socket, connection: Connection, rest: Uint8Array): Promise<string[]> {
  const got: string[] = []
  each(connection, socket, rest, (message) => {
    got.push(message.type === 'text' ? message.text() : message.type)
    if (message.type === 'text') socket.write(connection.send(new Data('', 'close', { statusCode: 1000 })))
  })
  if (connection.state === 'OPEN') socket.write(connection.send(new Data('hello', 'text')))
  await once(socket, 'close')
  return [...got, String(connection.closeCode)]
}

describe.each([
  ['node:http', httpServer],
  ['bare TCP', tcpServer],
])('a server over %s', (_, server) => {
  it('and the client of ws', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${await server()}/`, ['other', 'echo'])
    await once(socket, 'open')
    expect(socket.protocol).toBe('echo')
    expect(socket.extensions).toBe('')
    socket.send('héllo')
    const [data] = await once(socket, 'message')
    expect(String(data)).toBe('héllo')
    socket.close(1000)
    expect((await once(socket, 'close'))[0]).toBe(1000)
  })

  it('and a client over bare TCP', async () => {
    const { socket, rest, connectionOptions, subprotocol } = await tcpClient(await server(), { subprotocols: ['echo'] })
    expect(subprotocol).toBe('echo')
    expect(await hello(socket, new Connection('CLIENT', connectionOptions), rest)).toEqual(['hello', 'close', '1000'])
  })

  it('and a client that does not wait for the answer', async () => {
    const connection = new Connection('CLIENT', { reservedBits: [0, 0, 0] })
    const early = connection.send(new Data('early', 'text'))
    const { socket, rest } = await tcpClient(await server(), {}, early)
    const got = await new Promise((resolve) => each(connection, socket, rest, (message) => resolve(message.text())))
    expect(got).toBe('early')
  })

  it.each([
    ['a URL for a target, and no Host', 'GET http://other/chat', []],
    ['an asterisk for a target, and no Host', 'GET *', []],
    ['no Host', 'GET /chat', []],
    ['two Hosts', 'GET /chat', ['Host: a', 'Host: b']],
  ])('refuses a request with %s', async (_name, line, hosts) => {
    const socket = connect({ port: await server(), host: '127.0.0.1' })
    closing.push(() => socket.destroy())
    const fields = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${KEY}`,
    ]
    socket.write(`${[`${line} HTTP/1.1`, ...hosts, ...fields].join('\r\n')}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('sends a 100 first to a client of Node that expects it', async () => {
    const headers = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      Expect: '100-continue',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': KEY,
    }
    const asked = httpRequest({ port: await server(), host: '127.0.0.1', headers })
    const seen: string[] = []
    asked.on('continue', () => seen.push('100'))
    asked.flushHeaders()
    const [response, socket] = await once(asked, 'upgrade')
    closing.push(() => socket.destroy())
    expect([...seen, response.statusCode]).toEqual(['100', 101])
  })

  it('refuses what is no request for a WebSocket', async () => {
    const port = await server()
    const asked = httpRequest({ port, host: '127.0.0.1' }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    expect(response.statusCode).toBe(426)
    expect(response.headers).toMatchObject({ upgrade: 'websocket' })

    const posted = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { Connection: 'Upgrade', Upgrade: 'websocket' },
    }).end()
    const [refused] = await once(posted, 'response')
    refused.resume()
    expect(refused.statusCode).toBe(405)
  })

  it('refuses a version that it does not speak, as ws understands', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${await server()}/`, { protocolVersion: 8 })
    const [error] = await once(socket, 'error')
    expect(error.message).toBe('Unexpected server response: 426')
  })
})

describe('a client over bare TCP', () => {
  it('and the server of ws, which speaks at once', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (all) => [...all][1] ?? false })
    closing.push(() => server.close())
    await once(server, 'listening')
    server.on('connection', (socket, { url, headers }) => {
      socket.send(`${url} ${headers.origin} ${headers.cookie}`)
      socket.on('message', (data) => socket.send(String(data)))
    })
    const { port } = server.address() as { port: number }
    const options = { subprotocols: ['a', 'b'], origin: 'https://example.com', headers: { Cookie: 'c=d' } }
    const { socket, rest, connectionOptions, subprotocol } = await tcpClient(port, options)
    expect(subprotocol).toBe('b')
    const got = await hello(socket, new Connection('CLIENT', connectionOptions), rest)
    expect(got).toEqual(expect.arrayContaining(['/chat?x=1 https://example.com c=d', 'close', '1000']))
  })

  it('and a server of ws that refuses', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => false })
    closing.push(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await expect(tcpClient(port)).rejects.toMatchObject({
      code: 'ERR_RESPONSE_STATUS',
      message: expect.stringContaining('status 401'),
    })
  })

  it('and a server whose first frame comes with its answer', async () => {
    const connection = new Connection('SERVER', { reservedBits: [0, 0, 0] })
    const server = createServer((socket) => {
      socket.once('data', (chunk) => {
        const reader = new RequestHeadReader()
        const result = reader.push(chunk)
        const answer = result.state === 'DONE' ? acceptUpgrade(result.head) : undefined
        if (!answer?.ok) throw new Error('refused')
        socket.end(Buffer.concat([answer.responseBytes, connection.send(new Data('at once', 'text'))]))
      })
    })
    closing.push(() => server.close())
    const { rest, connectionOptions } = await tcpClient(await listen(server))
    const client = new Connection('CLIENT', connectionOptions)
    client.recv(rest)
    expect([...client.messages()].map((message) => message.text())).toEqual(['at once'])
  })
})

describe('Node’s HTTP client', () => {
  it('sends the headers, and has its response verified', async () => {
    const { host, port, path, headers, verify } = requestUpgrade(`ws://127.0.0.1:${await httpServer()}/`, {
      subprotocols: ['wamp'],
    })
    const asked = httpRequest({ host, port, path, headers }).end()
    const [response, socket, head] = await once(asked, 'upgrade')
    const verified = verify(response)
    if (!verified.ok) throw verified.error
    expect(verified.subprotocol).toBe('wamp')
    expect(await hello(socket, new Connection('CLIENT', verified.connectionOptions), head)).toEqual([
      'hello',
      'close',
      '1000',
    ])
  })
})

describe('a server over bare TCP', () => {
  it('says what is wrong with a head, and ends', async () => {
    const socket = connect(await tcpServer(), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    const answer = text(Buffer.concat(chunks))
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(
      /\r\n\r\na header line begins with a blank; fields are not folded: each has one line \(RFC 9112 section 5\)\n$/,
    )
  })
})
