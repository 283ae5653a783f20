// The programs of docs/recipes.md do their jobs, with ws at the other end; each has at most 40 lines.
// Knows the programs and the built package. express.js needs its library: `npm run test:runtimes` runs it.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Connection, Data, Information } from '../../bindings/index.js'
import { output, Page, type Running } from '../support/programs.js'
import { scriptedServer } from '../support/scripted-server.js'

const page = new Page('docs/recipes.md')
const closing: (() => void)[] = []

beforeAll(() => page.write())
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

it.each(page.programs)('$name has at most 40 lines', ({ code }) => {
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})

async function serve(name: string, ...args: string[]) {
  const serving = await page.serve(name, ...args)
  closing.push(() => serving.server.kill('SIGKILL'))
  return { ...serving, url: `ws://127.0.0.1:${serving.port}` }
}

/** A WebSocket of ws, open, and its messages as they come. */
async function open(url: string, options: object = {}) {
  const socket = new WebSocket(url, options)
  const queue: string[] = []
  const waiting: ((text: string) => void)[] = []
  socket.on('message', (data) => {
    const next = waiting.shift()
    if (next === undefined) queue.push(String(data))
    else next(String(data))
  })
  await once(socket, 'open')
  closing.push(() => socket.terminate())
  const next = async () => queue.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)))
  return { socket, next }
}

const codeOf = async (socket: WebSocket): Promise<number> => (await once(socket, 'close'))[0]

