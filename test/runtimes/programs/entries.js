// What must hold of the further entry points wherever the package is loaded: a handshake, compressed messages both ways
// over connections with what it agreed upon, and that streams and keep-alive are there. Knows no platform.

import { Connection, Data, Message, RemoteProtocolError } from 'noio-ws'
import { acceptUpgrade, HandshakeError, RequestHeadReader, ResponseHeadReader, requestUpgrade } from 'noio-ws/handshake'
import { KeepAlive } from 'noio-ws/keepalive'
import { permessageDeflate } from 'noio-ws/permessage-deflate'
import { fromDuplex, WebSocketError } from 'noio-ws/streams'

/** @typedef {import('noio-ws/permessage-deflate').PermessageDeflateOptions} Options */

/** @param {boolean} holds @param {string} what */
function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`)
}

/** A byte at a time. @param {RequestHeadReader | ResponseHeadReader} reader @param {Uint8Array} bytes */
function read(reader, bytes) {
  let result = reader.push(new Uint8Array(0))
  for (const byte of bytes) result = reader.push(Uint8Array.of(byte))
  if (result.state !== 'DONE') throw new Error(`a head is ${result.state}`)
  return result.head
}

/** A client and a server after their opening handshake, as bytes. @param {Options} options */
function shakeHands(options) {
  const extensions = [permessageDeflate(options)]
  const request = requestUpgrade('ws://example.com/chat?x=1', { extensions, subprotocols: ['a', 'b'] })
  const head = /** @type {import('noio-ws/handshake').RequestHead} */ (
    read(new RequestHeadReader(), request.requestBytes)
  )
  const answer = acceptUpgrade(head, { extensions, subprotocols: ['b'] })
  if (!answer.ok) throw new Error(answer.reason)
  const response = /** @type {import('noio-ws/handshake').ResponseHead} */ (
    read(new ResponseHeadReader(), answer.responseBytes)
  )
  const verified = request.verify(response)
  if (!verified.ok) throw verified.error
  check(verified.subprotocol === 'b' && answer.subprotocol === 'b', 'the subprotocol')
  check(verified.extensions.length === 1 && answer.extensions.length === 1, 'the extension')
  return {
    client: new Connection('CLIENT', { ...verified.connectionOptions, delivery: 'message' }),
    server: new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message' }),
  }
}

export function handshake() {
  const { client, server } = shakeHands({})
  check(client.state === 'OPEN' && server.state === 'OPEN', 'both ends open')
  const refused = requestUpgrade('ws://example.com/').verify({ status: 101, headers: { Upgrade: 'websocket' } })
  check(!refused.ok && refused.error instanceof HandshakeError, 'a wrong response is refused')
  check(!refused.ok && refused.error instanceof RemoteProtocolError, 'by an error of the core that is imported here')
  const answer = acceptUpgrade({ method: 'GET', headers: {} })
  check(!answer.ok && answer.response.status === 400, 'a wrong request is refused')
}

/** Messages both ways, compressed, with and without context takeover. @param {Options} [more] */
export function deflate(more) {
  const lines = Array.from({ length: 4000 }, (_, line) => `line ${line}: snow ☃ ${(line * 7919) % 1009}`).join('\n')
  for (const noTakeover of [false, true]) {
    const both = { serverNoContextTakeover: noTakeover, clientNoContextTakeover: noTakeover }
    const { client, server } = shakeHands({ ...both, threshold: 0, serverMaxWindowBits: 9, ...more })
    for (const [from, to] of /** @type {const} */ ([
      [client, server],
      [server, client],
    ])) {
      const wire = from.send(new Data(lines, 'text'), new Data('', 'binary'), new Data('☃', 'text'))
      check(wire.length < lines.length / 2, `${from.role}: compressed, ${wire.length} bytes`)
      const received = []
      for (let at = 0; at < wire.length; at += 5000) {
        to.recv(wire.slice(at, at + 5000))
        received.push(...to.messages())
      }
      check(received.length === 3 && received.every((one) => one instanceof Message), `${from.role}: the messages`)
      check(received[0].text() === lines && received[2].text() === '☃', `${from.role}: the text`)
      check(received[1].message.length === 0 && received[1].type === 'binary', `${from.role}: the empty message`)
    }
  }
}

export function others() {
  check(typeof fromDuplex === 'function' && new WebSocketError('x').name === 'WebSocketError', 'streams')
  check(new KeepAlive(0, { interval: 5 }).next(5).action === 'ping', 'keep-alive')
}

export const PARTS = [handshake, () => deflate(), others]
