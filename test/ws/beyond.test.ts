// What noio-ws/ws does that ws does not: writes joined, Data, heartbeat, slow peers, 'drain', shutdown().

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { Data } from '../../bindings/index.js'
import { type ServerOptions, WebSocket, WebSocketServer } from '../../bindings/ws/index.js'
import { masked } from '../support/frames.js'
import { RawClient } from './support/raw.js'
import { turns, until } from './support/scene.js'

// Generous: megabytes go through a loopback that others may use too.

const endings: (() => unknown)[] = []

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** A server, and the WebSocket of each peer that connects. */
async function serve(options: ServerOptions = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  endings.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await once(server, 'listening')
  return server
}

async function peerOf(server: WebSocketServer, notes: string[] = [], headers: string[] = []) {
  const connected = once(server, 'connection')
  const { port } = server.address() as AddressInfo
  const peer = new RawClient(port, (...what) => void notes.push(what.join(' ')), headers)
  endings.push(() => peer.socket.destroy())
  await peer.ready
  const [webSocket] = (await connected) as [WebSocket]
  return { peer, webSocket }
}

/** Notes the bytes of each write of a socket. */
function writesOf(webSocket: WebSocket): number[] {
  const sizes: number[] = []
  const socket = (webSocket as unknown as { _socket: Socket & { _writev: unknown; _write: unknown } })._socket
  const { _write, _writev } = socket as unknown as Record<string, (...args: unknown[]) => void>
  Object.assign(socket, {
    _write(chunk: Buffer, ...rest: unknown[]) {
      sizes.push(chunk.length)
      _write?.call(socket, chunk, ...rest)
    },
    _writev(chunks: { chunk: Buffer }[], callback: unknown) {
      sizes.push(chunks.reduce((size, { chunk }) => size + chunk.length, 0))
      _writev?.call(socket, chunks, callback)
    },
  })
  return sizes
}

/** A WebSocket of a server over a stream that is no socket, whose `write` is given. */
function over(
  write: (chunk: Buffer, encoding: string, callback: () => void) => void,
  options: Parameters<WebSocket['setSocket']>[2] = {},
) {
  const stream = new Duplex({ read() {}, write })
  const webSocket = new WebSocket(null)
  webSocket.setSocket(stream, Buffer.alloc(0), options)
  return { stream, webSocket }
}

