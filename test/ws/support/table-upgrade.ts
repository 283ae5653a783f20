// The opening handshake of a server: requests that are right and wrong, and every option that has a say in it.

import { connect } from 'node:net'
import { type Any, closed, type Scenario, turns, until } from './scene.js'

const DEFLATE = (offer: string) => `Sec-WebSocket-Extensions: ${offer}`

const REQUESTS: readonly { name: string; headers?: readonly string[]; line?: string; options?: object }[] = [
  { name: 'as it should be' },
  { name: 'without Upgrade', headers: ['Upgrade'] },
  { name: 'another Upgrade', headers: ['Upgrade: h2c'] },
  { name: 'Upgrade in capitals', headers: ['Upgrade: WebSocket'] },
  { name: 'a list of upgrades', headers: ['Upgrade: websocket, h2c'] },
  { name: 'without a key', headers: ['Sec-WebSocket-Key'] },
  { name: 'a short key', headers: ['Sec-WebSocket-Key: abc'] },
  { name: 'a key that is not base64', headers: ['Sec-WebSocket-Key: ??????????????????????=='] },
  { name: 'a key with half of its padding', headers: ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ='] },
  { name: 'an empty key', headers: ['Sec-WebSocket-Key: '] },
  { name: 'without a version', headers: ['Sec-WebSocket-Version'] },
  { name: 'version 8', headers: ['Sec-WebSocket-Version: 8', 'Sec-WebSocket-Origin: http://old'] },
  { name: 'version 7', headers: ['Sec-WebSocket-Version: 7'] },
  { name: 'version 14', headers: ['Sec-WebSocket-Version: 14'] },
  { name: 'version nonsense', headers: ['Sec-WebSocket-Version: x'] },
  { name: 'POST', line: 'POST / HTTP/1.1' },
  { name: 'HEAD', line: 'HEAD / HTTP/1.1' },
  { name: 'HTTP/1.0', line: 'GET / HTTP/1.0' },
  { name: 'another path', line: 'GET /other HTTP/1.1', options: { path: '/chat' } },
  { name: 'the path', line: 'GET /chat HTTP/1.1', options: { path: '/chat' } },
  { name: 'the path with a query', line: 'GET /chat?a=b HTTP/1.1', options: { path: '/chat' } },
  { name: 'the path and more', line: 'GET /chat/room HTTP/1.1', options: { path: '/chat' } },
  { name: 'one protocol', headers: ['Sec-WebSocket-Protocol: chat'] },
  { name: 'protocols', headers: ['Sec-WebSocket-Protocol: chat, v2'] },
  { name: 'protocols without blanks', headers: ['Sec-WebSocket-Protocol: chat,v2,v3'] },
  { name: 'a protocol twice', headers: ['Sec-WebSocket-Protocol: chat, chat'] },
  { name: 'an empty protocol', headers: ['Sec-WebSocket-Protocol: '] },
  { name: 'a protocol that is no token', headers: ['Sec-WebSocket-Protocol: a b'] },
  { name: 'a list with a comma at its end', headers: ['Sec-WebSocket-Protocol: a,'] },
  { name: 'a list with two commas', headers: ['Sec-WebSocket-Protocol: a,,b'] },
  ...[
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
    'permessage-deflate; server_max_window_bits=10',
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_max_window_bits=10; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=9; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=11; client_max_window_bits=8',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=08',
    'permessage-deflate; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11',
    'permessage-deflate; unknown',
    'permessage-deflate; client_max_window_bits; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=16, permessage-deflate',
    'permessage-deflate; server_max_window_bits=9, permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_max_window_bits="10"',
    'x-webkit-deflate-frame',
    'x-unknown, permessage-deflate',
    'foo; bar=1, permessage-deflate; client_max_window_bits=15',
    'permessage-deflate;',
    ', permessage-deflate',
    'permessage-deflate; a = b',
    '',
  ].flatMap((offer) =>
    [
      { perMessageDeflate: false },
      { perMessageDeflate: true },
      { perMessageDeflate: { serverMaxWindowBits: 10, clientMaxWindowBits: 9 } },
      { perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true } },
      { perMessageDeflate: { serverNoContextTakeover: false, clientMaxWindowBits: false, serverMaxWindowBits: false } },
    ].map((options) => ({ name: `${offer} for ${JSON.stringify(options)}`, headers: [DEFLATE(offer)], options })),
  ),
]

