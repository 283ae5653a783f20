// The server's opening handshake: whether a request is right, and what is answered, with the words of ws.
// Knows a request and its headers; not who is connected.

import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { formatExtensions, parseExtensions, parseSubprotocols } from '../handshake/index.js'
import type { ExtensionParameters } from '../index.js'
import { acceptFor } from './client.js'
import { accept, NAME, type Parameters, readParameters } from './deflate.js'
import { deflateOptions } from './options.js'
import type { ConnectionOptions } from './types.js'

/** Why a request is refused. Without a message, 'wsClientError' does not tell of it. */
export interface Refusal {
  readonly status: number
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a request that is right asks for. */
export interface Asked {
  readonly key: string
  readonly origin: string | undefined
  readonly protocols: Set<string>
  readonly parameters: Parameters | undefined
}

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/
const OLD_VERSION = 8
const VERSION = 13

/** Looks at a request in the order in which ws does. */
export function checkUpgrade(
  request: IncomingMessage,
  options: ConnectionOptions,
  isOurs: () => unknown,
): Asked | Refusal {
  const { headers } = request
  const key = headers['sec-websocket-key']
  const version = Number(headers['sec-websocket-version'])
  if (request.method !== 'GET') return { status: 405, message: 'Invalid HTTP method' }
  if (headers.upgrade === undefined || headers.upgrade.toLowerCase() !== 'websocket') {
    return { status: 400, message: 'Invalid Upgrade header' }
  }
  if (key === undefined || !KEY.test(key)) {
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Key header' }
  }
  if (version !== VERSION && version !== OLD_VERSION) {
    const supported = { 'Sec-WebSocket-Version': `${VERSION}, ${OLD_VERSION}` }
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Version header', headers: supported }
  }
  if (!isOurs()) return { status: 400 }
  const protocols = readProtocols(headers['sec-websocket-protocol'])
  if (protocols === undefined) return { status: 400, message: 'Invalid Sec-WebSocket-Protocol header' }
  const parameters = readOffers(headers['sec-websocket-extensions'], options)
  if (parameters === 'wrong') {
    return { status: 400, message: 'Invalid or unacceptable Sec-WebSocket-Extensions header' }
  }
  const origin = headers[version === OLD_VERSION ? 'sec-websocket-origin' : 'origin'] as string | undefined
  return { key, origin, protocols, parameters }
}

function readProtocols(header: string | undefined): Set<string> | undefined {
  if (header === undefined) return new Set()
  try {
    return new Set(parseSubprotocols(header))
  } catch {
    return undefined
  }
}

/** What is agreed upon of the offers; undefined where there is none or compression is off. */
function readOffers(header: string | undefined, options: ConnectionOptions): Parameters | undefined | 'wrong' {
  const deflate = deflateOptions(options.perMessageDeflate)
  if (header === undefined || deflate === undefined) return undefined
  try {
    const offers = parseExtensions(header).filter(({ name }) => name === NAME)
    if (offers.length === 0) return undefined
    return accept(
      offers.map(({ parameters }) => readParameters(parameters, true)),
      deflate,
    )
  } catch {
    return 'wrong'
  }
}

/** The lines of the answer, for 'headers' listeners to change. */
export function responseHead(key: string, protocol: string | undefined, extension: ExtensionParameters | undefined) {
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
  ]
  if (protocol !== undefined) head.push(`Sec-WebSocket-Protocol: ${protocol}`)
  if (extension !== undefined) {
    head.push(`Sec-WebSocket-Extensions: ${formatExtensions([{ name: NAME, parameters: extension }])}`)
  }
  return head
}

/** Answers with a status, and ends the socket. */
export function refuse(socket: Duplex, status: number, message?: string, headers?: object): void {
  const phrase = STATUS_CODES[status]
  const body = message || (phrase as string)
  const fields = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  socket.once('finish', socket.destroy)
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