/** A socket, and what waits in it: the memory of each buffer once. */
type Waiting = Socket & { writableBuffer: { chunk: Buffer }[] }
function memoryOf({ writableBuffer }: Waiting): number {
  const buffers = new Set(writableBuffer.map(({ chunk }) => chunk.buffer))
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

describe('what waits', () => {
  it('takes no more memory than its bytes, whatever is sent to others', async () => {
    const server = await serve()
    const { webSocket: other } = await peerOf(server)
    const { peer, webSocket } = await peerOf(server)
    peer.socket.pause()
    while (webSocket.bufferedAmount === 0) {
      webSocket.send(Buffer.alloc(64 * 1024))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const socket = (webSocket as unknown as { _socket: Waiting })._socket
    const before = memoryOf(socket)
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 10; j++) other.send(Buffer.alloc(4000))
      webSocket.send(`${i}`.padEnd(1000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(memoryOf(socket) - before).toBeLessThan(4 * 100 * 1000)
  })

  it('is written for the others, where the stream of one throws', async () => {
    const written: number[] = []
    const first = over(() => {
      throw new Error('the stream does not work')
    })
    const others = [1, 2].map((number) =>
      over((_, __, callback) => {
        written.push(number)
        callback()
      }),
    )
    first.webSocket.on('message', () => {
      for (const { webSocket } of [first, ...others]) webSocket.send('to all')
    })
    // Once it flows, what is pushed is read at once.
    await new Promise((resolve) => setImmediate(resolve))
    expect(() => first.stream.push(masked({ opcode: 1, payload: 'x' }))).toThrow('the stream does not work')
    expect(written).toEqual([1, 2])
  })
})

describe('writes are joined', () => {
  it('over a read', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    webSocket.on('message', (data) => webSocket.send(data))
    const writes = writesOf(webSocket)
    peer.socket.cork()
    for (let i = 0; i < 20; i++) peer.write({ opcode: 1, payload: `message ${i}` })
    peer.write({ opcode: 9, payload: 'ping' })
    peer.socket.uncork()
    await peer.sees(21)
    expect(writes.length).toBe(1)
  })

  it('over a turn of the event loop, large ones among them, in order', async () => {
    const server = await serve()
    const notes: string[] = []
    const { peer, webSocket } = await peerOf(server, notes)
    const writes = writesOf(webSocket)
    const order: number[] = []
    webSocket.send('first', () => order.push(1))
    webSocket.send(Buffer.alloc(5000, 'x'), () => order.push(2))
    webSocket.ping('p', undefined, () => order.push(3))
    await Promise.resolve()
    webSocket.send('last', () => order.push(4))
    await peer.sees(4)
    expect(writes.length).toBe(1)
    expect(notes.slice(1).map((note) => note.split(' ')[1])).toEqual(['text', 'binary', 'ping', 'text'])
    await until(() => order.length === 4)
    expect(order).toEqual([1, 2, 3, 4])
  })

  it('to several peers that are sent something while one is read', async () => {
    const server = await serve()
    const all = [await peerOf(server), await peerOf(server), await peerOf(server)]
    const writes = all.map(({ webSocket }) => writesOf(webSocket))
    all[0]?.webSocket.on('message', (data) => {
      for (const client of server.clients) client.send(String(data))
    })
    all[0]?.peer.socket.cork()
    for (const payload of ['one', 'two', 'two']) all[0]?.peer.write({ opcode: 1, payload })
    all[0]?.peer.socket.uncork()
    for (const { peer } of all) await peer.sees(3)
    expect(writes.map((sizes) => sizes.length)).toEqual([1, 1, 1])
  })

  it('keeps what does not fit into its memory in order', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    const received: number[] = []
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    endings.push(() => client.terminate())
    server.once('connection', (other) => {
      for (let i = 0; i < 3000; i++) {
        const bytes = Buffer.alloc(i % 200, i)
        ;(i % 2 ? other : webSocket).send(Buffer.concat([Buffer.of(i >> 8, i & 255), bytes]))
      }
    })
    client.on('message', (data: Buffer) => {
      const i = data.readUInt16BE(0)
      expect(data.subarray(2).every((byte) => byte === (i & 255))).toBe(true)
      received.push(i)
    })
    await until(() => received.length === 1500)
    await peer.sees(1500)
    expect(received).toEqual(Array.from({ length: 1500 }, (_, i) => 2 * i + 1))
  })

  it('calls every callback with an error where the socket is gone', async () => {
    const server = await serve()
    const { webSocket } = await peerOf(server)
    const errors: unknown[] = []
    ;(webSocket as unknown as { _socket: Socket })._socket.destroy()
    for (let i = 0; i < 3; i++) webSocket.send('x', (error) => errors.push(error))
    webSocket.terminate()
    await until(() => errors.length === 3)
    expect(errors.every((error) => error instanceof Error)).toBe(true)
  })

  it('calls every callback where terminate() follows, with an error for what the kernel has not taken', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    peer.socket.pause()
    const large = Buffer.alloc(50 * 1024 * 1024)
    const errors: unknown[] = []
    webSocket.send(large, (error) => errors.push(error))
    webSocket.send('x', (error) => errors.push(error))
    webSocket.terminate()
    await until(() => errors.length === 2)
    expect(errors.every((error) => error instanceof Error)).toBe(true)
  })
})

