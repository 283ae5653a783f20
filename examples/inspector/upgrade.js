// @ts-check
// The opening handshake of RFC 6455 section 4.2: whether a request may become a WebSocket, and the answers.
// Knows HTTP headers; no session and no frame.

import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'

/**
 * @import { IncomingMessage } from 'node:http'
 * @import { Duplex } from 'node:stream'
 * @typedef {{ status: number, sentence: string, headers?: Record<string, string> }} Refusal
 */

/** "concatenate this with the Globally Unique Identifier", section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** How long a refused client may take to read why, in ms. */
const LINGER = 1000
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/**
 * What is wrong with an upgrade request, or undefined.
 * @param {IncomingMessage} request
 * @returns {Refusal | undefined}
 */
export function handshakeRefusal(request) {
  const { headers, method } = request
  if (method !== 'GET') return { status: 405, sentence: 'A WebSocket is opened with GET.', headers: { Allow: 'GET' } }
  if (!hasToken(headers.upgrade, 'websocket') || !hasToken(headers.connection, 'upgrade')) return NOT_AN_UPGRADE
  if (headers['sec-websocket-version'] !== '13') {
    // "an appropriate HTTP error code (such as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field"
    const sentence = 'Sec-WebSocket-Version must be 13.'
    return { status: 426, sentence, headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' } }
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return { status: 400, sentence: 'Sec-WebSocket-Key must be 16 bytes in base64.' }
  }
  return undefined
}

/** @type {Refusal} */
export const NOT_AN_UPGRADE = {
  status: 426,
  sentence: 'This address is for WebSockets only.',
  headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
}

/** @param {IncomingMessage} request @param {Duplex} socket */
export function accept(request, socket) {
  const answer = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  socket.write([...lines, `Sec-WebSocket-Accept: ${answer}`, '', ''].join('\r\n'))
}

/** @param {Duplex} socket @param {Refusal} refusal */
export function refuse(socket, { status, sentence, headers = {} }) {
  const body = `${sentence}\n`
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  lines.push('Content-Type: text/plain; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, '', body)
  socket.end(lines.join('\r\n'))
  // Closing TCP with bytes unread could take the answer away; waiting for ever would keep the socket.
  socket.resume()
  setTimeout(() => socket.destroy(), LINGER).unref()
}

/** @param {string | undefined} header @param {string} token */
function hasToken(header, token) {
  return (header ?? '').split(',').some((part) => part.trim().toLowerCase() === token)
}
