// Over real TCP with ws at the other end, in both directions: messages of every size, fragments, pings, closes.
// Knows ws and node:net; the opening handshake is ws's own where it can be.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Connection, Data, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { noise } from '../support/frames.js'

/** Runs a connection over a socket; resolves when the socket is closed. */
function attach(connection: Connection, socket: Duplex, head: Uint8Array, onMessage: (message: Message) => void) {
  const read = (chunk: Uint8Array) => {
    connection.recv(chunk)
    try {
      for (const message of connection.messages()) {
        const reply = message.response()
        if (reply !== undefined) socket.write(connection.send(reply))
        onMessage(message)
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      if (connection.state === 'CLOSING') socket.end(connection.send(error.response()))
    }
    if (connection.state === 'CLOSED') socket.end()
  }
  read(head)
  socket.on('data', read)
  socket.on('end', () => connection.recvEof())
  socket.on('error', () => socket.destroy())
  return once(socket, 'close')
}

const sizes = [0, 1, 125, 126, 65_535, 65_536, 1_000_000]
const options = { delivery: 'message', ownership: 'take' } as const

describe('a noio-ws server and a ws client', () => {
  let server: Server
  let url: string
  const closed: Connection[] = []

  beforeAll(async () => {
    server = createServer()
    server.on('upgrade', async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      socket.write(
        `HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      const connection = new Connection('SERVER', options)
      await attach(connection, socket, head, ({ type, message }) => {
        if (type === 'text' || type === 'binary') socket.write(connection.send(new Data(message, type)))
      })
      closed.push(connection)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })

  afterAll(() => server.close())
  afterEach(() => {
    closed.length = 0
  })

  it('echo messages of every size', async () => {
    const client = new WebSocket(url)
    await once(client, 'open')
    for (const size of sizes) {
      const payload = noise(size)
      client.send(payload)
      const [data, isBinary] = await once(client, 'message')
      expect(isBinary).toBe(true)
      expect(Buffer.compare(data, payload)).toBe(0)
    }
    client.close(1000, 'enough')
    const [code] = await once(client, 'close')
    expect(code).toBe(1000)
    expect(closed.map(({ closeCode, closeReason }) => [closeCode, closeReason])).toEqual([[1000, 'enough']])
  })

  it('join fragments and answer pings between them', async () => {
    const client = new WebSocket(url)
    await once(client, 'open')
    const pong = once(client, 'pong')
    const echo = once(client, 'message')
    client.send('frag', { fin: false })
    client.ping('between')
    client.send('ments ', { fin: false })
    client.send('😀', { fin: true })
    expect(String((await pong)[0])).toBe('between')
    expect(String((await echo)[0])).toBe('fragments 😀')
    client.close()
    const [code] = await once(client, 'close')
    expect(code).toBe(1005)
  })

  it('end with the close code of a violation', async () => {
    const client = new WebSocket(url)
    await once(client, 'open')
    client.send(Buffer.from([0xc3, 0x28]), { binary: false })
    const [code, reason] = await once(client, 'close')
    expect([code, String(reason)]).toEqual([1007, 'text that is not UTF-8'])
  })
})

describe('a noio-ws client and a ws server', () => {
  let server: WebSocketServer

  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    server.on('connection', (socket) => {
      socket.on('message', (data, binary) => socket.send(data, { binary }))
      socket.on('error', () => {})
    })
    await once(server, 'listening')
  })

  afterAll(() => server.close())

  async function open(): Promise<[Duplex, Buffer]> {
    const { port } = server.address() as AddressInfo
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const upgrade = request({ host: '127.0.0.1', port, headers }).end()
    const [, socket, head] = await once(upgrade, 'upgrade')
    return [socket, head]
  }

  it('echo messages of every size, masked, whole and in fragments', async () => {
    const [socket, head] = await open()
    const connection = new Connection('CLIENT', options)
    const expected = sizes.flatMap((size) => [noise(size), noise(size)])
    const seen: boolean[] = []
    const end = attach(connection, socket, head, ({ type, message }) => {
      if (type !== 'binary') return
      seen.push(Buffer.compare(message, expected[seen.length]) === 0)
      if (seen.length === expected.length) socket.write(connection.send(new Data('', 'close', { statusCode: 3000 })))
    })
    for (const size of sizes) {
      const payload = noise(size)
      const half = size >> 1
      socket.write(connection.send(new Data(payload, 'binary')))
      for (const part of connection.sendParts(new Data(payload.subarray(0, half), 'binary', { fin: false }))) {
        socket.write(part)
      }
      socket.write(connection.send(new Data(payload.subarray(half), 'continue')))
    }
    await end
    expect(seen).toEqual(expected.map(() => true))
    expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 3000])
  })

  it('close from the server’s side', async () => {
    const [socket, head] = await open()
    const connection = new Connection('CLIENT')
    const end = attach(connection, socket, head, () => {})
    for (const peer of server.clients) peer.close(1001, 'going')
    await end
    expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 1001, 'going'])
  })
})
