// Streams over what servers have: TCP with ws at the other end in both roles, and HTTP/2 (RFC 8441).
// The opening handshake is ws's own where it can be, and Node's http2 otherwise.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Connection, Data, type Message } from '../../bindings/index.js'
import { fromNodeStream, type NewConnection, type WebSocketDuplex } from '../../bindings/streams/index.js'
import { noise } from '../support/frames.js'
import { all, rejection, settle } from './pairs.js'

const sizes = [0, 1, 125, 126, 65_535, 65_536, 1_000_000]

async function echo({ readable, writable }: Pick<WebSocketDuplex, 'readable' | 'writable'>): Promise<void> {
  await readable.pipeTo(writable, { preventClose: true }).catch(() => {})
}

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

describe('a server over TCP, with ws as its client', () => {
  let server: Server
  let url: string
  let accepted: WebSocketDuplex
  let transport: Socket
  let serve: (socket: WebSocketDuplex) => unknown = echo
  let options: Omit<NewConnection, 'role'> = {}

  beforeAll(async () => {
    server = createServer()
    server.on('upgrade', (request, socket, received) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
      transport = socket as Socket
      accepted = fromNodeStream(socket, { role: 'SERVER', received, ...options })
      serve(accepted)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `ws://127.0.0.1:${portOf(server)}/`
  })
  afterAll(() => server.close())

  it('echoes messages of every size, and pings', async () => {
    serve = echo
    const client = new WebSocket(url)
    await once(client, 'open')
    for (const size of sizes) {
      const payload = noise(size)
      client.send(payload)
      const [data, isBinary] = await once(client, 'message')
      expect(isBinary).toBe(true)
      expect(Buffer.compare(data, payload)).toBe(0)
    }
    client.send('ü')
    expect(String((await once(client, 'message'))[0])).toBe('ü')
    client.ping('are you there')
    expect(String((await once(client, 'pong'))[0])).toBe('are you there')
    const answers: string[] = []
    const answered = new Promise<void>((resolve) => {
      client.on('message', (data) => {
        if (answers.push(String(data)) === 5000) resolve()
      })
    })
    const sent = Array.from({ length: 5000 }, (_, index) => `${index}`)
    for (const text of sent) client.send(text)
    await answered
    expect(answers).toEqual(sent)
    client.close(1000, 'enough')
    expect((await once(client, 'close'))[0]).toBe(1000)
    expect(await accepted.closed).toEqual({ closeCode: 1000, reason: 'enough' })
  })

  it('closes', async () => {
    serve = (socket) => socket.close({ closeCode: 4001, reason: 'go' })
    const client = new WebSocket(url)
    const [code, reason] = await once(client, 'close')
    expect([code, String(reason)]).toEqual([4001, 'go'])
    expect(await accepted.closed).toEqual({ closeCode: 4001, reason: 'go' })
  })

  it('says what is wrong', async () => {
    serve = echo
    const client = new WebSocket(url)
    await once(client, 'open')
    client.send('x', { compress: false, fin: false })
    ;(client as unknown as { _socket: Socket })._socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))
    expect((await once(client, 'close'))[0]).toBe(1002)
    expect(await rejection(accepted.closed)).toMatchObject({ cause: { code: 'ERR_RESERVED_BIT' } })
  })

  it('notices that the client has vanished', async () => {
    serve = () => {}
    const client = new WebSocket(url)
    await once(client, 'open')
    const read = rejection(accepted.readable.getReader().read())
    client.terminate()
    expect(await read).toMatchObject({ name: 'WebSocketError', closeCode: 1006 })
    expect(await rejection(accepted.closed)).toMatchObject({ closeCode: 1006 })
  })

  describe('with a keep-alive', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
      serve = () => {}
      options = { keepAlive: { interval: 50, timeout: 50 } }
    })
    afterEach(() => {
      vi.useRealTimers()
      options = {}
    })

    it('ends a client that does not answer pings', async () => {
      const client = new WebSocket(url, { autoPong: false })
      await once(client, 'open')
      const read = rejection(accepted.readable.getReader().read())
      const closed = once(client, 'close')
      for (let turn = 0; turn < 4; turn++) {
        vi.advanceTimersByTime(50)
        await settle()
      }
      expect((await closed)[0]).toBe(1006)
      expect(await read).toMatchObject({ message: expect.stringContaining('did not answer a ping') })
    })

    it('leaves a client that answers pings alone', async () => {
      const living = new WebSocket(url)
      await once(living, 'open')
      const read = accepted.readable.getReader().read()
      await settle()
      for (let turn = 0; turn < 8; turn++) {
        const before = transport.bytesRead
        const pinged = once(living, 'ping')
        vi.advanceTimersByTime(50)
        await pinged
        // No time passes until the pong has come.
        while (transport.bytesRead === before) await new Promise((resolve) => setImmediate(resolve))
        await settle()
      }
      living.send('alive')
      expect((await read).value).toBe('alive')
      living.close()
      let over = false
      void accepted.closed.then(() => {
        over = true
      })
      while (!over) await settle()
    })
  })
})