/** The status that a request for a WebSocket is refused with. */
async function statusOf(url: string, options: object = {}): Promise<number> {
  const socket = new WebSocket(url, options)
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

/** The lines that a program prints from now on. */
function linesOf({ stdout }: Running): () => Promise<string> {
  const lines: string[] = []
  let rest = ''
  stdout.on('data', (data) => {
    const parts = (rest + data).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    stdout.emit('line')
  })
  return async () => {
    while (lines.length === 0) await once(stdout, 'line')
    return lines.shift() ?? ''
  }
}

const SERVERS = ['rooms.js', 'heartbeat.js', 'auth.js', 'paths.js', 'address.js', 'limits.js', 'shutdown.js']

it.each(SERVERS)('%s goes on after a request for what is no URL', async (name) => {
  const { port } = await serve(name)
  const ask = async (target: string, ...fields: string[]) => {
    const socket = connect(Number(port), '127.0.0.1')
    closing.push(() => socket.destroy())
    socket.write(`${[`GET ${target} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`)
    return String((await once(socket, 'data'))[0])
  }
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  for (const target of ['//', '//[', '/%', 'http://[/']) {
    await ask(target, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', key)
  }
  expect(await ask('/')).toMatch(/^HTTP\/1\.1 /)
})

it('rooms.js gives what one says to the others in the room, and to nobody else', async () => {
  const { url } = await serve('rooms.js')
  const [tea1, tea2, lobby1, lobby2] = await Promise.all(
    [`${url}/?room=tea`, `${url}/?room=tea`, url, url].map((address) => open(address)),
  )
  tea1.socket.send('milk?')
  expect(await tea2.next()).toBe('milk?')
  tea2.socket.send('no')
  expect(await tea1.next()).toBe('no') // and not what it said itself
  lobby1.socket.send('hello')
  expect(await lobby2.next()).toBe('hello') // and nothing of the tea's
  tea1.socket.send(Uint8Array.of(1))
  expect(await codeOf(tea1.socket)).toBe(1003)
})

it('heartbeat.js ends a peer that does not answer, and no other', async () => {
  const { url, server } = await serve('heartbeat.js', '200', '3000')
  const line = linesOf(server)
  const { socket } = await open(url)
  await open(url, { autoPong: false })
  expect(await line()).toBe('closed with 1006, 1 left')
  const [ping] = await once(socket, 'ping') // which it answers
  expect(ping.length).toBe(0)
  socket.close(1000)
  expect(await line()).toBe('closed with 1000, 0 left')
})

describe('auth.js', () => {
  it('lets in by a token, and by a cookie from its own page', async () => {
    const { url } = await serve('auth.js')
    const headers = { Cookie: 'theme=dark; session=ada-s-secret' }
    for (const options of [
      { headers: { Authorization: 'Bearer ada-s-secret' } },
      { headers, origin: 'https://example.com' },
    ]) {
      const { socket, next } = await open(url, options)
      socket.send('hello')
      expect(await next()).toBe('Ada: hello')
      socket.close()
    }
  })

  it('refuses strangers with 401, and other pages with 403', async () => {
    const { url, said } = await serve('auth.js')
    expect(await statusOf(url)).toBe(401)
    expect(await statusOf(url, { headers: { Authorization: 'Bearer something' } })).toBe(401)
    expect(await statusOf(url, { headers: { Cookie: 'session=; no' } })).toBe(401)
    const headers = { Cookie: 'session=ada-s-secret' }
    expect(await statusOf(url, { headers, origin: 'https://evil.example' })).toBe(403)
    expect(said()).toBe('')
  })
})

it('paths.js has two servers on one port, and 404 for the rest', async () => {
  const { url } = await serve('paths.js')
  const echo = await open(`${url}/echo`)
  echo.socket.send('hello')
  expect(await echo.next()).toBe('hello')
  const clock = await open(`${url}/clock?zone=utc`)
  expect(await clock.next()).toMatch(/^\/clock\?zone=utc \d{4}-\d\d-\d\dT/)
  for (const path of ['/', '/other', '/constructor']) expect(await statusOf(url + path)).toBe(404)
})

it.each([
  [{}, '127.0.0.1'],
  [{ 'X-Forwarded-For': '203.0.113.5' }, '203.0.113.5'],
  [{ 'X-Forwarded-For': '6.6.6.6, 203.0.113.5, 10.0.0.7' }, '203.0.113.5'],
  [{ 'X-Forwarded-For': '10.0.0.7' }, '10.0.0.7'],
])('address.js, told %j, says %s', async (headers, address) => {
  const { url } = await serve('address.js')
  const { next } = await open(url, { headers })
  expect(await next()).toBe(`you are ${address}`)
})

describe('limits.js', () => {
  it('takes ten connections of one address', async () => {
    const { url } = await serve('limits.js')
    const all = await Promise.all(Array.from({ length: 10 }, () => open(url)))
    expect(await statusOf(url)).toBe(429)
    all[0].socket.close()
    await codeOf(all[0].socket)
    for (let refused = true; refused; )
      refused = await open(url).then(
        () => false,
        () => true,
      )
    expect(await statusOf(url)).toBe(429)
  })

  it('takes some messages at once, not thousands', async () => {
    const { url } = await serve('limits.js')
    const { socket, next } = await open(url)
    for (let i = 0; i < 10; i++) socket.send(String(i))
    for (let i = 0; i < 10; i++) expect(await next()).toBe(String(i))
    for (let i = 0; i < 20_000; i++) socket.send(String(i))
    expect(await codeOf(socket)).toBe(1008)
  })

  it('takes no message over 64 KiB', async () => {
    const { url } = await serve('limits.js')
    const { socket } = await open(url)
    socket.send(Buffer.alloc(64 * 1024 + 1))
    expect(await codeOf(socket)).toBe(1009)
  })
})

it('shutdown.js sends what it owes, says 1001, and ends', async () => {
  const { url, server } = await serve('shutdown.js')
  const line = linesOf(server)
  const { socket, next } = await open(url)
  socket.send('hello')
  expect(await next()).toBe('hello')
  const exited = once(server, 'exit')
  server.kill('SIGTERM')
  const [code, reason] = await once(socket, 'close')
  expect([code, String(reason)]).toEqual([1001, 'restarting'])
  expect(await line()).toBe('nobody is left')
  expect(await exited).toEqual([0, null])
})

describe('reconnect.js', () => {
  async function script(...steps: Parameters<typeof scriptedServer>): Promise<string> {
    const server = await scriptedServer(...steps)
    closing.push(server.close)
    return server.url
  }

  it('connects again after a restart and a failure, and not where the server has closed normally', async () => {
    const url = await script(
      (socket) => socket.close(1001),
      (socket) => socket.terminate(),
      (socket) =>
        socket.on('message', (data) => {
          socket.send(`again ${data}`)
          socket.close(1000)
        }),
    )
    expect(await output(page.run('reconnect.js', [url]))).toBe(
      'closed with 1001\nclosed with 1006\nagain hello\nclosed with 1000\n',
    )
  })

  it('tries again where it gets no answer, until it gets one', async () => {
    const http = createServer().listen(0, '127.0.0.1')
    closing.push(() => http.close())
    await once(http, 'listening')
    const program = page.run('reconnect.js', [`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`])
    const line = linesOf(program)
    for (let failures = 0; failures < 2; failures++) {
      const [, socket] = await once(http, 'upgrade')
      socket.destroy()
      expect(await line()).toBe('socket hang up')
      expect(await line()).toBe('closed with 1006')
    }
    const server = new WebSocketServer({ server: http })
    server.on('connection', (socket) => socket.close(1000))
    expect(await line()).toBe('closed with 1000')
    if (program.exitCode === null) await once(program, 'exit')
  })

  it('gives up where it is not let in', async () => {
    const server = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1')
    closing.push(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await output(page.run('reconnect.js', [`ws://127.0.0.1:${port}/`]))).toMatch(/\nclosed with 1006\n$/)
  })
})

/** A server of ws that echoes, compressed where the client can. */
async function echo(): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } })
  closing.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }))
    socket.on('error', () => {})
  })
  await once(server, 'listening')
  return String((server.address() as AddressInfo).port)
}

