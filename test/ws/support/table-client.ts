// The opening handshake of a client: addresses, options, and every answer that a server may give.

import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { Agent, createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Answer, acceptOf } from './raw.js'
import { type Any, closed, type Scenario, show } from './scene.js'

const ADDRESSES: readonly unknown[][] = [
  [''],
  ['nonsense'],
  ['ftp://localhost'],
  ['ws://'],
  ['ws://localhost#fragment'],
  ['ws+unix:'],
  ['ws+unix://'],
  [undefined],
  [42],
  [new URL('ftp://localhost')],
  ['ws://localhost', ['a', 'a']],
  ['ws://localhost', 'a b'],
  ['ws://localhost', ['']],
  ['ws://localhost', [null]],
  ['ws://localhost', [1]],
  ['ws://localhost', { protocolVersion: 1000 }],
  ['ws://localhost', [], { protocolVersion: 12 }],
]

const addresses: readonly Scenario[] = ADDRESSES.map((args, i) => ({
  name: `new WebSocket ${i}: ${args.map(show).join(', ')}`,
  async play(scene) {
    scene.call('client', 'new', () => {
      const webSocket = new scene.implementation.WebSocket(...args)
      webSocket.on('error', () => {})
      webSocket.terminate()
      return webSocket
    })
  },
}))

const ok = (key: string, ...fields: string[]) =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ...fields,
    '\r\n',
  ].join('\r\n')

const ANSWERS: readonly { name: string; answer: Answer; args?: unknown[] }[] = [
  { name: 'as it should be', answer: {} },
  { name: 'without Upgrade', answer: { head: (_, key) => ok(key).replace('Upgrade: websocket\r\n', '') } },
  { name: 'another Upgrade', answer: { head: (_, key) => ok(key).replace('websocket', 'h2c') } },
  { name: 'Upgrade in capitals', answer: { head: (_, key) => ok(key).replace('websocket', 'WebSocket') } },
  {
    name: 'without Sec-WebSocket-Accept',
    answer: { head: (_, key) => ok(key).replace(/Sec-WebSocket-Accept.*\r\n/, '') },
  },
  { name: 'the wrong Sec-WebSocket-Accept', answer: { head: () => ok('other') } },
  { name: 'a protocol that nobody asked for', answer: { headers: ['Sec-WebSocket-Protocol: a'] } },
  { name: 'a protocol', answer: { headers: ['Sec-WebSocket-Protocol: b'] }, args: [['a', 'b']] },
  { name: 'another protocol', answer: { headers: ['Sec-WebSocket-Protocol: c'] }, args: [['a', 'b']] },
  { name: 'no protocol', answer: {}, args: ['a'] },
  ...[
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover',
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; client_max_window_bits=9',
    'permessage-deflate; client_max_window_bits=10',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=16',
    'permessage-deflate; server_max_window_bits=9',
    'permessage-deflate; server_max_window_bits=99',
    'permessage-deflate; foo',
    'permessage-deflate, permessage-deflate',
    'x-other',
    'permessage-deflate;;',
  ].flatMap((extension) =>
    [
      {},
      { perMessageDeflate: false },
      { perMessageDeflate: { clientMaxWindowBits: 10, serverMaxWindowBits: 10 } },
      { perMessageDeflate: { clientNoContextTakeover: false, clientMaxWindowBits: false } },
      { perMessageDeflate: { clientNoContextTakeover: true, serverNoContextTakeover: true } },
    ].map((options) => ({
      name: `${extension} for ${JSON.stringify(options)}`,
      answer: { headers: [`Sec-WebSocket-Extensions: ${extension}`] },
      args: [[], options],
    })),
  ),
  ...[200, 301, 400, 401, 403, 404, 426, 500, 503].map((status) => ({
    name: `status ${status}`,
    answer: {
      head: () => `HTTP/1.1 ${status} Some\r\nContent-Length: 2\r\nLocation: /x\r\nConnection: close\r\n\r\nno`,
    },
  })),
  { name: 'no HTTP', answer: { head: () => 'nonsense\r\n\r\n' } },
  { name: 'further fields', answer: { headers: ['X-Further: yes', 'Set-Cookie: a=b'] } },
]

const answers: readonly Scenario[] = ANSWERS.flatMap(({ name, answer, args = [] }) => ({
  name: `answer: ${name}`,
  async play(scene) {
    const server = await scene.rawServer(answer)
    const client = scene.client(server.url, ...args)
    client.on('unexpected-response', () => {})
    client.removeAllListeners('unexpected-response')
    client.on('open', () => {
      scene.note('client', `protocol ${client.protocol}`, `extensions ${client.extensions}`)
      client.send('some text to be sent')
      client.close(1000)
    })
    await closed(client)
    const peer = await server.peer()
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
    scene.note(
      'client',
      client.url.replace(String(server.port), 'PORT'),
      client._socket === null,
      client.bufferedAmount,
    )
  },
}))

