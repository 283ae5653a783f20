// @ts-check
// The same two endpoints on noio-ws/ws, as programs for ws are written: --ws. Knows nothing of the codec.

import { WebSocket, WebSocketServer } from 'noio-ws/ws'

/** How large a message may be, in bytes: the largest of the suite has 16 MiB. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024
/** Reading pauses while more than this waits to be written, in bytes. */
const MAX_UNSENT = 1024 * 1024
/** How long the server has to end TCP once the closing handshake is over, in ms. */
const CLOSE_TIMEOUT = 2_000

const OPTIONS = { maxPayload: MAX_MESSAGE_SIZE, perMessageDeflate: { threshold: 0 } }

/** @typedef {import('./converse.js').Hear} Hear */

/**
 * Sends back what is heard.
 *
 * @param {WebSocket} webSocket
 * @param {Hear} hear
 */
function converse(webSocket, hear) {
  webSocket.on('message', (data, isBinary) => {
    const payload = /** @type {Buffer} */ (data)
    if (!hear(payload)) return
    webSocket.send(payload, { binary: isBinary })
    if (webSocket.bufferedAmount > MAX_UNSENT) webSocket.pause()
  })
  webSocket.on('drain', () => webSocket.resume())
  // A peer that breaks the protocol, or is gone, is no failure of ours: 'close' follows.
  webSocket.on('error', () => {})
}

/** @param {number} port @returns {Promise<number>} The port, once the server listens. */
export function serve(port) {
  const server = new WebSocketServer({ ...OPTIONS, port, host: '127.0.0.1' })
  server.on('connection', (webSocket) => converse(webSocket, () => true))
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.on('listening', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
  })
}

/** @param {URL} url @param {Hear} hear @returns {Promise<void>} Fulfilled when the socket is closed. */
export function visit(url, hear) {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, { ...OPTIONS, closeTimeout: CLOSE_TIMEOUT })
    webSocket.on('error', reject)
    webSocket.on('open', () => webSocket.off('error', reject))
    webSocket.on('close', () => resolve())
    converse(webSocket, hear)
  })
}
