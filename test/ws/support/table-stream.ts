// createWebSocketStream, and what else programs build upon a WebSocket.

import { Duplex, pipeline } from 'node:stream'
import { type Any, closed, type Scenario, type Scene, turns, until } from './scene.js'
import { both } from './table-data.js'

function watch(duplex: Any, scene: Scene, role: string): void {
  for (const type of ['end', 'finish', 'close', 'error']) {
    duplex.on(type, (...args: unknown[]) => scene.note(role, `stream '${type}'`, ...args))
  }
}

const STREAMS: readonly {
  name: string
  options?: object
  act(duplex: Any, webSocket: Any, peer: Any, scene: Scene): unknown
  noErrors?: boolean
}[] = [
  {
    name: 'the peer closes',
    act: (duplex, _, peer) => {
      duplex.resume()
      peer.write({ opcode: 8 })
    },
  },
  {
    name: 'the peer closes with 1006 on its way',
    act: (duplex, _, peer) => {
      duplex.resume()
      peer.socket.destroy()
    },
  },
  {
    name: 'end()',
    act: (duplex) => {
      duplex.resume()
      duplex.end()
    },
  },
  {
    name: 'end(chunk)',
    act: (duplex) => {
      duplex.resume()
      duplex.end('last')
    },
  },
  { name: 'destroy()', act: (duplex) => duplex.destroy() },
  { name: 'destroy(error)', act: (duplex) => duplex.destroy(new Error('mine')) },
  {
    name: 'the peer breaks the protocol',
    act: (duplex, _, peer) => {
      duplex.resume()
      peer.write({ opcode: 5 })
    },
  },
  {
    name: 'the socket after the peer breaks the protocol',
    act: (_, webSocket, peer, scene) => {
      webSocket.on('error', () => {
        process.nextTick(() => scene.note('stream', `socket destroyed ${webSocket._socket.destroyed}`))
      })
      peer.write({ opcode: 5 })
    },
  },
  {
    name: 'close() of the WebSocket',
    act: (duplex, webSocket) => {
      duplex.resume()
      webSocket.close()
    },
  },
  {
    name: 'terminate() of the WebSocket',
    act: (duplex, webSocket) => {
      duplex.resume()
      webSocket.terminate()
    },
  },
  {
    name: 'data in both directions',
    act(duplex, _, peer, scene) {
      duplex.on('data', (chunk: unknown) => scene.note('stream', 'data', chunk))
      duplex.write('text')
      duplex.write(Buffer.from('bytes'), scene.callback('stream', 'write'))
      peer.write({ opcode: 1, payload: 'one' })
      peer.write({ opcode: 2, payload: 'two' })
      peer.write({ opcode: 8 })
    },
  },
  {
    name: 'readableObjectMode',
    options: { readableObjectMode: true },
    act(duplex, _, peer, scene) {
      duplex.on('data', (chunk: unknown) => scene.note('stream', 'data', chunk))
      peer.write({ opcode: 1, payload: 'one' })
      peer.write({ opcode: 2, payload: 'two' })
      peer.write({ opcode: 8 })
    },
  },
  {
    name: 'encoding and decodeStrings: false',
    options: { encoding: 'utf8', decodeStrings: false },
    act(duplex, _, peer, scene) {
      duplex.on('data', (chunk: unknown) => scene.note('stream', 'data', typeof chunk, chunk))
      duplex.write('a string')
      peer.write({ opcode: 2, payload: 'bytes' })
      peer.write({ opcode: 8 })
    },
  },
  {
    name: 'a small readableHighWaterMark',
    options: { readableHighWaterMark: 4 },
    async act(duplex, webSocket, peer, scene) {
      peer.write({ opcode: 2, payload: 'longer than that' })
      await until(() => webSocket.isPaused)
      scene.note('stream', 'paused')
      peer.write({ opcode: 2, payload: 'more' })
      duplex.on('data', (chunk: unknown) => scene.note('stream', 'data', chunk))
      await until(() => !webSocket.isPaused)
      peer.write({ opcode: 8 })
    },
  },
  {
    name: 'nobody reads',
    act: (_, __, peer) => {
      peer.write({ opcode: 1, payload: 'unread' })
      peer.write({ opcode: 8 })
      peer.socket.end()
    },
  },
  {
    name: 'a pipeline',
    act(duplex, _, peer, scene) {
      pipeline(duplex, duplex, (error: unknown) => scene.note('stream', 'pipeline', error))
      peer.write({ opcode: 2, payload: 'echo' })
      peer.write({ opcode: 8 })
    },
  },
]

