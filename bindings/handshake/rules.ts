// Rules of a request's head that hold before it is known to ask for a WebSocket, and who is in charge of which field.
// Knows fields by name; not where they come from.

import { show } from './characters.js'
import type { Fields } from './fields.js'
import { Problem } from './problems.js'

/** RFC 6455 section 4.2.1, RFC 9112 section 3.2: the server's authority, once. */
export function checkHost(fields: Fields): void {
  const hosts = fields.all('host')
  if (hosts.length !== 1)
    throw new Problem('ERR_REQUEST_HOST', `Host came ${hosts.length} times`, 'it must be there once')
  const [host] = hosts
  if (!isHost(host))
    throw new Problem('ERR_REQUEST_HOST', `Host is ${show(host)}`, 'it must be a host, and perhaps a port')
}

/** uri-host [ ":" port ], by its characters: nothing that ends a host in a URL, no blank, no user. */
function isHost(host: string): boolean {
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e || '"#/<>?@\\^`{|}'.includes(host[i])) return false
  }
  return host.length > 0
}

/**
 * A request that asks for a WebSocket has no body: what one end took for a body would be frames to the other. A length
 * of 0, which some clients send with every request, is none.
 */
export function checkBody(fields: Fields): void {
  if (fields.has('transfer-encoding')) {
    throw new Problem('ERR_REQUEST_BODY', 'there is a Transfer-Encoding', 'a WebSocket request has no body')
  }
  const length = fields.all('content-length').find((value) => value !== '0')
  if (length !== undefined) {
    throw new Problem('ERR_REQUEST_BODY', `Content-Length is ${show(length)}`, 'a WebSocket request has no body')
  }
}

const FRAMING = new Set([
  'connection',
  'upgrade',
  'content-length',
  'transfer-encoding',
  'trailer',
  'te',
  'keep-alive',
  'proxy-connection',
])

/** Whether a field with this name, in small letters, is the handshake's own, or would change where its head ends. */
export function ofHandshake(name: string): boolean {
  return FRAMING.has(name) || name.startsWith('sec-websocket-')
}