describe('Data', () => {
  it('is sent as text and binary, to servers and clients', async () => {
    const server = await serve()
    const text = new Data('text', 'text')
    const binary = new Data(Uint8Array.of(1, 2), 'binary')
    server.on('connection', (webSocket) => {
      webSocket.send(text)
      webSocket.send(binary)
      webSocket.on('message', (data, isBinary) => received.push([String(data), isBinary]))
    })
    const received: unknown[] = []
    for (let i = 0; i < 2; i++) {
      const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
      endings.push(() => client.terminate())
      client.on('message', (data, isBinary) => received.push([String(data), isBinary]))
      client.on('open', () => client.send(text))
    }
    await until(() => received.length === 6)
    expect(received.filter((one) => JSON.stringify(one) === '["text",false]').length).toBe(4)
    expect(received.filter((one) => JSON.stringify(one) === '["\\u0001\\u0002",true]').length).toBe(2)
  })

  it.each([
    ['a Data', new Data('the same for all, the same for all', 'text')],
    ['a string', 'the same for all, the same for all'],
  ])('and %s are compressed once, whatever was agreed upon, and what follows can be read', async (_, message) => {
    const server = await serve({ perMessageDeflate: { threshold: 0 } })
    const offers = [
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover',
      'permessage-deflate; server_max_window_bits=9',
      'permessage-deflate',
    ]
    const all = []
    for (const offer of offers) {
      const notes: string[] = []
      all.push({ notes, ...(await peerOf(server, notes, [`Sec-WebSocket-Extensions: ${offer}`])) })
    }
    for (let round = 0; round < 3; round++) {
      for (const { webSocket } of all) {
        webSocket.send(`to one: ${round}`)
      }
      for (const { webSocket } of all) webSocket.send(message)
      for (const { webSocket } of all) webSocket.send(`to one again: the same for all ${round}`)
    }
    for (const { peer, notes } of all) {
      await peer.sees(9)
      const texts = notes.filter((note) => note.startsWith('inflated')).map((note) => JSON.parse(note.slice(9)))
      const same = 'the same for all, the same for all'
      expect(texts).toEqual([0, 1, 2].flatMap((n) => [`to one: ${n}`, same, `to one again: the same for all ${n}`]))
    }
  })
})

describe('heartbeat', () => {
  it('pings a peer that is silent, and leaves one that answers', async () => {
    const server = await serve({ heartbeat: { interval: 20, timeout: 1000 } })
    const notes: string[] = []
    const { peer, webSocket } = await peerOf(server, notes)
    for (let i = 1; i < 4; i++) {
      await peer.sees(i)
      peer.write({ opcode: 10 })
    }
    expect(notes.filter((note) => note.startsWith('frame ping')).length).toBeGreaterThanOrEqual(3)
    expect(webSocket.readyState).toBe(WebSocket.OPEN)
  })

  it('ends a peer that does not answer', async () => {
    const server = await serve({ heartbeat: { interval: 20, timeout: 20 } })
    const { webSocket } = await peerOf(server)
    const [code] = await once(webSocket, 'close')
    expect(code).toBe(1006)
  })

  it('ends a peer that talks but takes nothing', async () => {
    const server = await serve({ heartbeat: { interval: 10_000, timeout: 100 } })
    const { peer, webSocket } = await peerOf(server)
    const talk = setInterval(() => peer.write({ opcode: 1, payload: 'still here' }), 10)
    endings.push(() => clearInterval(talk))
    peer.socket.pause()
    webSocket.send(Buffer.alloc(50 * 1024 * 1024))
    const [code] = await once(webSocket, 'close')
    expect(code).toBe(1006)
  })

  it.each([
    [{ heartbeat: { intervall: 5 } }, TypeError, "unknown option 'intervall'; did you mean interval?"],
    [{ heartbeat: 5 }, TypeError, 'heartbeat must be a boolean or { interval, timeout }, not number'],
    [{ heartbeat: { timeout: 0 } }, RangeError, 'timeout is 0; it is more than 0 ms, and finite'],
    [{ maxBufferedAmount: '5' }, TypeError, 'maxBufferedAmount must be a number of bytes, not string'],
    [{ maxBufferedAmount: -1 }, RangeError, 'maxBufferedAmount is -1; it is 0 bytes or more, or Infinity'],
    [{ onSlow: 'drop' }, RangeError, "onSlow must be 'close' or 'event', not drop"],
  ])('refuses %j', (options, type, message) => {
    const make = () => new WebSocketServer({ noServer: true, ...(options as ServerOptions) })
    expect(make).toThrow(type)
    expect(make).toThrow(message)
  })
})

