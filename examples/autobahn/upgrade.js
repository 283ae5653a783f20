// @ts-check
// The opening handshake (RFC 6455 section 4) over node:http, both ends of it, with no extension and no subprotocol.
// Knows HTTP heads; nothing of frames.

import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'

/** The GUID of section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** @param {string} key */
function acceptOf(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64')
}

/**
 * Whether a comma-separated header has a token, in any case.
 *
 * @param {string | undefined} header
 * @param {string} token
 */
function hasToken(header, token) {
  return (header ?? '').split(',').some((part) => part.trim().toLowerCase() === token)
}

/**
 * The head of the HTTP response to a request to upgrade, and whether it accepts. Sections 4.2.1, 4.2.2 and 4.4.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {{ accepted: boolean, head: string }}
 */
export function answerUpgrade({ method, httpVersion, headers }) {
  const key = headers['sec-websocket-key']
  const asked =
    method === 'GET' && httpVersion === '1.1' && hasToken(headers.upgrade, 'websocket') && KEY.test(key ?? '')
  if (!asked || !hasToken(headers.connection, 'upgrade')) {
    return { accepted: false, head: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' }
  }
  if (headers['sec-websocket-version'] !== '13') {
    const lines = ['HTTP/1.1 426 Upgrade Required', 'Sec-WebSocket-Version: 13', 'Connection: close']
    return { accepted: false, head: `${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n` }
  }
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return { accepted: true, head: `${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${acceptOf(String(key))}\r\n\r\n` }
}

/**
 * Opens a WebSocket connection to a ws: URL as far as the end of the handshake. Sections 4.1 and 4.2.
 *
 * @param {URL} url
 * @returns {Promise<{ socket: import('node:net').Socket, head: Uint8Array }>} head: what came after the response.
 */
export function openUpgrade(url) {
  if (url.protocol !== 'ws:') throw new TypeError(`the URL must begin with ws:, not ${url.protocol}`)
  const key = randomBytes(16).toString('base64')
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
  }
  return new Promise((resolve, reject) => {
    const path = url.pathname + url.search
    const asking = request({ host: url.hostname, port: url.port || 80, path, headers, agent: false })
    asking.on('error', reject)
    asking.on('response', (response) => {
      response.resume()
      reject(new Error(`the server answers ${response.statusCode}, not 101`))
    })
    asking.on('upgrade', (response, socket, head) => {
      const wrong = refusal(response, key)
      if (wrong === undefined) {
        resolve({ socket: /** @type {import('node:net').Socket} */ (socket), head })
      } else {
        socket.destroy()
        reject(new Error(`the server's handshake is wrong: ${wrong}`))
      }
    })
    asking.end()
  })
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @param {string} key
 */
function refusal({ headers }, key) {
  if (!hasToken(headers.upgrade, 'websocket')) return 'no Upgrade: websocket'
  if (!hasToken(headers.connection, 'upgrade')) return 'no Connection: Upgrade'
  if (headers['sec-websocket-accept'] !== acceptOf(key)) return 'Sec-WebSocket-Accept does not answer the key'
  if (headers['sec-websocket-extensions'] !== undefined) return 'an extension that was not asked for'
  if (headers['sec-websocket-protocol'] !== undefined) return 'a subprotocol that was not asked for'
  return undefined
}