describe('a client over TCP, with ws as its server', () => {
  let server: WebSocketServer
  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
  })
  afterAll(() => server.close())

  /** As much of the opening handshake as it takes. */
  async function open(): Promise<[WebSocketDuplex, WebSocket]> {
    const connection = once(server, 'connection')
    const socket = connectTcp(portOf(server), '127.0.0.1')
    const lines = ['GET / HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade']
    lines.push('Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    let head = Buffer.alloc(0)
    while (!head.includes('\r\n\r\n')) {
      await once(socket, 'readable')
      head = Buffer.concat([head, socket.read()])
    }
    const received = head.subarray(head.indexOf('\r\n\r\n') + 4)
    return [fromNodeStream(socket, { role: 'CLIENT', received }), (await connection)[0]]
  }

  it('is echoed messages of every size', async () => {
    const [socket, peer] = await open()
    peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }))
    const reader = socket.readable.getReader()
    const writer = socket.writable.getWriter()
    for (const size of sizes) {
      const payload = noise(size)
      const write = writer.write(payload)
      expect(Buffer.compare((await reader.read()).value as Uint8Array, payload)).toBe(0)
      await write
    }
    const pong = once(peer, 'pong')
    peer.ping('?')
    expect(String((await pong)[0])).toBe('?')
    const closed = once(peer, 'close')
    await writer.close()
    expect((await closed)[0]).toBe(1005)
    expect(await socket.closed).toEqual({ closeCode: 1005, reason: '' })
    expect((await reader.read()).done).toBe(true)
  })

  it('is closed, and gets all that was sent before', async () => {
    const [socket, peer] = await open()
    for (let index = 0; index < 1000; index++) peer.send(`${index}`)
    peer.close(1012, 'restart')
    expect((await all(socket.readable)).length).toBe(1000)
    expect(await socket.closed).toEqual({ closeCode: 1012, reason: 'restart' })
  })
})

describe('over an HTTP/2 stream (RFC 8441)', () => {
  let server: Http2Server
  let accepted: Promise<WebSocketDuplex>
  beforeAll(async () => {
    server = createHttp2Server({ settings: { enableConnectProtocol: true } })
    accepted = new Promise((resolve) => {
      server.on('stream', (stream, headers) => {
        if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket')
          return stream.respond({ ':status': 400 }, { endStream: true })
        stream.respond({ ':status': 200 })
        const socket = fromNodeStream(stream, { role: 'SERVER' })
        void echo(socket)
        resolve(socket)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  it('messages and the closing handshake go both ways', async () => {
    const session = connect(`http://127.0.0.1:${portOf(server)}`)
    await once(session, 'remoteSettings')
    const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', ':scheme': 'http' }
    const stream = session.request({ ...headers, 'sec-websocket-version': '13' }, { endStream: false })
    expect((await once(stream, 'response'))[0][':status']).toBe(200)
    const socket = fromNodeStream(stream, { role: 'CLIENT' })
    const reader = socket.readable.getReader()
    const writer = socket.writable.getWriter()
    for (const size of sizes) {
      const payload = noise(size)
      const write = writer.write(payload)
      expect(Buffer.compare((await reader.read()).value as Uint8Array, payload)).toBe(0)
      await write
    }
    socket.close({ closeCode: 1000, reason: 'bye' })
    expect(await socket.closed).toEqual({ closeCode: 1000, reason: '' })
    expect(await (await accepted).closed).toEqual({ closeCode: 1000, reason: 'bye' })
    session.close()
    await once(session, 'close')
    server.close()
  })
})

describe('between two TCP sockets of its own', () => {
  it('each end frees its socket', async () => {
    const server = createTcpServer({ allowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    for (const first of ['CLIENT', 'SERVER'] as const) {
      const connection = once(server, 'connection') as Promise<[Socket]>
      const client = connectTcp({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
      const [socket] = await connection
      const gone = [once(client, 'close'), once(socket, 'close')]
      const ends = {
        CLIENT: fromNodeStream(client, { role: 'CLIENT' }),
        SERVER: fromNodeStream(socket, { role: 'SERVER' }),
      }
      void echo(ends.SERVER)
      void all(ends.CLIENT.readable)
      ends[first].close({ closeCode: 1001 })
      expect((await ends.CLIENT.closed).closeCode).toBe(1001)
      expect((await ends.SERVER.closed).closeCode).toBe(1001)
      await Promise.all(gone)
    }
    server.close()
    await once(server, 'close')
  })
})

describe('a client that sends 40 MB over the limit before it reads', () => {
  it.each([false, true])(
    'gets the 1009, and both ends are freed, on sockets that may be half open: %s',
    async (half) => {
      const server = createTcpServer({ allowHalfOpen: half })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const connection = once(server, 'connection') as Promise<[Socket]>
      const client = connectTcp({ port: portOf(server), host: '127.0.0.1' })
      const [accepted] = await connection
      const gone = [once(client, 'close'), once(accepted, 'close')]
      // No deadline helps.
      const options = { role: 'SERVER', maxMessageSize: 1000, closeTimeout: Number.POSITIVE_INFINITY } as const
      const socket = fromNodeStream(accepted, options)
      const peer = new Connection('CLIENT', { delivery: 'message' })
      await new Promise((resolve) => client.write(peer.send(new Data(new Uint8Array(40_000_000), 'binary')), resolve))
      const messages: Message[] = []
      client.on('data', (chunk) => {
        peer.recv(chunk)
        messages.push(...peer.messages())
      })
      client.on('error', (error) => messages.push(error as never))
      expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006, cause: { code: 'ERR_FRAME_TOO_BIG' } })
      await Promise.all(gone)
      expect(messages.map(({ type, statusCode }) => [type, statusCode])).toEqual([['close', 1009]])
      server.close()
    },
  )
})