const OPTIONS: readonly {
  name: string
  options: (scene: Any) => object
  protocols?: unknown
  url?: (url: string) => string
}[] = [
  { name: 'origin', options: () => ({ origin: 'https://example.org' }) },
  {
    name: 'headers',
    options: () => ({ headers: { Cookie: 'a=b', 'X-Own': 'c', Host: 'other.example', origin: 'o' } }),
  },
  {
    name: 'headers of the handshake',
    options: () => ({
      headers: { connection: 'x', upgrade: 'y', 'sec-websocket-key': 'z', 'Sec-WebSocket-Version': '1' },
    }),
  },
  { name: 'protocolVersion 8', options: () => ({ protocolVersion: 8, origin: 'o' }) },
  { name: 'auth', options: () => ({ auth: 'user:password' }) },
  { name: 'auth in the URL', options: () => ({}), url: (url) => url.replace('ws://', 'ws://me:sec%20ret@') },
  {
    name: 'auth in the URL that is not decoded',
    options: () => ({}),
    url: (url) => url.replace('ws://', 'ws://me:%zz@'),
  },
  { name: 'a user without a password', options: () => ({}), url: (url) => url.replace('ws://', 'ws://me@') },
  {
    name: 'auth in both',
    options: () => ({ auth: 'user:password' }),
    url: (url) => url.replace('ws://', 'ws://me:secret@'),
  },
  { name: 'an http: URL', options: () => ({}), url: (url) => url.replace('ws:', 'http:') },
  { name: 'a path and a query', options: () => ({}), url: (url) => `${url}a/b?c=d&e=f` },
  { name: 'a URL object', options: () => ({}), url: (url) => new URL('/path', url) as never },
  { name: 'one protocol', options: () => ({}), protocols: 'one' },
  { name: 'protocols', options: () => ({}), protocols: ['one', 'two'] },
  {
    name: 'options that http must not get',
    options: () => ({
      host: 'nowhere',
      hostname: 'nowhere',
      port: 1,
      path: '/nowhere',
      method: 'POST',
      protocol: 'x:',
      timeout: 1,
      socketPath: '/nowhere',
    }),
  },
  { name: 'an agent', options: () => ({ agent: new Agent() }) },
  { name: 'perMessageDeflate: false', options: () => ({ perMessageDeflate: false }) },
  {
    name: 'perMessageDeflate with options',
    options: () => ({
      perMessageDeflate: { serverMaxWindowBits: 11, clientMaxWindowBits: 12, serverNoContextTakeover: true },
    }),
  },
  {
    name: 'createConnection',
    options: (scene) => ({
      createConnection(options: Any) {
        scene.note('client', 'createConnection', options.host, typeof options.port, String(options.path))
        return connect(options.port, options.host)
      },
    }),
  },
  {
    name: 'finishRequest',
    options: (scene) => ({
      finishRequest(request: Any, webSocket: Any) {
        scene.note('client', 'finishRequest', request.constructor.name, webSocket.readyState)
        request.setHeader('X-Late', 'yes')
        setTimeout(() => request.end(), 5)
      },
    }),
  },
  {
    name: 'generateMask',
    options: () => ({
      generateMask(mask: Buffer) {
        mask.fill(7)
      },
    }),
  },
  { name: 'handshakeTimeout that does not strike', options: () => ({ handshakeTimeout: 10_000 }) },
  { name: 'family', options: () => ({ family: 4 }) },
  { name: 'localAddress', options: () => ({ localAddress: '127.0.0.1' }) },
]

const options: readonly Scenario[] = OPTIONS.map(({ name, options, protocols, url = (one) => one }) => ({
  name: `client option: ${name}`,
  async play(scene) {
    const server = await scene.rawServer({
      head: (request, key) => {
        const asked = /sec-websocket-protocol: ([^,\r]*)/i.exec(request)?.[1]
        return ok(key, ...(asked === undefined ? [] : [`Sec-WebSocket-Protocol: ${asked}`]))
      },
    })
    const given = options(scene)
    const client = scene.client(url(server.url), ...(protocols === undefined ? [given] : [protocols, given]))
    scene.note(
      'client',
      client.url.replace(String(server.port), 'PORT'),
      client.readyState,
      client.protocol,
      client.extensions,
      client._socket,
    )
    client.on('open', () => {
      client.send('masked')
      client.close(1000)
    })
    await closed(client)
    await (await server.peer()).closes()
    scene.note('client', client.protocol, client.url.replace(String(server.port), 'PORT'))
  },
}))

