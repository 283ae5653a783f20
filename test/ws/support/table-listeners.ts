// Ways to listen: addEventListener, on… properties, event objects, and what listeners throw.

import { once } from 'node:events'
import { closePayload } from '../../support/frames.js'
import { type Any, closed, type Scenario, type Scene, show, turns } from './scene.js'
import { both } from './table-data.js'

function fields(event: Any): string {
  return ['type', 'data', 'code', 'reason', 'wasClean', 'message', 'error']
    .filter((name) => event[name] !== undefined)
    .map((name) => `${name}=${show(event[name])}`)
    .join(' ')
}

type Act = (webSocket: Any, scene: Scene, role: string) => void

const LISTENERS: readonly { name: string; act: Act }[] = [
  {
    name: 'on… properties',
    act(webSocket, scene, role) {
      for (const type of ['open', 'message', 'close', 'error']) {
        scene.note(role, type, webSocket[`on${type}`])
        const handler = function handler(this: Any, event: Any) {
          scene.note(
            role,
            fields(event),
            String(this === webSocket),
            String(event.target === webSocket),
            event.constructor.name,
          )
        }
        webSocket[`on${type}`] = handler
        scene.note(role, String(webSocket[`on${type}`] === handler), webSocket.listenerCount(type))
      }
    },
  },
  {
    name: 'on… properties changed and removed',
    act(webSocket, scene, role) {
      webSocket.onmessage = () => scene.note(role, 'first')
      webSocket.onmessage = () => scene.note(role, 'second')
      webSocket.onclose = () => scene.note(role, 'close')
      webSocket.onclose = null
      webSocket.onerror = 'nonsense'
      scene.note(
        role,
        webSocket.onclose,
        webSocket.onerror,
        typeof webSocket.onmessage,
        webSocket.listenerCount('message'),
      )
    },
  },
  {
    name: 'addEventListener',
    act(webSocket, scene, role) {
      for (const type of ['open', 'message', 'close', 'error', 'ping', 'nonsense']) {
        webSocket.addEventListener(type, (event: Any) => scene.note(role, fields(event)))
        scene.note(role, type, webSocket.listenerCount(type))
      }
    },
  },
  {
    name: 'addEventListener with once, an object, and twice the same',
    act(webSocket, scene, role) {
      const one = (event: Any) => scene.note(role, 'one', fields(event))
      const object = {
        handleEvent(event: Any) {
          scene.note(role, 'object', fields(event), String(this === object))
        },
      }
      webSocket.addEventListener('message', one)
      webSocket.addEventListener('message', one)
      webSocket.addEventListener('message', object)
      webSocket.addEventListener('message', object)
      webSocket.addEventListener('message', (event: Any) => scene.note(role, 'once', fields(event)), { once: true })
      const twice = (event: Any) => scene.note(role, 'twice', fields(event))
      webSocket.addEventListener('message', twice, { once: true })
      webSocket.addEventListener('message', twice, { once: true })
      webSocket.onmessage = one
      scene.note(role, webSocket.listenerCount('message'))
    },
  },
  {
    name: 'removeEventListener',
    act(webSocket, scene, role) {
      const one = () => scene.note(role, 'one')
      const two = () => scene.note(role, 'two')
      webSocket.addEventListener('message', one)
      webSocket.addEventListener('message', two, { once: true })
      webSocket.onmessage = one
      webSocket.on('message', one)
      scene.note(role, webSocket.listenerCount('message'))
      webSocket.removeEventListener('message', one)
      webSocket.removeEventListener('message', one)
      scene.note(role, webSocket.listenerCount('message'))
      webSocket.removeEventListener('message', two)
      webSocket.removeEventListener('message', () => {})
      scene.note(role, webSocket.listenerCount('message'), typeof webSocket.onmessage)
    },
  },
  {
    name: 'the same function as a property and a listener',
    act(webSocket, scene, role) {
      const one = (event: Any) => scene.note(role, fields(event))
      webSocket.onmessage = one
      webSocket.addEventListener('message', one)
      scene.note(role, webSocket.listenerCount('message'))
      webSocket.onmessage = null
      scene.note(role, webSocket.listenerCount('message'))
    },
  },
  {
    name: 'an event object in detail',
    act(webSocket, scene, role) {
      webSocket.addEventListener('message', (event: Any) => {
        scene.note(
          role,
          Object.keys(event).join(),
          Object.keys(Object.getPrototypeOf(event)).join(),
          String('type' in event),
        )
        const own = []
        for (const name in event) own.push(name)
        scene.note(role, own.sort().join())
      })
      webSocket.addEventListener('close', (event: Any) => {
        const own = []
        for (const name in event) own.push(name)
        scene.note(role, own.sort().join())
      })
    },
  },
  {
    name: 'the listeners that ws has itself',
    act(webSocket, scene, role) {
      for (const type of ['open', 'message', 'close', 'error', 'ping', 'pong', 'upgrade', 'redirect']) {
        scene.note(role, type, webSocket.listenerCount(type))
      }
      webSocket.removeAllListeners('close')
      webSocket.on('close', () => scene.note(role, 'close only'))
    },
  },
]

