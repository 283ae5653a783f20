// Over real TCP with ws at the other end, in both directions, compressed: every way to agree that ws can be asked for.
// Knows ws and node:net; the opening handshake is written by hand.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws'
import { Connection, Data, type Extension, type Role } from '../../bindings/index.js'
import { type PermessageDeflateOptions, permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { noise } from '../support/frames.js'
import { backends, json, parameters, same, text } from './pairs.js'

const PREFIX = 'permessage-deflate'
const MESSAGES = [
  ...[0, 1, 100, 1023, 1024, 70_000, 1_000_000].flatMap((size) => [json(size), noise(size)]),
  json(3000),
]

/** Runs a connection with the extension over a socket; without `onMessage` it sends every message back. */
function attach(
  role: Role,
  socket: Duplex,
  head: Uint8Array,
  extension: Extension,
  onMessage?: (bytes: Uint8Array) => void,
) {
  const connection = new Connection(role, { delivery: 'message', ownership: 'take', extensions: [extension] })
  const seen = { compressed: 0 }
  const read = (chunk: Uint8Array) => {
    connection.recv(chunk)
    for (const message of connection.messages()) {
      const reply = message.response()
      if (reply !== undefined) socket.write(connection.send(reply))
      if (message.type !== 'binary' && message.type !== 'text') continue
      seen.compressed += message.reserved[0]
      if (onMessage === undefined) socket.write(connection.send(new Data(message.message, message.type)))
      else onMessage(message.message)
    }
    if (connection.state === 'CLOSED') socket.end()
  }
  read(head)
  socket.on('data', read)
  socket.on('end', () => connection.recvEof())
  socket.on('error', () => socket.destroy())
  return { seen, connection }
}

const AGREEMENTS: readonly [name: string, ours: PermessageDeflateOptions, theirs: PerMessageDeflateOptions][] = [
  ['as both are by default', {}, {}],
  ['everything compressed', { threshold: 0 }, { threshold: 0 }],
  ['no context takeover, asked for by us', { serverNoContextTakeover: true, clientNoContextTakeover: true }, {}],
  ['no context takeover, asked for by ws', {}, { serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ['small windows, asked for by us', { serverMaxWindowBits: 9, clientMaxWindowBits: 10, threshold: 0 }, {}],
  ['small windows, asked for by ws', { threshold: 0 }, { serverMaxWindowBits: 9, clientMaxWindowBits: 10 }],
  ['the smallest windows', { serverMaxWindowBits: 8, clientMaxWindowBits: 8, threshold: 0 }, {}],
]

describe.each(backends)('%s', (_name, backend) => {
  it.each(AGREEMENTS)('a server and a ws client: %s', async (_what, ours, theirs) => {
    const negotiator = permessageDeflate({ backend, ...ours })
    const server = createServer()
    let seen = { compressed: 0 }
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      const offer = String(request.headers['sec-websocket-extensions'])
      const accepted = negotiator.accept(parameters(offer.slice(PREFIX.length))) ?? expect.fail(offer)
      const answer = [PREFIX, text(accepted.parameters)].filter(Boolean).join('; ')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      lines.push(`Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Extensions: ${answer}`, '', '')
      socket.write(lines.join('\r\n'))
      seen = attach('SERVER', socket, head, accepted.extension).seen
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const client = new WebSocket(url, { perMessageDeflate: theirs })
    await once(client, 'open')
    for (const message of MESSAGES) {
      client.send(message, { binary: true })
      const [whole] = await once(client, 'message')
      expect(same(whole, message)).toBe(true)
      for (let at = 0; at < message.length; at += 200_000) {
        client.send(message.subarray(at, at + 200_000), { binary: true, fin: at + 200_000 >= message.length })
      }
      if (message.length === 0) continue
      const [joined] = await once(client, 'message')
      expect(same(joined, message)).toBe(true)
    }
    expect(seen.compressed).toBeGreaterThan(5)
    client.close()
    await once(client, 'close')
    server.close()
  })

  it.each(AGREEMENTS)('a client and a ws server: %s', async (_what, ours, theirs) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0, ...theirs } })
    server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })))
    await once(server, 'listening')
    const negotiator = permessageDeflate({ backend, ...ours })
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Extensions': [PREFIX, text(negotiator.offers()[0])].join('; '),
    }
    const upgrade = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers }).end()
    const [response, socket, head] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Duplex, Buffer]
    const answer = String(response.headers['sec-websocket-extensions'])
    const extension = negotiator.accepted(parameters(answer.slice(PREFIX.length)))
    let next: (bytes: Uint8Array) => void = () => {}
    const { seen, connection } = attach('CLIENT', socket, head, extension, (bytes) => next(bytes))
    for (const message of MESSAGES) {
      const received = new Promise<Uint8Array>((resolve) => {
        next = resolve
      })
      socket.write(connection.send(new Data(message, 'binary')))
      expect(same(await received, message)).toBe(true)
      const again = new Promise<Uint8Array>((resolve) => {
        next = resolve
      })
      // In fragments, the last of them empty.
      socket.write(connection.send(new Data(message.subarray(0, 300), 'binary', { fin: false })))
      socket.write(connection.send(new Data(message.subarray(300), 'continue', { fin: false })))
      socket.write(connection.send(new Data('', 'continue')))
      expect(same(await again, message)).toBe(true)
    }
    expect(seen.compressed).toBeGreaterThan(5)
    socket.write(connection.send(new Data('', 'close', { statusCode: 1000 })))
    await once(socket, 'close')
    expect(connection.closeCode).toBe(1000)
    server.close()
  })
})