const requests: readonly Scenario[] = REQUESTS.flatMap(({ name, headers = [], line, options = {} }) =>
  [false, true].map((hears) => ({
    name: `upgrade: ${name}${hears ? ", with 'wsClientError'" : ''}`,
    async play(scene) {
      const server = await scene.server(options, (webSocket, request) => {
        scene.note('server', `protocol ${webSocket.protocol}`, `extensions ${webSocket.extensions}`, request.url)
      })
      server.on('headers', (lines: string[]) => scene.note('server', "'headers'", String(lines.length)))
      if (hears) {
        server.on('wsClientError', (error: Error, socket: Any, request: Any) => {
          scene.note('server', "'wsClientError'", error, request.url)
          socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
        })
      }
      const peer = await scene.peer(server, headers, line)
      scene.note('server', `clients ${server.clients.size}`)
      peer.socket.end()
      await peer.closes()
    },
  })),
)

type Hook = (scene: Any) => object
const HOOKS: readonly { name: string; options: Hook }[] = [
  { name: 'verifyClient says yes', options: () => ({ verifyClient: () => true }) },
  { name: 'verifyClient says no', options: () => ({ verifyClient: () => false }) },
  { name: 'verifyClient says undefined', options: () => ({ verifyClient: () => undefined }) },
  {
    name: 'what verifyClient is given',
    options: (scene) => ({
      verifyClient(info: Any) {
        scene.note('server', info.origin, info.secure, info.req.url, Object.keys(info).join())
        return true
      },
    }),
  },
  { name: 'verifyClient calls back yes', options: () => ({ verifyClient: (_: Any, done: Any) => done(true) }) },
  { name: 'verifyClient calls back no', options: () => ({ verifyClient: (_: Any, done: Any) => done(false) }) },
  {
    name: 'verifyClient calls back later',
    options: () => ({ verifyClient: (_: Any, done: Any) => setTimeout(done, 5, true) }),
  },
  { name: 'verifyClient refuses with 404', options: () => ({ verifyClient: (_: Any, done: Any) => done(false, 404) }) },
  {
    name: 'verifyClient refuses with words',
    options: () => ({ verifyClient: (_: Any, done: Any) => done(false, 403, 'Go awäy') }),
  },
  {
    name: 'verifyClient refuses with headers',
    options: () => ({
      verifyClient: (_: Any, done: Any) => done(false, 429, 'Slow', { 'Retry-After': 5, 'Content-Type': 'text/plain' }),
    }),
  },
  { name: 'handleProtocols takes the second', options: () => ({ handleProtocols: (all: Set<string>) => [...all][1] }) },
  { name: 'handleProtocols takes none', options: () => ({ handleProtocols: () => false }) },
  { name: 'handleProtocols takes ""', options: () => ({ handleProtocols: () => '' }) },
  { name: 'handleProtocols takes another', options: () => ({ handleProtocols: () => 'other' }) },
  {
    name: 'what handleProtocols is given',
    options: (scene) => ({
      handleProtocols(protocols: Set<string>, request: Any) {
        scene.note('server', protocols instanceof Set, [...protocols].join(), request.url)
        return false
      },
    }),
  },
]

const hooks: readonly Scenario[] = HOOKS.map(({ name, options }) => ({
  name: `upgrade: ${name}`,
  async play(scene) {
    const server = await scene.server(options(scene), (webSocket) =>
      scene.note('server', `protocol ${webSocket.protocol}`),
    )
    const peer = await scene.peer(server, ['Origin: http://example.org', 'Sec-WebSocket-Protocol: one, two'])
    peer.socket.end()
    await peer.closes()
    scene.note('server', `clients ${server.clients.size}`)
  },
}))