describe('slow peers', () => {
  it("'drain' tells that all was taken", async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    peer.socket.pause()
    webSocket.send(Buffer.alloc(20 * 1024 * 1024))
    await new Promise((resolve) => setImmediate(resolve))
    expect(webSocket.bufferedAmount).toBeGreaterThan(0)
    const drained = once(webSocket, 'drain')
    peer.socket.resume()
    await drained
    expect(webSocket.bufferedAmount).toBe(0)
  })

  it('are told of by an event, once for each time', async () => {
    const server = await serve({ maxBufferedAmount: 1024 * 1024, onSlow: 'event' })
    const { peer, webSocket } = await peerOf(server)
    const amounts: number[] = []
    webSocket.on('slow', (amount) => amounts.push(amount))
    for (let round = 1; round < 3; round++) {
      peer.socket.pause()
      for (let i = 0; i < 3; i++) {
        webSocket.send(Buffer.alloc(20 * 1024 * 1024))
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(amounts.length).toBe(round)
      const drained = once(webSocket, 'drain')
      peer.socket.resume()
      await drained
    }
    expect(amounts.every((amount) => amount > 1024 * 1024)).toBe(true)
    expect(webSocket.readyState).toBe(WebSocket.OPEN)
  })

  it('are ended with 1013', async () => {
    const server = await serve({ maxBufferedAmount: 1024 * 1024, closeTimeout: 5000 })
    const notes: string[] = []
    const { peer, webSocket } = await peerOf(server, notes)
    peer.socket.pause()
    webSocket.send(Buffer.alloc(20 * 1024 * 1024))
    await until(() => webSocket.readyState === WebSocket.CLOSING)
    peer.socket.resume()
    await once(webSocket, 'close')
    expect(notes).toContain('frame close "\\u0003õtoo slow"')
  })

  it('that flood with pings and take no pongs are ended', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    peer.socket.pause()
    webSocket.send(Buffer.alloc(20 * 1024 * 1024))
    for (let i = 0; i < 100; i++) peer.write({ opcode: 9, payload: 'x'.repeat(125) })
    const [code] = await once(webSocket, 'close')
    expect(code).toBe(1006)
  })

  it('may leave as many pongs as maxPendingAutoPongs says', async () => {
    const server = await serve({ maxPendingAutoPongs: 3 })
    const { peer, webSocket } = await peerOf(server)
    let pings = 0
    webSocket.on('ping', () => pings++)
    peer.socket.pause()
    webSocket.send(Buffer.alloc(20 * 1024 * 1024))
    for (let sent = 1; sent <= 4; sent++) {
      peer.write({ opcode: 9 })
      await until(() => pings === sent)
      expect(webSocket.readyState === WebSocket.OPEN).toBe(sent <= 3)
    }
  })

  it('are slow above maxBufferedAmount, not at it', () => {
    const { webSocket } = over(() => {}, { maxBufferedAmount: 102, onSlow: 'event' })
    const amounts: number[] = []
    webSocket.on('slow', (amount) => amounts.push(amount))
    const socket = () => (webSocket as unknown as { _socket: Duplex })._socket
    webSocket.send('x'.repeat(100))
    expect(socket().writableLength).toBe(102)
    expect(amounts).toEqual([])
    webSocket.send('')
    expect(socket().writableLength).toBe(104)
    expect(amounts).toEqual([104])
  })

  it('may send many pings at once where they take the pongs', async () => {
    const server = await serve()
    const { peer } = await peerOf(server)
    peer.socket.cork()
    for (let i = 0; i < 300; i++) peer.write({ opcode: 9, payload: 'x' })
    peer.socket.uncork()
    await peer.sees(300)
    expect(peer.frames).toBe(300)
  })
})

