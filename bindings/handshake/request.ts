// The client's part of the opening handshake: what to ask, and whether the response is an answer to it.
// RFC 6455 section 4.1; RFC 8441 for HTTP/2. Knows no transport.

import { checkOptions } from '../base/options.js'
import type { ExtensionNegotiator } from '../index.js'
import { isFieldValue, kind, lowerAscii, show } from './characters.js'
import {
  type ExtraHeaders,
  Fields,
  type HeaderObject,
  type HeaderSource,
  readExtraHeaders,
  toObject,
} from './fields.js'
import { type ExtensionItem, formatExtensions, formatSubprotocols } from './grammar.js'
import { acceptFor, newKey } from './key.js'
import { type Agreement, acceptAnswers, agreement, readNegotiators } from './negotiate.js'
import { type Answered, attempt, HandshakeError, Problem, type ResponseCode } from './problems.js'
import { headBytes } from './responses.js'
import { ofHandshake } from './rules.js'
import { readUrl, type Target } from './url.js'

/** Options of {@link requestUpgrade}; each has a default. */
export interface RequestOptions {
  /** The subprotocols to ask for, the most wanted first. Default: none. RFC 6455 section 4.1. */
  subprotocols?: readonly string[] | undefined
  /** The extensions to offer, the most wanted first. Default: none. RFC 6455 section 9.1. */
  extensions?: readonly ExtensionNegotiator[] | undefined
  /** The Origin to say; browsers' pages have one, programs need none. Default: none. RFC 6455 section 4.1. */
  origin?: string | undefined
  /** Further fields of the request, such as Authorization and Cookie. Default: none. */
  headers?: ExtraHeaders | undefined
  /** Whether to ask over HTTP/2, by an extended CONNECT: RFC 8441. Default false. */
  http2?: boolean | undefined
}

const KNOWN = ['subprotocols', 'extensions', 'origin', 'headers', 'http2'] as const

