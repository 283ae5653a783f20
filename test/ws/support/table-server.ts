// The life of a server: how it is made, listens, is closed and what it says of itself.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Any, closed, type Scenario, show, turns, until } from './scene.js'

const CONSTRUCTIONS: readonly { name: string; args: () => unknown[] }[] = [
  { name: 'nothing', args: () => [] },
  { name: '{}', args: () => [{}] },
  { name: 'port and noServer', args: () => [{ port: 0, noServer: true }] },
  { name: 'port and server', args: () => [{ port: 0, server: createServer() }] },
  { name: 'server and noServer', args: () => [{ server: createServer(), noServer: true }] },
  { name: 'all', args: () => [{ port: 0, server: createServer(), noServer: true }] },
  { name: 'noServer', args: () => [{ noServer: true }] },
  { name: 'noServer without tracking', args: () => [{ noServer: true, clientTracking: false }] },
  { name: 'server', args: () => [{ server: createServer() }] },
  { name: 'a wrong port', args: () => [{ port: 70_000 }] },
]

export const servers: readonly Scenario[] = [
  ...CONSTRUCTIONS.map(
    ({ name, args }): Scenario => ({
      name: `new WebSocketServer: ${name}`,
      async play(scene) {
        scene.call('server', 'new', () => {
          const server = new scene.implementation.WebSocketServer(...args())
          scene.call('server', 'address', () => server.address())
          const { WebSocket, server: http, ...options } = server.options
          scene.note('server', typeof WebSocket, show(http), JSON.stringify(Object.entries(options).sort()))
          scene.note(
            'server',
            show(server.clients),
            Object.keys(server)
              .filter((key) => key === 'clients' || key === 'options')
              .sort()
              .join(),
          )
          return server
        })
      },
    }),
  ),
  {
    name: 'server: its callback and events',
    async play(scene) {
      const server = new scene.implementation.WebSocketServer({ port: 0, host: '127.0.0.1' }, () =>
        scene.note('server', 'callback'),
      )
      server.on('listening', () => scene.note('server', "'listening'"))
      server.on('close', () => scene.note('server', "'close'"))
      await once(server, 'listening')
      scene.note('server', Object.keys(server.address()).join(), server.address().address)
      server.close((error: unknown) => scene.note('server', 'closed', error))
      scene.call('server', 'address', () => server.address())
      await once(server, 'close')
      server.close((error: unknown) => scene.note('server', 'closed again', error))
      await once(server, 'close')
    },
  },
  {
    name: 'server: who is a client when',
    async play(scene) {
      const server = await scene.server({}, (webSocket, _, own) => {
        scene.note('server', "'connection'", String(own.clients.has(webSocket)), webSocket.readyState)
        webSocket.on('close', () => scene.note('server', "'close'", String(own.clients.has(webSocket))))
      })
      const peer = await scene.peer(server)
      peer.write({ opcode: 8 })
      await peer.closes()
      await until(() => server.clients.size === 0)
    },
  },
  {
    name: 'server: a port that is taken',
    async play(scene) {
      const http = await scene.http()
      const { port } = http.address() as { port: number }
      const server = new scene.implementation.WebSocketServer({ port, host: '127.0.0.1' })
      const [error] = await once(server, 'error')
      scene.note('server', (error as { code: string }).code)
      server.close((failure: unknown) => scene.note('server', 'closed', failure))
      await once(server, 'close')
    },
  },
  ...(['port', 'server', 'noServer'] as const).flatMap((way) =>
    [true, false].flatMap((clientTracking) =>
      [0, 1, 2].map(
        (connections): Scenario => ({
          name: `server, ${way}, clientTracking ${clientTracking}: close() with ${connections} clients`,
          async play(scene) {
            const http = way === 'port' ? undefined : await scene.http()
            const host =
              way === 'port' ? { port: 0, host: '127.0.0.1' } : way === 'server' ? { server: http } : { noServer: true }
            const server = new scene.implementation.WebSocketServer({ ...host, clientTracking })
            const all: Any[] = []
            server.on('connection', (webSocket: Any) => all.push(scene.watch(`server${all.length}`, webSocket)))
            server.on('close', () => scene.note('server', "'close'"))
            server.on('listening', () => scene.note('server', "'listening'"))
            if (way === 'port') await once(server, 'listening')
            if (way === 'noServer') {
              http?.on('upgrade', (request, socket, head) => {
                server.handleUpgrade(request, socket, head, (webSocket: Any) =>
                  server.emit('connection', webSocket, request),
                )
              })
            }
            const peers = []
            for (let i = 0; i < connections; i++) peers.push(await scene.peer(http ?? server))
            await until(() => all.length === connections)
            server.close((error: unknown) => scene.note('server', 'closed', error))
            server.close((error: unknown) => scene.note('server', 'closed a second time', error))
            scene.note('server', 'after close()', show(server.clients?.size), all.map((one) => one.readyState).join())
            await turns()
            for (const webSocket of all) {
              scene.note('server', 'one more closes')
              webSocket.close(1001)
              await closed(webSocket)
              await new Promise((resolve) => setImmediate(resolve))
            }
            await turns()
            scene.note('server', `listening ${http?.listening}`, show(server.clients?.size))
            if (way === 'server')
              scene.note('server', `listeners ${http?.listenerCount('upgrade')} ${http?.listenerCount('error')}`)
          },
        }),
      ),
    ),
  ),
]
