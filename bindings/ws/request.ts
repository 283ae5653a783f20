// The request of a client's opening handshake: its URL, its headers, and the options of node:http that are passed on.
// Knows neither the answer nor what is done with it.

import type { RequestOptions } from 'node:http'
import { connect, isIP, type NetConnectOpts } from 'node:net'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'
import { formatExtensions } from '../handshake/index.js'
import { NAME, offer, written } from './deflate.js'
import { deflateOptions } from './options.js'
import type { ClientOptions } from './types.js'

export type ClientSettings = ClientOptions & Record<string, unknown>

const VERSIONS = [8, 13]
const VERSION = 13
const SCHEMES = ['ws:', 'wss:', 'ws+unix:']

/** Where a request goes to. */
export interface Origin {
  readonly isSecure: boolean
  readonly isIpc: boolean
  readonly host: string
  readonly socketPath: string | undefined
}

export interface Target extends Origin {
  readonly href: string
  readonly hostname: string
  readonly port: string | number
  readonly path: string
  /** 'user:password', where there is one. */
  readonly auth: string | undefined
}

/** Reads an address; throws a SyntaxError where it is none. */
export function urlOf(address: string | URL): URL {
  const url = parse(address)
  const { protocol } = url
  if (protocol === 'http:') url.protocol = 'ws:'
  else if (protocol === 'https:') url.protocol = 'wss:'
  return url
}

/** Where a URL leads; throws a SyntaxError where there is no WebSocket. */
export function targetOf(url: URL): Target {
  const isIpc = url.protocol === 'ws+unix:'
  if (!SCHEMES.includes(url.protocol)) {
    throw new SyntaxError('The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"')
  }
  if (isIpc && !url.pathname) throw new SyntaxError("The URL's pathname is empty")
  if (url.hash) throw new SyntaxError('The URL contains a fragment identifier')
  const isSecure = url.protocol === 'wss:'
  const whole = url.pathname + url.search
  const [socketPath, path] = isIpc ? whole.split(':') : [undefined, whole]
  const { hostname } = url
  return {
    href: url.href,
    isSecure,
    isIpc,
    host: url.host,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: url.port || (isSecure ? 443 : 80),
    path: path as string,
    socketPath,
    auth: url.username || url.password ? `${decoded(url.username)}:${decoded(url.password)}` : undefined,
  }
}

/** Part of a URL without its escapes; as it is where they are wrong. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether credentials for one may be sent to the other. */
export function sameOrigin(first: Origin, other: Origin): boolean {
  if (first.isIpc !== other.isIpc) return false
  return first.isIpc ? first.socketPath === other.socketPath : first.host === other.host
}

function parse(address: string | URL): URL {
  if (address instanceof URL) return new URL(address)
  try {
    return new URL(address)
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`)
  }
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The options for node:http, and whether an extension is offered. */
export function requestOptions(target: Target, protocols: readonly unknown[], settings: ClientSettings, key: string) {
  const version = settings.protocolVersion ?? VERSION
  if (!VERSIONS.includes(version)) {
    throw new RangeError(`Unsupported protocol version: ${version} (supported versions: ${VERSIONS.join(', ')})`)
  }
  const headers: Record<string, string | number> = {
    ...settings.headers,
    'Sec-WebSocket-Version': version,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  }
  const deflate = deflateOptions(settings.perMessageDeflate ?? true)
  if (deflate !== undefined) {
    headers['Sec-WebSocket-Extensions'] = formatExtensions([{ name: NAME, parameters: written(offer(deflate)) }])
  }
  if (protocols.length > 0) headers['Sec-WebSocket-Protocol'] = subprotocols(protocols)
  if (settings.origin) headers[version < VERSION ? 'Sec-WebSocket-Origin' : 'Origin'] = settings.origin
  const options: RequestOptions & { headers: typeof headers } = {
    ...settings,
    headers,
    method: 'GET',
    protocol: undefined,
    hostname: undefined,
    host: target.hostname,
    port: target.port,
    defaultPort: target.isSecure ? 443 : 80,
    path: target.path,
    socketPath: target.socketPath,
    timeout: settings.handshakeTimeout,
    createConnection: (settings.createConnection as never) ?? (target.isSecure ? connectSecurely : connectPlainly),
  }
  if (target.auth !== undefined) options.auth = target.auth
  return { options, hasOffer: deflate !== undefined }
}

function subprotocols(protocols: readonly unknown[]): string {
  const isWrong = protocols.some((one) => typeof one !== 'string' || !TOKEN.test(one))
  if (isWrong || new Set(protocols).size < protocols.length) {
    throw new SyntaxError('An invalid or duplicated subprotocol was specified')
  }
  return protocols.join(',')
}

// The `path` of a request is that of its URL, that of a connection a socket in the file system.

function connectPlainly(options: RequestOptions) {
  return connect({ ...options, path: options.socketPath } as NetConnectOpts)
}

function connectSecurely(options: RequestOptions & TlsOptions) {
  const { host = '', servername } = options
  const name = servername || servername === '' ? servername : isIP(host as string) ? '' : host
  return connectTls({ ...options, path: undefined, servername: name } as TlsOptions)
}
