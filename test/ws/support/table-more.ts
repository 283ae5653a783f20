// What the other tables do not reach: TLS, text and compressed data that are wrong in the middle, floods, half-read sockets.

import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import { certificate } from '../../docs/certificate.js'
import { closePayload } from '../../support/frames.js'
import { type Any, closed, type Scenario, turns, until } from './scene.js'
import { both } from './table-data.js'

const secure: readonly Scenario[] = ['text', 'large', 'terminate', 'half'].map((what) => ({
  name: `TLS: ${what}`,
  async play(scene) {
    const https = createSecureServer(certificate())
    const server = new scene.implementation.WebSocketServer({
      server: https,
      verifyClient: ({ secure: isSecure }: Any) => {
        scene.note('server', 'secure', String(isSecure))
        return true
      },
    })
    let other: Any
    server.on('connection', (webSocket: Any) => {
      other = scene.watch('server', webSocket)
      webSocket.on('message', (data: Buffer, isBinary: boolean) =>
        webSocket.send(data, { binary: isBinary }, scene.callback('server', 'sent')),
      )
    })
    https.listen(0, '127.0.0.1')
    await once(https, 'listening')
    scene.defer(() => {
      https.closeAllConnections()
      https.close()
    })
    const client = scene.client(`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`, {
      rejectUnauthorized: false,
    })
    await once(client, 'open')
    scene.note('client', client._socket.constructor.name, String(client._socket.encrypted))
    if (what === 'text') {
      for (let i = 0; i < 50; i++) client.send(`message ${i}`)
      client.on('message', (data: Buffer) => {
        if (String(data) === 'message 49') client.close(1000)
      })
    } else if (what === 'large') {
      client.send(Buffer.alloc(3_000_000, 'ab'))
      client.once('message', () => client.close(1000))
    } else if (what === 'terminate') {
      client.send('x')
      client.once('message', () => client.terminate())
    } else {
      client._socket.end()
    }
    await closed(client)
    await closed(other)
  },
}))

const rejected: readonly Scenario[] = [
  {
    name: 'TLS: a certificate that is not trusted',
    async play(scene) {
      const https = createSecureServer(certificate())
      const server = new scene.implementation.WebSocketServer({ server: https })
      https.listen(0, '127.0.0.1')
      await once(https, 'listening')
      const client = scene.client(`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`)
      await closed(client)
      server.close()
      https.close()
    },
  },
]

function tail(text: string): Uint8Array {
  return deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4)
}

const WRONG: readonly { name: string; options?: object; headers?: string; chunks(peer: Any): void }[] = [
  {
    name: 'text that is wrong at its beginning, in pieces',
    chunks(peer) {
      peer.write({ opcode: 1, fin: 0, payload: Uint8Array.of(0xff) })
    },
  },
  {
    name: 'a length in more bytes than it needs',
    chunks(peer) {
      const isMasked = peer.constructor.name === 'RawClient'
      peer.socket.write(Buffer.of(0x82, (isMasked ? 0x80 : 0) | 126, 0, 1, ...(isMasked ? [0, 0, 0, 0] : []), 65))
    },
  },
  {
    name: 'a compressed message without its end',
    options: { perMessageDeflate: true },
    chunks(peer) {
      peer.write({ opcode: 2, rsv: 4, payload: tail('hello hello hello hello, this is long').subarray(0, 12) })
    },
  },
  {
    name: 'more fragments than maxFragments',
    options: { maxFragments: 2 },
    chunks(peer) {
      for (let i = 0; i < 3; i++) peer.write({ opcode: i ? 0 : 2, fin: i === 2 ? 1 : 0, payload: 'x' })
    },
  },
  {
    name: 'text that is not UTF-8, with skipUTF8Validation',
    options: { skipUTF8Validation: true },
    chunks(peer) {
      peer.write({ opcode: 1, payload: Uint8Array.of(0x61, 0xff) })
    },
  },
  {
    name: 'more pings at once than maxPendingAutoPongs',
    options: { maxPendingAutoPongs: 2 },
    chunks(peer) {
      peer.socket.cork()
      for (let i = 0; i < 4; i++) peer.write({ opcode: 9 })
      peer.socket.uncork()
    },
  },
]

const wrong: readonly Scenario[] = WRONG.flatMap(({ name, options = {}, chunks }) =>
  both(`differs: ${name}`, options, async (webSocket, peer) => {
    chunks(peer)
    await turns()
    peer.write({ opcode: 8, payload: closePayload(1000) })
    await closed(webSocket)
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
  }),
)

/** Until so many bytes have arrived that nobody reads. */
function waits(webSocket: Any, bytes: number): Promise<void> {
  return until(() => webSocket._socket.readableLength >= bytes)
}