describe('shutdown()', () => {
  it('closes every client, and then the server', async () => {
    const server = await serve()
    const notes: string[] = []
    await peerOf(server, notes)
    await peerOf(server, notes)
    const { port } = server.address() as AddressInfo
    await server.shutdown({ code: 1012, reason: 'restart' })
    expect(notes.filter((note) => note === 'frame close "\\u0003ôrestart"').length).toBe(2)
    expect(server.clients.size).toBe(0)
    const socket = connect(port, '127.0.0.1')
    const [error] = await once(socket, 'error')
    expect(error.code).toBe('ECONNREFUSED')
    await server.shutdown()
  })

  it('terminates what does not close in time', async () => {
    const server = await serve()
    const notes: string[] = []
    const { peer, webSocket } = await peerOf(server, notes)
    peer.answersClose = false
    await server.shutdown({ timeout: 30 })
    expect(webSocket.readyState).toBe(WebSocket.CLOSED)
    // 1001: going away.
    expect(notes).toContain('frame close "\\u0003é"')
  })

  it.each([
    [{ timout: 5 }, TypeError, "unknown option 'timout'; did you mean timeout?"],
    [{ timeout: '5' }, TypeError, 'timeout must be a number of ms, not string'],
    [{ timeout: -1 }, RangeError, 'timeout is -1; it is 0 to 2^31 - 1 ms'],
  ])('refuses %j', async (options, type, message) => {
    const server = await serve()
    const shut = () => server.shutdown(options as never)
    expect(shut).toThrow(type)
    expect(shut).toThrow(message)
  })
})

describe('what the program throws', () => {
  /** The next exceptions that surface, so many of them; a rejection is none. */
  function thrown(count: number): Promise<string[]> {
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const messages: string[] = []
    return new Promise((resolve) => {
      const note = (error: Error, origin: string) => {
        messages.push(`${origin}: ${error.message}`)
        if (messages.length === count) resolve(messages)
      }
      process.on('uncaughtException', note)
      endings.push(() => {
        process.off('uncaughtException', note)
        for (const listener of listeners) process.on('uncaughtException', listener)
      })
    })
  }

  it('in a listener surfaces, and what comes behind is emitted', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    const all = thrown(1)
    const received: string[] = []
    webSocket.on('message', (data) => {
      received.push(String(data))
      webSocket.send(`answer ${data}`)
      if (String(data) === 'one') throw new Error('mine')
    })
    peer.socket.cork()
    for (const payload of ['one', 'two', 'three']) peer.write({ opcode: 1, payload })
    peer.socket.uncork()
    expect(await all).toEqual(['uncaughtException: mine'])
    await peer.sees(3)
    expect(received).toEqual(['one', 'two', 'three'])
  })

  it('in a callback behind a Blob surfaces, and the others are called', async () => {
    const server = await serve()
    const { peer, webSocket } = await peerOf(server)
    const all = thrown(1)
    let called = 0
    webSocket.send(new Blob(['blob']), () => {
      throw new Error('mine')
    })
    webSocket.send('behind', () => called++)
    expect(await all).toEqual(['uncaughtException: mine'])
    await peer.sees(2)
    await until(() => called === 1)
  })

  it('in a callback behind a Blob that is given up surfaces, and the end is told of', async () => {
    const server = await serve()
    const { webSocket } = await peerOf(server)
    const all = thrown(1)
    let called = 0
    webSocket.send(new Blob(['blob']))
    webSocket.send('behind', () => {
      throw new Error('mine')
    })
    webSocket.send('behind that', () => called++)
    const closed = once(webSocket, 'close')
    webSocket.terminate()
    expect(await all).toEqual(['uncaughtException: mine'])
    await closed
    await until(() => called === 1)
  })

  it('a Blob that cannot be read fails the connection, and is no rejection', async () => {
    const server = await serve()
    const { webSocket } = await peerOf(server)
    const all = thrown(1)
    class Unreadable extends Blob {
      override arrayBuffer(): Promise<ArrayBuffer> {
        return Promise.reject(new Error('unreadable'))
      }
    }
    // Without `once`, which would listen for 'error'.
    const closed = new Promise((resolve) => webSocket.on('close', resolve))
    webSocket.send(new Unreadable(['blob']))
    expect(await all).toEqual(['uncaughtException: unreadable'])
    await closed
  })
})