const others: readonly Scenario[] = [
  ...[8, 13].map(
    (version): Scenario => ({
      name: `upgrade: the origin in version ${version}`,
      async play(scene) {
        const verifyClient = (info: Any) => {
          scene.note('server', info.origin)
          return true
        }
        const server = await scene.server({ verifyClient })
        const origins = ['Origin: http://example.org', 'Sec-WebSocket-Origin: http://example.com']
        const peer = await scene.peer(server, [...origins, `Sec-WebSocket-Version: ${version}`])
        peer.socket.end()
        await peer.closes()
      },
    }),
  ),
  {
    name: "upgrade: 'headers' listeners add and change lines",
    async play(scene) {
      const server = await scene.server({})
      server.on('headers', (headers: string[], request: Any) => {
        scene.note('server', request.method)
        headers.push('Set-Cookie: a=b', 'X-One: two')
      })
      const peer = await scene.peer(server)
      peer.socket.end()
      await peer.closes()
    },
  },
  {
    name: 'upgrade: options are read at each request',
    async play(scene) {
      const server = await scene.server({}, (webSocket) =>
        scene.note('server', webSocket.protocol, webSocket.extensions),
      )
      for (const change of [
        () => {},
        () => {
          server.options.handleProtocols = () => 'b'
        },
        () => {
          server.options.perMessageDeflate = {}
        },
        () => {
          server.options.path = '/x'
        },
        () => {
          server.shouldHandle = () => true
        },
        () => {
          server.options.maxPayload = 3
        },
        () => {
          server.options.verifyClient = () => false
        },
      ]) {
        change()
        const peer = await scene.peer(server, [
          'Sec-WebSocket-Protocol: a, b',
          'Sec-WebSocket-Extensions: permessage-deflate',
        ])
        peer.write({ opcode: 1, payload: 'long' })
        await peer.sees(0)
        peer.socket.end()
        await peer.closes()
      }
    },
  },
  {
    name: 'upgrade: a request without an upgrade',
    async play(scene) {
      const server = await scene.server({})
      const socket = connect(server.address().port, '127.0.0.1')
      socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk)
      scene.note(
        'peer',
        Buffer.concat(chunks)
          .toString()
          .replace(/Date: .*\r\n/, ''),
      )
    },
  },
  {
    name: 'upgrade: frames behind the request',
    async play(scene) {
      const server = await scene.server({}, (webSocket) => scene.note('server', "'connection'", webSocket.readyState))
      const frame = Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0x61)
      const { port } = server.address()
      const socket = connect(port, '127.0.0.1')
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
      const head = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
      let webSocket: Any
      server.on('connection', (one: Any) => {
        webSocket = one
      })
      socket.write(Buffer.concat([Buffer.from(head), frame, frame]))
      socket.resume()
      await until(() => webSocket !== undefined)
      await turns()
      socket.end()
      await closed(webSocket)
    },
  },
  {
    name: 'upgrade: twice with the same socket',
    async play(scene) {
      const http = await scene.http()
      const server = new scene.implementation.WebSocketServer({ noServer: true })
      let done = false
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (webSocket: Any, from: Any) => {
          scene.note('server', 'done', from === request, webSocket.readyState)
          webSocket.on('close', () => {
            done = true
          })
        })
        scene.call('server', 'again', () => server.handleUpgrade(request, socket, head, () => {}))
      })
      const peer = await scene.peer(http)
      peer.socket.end()
      await until(() => done)
    },
  },
  {
    name: 'upgrade: after close()',
    async play(scene) {
      const http = await scene.http()
      const server = new scene.implementation.WebSocketServer({ noServer: true })
      server.close()
      http.on('upgrade', (request, socket, head) =>
        server.handleUpgrade(request, socket, head, () => scene.note('server', 'done')),
      )
      const peer = await scene.peer(http)
      peer.socket.end()
      await peer.closes()
    },
  },
  {
    name: 'upgrade: the socket is gone meanwhile',
    async play(scene) {
      const server = await scene.server({
        verifyClient: (_: Any, done: Any) => {
          const { socket } = _.req
          socket.destroy()
          scene.note('server', 'verify')
          setTimeout(done, 5, true)
        },
      })
      const peer = await scene.peer(server)
      await peer.closes()
      await turns()
      scene.note('server', server.clients.size)
    },
  },
  {
    name: 'upgrade: a WebSocket class of the program',
    async play(scene) {
      class Mine extends scene.implementation.WebSocket {
        hello() {
          return 'hello'
        }
      }
      const server = await scene.server({ WebSocket: Mine }, (webSocket) =>
        scene.note('server', webSocket.hello(), webSocket.constructor.name),
      )
      const peer = await scene.peer(server)
      peer.socket.end()
      await peer.closes()
    },
  },
  {
    name: 'upgrade: two servers with paths on one HTTP server',
    async play(scene) {
      const http = await scene.http()
      const servers = ['/a', '/b'].map((path) => {
        const server = new scene.implementation.WebSocketServer({ noServer: true, path })
        server.on('connection', (webSocket: Any) => {
          scene.note('server', path)
          webSocket.close(1000, path)
        })
        return server
      })
      http.on('upgrade', (request, socket, head) => {
        const server = servers.find((one) => one.shouldHandle(request))
        if (server === undefined) socket.destroy()
        else
          server.handleUpgrade(request, socket, head, (webSocket: Any) => server.emit('connection', webSocket, request))
      })
      for (const path of ['/a', '/b?x', '/c']) {
        const peer = await scene.peer(http, [], `GET ${path} HTTP/1.1`)
        await peer.closes()
      }
    },
  },
]

export const upgrade: readonly Scenario[] = [...requests, ...hooks, ...others]