describe('proxy.js', () => {
  it('passes compressed messages, pings and the close between two ends of ws', async () => {
    const { url, said } = await serve('proxy.js', await echo())
    const { socket, next } = await open(`${url}/any?query`, { perMessageDeflate: { threshold: 0 } })
    expect(socket.extensions).toBe('permessage-deflate')
    for (const text of ['hello', '', 'x'.repeat(1_000_000), 'hello']) {
      socket.send(text)
      expect(await next()).toBe(text)
    }
    socket.send('one ', { fin: false })
    socket.send('message', { fin: true })
    expect(await next()).toBe('one message')
    socket.ping('?')
    expect(String((await once(socket, 'pong'))[0])).toBe('?')
    socket.close(3000, 'bye')
    const [code, reason] = await once(socket, 'close')
    expect([code, String(reason), said()]).toEqual([3000, 'bye', ''])
  })

  it('passes RSV bits, opcodes and a close without a code as they are', async () => {
    const backend = createServer()
    const seen: string[] = []
    backend.on('upgrade', (request, socket, head) => {
      expect(request.headers['sec-websocket-protocol']).toBe('any')
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Own: 1\r\n\r\n')
      const connection = new Connection('SERVER', { delivery: 'frame' })
      const read = (chunk: Uint8Array) => {
        connection.recv(chunk)
        for (const { type, reserved, fin, message, statusCode } of connection.messages()) {
          seen.push(`${type} ${reserved.join('')} ${fin} ${message.length} ${statusCode}`)
        }
        if (connection.nextEvent() !== Information.SEND_CLOSE) return
        socket.end(connection.send(new Data('', 'close')))
      }
      read(head)
      socket.on('data', read)
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    closing.push(() => backend.close())
    const { port } = await serve('proxy.js', String((backend.address() as AddressInfo).port))
    const socket = connect(Number(port), '127.0.0.1')
    const fields = ['Host: a', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: any']
    const key = `Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Version: 13`
    const client = new Connection('CLIENT')
    const frames = client.send(
      new Data(Uint8Array.of(0xff), 'text', { rsv1: 1, fin: false }),
      new Data('!', 'ping', { rsv3: 1 }),
      new Data('b', 'continue', { rsv2: 1 }),
      new Data('', 'close'),
    )
    // The frames come with the request, in one packet.
    socket.write(Buffer.concat([Buffer.from(`GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\n${key}\r\n\r\n`), frames]))
    const received = Buffer.concat(await socket.toArray()).toString('latin1')
    expect(received).toMatch(/^HTTP\/1\.1 101 .*X-Own: 1\r\n\r\n\x88\0$/s)
    expect(seen).toEqual([
      'text 100 false 1 undefined',
      'ping 001 true 1 undefined',
      'continue 010 true 1 undefined',
      'close 000 true 0 1005',
    ])
  })

  it('passes a refusal, and answers a violation', async () => {
    const backend = createServer((_, response) => response.writeHead(403).end('no')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    closing.push(() => backend.close())
    const refusing = await serve('proxy.js', String((backend.address() as AddressInfo).port))
    expect(await statusOf(refusing.url)).toBe(403)

    const { url } = await serve('proxy.js', await echo())
    const { socket } = await open(url)
    const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
    raw.write(Uint8Array.of(0x81, 0))
    expect(await codeOf(socket)).toBe(1002)
  })
})

it('record.js writes what replay.js prints', async () => {
  const file = fileURLToPath(new URL(`connection-${process.pid}.jsonl`, page.folder))
  const { url, server } = await serve('record.js', await echo(), file)
  const { socket, next } = await open(url, { perMessageDeflate: false })
  socket.send('hello')
  expect(await next()).toBe('hello')
  socket.send(Buffer.alloc(100_000))
  await next()
  const exited = once(server, 'exit')
  socket.close(1000)
  await codeOf(socket)
  expect(await exited).toEqual([0, null])
  const lines = (await output(page.run('replay.js', [file]))).trimEnd().split('\n')
  expect(lines.map((line) => line.replace(/^\S+Z /, ''))).toEqual([
    '> text fin=true rsv=000 5 bytes',
    '< text fin=true rsv=000 5 bytes',
    '> binary fin=true rsv=000 100000 bytes',
    '< binary fin=true rsv=000 100000 bytes',
    '> close fin=true rsv=000 2 bytes',
    '< close fin=true rsv=000 2 bytes',
  ])
})

it('legacy.js prints the same with noio-ws/ws in the place of ws', async () => {
  const { prints } = page.programs.find(({ name }) => name === 'legacy.js') ?? {}
  const env = { NODE_OPTIONS: '--import noio-ws/ws/register' }
  expect(await output(page.run('legacy.js', [], env))).toBe(prints)
})
