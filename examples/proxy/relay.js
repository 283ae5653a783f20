// @ts-check
// Passes frames on between two connections, as they are, and tells of each. Knows no HTTP.

import { Connection, Data, RemoteProtocolError } from 'noio-ws'

/** How long a closing handshake may take, in ms. */
const CLOSE_TIMEOUT = 5000

/**
 * @typedef {object} End
 * @property {string} name As frames from it are shown.
 * @property {import('node:net').Socket} socket
 * @property {Connection} connection
 */

/**
 * Passes on all that the client sends to the backend, and the other way round, until both have ended.
 *
 * @param {import('node:net').Socket} client
 * @param {Uint8Array} fromClient What came after its request.
 * @param {import('node:net').Socket} backend
 * @param {Uint8Array} fromBackend What came after its answer.
 * @param {(line: string) => void} tell
 */
export function relay(client, fromClient, backend, fromBackend, tell) {
  // Frames as they are: every reserved bit is allowed, and nothing is decompressed. A frame is held until it is whole.
  const options = /** @type {const} */ ({
    delivery: 'frame',
    ownership: 'take',
    maxMessageSize: Number.POSITIVE_INFINITY,
  })
  /** @type {End} */
  const near = { name: '>', socket: client, connection: new Connection('SERVER', options) }
  /** @type {End} */
  const far = { name: '<', socket: backend, connection: new Connection('CLIENT', options) }
  pass(near, far, fromClient, tell)
  pass(far, near, fromBackend, tell)
}

/**
 * @param {End} from
 * @param {End} to
 * @param {Uint8Array} first
 * @param {(line: string) => void} tell
 */
function pass(from, to, first, tell) {
  const { socket, connection } = from
  const read = (/** @type {Uint8Array} */ chunk) => {
    to.socket.cork() // what one chunk brings leaves in one write
    try {
      connection.recv(chunk)
      for (const message of connection.messages()) {
        tell(lineOf(from.name, message))
        forward(message, to)
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      tell(`${from.name} ${error.code}: ${error.message}`)
      if (connection.state === 'CLOSING') socket.write(connection.send(error.response()))
      closeFor(to)
    }
    to.socket.uncork()
    if (to.socket.writableNeedDrain) socket.pause() // its peer reads slowly: let this one wait
    if (connection.state !== 'OPEN') setTimeout(() => socket.destroy(), CLOSE_TIMEOUT).unref()
    if (connection.state === 'CLOSED' && connection.role === 'SERVER') socket.end()
  }
  socket.on('data', read)
  to.socket.on('drain', () => socket.resume())
  socket.on('end', () => to.socket.end())
  socket.on('close', () => to.socket.destroySoon())
  read(first)
}

/** @param {import('noio-ws').Message<import('noio-ws').BuiltInType>} message @param {End} to */
function forward({ type, message, fin, reserved: [rsv1, rsv2, rsv3], statusCode, reason }, { socket, connection }) {
  if (connection.state !== 'OPEN' && type !== 'close') return // its peer has closed, and reads no more
  if (connection.state === 'CLOSED') return
  const bits = { fin, rsv1, rsv2, rsv3 }
  if (type !== 'close') socket.write(connection.send(new Data(message, type, bits)))
  else if (statusCode === 1005) socket.write(connection.send(new Data('', 'close', bits)))
  else socket.write(connection.send(new Data(reason ?? '', 'close', { ...bits, statusCode })))
}

/** Tells the other end that this is over. @param {End} end */
function closeFor({ socket, connection }) {
  if (connection.state === 'OPEN') socket.write(connection.send(new Data('', 'close', { statusCode: 1001 })))
}

/** @param {string} name @param {import('noio-ws').Message} message */
function lineOf(name, { type, fin, reserved, message, statusCode }) {
  const code = statusCode === undefined ? '' : ` ${statusCode}`
  return `${name} ${type}${code} fin=${fin} rsv=${reserved.join('')} ${message.length} bytes`
}