it('a connection that has closed leaves no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const server = await serve()
  const { webSocket } = await peerOf(server)
  const before = timers()
  const closed = once(webSocket, 'close')
  webSocket.close()
  expect(timers()).toBe(before + 1)
  await closed
  expect(timers()).toBeLessThanOrEqual(before)
})

it('bytes are not read for ever while messages wait for a later turn', async () => {
  const { stream, webSocket } = over(() => {}, { allowSynchronousEvents: false })
  const messages: number[] = []
  webSocket.on('message', (data) => messages.push((data as Buffer).length))
  await turns()
  stream.push(masked({ opcode: 2, payload: new Uint8Array(10) }))
  expect(messages).toEqual([])
  stream.push(masked({ opcode: 2, payload: new Uint8Array(16 * 1024) }))
  expect(stream.isPaused()).toBe(true)
  await until(() => messages.length === 2)
  await until(() => !stream.isPaused())
  webSocket.terminate()
})

it('many fragments pass', async () => {
  const server = await serve()
  const { peer, webSocket } = await peerOf(server)
  const message = once(webSocket, 'message')
  peer.socket.cork()
  peer.write({ opcode: 2, fin: 0, payload: 'x' })
  for (let i = 0; i < 40_000; i++) peer.write({ opcode: 0, fin: 0, payload: i % 2 ? '' : 'y' })
  peer.write({ opcode: 0 })
  peer.socket.uncork()
  const [data] = await message
  expect(data.length).toBe(20_001)
})

describe('a request of which the program makes a mistake', () => {
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
  const REQUEST = `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n\r\n`

  /** Hands a request to a server; what was thrown, and the socket at either end. */
  async function ask(server: WebSocketServer, request = REQUEST) {
    const http = createServer().listen(0, '127.0.0.1')
    await once(http, 'listening')
    const peer = connect((http.address() as AddressInfo).port, '127.0.0.1').resume()
    endings.push(() => {
      peer.destroy()
      http.close()
    })
    peer.on('error', () => {}).write(request)
    const [from, socket, head] = (await once(http, 'upgrade')) as [IncomingMessage, Duplex, Buffer]
    let thrown: unknown
    try {
      server.handleUpgrade(from, socket, head, () => {})
    } catch (error) {
      thrown = error
    }
    return { thrown, socket, peer }
  }

  const mistake = new Error('a mistake')
  const fails = () => {
    throw mistake
  }

  it.each<[string, ServerOptions, string?]>([
    ['verifyClient', { verifyClient: fails }],
    ['verifyClient with a callback', { verifyClient: (_info, _done) => fails() }],
    ['handleProtocols', { handleProtocols: fails }],
    ["a 'headers' listener", {}, 'headers'],
    ["a 'wsClientError' listener", {}, 'wsClientError'],
  ])('ends where %s throws', async (_, options, event) => {
    const server = new WebSocketServer({ noServer: true, ...options })
    if (event !== undefined) server.on(event, fails)
    const { thrown, socket } = await ask(server, event === 'wsClientError' ? REQUEST.replace(KEY, 'none') : REQUEST)
    expect(thrown).toBe(mistake)
    expect(socket.destroyed).toBe(true)
  })

  it('goes on where verifyClient throws after it has accepted', async () => {
    const verifyClient = (_info: unknown, done: (is: boolean) => void) => {
      done(true)
      fails()
    }
    const server = new WebSocketServer({ noServer: true, verifyClient })
    const { thrown, socket } = await ask(server)
    expect(thrown).toBe(mistake)
    expect(socket.destroyed).toBe(false)
    expect(server.clients.size).toBe(1)
    for (const client of server.clients) client.terminate()
  })

  it('ends where its peer leaves before verifyClient has answered', async () => {
    let answer = (_is: boolean): void => {}
    const verifyClient = (_info: unknown, done: (is: boolean) => void) => {
      answer = done
    }
    const server = new WebSocketServer({ noServer: true, verifyClient })
    const { socket, peer } = await ask(server)
    peer.end()
    await once(socket, 'close')
    answer(true)
    expect(server.clients.size).toBe(0)
  })
})
