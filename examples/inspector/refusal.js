// @ts-check
// Refusals: what is wrong with a request apart from its handshake, and the end of a socket that gets no WebSocket.
// Knows HTTP answers and sockets; not which request gets one.

import { STATUS_CODES } from 'node:http'

/**
 * @import { Duplex } from 'node:stream'
 * @typedef {{ status: number, sentence: string, headers?: Record<string, string> }} Refusal
 */

/** How long a refused client may take to read why, in ms. */
const LINGER = 1000

/** A whole answer, after which the socket ends. @param {Refusal} refusal */
export function refusalBytes({ status, sentence, headers = {} }) {
  const body = `${sentence}\n`
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  lines.push('Content-Type: text/plain; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, '', body)
  return Buffer.from(lines.join('\r\n'))
}

/** @param {Duplex} socket @param {Uint8Array} answer */
export function refuse(socket, answer) {
  socket.end(answer)
  // Closing TCP with bytes unread could take the answer away; waiting for ever would keep the socket.
  socket.resume()
  setTimeout(() => socket.destroy(), LINGER).unref()
}