/** What is done while the connection is not open yet. */
const EARLY: readonly { name: string; act(client: Any, scene: Any): void; options?: object }[] = [
  { name: 'send', act: (client, scene) => scene.call('client', 'send', () => client.send('x')) },
  { name: 'ping', act: (client, scene) => scene.call('client', 'ping', () => client.ping()) },
  { name: 'pong', act: (client, scene) => scene.call('client', 'pong', () => client.pong()) },
  { name: 'pause', act: (client, scene) => scene.call('client', 'pause', () => client.pause()) },
  { name: 'close', act: (client, scene) => scene.call('client', 'close', () => client.close()) },
  { name: 'close with a wrong code', act: (client, scene) => scene.call('client', 'close', () => client.close(1)) },
  { name: 'terminate', act: (client, scene) => scene.call('client', 'terminate', () => client.terminate()) },
  {
    name: 'close twice',
    act(client) {
      client.close()
      client.close()
    },
  },
  {
    name: 'close, then terminate',
    act(client) {
      client.close()
      client.terminate()
    },
  },
  { name: "close in 'upgrade'", act: (client) => client.on('upgrade', () => client.close()) },
  { name: "terminate in 'upgrade'", act: (client) => client.on('upgrade', () => client.terminate()) },
  { name: "close in 'open'", act: (client) => client.on('open', () => client.close()) },
  { name: "terminate in 'open'", act: (client) => client.on('open', () => client.terminate()) },
]

const early: readonly Scenario[] = EARLY.map(({ name, act }) => ({
  name: `in CONNECTING: ${name}`,
  async play(scene) {
    const server = await scene.rawServer()
    const client = scene.client(server.url)
    act(client, scene)
    scene.note('client', `state ${client.readyState}`)
    client.on('open', () => {
      if (client.readyState === 1) client.close()
    })
    await closed(client)
    scene.note('client', client.readyState, client.bufferedAmount)
  },
}))

const RESPONSES: readonly { name: string; listen(client: Any, scene: Any): void; options?: object }[] = [
  {
    name: "with 'unexpected-response'",
    listen: (client, scene) =>
      client.on('unexpected-response', (request: Any, response: Any) => {
        scene.note('client', "'unexpected-response'", request.constructor.name, response.statusCode)
        response.resume()
        response.on('end', () => client.close())
      }),
  },
  {
    name: "with 'unexpected-response' and terminate",
    listen: (client) => client.on('unexpected-response', () => client.terminate()),
  },
]

