// The URL of a WebSocket, as a request has it (RFC 6455 section 3).
// Knows URLs; nothing of headers.

import { kind, show } from './characters.js'

/** Where to connect, and what to ask for there. */
export interface Target {
  /** Whether the transport must be TLS: wss: and https:. RFC 6455 section 3, /secure/. */
  readonly secure: boolean
  /** The host to connect to, an IPv6 address without its brackets. /host/. */
  readonly host: string
  /** The port to connect to: that of the URL, or 443 with TLS and 80 without. /port/. */
  readonly port: number
  /** The path and the query: /resource name/. */
  readonly path: string
  /** The host and the port as headers have them: without the port where it is the default. */
  readonly authority: string
}

const SECURE = new Map([
  ['ws:', false],
  ['wss:', true],
  ['http:', false],
  ['https:', true],
])

/** Reads a URL; TypeError or RangeError where no WebSocket can be there. */
export function readUrl(url: string | URL): Target {
  if (typeof url !== 'string' && !(typeof url === 'object' && url !== null && typeof url.href === 'string')) {
    throw new TypeError(`url must be a string or a URL, not ${kind(url)}`)
  }
  const parsed = parse(typeof url === 'string' ? url : url.href)
  const secure = SECURE.get(parsed.protocol)
  if (secure === undefined) {
    throw new RangeError(
      `url has the scheme ${show(parsed.protocol)}; ws:, wss:, http: and https: are allowed (RFC 6455 section 3)`,
    )
  }
  if (parsed.href.includes('#')) {
    throw new RangeError('url has a fragment; a WebSocket has none: write # as %23 (RFC 6455 section 3)')
  }
  // Not said what they are. In a URL they end up in logs, and RFC 9110 section 4.2.4 forbids to send them as they are.
  if (parsed.username !== '' || parsed.password !== '') {
    throw new RangeError('url has a user or a password; put them into headers: Authorization (RFC 9110 section 4.2.4)')
  }
  const { hostname, port, host: authority, pathname, search } = parsed
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return { secure, host, port: port === '' ? (secure ? 443 : 80) : Number(port), path: pathname + search, authority }
}

function parse(url: string): URL {
  try {
    return new URL(url)
  } catch {
    // The URL is not quoted: it may have a password in it.
    throw new RangeError('url is not an absolute URL, as ws://example.com/chat is')
  }
}
