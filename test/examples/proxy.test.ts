// examples/proxy, as a process of its own, between a client and a server of ws: frames pass as they are, and are shown.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

const PROGRAM = fileURLToPath(new URL('../../examples/proxy/server.js', import.meta.url))
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** The proxy for a port; `shown`: the lines so far, once there are as many. */
async function proxy(backend: number) {
  const args = [PROGRAM, '0', `ws://127.0.0.1:${backend}`]
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  closing.push(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
    child.stdout.emit('more')
  })
  const lines = async (count: number) => {
    while (text.split('\n').length <= count) await once(child.stdout, 'more')
    return text.trimEnd().split('\n')
  }
  const [first] = await lines(1)
  return {
    url: `ws://127.0.0.1:${first.replace('port ', '')}/`,
    shown: async (count: number) => (await lines(count + 1)).slice(1),
  }
}

/** A server of ws that echoes and compresses; its requests' headers. */
async function echo() {
  const server = createServer()
  const webSockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } })
  const seen: NodeJS.Dict<string | string[]>[] = []
  webSockets.on('connection', (socket, request) => {
    seen.push(request.headers)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
    socket.on('error', () => {})
    closing.push(() => socket.terminate())
  })
  return { port: await listen(server), seen }
}

it('passes compressed messages, and shows each frame with its bits', async () => {
  const { port, seen } = await echo()
  const { url, shown } = await proxy(port)
  const socket = new WebSocket(url, {
    headers: { 'X-Forwarded-For': '203.0.113.5' },
    perMessageDeflate: { threshold: 0 },
  })
  await once(socket, 'open')
  expect(socket.extensions).toBe('permessage-deflate')
  for (const size of [5, 2_000_000]) {
    const payload = Buffer.alloc(size, 'abc')
    socket.send(payload)
    const [data] = await once(socket, 'message')
    expect(data.equals(payload)).toBe(true)
  }
  socket.ping('?')
  await once(socket, 'pong')
  socket.close(3000, 'bye')
  expect((await once(socket, 'close'))[0]).toBe(3000)
  expect((await shown(8)).map((line) => line.replace(/ \d+ bytes/, ''))).toEqual([
    '> binary fin=true rsv=100',
    '< binary fin=true rsv=100',
    '> binary fin=true rsv=100',
    '< binary fin=true rsv=100',
    '> ping fin=true rsv=000',
    '< pong fin=true rsv=000',
    '> close 3000 fin=true rsv=000',
    '< close 3000 fin=true rsv=000',
  ])
  expect(seen[0]['x-forwarded-for']).toBe('203.0.113.5, 127.0.0.1')
  expect(seen[0].host).toBe(`127.0.0.1:${port}`)
})

it('answers a violation, and tells the other end', async () => {
  const server = new WebSocketServer({ noServer: true })
  const http = createServer().on('upgrade', (request, socket, head) =>
    server.handleUpgrade(request, socket, head, (peer) => server.emit('connection', peer)),
  )
  const { url, shown } = await proxy(await listen(http))
  const socket = new WebSocket(url)
  const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'open')])
  const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
  raw.write(Uint8Array.of(0x81, 0))
  const [[far], [near]] = await Promise.all([once(peer, 'close'), once(socket, 'close')])
  expect([near, far]).toEqual([1002, 1001])
  expect((await shown(1))[0]).toMatch(/^> ERR_NOT_MASKED: frame from a client is not masked/)
})

it('passes a refusal, and says 502 where there is no backend or none that makes sense', async () => {
  const refusing = createServer((_, response) => response.writeHead(403).end('no'))
  const silent = createTcpServer((socket) => socket.destroy())
  const talking = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
  for (const [server, status] of [
    [refusing, 403],
    [silent, 502],
    [talking, 502],
  ] as const) {
    const { url } = await proxy(await listen(server))
    const socket = new WebSocket(url)
    socket.on('error', () => {})
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(status)
    response.resume()
  }
})
