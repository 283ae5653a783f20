// The opening handshake (RFC 6455 section 4), as much of it as the two ends of this benchmark need, over raw bytes.
// Not an HTTP parser, and not for servers that strangers can reach.

import { createHash } from 'node:crypto'

/** The GUID of section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The nonce of section 1.3's example: this client has nothing to hide from caches. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64')
}

const HEAD = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n`

export const REQUEST = `${HEAD}\r\n`

/** What a browser offers. */
export const REQUEST_WITH_DEFLATE = `${HEAD}Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n`

/** Where a head ends, behind its empty line; -1 while it is not complete. */
export function headEnd(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  return end === -1 ? -1 : end + 4
}

/** The server's answer to a whole request; undefined where it does not ask for a WebSocket. */
export function responseTo(request: Buffer): string | undefined {
  const head = request.toString('latin1')
  const key = /^sec-websocket-key: *(\S+) *\r$/im.exec(head)?.[1]
  if (key === undefined || !/^upgrade: *websocket *\r$/im.test(head)) return undefined
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`
}

/** Why the server's answer is none to {@link REQUEST}; undefined where it is, and agreed on permessage-deflate or, as is
 * the default, on no extension. */
export function refusal(response: Buffer, deflate = false): string | undefined {
  const head = response.toString('latin1')
  if (!head.startsWith('HTTP/1.1 101 ')) return `it answers ${head.split('\r\n')[0]}`
  if (!head.toLowerCase().includes(`\r\nsec-websocket-accept: ${acceptOf(KEY).toLowerCase()}\r\n`)) {
    return 'Sec-WebSocket-Accept does not answer the key'
  }
  const isDeflate = /^sec-websocket-extensions: *permessage-deflate/im.test(head)
  if (deflate) return isDeflate ? undefined : 'it does not compress'
  return /^sec-websocket-extensions:/im.test(head) ? 'it wants an extension' : undefined
}