const reading: readonly Scenario[] = [
  ...both("the state in the socket's own events", {}, async (webSocket, peer, scene, role) => {
    for (const event of ['end', 'close'])
      webSocket._socket.on(event, () => scene.note(role, event, webSocket.readyState))
    peer.socket.end()
    await closed(webSocket)
  }),
  ...both('paused, then closed by the peer', {}, async (webSocket, peer, scene, role) => {
    webSocket.pause()
    scene.note(role, String(webSocket.isPaused))
    peer.write({ opcode: 1, payload: 'unread' })
    peer.write({ opcode: 8, payload: closePayload(1000, 'bye') })
    await waits(webSocket, 15)
    scene.note(role, 'resume', webSocket.readyState)
    webSocket.resume()
    await closed(webSocket)
    await peer.closes()
  }),
  ...both('paused, then terminated', {}, async (webSocket, peer, scene, role) => {
    webSocket.pause()
    peer.write({ opcode: 1, payload: 'unread' })
    await waits(webSocket, 8)
    webSocket.terminate()
    scene.note(role, webSocket.readyState, String(webSocket.isPaused))
    await closed(webSocket)
    scene.call(role, 'pause', () => webSocket.pause())
    scene.call(role, 'resume', () => webSocket.resume())
    scene.note(role, String(webSocket.isPaused))
  }),
  ...both('paused, then closed by itself', { closeTimeout: 1000 }, async (webSocket, peer) => {
    webSocket.pause()
    peer.write({ opcode: 1, payload: 'unread' })
    await waits(webSocket, 8)
    webSocket.close(1000)
    await closed(webSocket)
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
  }),
  ...both(
    'paused by a message before a close frame',
    { closeTimeout: 600_000 },
    async (webSocket, peer, scene, role) => {
      webSocket.once('message', () => webSocket.pause())
      peer.socket.cork()
      peer.write({ opcode: 1, payload: 'message' })
      peer.write({ opcode: 8, payload: closePayload(1000) })
      peer.socket.uncork()
      await closed(webSocket)
      scene.note(role, String(webSocket.isPaused))
    },
  ),
  ...both(
    'paused by a message that was emitted later',
    { allowSynchronousEvents: false },
    async (webSocket, peer, scene, role) => {
      webSocket.once('message', () => webSocket.pause())
      peer.write({ opcode: 1, payload: 'message' })
      await once(webSocket, 'message')
      await turns()
      scene.note(role, String(webSocket.isPaused), String(webSocket._socket.isPaused()))
      peer.write({ opcode: 8, payload: closePayload(1000) })
      await waits(webSocket, 4)
      webSocket.resume()
      await closed(webSocket)
    },
  ),
  ...both('paused while it closes', {}, async (webSocket, peer, scene, role) => {
    peer.answersClose = false
    webSocket.close(1000)
    webSocket.pause()
    scene.note(role, String(webSocket.isPaused))
    peer.write({ opcode: 1, payload: 'unread' })
    await waits(webSocket, 8)
    scene.note(role, 'resume', String(webSocket._socket.isPaused()))
    webSocket.resume()
    peer.write({ opcode: 8, payload: closePayload(1000) })
    await closed(webSocket)
  }),
  ...[true, false].flatMap((allowSynchronousEvents) =>
    both(
      `the state behind each read, with allowSynchronousEvents ${allowSynchronousEvents}`,
      { allowSynchronousEvents },
      async (webSocket, peer, scene, role) => {
        webSocket._socket.on('data', () => scene.note(role, 'read', webSocket.readyState))
        peer.write({ opcode: 1, payload: 'message' })
        await once(webSocket, 'message')
        peer.write({ opcode: 8, payload: closePayload(1000) })
        await closed(webSocket)
      },
    ),
  ),
  ...both('a peer that reads slowly', {}, async (webSocket, peer, scene, role) => {
    peer.socket.pause()
    const large = Buffer.alloc(8 * 1024 * 1024, 'z')
    webSocket.send(large, scene.callback(role, 'large'))
    webSocket.send('behind', scene.callback(role, 'behind'))
    await new Promise((resolve) => setImmediate(resolve))
    scene.note(role, 'waits', String(webSocket.bufferedAmount > 0))
    peer.socket.resume()
    await peer.sees(2)
    await until(() => webSocket.bufferedAmount === 0)
    webSocket.close(1000)
    await closed(webSocket)
  }),
  ...both('short and long messages for a peer that takes nothing', {}, async (webSocket, peer, scene, role) => {
    peer.socket.pause()
    webSocket.send(Buffer.alloc(8 * 1024 * 1024))
    for (let i = 0; i < 12; i++) {
      webSocket.send(`short ${i}`, scene.callback(role, `short ${i}`))
      webSocket.send(Buffer.alloc(4000 + 1000 * i, i))
      if (i % 2 === 0) webSocket.ping(`ping ${i}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    peer.socket.resume()
    await peer.sees(31)
    webSocket.close(1000)
    await closed(webSocket)
    await peer.closes()
  }),
  ...both('a message in single bytes, with pings between reads', {}, async (webSocket, peer) => {
    const whole: Buffer[] = []
    const { socket } = peer
    const { write } = socket
    socket.write = (chunk: Uint8Array) => whole.push(Buffer.from(chunk))
    peer.write({ opcode: 1, fin: 0, payload: 'üñ' })
    peer.write({ opcode: 9, payload: 'p' })
    peer.write({ opcode: 0, payload: 'î' })
    peer.write({ opcode: 8, payload: closePayload(1000) })
    socket.write = write
    for (const byte of Buffer.concat(whole)) {
      socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await closed(webSocket)
    await peer.closes()
  }),
]

const blobs: readonly Scenario[] = ['terminate', 'close', 'destroy', 'nothing'].flatMap((what) =>
  both(`a Blob, and ${what} while it is read`, {}, async (webSocket, peer, scene, role) => {
    webSocket.send(new Blob(['a blob']), scene.callback(role, 'blob'))
    webSocket.send('behind', scene.callback(role, 'behind'))
    webSocket.ping('p', undefined, scene.callback(role, 'ping'))
    webSocket.send(new Blob(['another']), scene.callback(role, 'another'))
    webSocket.pong(new Blob(['pong']), undefined, scene.callback(role, 'pong'))
    scene.note(role, `bufferedAmount ${webSocket.bufferedAmount}`)
    if (what === 'terminate') webSocket.terminate()
    else if (what === 'close') webSocket.close(1000)
    else if (what === 'destroy') webSocket._socket.destroy()
    else await peer.sees(5)
    if (what === 'nothing') webSocket.close()
    await closed(webSocket)
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
    await turns()
  }),
)

/** A Blob that is read when the scenario says so, and not as it should. */
class Unreadable extends Blob {
  fail: (error: Error) => void = () => {}

  override arrayBuffer(): Promise<ArrayBuffer> {
    return new Promise((_, reject) => {
      this.fail = reject
    })
  }
}

const unreadable: readonly Scenario[] = [
  ...both('a Blob that cannot be read', {}, async (webSocket, peer, scene, role) => {
    const blob = new Unreadable(['a blob'])
    webSocket.send(blob, scene.callback(role, 'blob'))
    webSocket.send('behind', scene.callback(role, 'behind'))
    blob.fail(new Error('it cannot be read'))
    await closed(webSocket)
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
  }),
  ...both('a Blob that cannot be read, after another error', {}, async (webSocket, peer, scene, role) => {
    const blob = new Unreadable(['a blob'])
    webSocket.send(blob, scene.callback(role, 'blob'))
    webSocket.once('error', () => blob.fail(new Error('it cannot be read')))
    peer.write({ opcode: 3, payload: 'x' })
    await closed(webSocket)
    if (!peer.isClosed) peer.socket.end()
    await peer.closes()
  }),
]

/** Both ends are of the same implementation. */
const pairs: readonly Scenario[] = [
  false,
  true,
  { threshold: 0 },
  { serverNoContextTakeover: true, threshold: 10 },
].flatMap((perMessageDeflate) =>
  ['server', 'client'].map((closer) => ({
    name: `a pair with perMessageDeflate ${JSON.stringify(perMessageDeflate)}, closed by the ${closer}`,
    async play(scene: Any) {
      let other: Any
      const server = await scene.server({ perMessageDeflate }, (webSocket: Any) => {
        other = webSocket
        webSocket.on('message', (data: Buffer, isBinary: boolean) => webSocket.send(data, { binary: isBinary }))
      })
      const client = scene.client(`ws://127.0.0.1:${server.address().port}`, 'protocol', { perMessageDeflate })
      await once(client, 'open')
      scene.note('client', client.extensions, client.protocol)
      let echoes = 0
      client.on('message', () => echoes++)
      for (let i = 0; i < 30; i++) {
        client.send(`message ${i} `.repeat(i), { compress: i % 3 > 0 })
        client.send(Buffer.alloc(i * 100, i), { fin: i % 2 === 0 })
        if (i % 2) client.send('rest')
      }
      await until(() => echoes === 60)
      if (closer === 'server') other.close(4000, 'enough')
      else client.close(4001, 'done')
      await Promise.all([closed(client), closed(other)])
    },
  })),
)

export const more: readonly Scenario[] = [
  ...secure,
  ...rejected,
  ...wrong,
  ...reading,
  ...blobs,
  ...unreadable,
  ...pairs,
]