const responses: readonly Scenario[] = RESPONSES.map(({ name, listen }) => ({
  name: `answer 401 ${name}`,
  async play(scene) {
    const server = await scene.rawServer({ head: () => 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno' })
    const client = scene.client(server.url)
    listen(client, scene)
    await closed(client)
  },
}))

async function redirecting(scene: Any, routes: Record<string, [number, string | undefined]>) {
  const http = createHttpServer((request, response) => {
    const { authorization, cookie, host } = request.headers
    scene.note('peer', request.url, JSON.stringify({ authorization, cookie, host: host?.replace(/:\d+/, '') }))
    const [status, location] = routes[request.url as string] ?? [404, undefined]
    response.writeHead(
      status,
      location === undefined ? {} : { Location: location.replace('PORT', String((http.address() as Any).port)) },
    )
    response.end()
  })
  http.on('upgrade', (request, socket) => {
    const { authorization, cookie, host } = request.headers
    scene.note('peer', request.url, JSON.stringify({ authorization, cookie, host: host?.replace(/:\d+/, '') }))
    const route = routes[request.url as string]
    if (route === undefined) {
      socket.write(ok(request.headers['sec-websocket-key'] as string))
      socket.on('data', () => socket.end(Buffer.of(0x88, 0)))
      return
    }
    const location = route[1]?.replace('PORT', String((http.address() as Any).port))
    socket.end(
      `HTTP/1.1 ${route[0]} Moved\r\n${location === undefined ? '' : `Location: ${location}\r\n`}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    )
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  scene.defer(() => {
    http.closeAllConnections()
    http.close()
  })
  return (http.address() as { port: number }).port
}

const REDIRECTS: readonly {
  name: string
  routes: Record<string, [number, string | undefined]>
  options?: object
  auth?: string
  hears?: boolean
}[] = [
  { name: 'not followed', routes: { '/': [302, '/end'] } },
  { name: 'followed', routes: { '/': [302, '/end'] }, options: { followRedirects: true } },
  { name: 'a whole URL', routes: { '/': [307, 'ws://127.0.0.1:PORT/end'] }, options: { followRedirects: true } },
  { name: 'an http URL', routes: { '/': [308, 'http://127.0.0.1:PORT/end'] }, options: { followRedirects: true } },
  {
    name: 'several',
    routes: { '/': [301, '/a'], '/a': [302, '/b'], '/b': [303, '/end'] },
    options: { followRedirects: true },
  },
  {
    name: 'as many as allowed',
    routes: { '/': [301, '/a'], '/a': [302, '/end'] },
    options: { followRedirects: true, maxRedirects: 2 },
  },
  {
    name: 'too many',
    routes: { '/': [301, '/a'], '/a': [302, '/end'] },
    options: { followRedirects: true, maxRedirects: 1 },
  },
  { name: 'a circle', routes: { '/': [301, '/'] }, options: { followRedirects: true } },
  ...[299, 300, 399, 400].map((status) => ({
    name: `Location with status ${status}`,
    routes: { '/': [status, '/end'] as [number, string] },
    options: { followRedirects: true },
  })),
  { name: 'without Location', routes: { '/': [302, undefined] }, options: { followRedirects: true } },
  { name: 'to nonsense', routes: { '/': [302, 'http://:::'] }, options: { followRedirects: true } },
  { name: 'to another scheme', routes: { '/': [302, 'ftp://127.0.0.1/'] }, options: { followRedirects: true } },
  { name: 'to a fragment', routes: { '/': [302, '/end#part'] }, options: { followRedirects: true } },
  ...[undefined, 'me:secret'].flatMap((auth) =>
    [false, true].flatMap((hears) =>
      [
        {},
        { headers: { authorization: 'Basic own', Cookie: 'a=b', host: 'h.example' } },
        { auth: 'option:secret', headers: { cookie: 'a=b' } },
      ].flatMap((options) =>
        ['/end', 'ws://localhost:PORT/end'].map((to) => ({
          name: `credentials ${auth} ${JSON.stringify(options)}${hears ? " with 'redirect'" : ''} to ${to}`,
          routes: { '/': [302, to] } as Record<string, [number, string]>,
          options: { followRedirects: true, family: 4, ...options },
          ...(auth === undefined ? {} : { auth }),
          hears,
        })),
      ),
    ),
  ),
]

const redirects: readonly Scenario[] = REDIRECTS.map(({ name, routes, options, auth, hears }) => ({
  name: `redirect: ${name}`,
  async play(scene) {
    const port = await redirecting(scene, routes)
    const client = new scene.implementation.WebSocket(
      `ws://${auth === undefined ? '' : `${auth}@`}127.0.0.1:${port}/`,
      options,
    )
    for (const type of ['open', 'error', 'close', 'upgrade']) {
      client.on(type, (...args: unknown[]) =>
        scene.note('client', `'${type}'`, type === 'upgrade' ? '' : args.map(show).join()),
      )
    }
    if (hears) {
      client.on('redirect', (url: string, request: Any) => {
        scene.note(
          'client',
          "'redirect'",
          url.replace(String(port), 'PORT'),
          request.getHeader('authorization') ?? '-',
          request.getHeader('cookie') ?? '-',
        )
      })
    }
    client.on('open', () => client.close())
    await closed(client)
    scene.note('client', client.url.replace(String(port), 'PORT'))
  },
}))

const others: readonly Scenario[] = [
  {
    name: 'client: nobody listens',
    async play(scene) {
      const http = await scene.http()
      const { port } = http.address() as { port: number }
      http.close()
      const client = scene.client(`ws://127.0.0.1:${port}/`)
      await closed(client)
    },
  },
  {
    name: 'client: a server that says nothing, with handshakeTimeout',
    async play(scene) {
      const server = createServer(() => {})
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      const client = scene.client(`ws://127.0.0.1:${port}/`, { handshakeTimeout: 30 })
      await closed(client)
      server.close()
    },
  },
  {
    name: 'client: a server that hangs up',
    async play(scene) {
      const server = createServer((socket) => socket.end())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      const client = scene.client(`ws://127.0.0.1:${port}/`)
      await closed(client)
      server.close()
    },
  },
  ...['ws+unix:PATH', 'ws+unix://PATH', 'ws+unix://PATH:/path?query', 'ws+unix:PATH:/a'].map(
    (form, i): Scenario => ({
      name: `client: ${form}`,
      async play(scene) {
        const path = join(mkdtempSync(join(tmpdir(), 'noio-ws-')), `${i}.sock`)
        const http = createHttpServer()
        const server = new scene.implementation.WebSocketServer({ server: http })
        server.on('connection', (webSocket: Any, request: Any) => {
          scene.note('server', request.url, request.headers.host ?? '-')
          webSocket.close(1000)
        })
        http.listen(path)
        await once(http, 'listening')
        const client = scene.client(form.replace('PATH', path))
        scene.note('client', client.url.replace(path, 'PATH'))
        await closed(client)
        http.close()
      },
    }),
  ),
]

export const clients: readonly Scenario[] = [
  ...addresses,
  ...answers,
  ...options,
  ...early,
  ...responses,
  ...redirects,
  ...others,
]
