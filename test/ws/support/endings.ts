// Ways in which a connection may end, for tables of scenarios. Each has its peer, and the WebSocket under test.

import { closePayload } from '../../support/frames.js'
import type { RawPeer } from './raw.js'
import { type Any, closed, type Scene } from './scene.js'

export interface Ending {
  readonly name: string
  end(webSocket: Any, peer: RawPeer, scene: Scene): void | Promise<void>
}

export const ENDINGS: readonly Ending[] = [
  {
    name: 'the peer closes with 1000 and a reason',
    end: (_, peer) => peer.write({ opcode: 8, payload: closePayload(1000, 'bye') }),
  },
  { name: 'the peer closes without a code', end: (_, peer) => peer.write({ opcode: 8 }) },
  {
    name: 'the peer closes with 4321',
    end: (_, peer) => peer.write({ opcode: 8, payload: closePayload(4321, 'ünicode') }),
  },
  { name: 'close()', end: (webSocket) => webSocket.close() },
  { name: 'close(4000, reason)', end: (webSocket) => webSocket.close(4000, 'enough') },
  {
    name: 'close() while the peer closes',
    end(webSocket, peer) {
      peer.write({ opcode: 8, payload: closePayload(3000, 'me too') })
      peer.answersClose = false
      webSocket.close(3001, 'first')
    },
  },
  {
    name: 'the peer does not answer close()',
    end(webSocket, peer) {
      peer.answersClose = false
      webSocket.close(1001)
    },
  },
  { name: 'terminate()', end: (webSocket) => webSocket.terminate() },
  {
    name: 'send, then terminate()',
    end(webSocket, _, scene) {
      webSocket.send('last words', scene.callback('end', 'send'))
      webSocket.terminate()
      webSocket.send('too late', scene.callback('end', 'late'))
    },
  },
  {
    name: 'send, then close()',
    end(webSocket, _, scene) {
      webSocket.send('last words', scene.callback('end', 'send'))
      webSocket.close(1000)
      webSocket.send('too late', scene.callback('end', 'late'))
      webSocket.ping('late', undefined, scene.callback('end', 'ping'))
    },
  },
  { name: 'the peer resets', end: (_, peer) => void peer.socket.resetAndDestroy() },
  { name: 'the peer ends its direction', end: (_, peer) => void peer.socket.end() },
  {
    name: 'the peer ends in the middle of a frame',
    end: (_, peer) => void peer.socket.end(Buffer.of(0x81)),
  },
  { name: 'the peer breaks the protocol', end: (_, peer) => peer.write({ opcode: 3, payload: 'x' }) },
  {
    name: 'the peer breaks the protocol after close()',
    end(webSocket, peer) {
      peer.answersClose = false
      webSocket.close(1000)
      peer.write({ opcode: 1, payload: 'a message' })
      peer.write({ opcode: 1, rsv: 2, payload: 'x' })
    },
  },
  {
    name: 'messages and a close frame in one chunk',
    end(_, peer) {
      peer.socket.cork()
      peer.write({ opcode: 1, payload: 'one' })
      peer.write({ opcode: 9, payload: 'two' })
      peer.write({ opcode: 8, payload: closePayload(1000, 'three') })
      peer.write({ opcode: 1, payload: 'four' })
      peer.socket.uncork()
    },
  },
  { name: 'the socket is destroyed with an error', end: (webSocket) => webSocket._socket.destroy(new Error('oops')) },
  { name: 'the socket is ended', end: (webSocket) => webSocket._socket.end() },
]

/** Plays one, up to the end of both. */
export async function end({ end }: Ending, webSocket: Any, peer: RawPeer, scene: Scene, actor: string): Promise<void> {
  await end(webSocket, peer, scene)
  await closed(webSocket)
  if (!peer.isClosed) peer.socket.end()
  await peer.closes()
  const socket = webSocket._socket
  scene.note(actor, 'at the end:', `readyState ${webSocket.readyState}`, `socket destroyed ${socket?.destroyed}`)
  scene.call(actor, 'send', () => webSocket.send('after', scene.callback(actor, 'after')))
  scene.call(actor, 'close', () => webSocket.close())
  scene.call(actor, 'terminate', () => webSocket.terminate())
  scene.note(actor, `bufferedAmount ${webSocket.bufferedAmount}`)
  await new Promise((resolve) => setImmediate(resolve))
}