export const listeners: readonly Scenario[] = LISTENERS.flatMap(({ name, act }) =>
  ['clean', 'broken', 'dropped'].flatMap((how) =>
    both(`listeners: ${name}, ${how}`, {}, async (webSocket, peer, scene, role) => {
      act(webSocket, scene, role)
      peer.write({ opcode: 1, payload: 'text' })
      peer.write({ opcode: 2, payload: 'binary' })
      peer.write({ opcode: 9 })
      await peer.sees(1)
      const over = closed(webSocket)
      if (how === 'clean') peer.write({ opcode: 8, payload: closePayload(4000, 'why') })
      else if (how === 'broken') peer.write({ opcode: 4 })
      else peer.socket.destroy()
      await over
      peer.socket.end()
      await peer.closes()
    }),
  ),
)

/** What a program does in the middle of things. */
const ACTS: readonly { name: string; on: string; act: Act }[] = [
  ...['message', 'ping', 'pong', 'close'].flatMap((on) => [
    { name: 'close()', on, act: ((webSocket) => webSocket.close(1000)) as Act },
    { name: 'terminate()', on, act: ((webSocket) => webSocket.terminate()) as Act },
    {
      name: 'send and terminate()',
      on,
      act: ((webSocket, scene, role) => {
        webSocket.send('from inside', scene.callback(role, 'send'))
        webSocket.terminate()
      }) as Act,
    },
    {
      name: 'pause(), and resume() later',
      on,
      act: ((webSocket, scene, role) => {
        webSocket.pause()
        scene.note(role, 'isPaused', webSocket.isPaused)
        // What comes then depends on the time; that all of it comes does not.
        turns().then(() => webSocket.resume())
      }) as Act,
    },
    {
      name: 'sends of every kind',
      on,
      act: ((webSocket, scene, role) => {
        webSocket.send('a', scene.callback(role, 'a'))
        webSocket.ping('b', undefined, scene.callback(role, 'b'))
        webSocket.send(Buffer.alloc(5000, 1), scene.callback(role, 'c'))
        webSocket.pong('d')
        webSocket.send('e', { fin: false })
        webSocket.send('f', scene.callback(role, 'f'))
      }) as Act,
    },
    { name: 'destroys the socket', on, act: ((webSocket) => webSocket._socket?.destroy()) as Act },
    { name: 'ends the socket', on, act: ((webSocket) => webSocket._socket?.end()) as Act },
  ]),
]

export const inside: readonly Scenario[] = ACTS.flatMap(({ name, on, act }) =>
  [{}, { allowSynchronousEvents: false }].flatMap((options) =>
    both(
      `inside '${on}': ${name}${'allowSynchronousEvents' in options ? ', not synchronous' : ''}`,
      options,
      async (webSocket, peer, scene, role) => {
        webSocket.once(on, () => act(webSocket, scene, role))
        const over = closed(webSocket)
        peer.socket.cork()
        peer.write({ opcode: 1, payload: 'one' })
        peer.write({ opcode: 9, payload: 'ping' })
        peer.write({ opcode: 10, payload: 'pong' })
        peer.write({ opcode: 2, payload: 'two' })
        peer.write({ opcode: 8, payload: closePayload(1000, 'done') })
        peer.socket.uncork()
        await over
        if (!peer.isClosed) peer.socket.end()
        await peer.closes()
        // Callbacks of what was written last.
        await turns()
      },
    ),
  ),
)

export const states: readonly Scenario[] = [
  {
    name: 'constants and properties',
    async play(scene) {
      const { WebSocket, WebSocketServer } = scene.implementation
      for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) {
        for (const where of [WebSocket, WebSocket.prototype]) {
          scene.note('class', name, JSON.stringify(Object.getOwnPropertyDescriptor(where, name)))
        }
      }
      for (const name of [
        'binaryType',
        'bufferedAmount',
        'extensions',
        'isPaused',
        'onclose',
        'onerror',
        'onopen',
        'onmessage',
        'protocol',
        'readyState',
        'url',
      ]) {
        const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(
          WebSocket.prototype,
          name,
        ) as PropertyDescriptor
        scene.note('class', name, typeof get, typeof set, String(enumerable), String(configurable))
      }
      scene.note('class', WebSocket.name, WebSocketServer.name)
      const server = await scene.server({})
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`)
      await once(client, 'open')
      for (const name of ['readyState', 'url', 'protocol', 'bufferedAmount']) {
        scene.call('client', name, () => {
          client[name] = 5
        })
      }
      for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) scene.note('client', client[name])
      client.close()
      await closed(client)
    },
  },
]