export const streams: readonly Scenario[] = STREAMS.flatMap(({ name, options, act }) =>
  both(`stream: ${name}`, {}, async (webSocket, peer, scene, role) => {
    const duplex = scene.implementation.createWebSocketStream(webSocket, options)
    watch(duplex, scene, 'stream')
    scene.note(
      'stream',
      String(duplex instanceof Duplex),
      duplex.readableObjectMode,
      duplex.writableObjectMode,
      duplex.allowHalfOpen,
    )
    const over = closed(webSocket)
    await act(duplex, webSocket, peer, scene)
    await over
    if (name === 'nobody reads') duplex.resume()
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
    await turns()
    scene.note(role, duplex.destroyed, duplex.readableEnded, duplex.writableFinished)
  }),
)

/** Both ends of a pair of streams without a network. */
function pair(): [Duplex, Duplex] {
  const make = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _, callback) {
        const copy = Buffer.from(chunk)
        setImmediate(() => {
          other().push(copy)
          callback()
        })
      },
      final(callback) {
        other().push(null)
        callback()
      },
    })
  const one: Duplex = make(() => two)
  const two: Duplex = make(() => one)
  return [one, two]
}

const key = 'dGhlIHNhbXBsZSBub25jZQ=='

/** What WS-USERS.md says that real libraries do. */
export const users: readonly Scenario[] = [
  {
    name: 'users: @fastify/websocket injectWS',
    async play(scene) {
      const { WebSocket, WebSocketServer } = scene.implementation
      const server = new WebSocketServer({ noServer: true })
      const [serverStream, clientStream] = pair()
      const client = scene.watch('client', new WebSocket(null, undefined, { isServer: false, closeTimeout: 10_000 }))
      client._isServer = false
      let head = ''
      clientStream.on('data', function first(chunk: Buffer) {
        head += chunk
        if (!head.includes('\r\n\r\n')) return
        scene.note('client', head.split('\r\n')[0] as string)
        clientStream.removeListener('data', first)
        client.setSocket(clientStream, Buffer.alloc(0), { maxPayload: 0 })
      })
      const headers = {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      }
      const request = { method: 'GET', url: '/', headers, socket: serverStream }
      server.handleUpgrade(request, serverStream, Buffer.alloc(0), (webSocket: Any) => {
        scene.watch('server', webSocket)
        webSocket.on('message', (data: Buffer) => webSocket.send(`echo ${data}`))
      })
      await until(() => client.readyState === 1)
      client.send('hello')
      await new Promise((resolve) => client.once('message', resolve))
      client.close(1000, 'bye')
      await closed(client)
    },
  },
  {
    name: 'users: engine.io and socket.io-adapter send frames that were made once',
    async play(scene) {
      const { Sender } = scene.implementation
      let over: Promise<void> = Promise.resolve()
      const server = await scene.server({ perMessageDeflate: {} }, (webSocket) => {
        over = closed(webSocket)
        const options = { readOnly: false, mask: false, rsv1: false, opcode: 1, fin: true }
        for (const size of [3, 200, 70_000]) {
          const list = Sender.frame(Buffer.alloc(size, 'x'), options)
          scene.note('server', Buffer.concat(list).length)
          webSocket.send(`before ${size}`)
          webSocket._sender.sendFrame(list, scene.callback('server', 'sendFrame'))
          webSocket.send(`after ${size}`, { compress: false })
        }
        webSocket.close(1000)
      })
      const peer = await scene.peer(server, ['Sec-WebSocket-Extensions: permessage-deflate'])
      await peer.closes()
      await over
    },
  },
  {
    name: 'users: Sender.frame',
    async play(scene) {
      const { Sender } = scene.implementation
      for (const data of [
        'text',
        Buffer.from('bytes'),
        Buffer.alloc(126, 1),
        Buffer.alloc(65_535, 2),
        Buffer.alloc(65_536, 2),
      ]) {
        for (const options of [
          { opcode: 1, fin: true, rsv1: false, mask: false, readOnly: true },
          { opcode: 2, fin: false, rsv1: true, mask: false, readOnly: true },
          {
            opcode: 2,
            fin: true,
            rsv1: false,
            mask: true,
            readOnly: true,
            generateMask: (mask: Buffer) => mask.fill(9),
            maskBuffer: Buffer.alloc(4),
          },
        ]) {
          const given = typeof data === 'string' ? data : Buffer.from(data)
          const list = Sender.frame(given, options)
          scene.note('class', Array.isArray(list), Buffer.concat(list))
          scene.note('class', given)
        }
      }
    },
  },
  {
    name: 'users: _socket in each state',
    async play(scene) {
      const server = await scene.server({}, (webSocket, request) => {
        scene.note('server', String(webSocket._socket === request.socket), typeof webSocket._socket.unref)
        webSocket._socket.on('drain', () => {})
        webSocket.send('x')
        webSocket._socket.end()
      })
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`)
      scene.note('client', client._socket)
      client.on('open', () => {
        scene.note('client', client._socket.constructor.name)
        client._socket.unref()
        client._socket.ref()
      })
      await closed(client)
      scene.note('client', client._socket?.destroyed)
    },
  },
  {
    name: 'users: crossws swaps perMessageDeflate around one call, and refuses protocols',
    async play(scene) {
      const http = await scene.http()
      const server = new scene.implementation.WebSocketServer({ noServer: true, handleProtocols: () => false })
      server.on('headers', (headers: string[]) => headers.push('X-Pushed: yes'))
      http.on('upgrade', (request, socket, head) => {
        const { perMessageDeflate } = server.options
        if (request.url === '/deflate') server.options.perMessageDeflate = { threshold: 1 }
        server.handleUpgrade(request, socket, head, (webSocket: Any) => {
          scene.note('server', request.url as string, webSocket.extensions, webSocket.protocol)
          webSocket._isAlive = true
          webSocket.on('pong', (data: Any) => {
            scene.note('server', 'pong', String(data.equals(Buffer.from('p'))), webSocket._isAlive)
            webSocket.close()
          })
          webSocket.send('compressed?', { compress: true, binary: false })
          webSocket.ping(Buffer.from('p'))
        })
        server.options.perMessageDeflate = perMessageDeflate
      })
      for (const path of ['/deflate', '/plain']) {
        const peer = await scene.peer(
          http,
          ['Sec-WebSocket-Extensions: permessage-deflate', 'Sec-WebSocket-Protocol: a'],
          `GET ${path} HTTP/1.1`,
        )
        await peer.sees(2)
        peer.write({ opcode: 10, payload: 'p' })
        await peer.closes()
      }
    },
  },
  {
    name: 'users: y-websocket',
    async play(scene) {
      const server = await scene.server({}, (webSocket) => {
        webSocket.binaryType = 'arraybuffer'
        webSocket.on('message', (message: ArrayBuffer) => {
          webSocket.send(new Uint8Array(message), {}, (error: unknown) => scene.note('server', 'sent', error))
        })
      })
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`)
      client.on('open', () => client.send(Uint8Array.of(1, 2, 3)))
      client.on('message', () => client.close())
      await closed(client)
    },
  },
  {
    name: 'users: websocket-stream extends Server',
    async play(scene) {
      class Mine extends scene.implementation.WebSocketServer {
        constructor(options: object) {
          super(options)
          this.on('newListener', (event: string) => scene.note('server', 'newListener', event))
        }
      }
      const server = new Mine({ port: 0, host: '127.0.0.1' }) as Any
      server.on('connection', (webSocket: Any) => webSocket.close(1000))
      await new Promise((resolve) => server.once('listening', resolve))
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`)
      await closed(client)
      server.close()
    },
  },
  {
    name: 'users: webpack-dev-server pings with a callback only',
    async play(scene) {
      const server = await scene.server({}, (webSocket) => {
        webSocket.ping(scene.callback('server', 'ping'))
        webSocket.pong(scene.callback('server', 'pong'))
        webSocket.ping('x', scene.callback('server', 'ping x'))
        webSocket.on('pong', () => webSocket.close())
      })
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`)
      await closed(client)
    },
  },
]