/** A response whose head is parsed: Node's `IncomingMessage`, a fetch `Response`, a {@link ResponseHead}, or HTTP/2's. */
export interface UpgradeResponse {
  readonly status?: number | undefined
  /** As `status`, in Node. Default: the ':status' of HTTP/2's headers. */
  readonly statusCode?: number | undefined
  readonly headers: HeaderSource
  /** Node's list of names and values in turn. Where it is there it is read, as `headers` drops some duplicates. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly httpVersion?: string | undefined
}

/** A response that completes the handshake. */
export interface UpgradeConfirmation extends Agreement, Answered {}

/** A response that fails the handshake: end the transport. */
export interface ResponseRefusal extends Answered {
  readonly ok: false
  /** Which rule: an `ERR_RESPONSE_…` code. */
  readonly code: ResponseCode
  /** What was wrong, what is allowed, and the rule: `error.message`. */
  readonly reason: string
  /** To throw; a `RemoteProtocolError`, with the same status and headers. */
  readonly error: HandshakeError
}

/** A request for a WebSocket, and the check of its answer. */
export interface UpgradeRequestToSend extends Target {
  /** The request for a raw HTTP/1.1 transport. Empty over HTTP/2. */
  readonly requestBytes: Uint8Array<ArrayBuffer>
  /** The request's headers for a program's HTTP library, Host among them. Over HTTP/2, the whole header object. */
  readonly headers: HeaderObject
  /**
   * Checks the response. Whatever arrived after its head belongs to the connection: give it to `recv` first.
   *
   * @returns What was agreed upon, or why the handshake failed. Whatever the server sent, it does not throw.
   */
  verify(response: UpgradeResponse): UpgradeConfirmation | ResponseRefusal
}

/**
 * Makes the request of an opening handshake. Connect to `host` and `port`, with TLS where `secure` says so, send the
 * request, and let `verify` see the response.
 *
 * @param url ws:, wss:, http: or https:, absolute; without a fragment, and without a user and a password, which belong
 * into `headers`: Authorization.
 * @throws TypeError or RangeError where the URL or an option is wrong.
 */
export function requestUpgrade(url: string | URL, options: RequestOptions = {}): UpgradeRequestToSend {
  const target = readUrl(url)
  checkOptions(options, KNOWN)
  const { subprotocols = [], origin, http2 = false } = options
  if (typeof http2 !== 'boolean') throw new TypeError(`http2 must be a boolean, not ${kind(http2)}`)
  if (!Array.isArray(subprotocols)) throw new TypeError(`subprotocols must be an array, not ${kind(subprotocols)}`)
  const { items, offered } = readOffers(options.extensions)
  const extra = readExtraHeaders(options.headers, (name) => ofHandshake(name) || name === 'host' || name === 'origin')

  // RFC 6455 section 4.1: the request's fields 7 to 11, which both versions of HTTP have.
  const fields: [string, string][] = [['Sec-WebSocket-Version', '13']]
  if (origin !== undefined) fields.push(['Origin', readOrigin(origin)])
  if (subprotocols.length > 0) fields.push(['Sec-WebSocket-Protocol', formatSubprotocols(subprotocols)])
  if (items.length > 0) fields.push(['Sec-WebSocket-Extensions', formatExtensions(items)])
  fields.push(...extra)

  const asked = new Set<string>(subprotocols)
  const verified = (key: string | undefined) => (response: UpgradeResponse) => verify(response, key, asked, offered)
  if (http2) {
    // RFC 8441 section 5.1.
    const pseudo: [string, string][] = [
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', target.secure ? 'https' : 'http'],
      [':path', target.path],
      [':authority', target.authority],
    ]
    const headers = toObject([...pseudo, ...fields], true)
    return { ...target, requestBytes: new Uint8Array(0), headers, verify: verified(undefined) }
  }
  const key = newKey()
  const own: [string, string][] = [
    ['Host', target.authority],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
  ]
  const requestBytes = headBytes(`GET ${target.path} HTTP/1.1`, [...own, ...fields])
  return { ...target, requestBytes, headers: toObject([...own, ...fields], false), verify: verified(key) }
}

function readOrigin(origin: unknown): string {
  if (typeof origin !== 'string') throw new TypeError(`origin must be a string, not ${kind(origin)}`)
  if (!isFieldValue(origin) || origin === '') {
    throw new RangeError(`origin is ${show(origin)}; it must be like https://example.com (RFC 6454 section 7)`)
  }
  return origin
}

/** All offers as the header has them, and the negotiators that made any. */
function readOffers(extensions: RequestOptions['extensions']) {
  const items: ExtensionItem[] = []
  const offered = new Map<string, ExtensionNegotiator>()
  for (const [name, negotiator] of readNegotiators(extensions)) {
    for (const parameters of negotiator.offers()) {
      items.push({ name, parameters })
      offered.set(name, negotiator)
    }
  }
  return { items, offered }
}

/** `key`: that of the request; none over HTTP/2. */
function verify(
  response: UpgradeResponse,
  key: string | undefined,
  asked: ReadonlySet<string>,
  offered: ReadonlyMap<string, ExtensionNegotiator>,
): UpgradeConfirmation | ResponseRefusal {
  if (typeof response !== 'object' || response === null) {
    throw new TypeError(`response must be an object, not ${kind(response)}`)
  }
  const fields = new Fields(response.headers, response.rawHeaders)
  const given = response.status ?? response.statusCode ?? Number(fields.single(':status'))
  const status = Number.isInteger(given) ? given : undefined
  const found = attempt<Agreement, ResponseCode>(() => {
    if (key === undefined) checkStatus(status, 200)
    else checkSwitch(fields, response.httpVersion, status, key)
    const subprotocol = checkSubprotocol(fields, asked)
    return agreement(subprotocol, acceptAnswers(fields.all('sec-websocket-extensions'), offered))
  })
  const answered = { status, headers: fields.toObject() }
  return found instanceof Problem ? failed(found, answered) : { ...found, ...answered }
}

/** A failed handshake as its caller gets it. */
export function failed(problem: Problem<ResponseCode>, answered: Answered): ResponseRefusal {
  const error = new HandshakeError(problem, answered)
  return { ok: false, code: problem.code, reason: error.message, error, ...answered }
}

function checkStatus(status: number | undefined, wanted: number): void {
  if (status === wanted) return
  throw new Problem('ERR_RESPONSE_STATUS', `status ${status ?? 'unknown'}`, `it must be ${wanted}`)
}

/** RFC 6455 section 4.1, what the client must check of the response, 1 to 4. */
function checkSwitch(fields: Fields, version: string | undefined, status: number | undefined, key: string): void {
  if (version !== undefined && version !== '1.1') {
    throw new Problem('ERR_RESPONSE_HTTP_VERSION', `HTTP version ${show(version)}`, 'it must be 1.1')
  }
  checkStatus(status, 101)
  const upgrade = fields.single('upgrade')
  if (upgrade === undefined || lowerAscii(upgrade) !== 'websocket') {
    throw new Problem('ERR_RESPONSE_UPGRADE', told(fields, 'Upgrade'), "it must be 'websocket'")
  }
  if (!fields.lists('connection', 'upgrade')) {
    throw new Problem('ERR_RESPONSE_CONNECTION', told(fields, 'Connection'), "it must list 'Upgrade'")
  }
  if (fields.single('sec-websocket-accept') !== acceptFor(key)) {
    throw new Problem(
      'ERR_RESPONSE_ACCEPT',
      told(fields, 'Sec-WebSocket-Accept'),
      `for this request it must be '${acceptFor(key)}'`,
    )
  }
}

/** Section 4.1, 6: one that was asked for. None is allowed; a caller that cannot do without it looks at the result. */
function checkSubprotocol(fields: Fields, asked: ReadonlySet<string>): string | undefined {
  const subprotocol = fields.single('sec-websocket-protocol')
  if (!fields.has('sec-websocket-protocol') || (subprotocol !== undefined && asked.has(subprotocol))) return subprotocol
  const allowed = asked.size === 0 ? 'none was asked for' : `it must be one of ${[...asked].join(', ')}`
  throw new Problem('ERR_RESPONSE_SUBPROTOCOL', told(fields, 'Sec-WebSocket-Protocol'), allowed)
}

function told(fields: Fields, name: string): string {
  const values = fields.all(lowerAscii(name))
  if (values.length === 0) return `there is no ${name} header`
  return values.length > 1 ? `${name} came ${values.length} times` : `${name} is ${show(values[0])}`
}
