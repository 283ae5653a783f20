// The server's part of the opening handshake: whether a request asks for a WebSocket, and what to answer.
// RFC 6455 section 4.2; RFC 8441 and RFC 9220 for HTTP/2 and HTTP/3. Knows no transport.

import { checkOptions } from '../base/options.js'
import type { ExtensionNegotiator } from '../index.js'
import { isToken, kind, lowerAscii, show } from './characters.js'
import { type ExtraHeaders, Fields, type HeaderObject, type HeaderSource, readExtraHeaders } from './fields.js'
import { acceptFor, isKey } from './key.js'
import { checkTarget, isAbsolute } from './lines.js'
import {
  type Agreement,
  acceptOffers,
  agreement,
  offeredExtensions,
  offeredSubprotocols,
  readNegotiators,
} from './negotiate.js'
import { attempt, Problem, type RequestCode } from './problems.js'
import { answer, concat, headBytes, type ResponseParts, refuse, type UpgradeRefusal } from './responses.js'
import { checkBody, checkHost, ofHandshake } from './rules.js'

/**
 * A request whose head is parsed: Node's `IncomingMessage` or HTTP/2's compatible one, a fetch `Request`, a
 * {@link RequestHead}, or `{ headers }` with the headers of an HTTP/2 stream.
 */
export interface UpgradeRequest {
  /** Default: that in an HTTP/2 header object. */
  readonly method?: string | undefined
  readonly headers: HeaderSource
  /** Node's list of names and values in turn. Where it is there it is read, as `headers` drops some duplicates. */
  readonly rawHeaders?: readonly string[] | undefined
  /** '1.1', or '2.0'. Default: 2 where the headers have ':method' or ':protocol', else 1.1. */
  readonly httpVersion?: string | undefined
  readonly url?: string | undefined
}

/** Options of {@link acceptUpgrade}; each has a default. */
export interface AcceptOptions<Request extends UpgradeRequest = UpgradeRequest> {
  /**
   * The subprotocols that the server speaks: the first in this list that was asked for is taken, and none where none was.
   * Or a function that chooses one of those asked for, or undefined. Default: none. RFC 6455 section 4.2.2, /subprotocol/.
   */
  subprotocols?: readonly string[] | ((asked: readonly string[], request: Request) => string | undefined) | undefined
  /** The extensions that the server is ready to use, in any order: the client's counts. Default: none. */
  extensions?: readonly ExtensionNegotiator[] | undefined
  /**
   * The origins that may connect, as browsers write them: 'https://example.com'; undefined among them lets requests
   * without an Origin pass, as those of other programs are. Or a function that decides. Default: every one may, so that
   * any page can connect with its visitor's cookies. RFC 6455 section 10.2.
   */
  origin?: readonly (string | undefined)[] | ((origin: string | undefined, request: Request) => boolean) | undefined
  /** Further fields of the response where the request is accepted, such as Set-Cookie. Default: none. */
  headers?: ExtraHeaders | undefined
}

const KNOWN = ['subprotocols', 'extensions', 'origin', 'headers'] as const

/** A request that was accepted: answer with `response` or `responseBytes`, and start the `Connection`. */
export interface UpgradeAcceptance extends Agreement {
  /** Status 101; over HTTP/2, 200. */
  readonly response: ResponseParts<HeaderObject>
  /**
   * The response as bytes for a raw transport, with a 100 in front where the request expects one (RFC 9110 section 7.8).
   * Empty over HTTP/2, where frames follow the headers in the stream.
   */
  readonly responseBytes: Uint8Array<ArrayBuffer>
}

/**
 * Answers the request of an opening handshake. Whatever arrived after the request's head belongs to the connection: give
 * it to `recv` first.
 *
 * @returns What to answer: `ok` where the connection may start. Whatever the client sent, it does not throw.
 * @throws TypeError or RangeError where an argument is not what it must be.
 */
export function acceptUpgrade<Request extends UpgradeRequest>(
  request: Request,
  options: AcceptOptions<Request> = {},
): UpgradeAcceptance | UpgradeRefusal {
  const { fields, method, http2 } = readRequest(request)
  checkOptions(options, KNOWN)
  const { subprotocols, origin } = options
  const negotiators = readNegotiators(options.extensions)
  const extra = readExtraHeaders(options.headers, ofHandshake)
  checkChoices(subprotocols, origin)

  const found = attempt<Found, RequestCode>(() => {
    if (http2) checkConnect(fields, method)
    else checkGet(fields, method, request)
    checkVersion(fields)
    const key = http2 ? undefined : checkKey(fields)
    const asked = offeredSubprotocols(fields.all('sec-websocket-protocol'))
    const offers = offeredExtensions(fields.all('sec-websocket-extensions'))
    checkOrigin(fields, origin, request)
    return { key, asked, offers }
  })
  if (found instanceof Problem) return refuse(found, http2, method)

  const { key, asked, offers } = found
  const subprotocol = choose(asked, subprotocols, request)
  const { header, extensions } = acceptOffers(offers, negotiators)
  const head: [string, string][] = []
  if (key !== undefined) {
    head.push(['Upgrade', 'websocket'], ['Connection', 'Upgrade'], ['Sec-WebSocket-Accept', acceptFor(key)])
  }
  if (subprotocol !== undefined) head.push(['Sec-WebSocket-Protocol', subprotocol])
  if (header !== undefined) head.push(['Sec-WebSocket-Extensions', header])
  const { response, bytes } = answer(http2 ? 200 : 101, [...head, ...extra], http2)
  // RFC 9110 section 7.8: "the server MUST send a 100 (Continue) response before sending a 101".
  const isAwaited = !http2 && fields.lists('expect', '100-continue')
  const responseBytes = isAwaited ? concat(headBytes('HTTP/1.1 100 Continue', []), bytes) : bytes
  return { ...agreement(subprotocol, extensions), response, responseBytes }
}

/** What a request is, and over which version of HTTP. */
function readRequest(request: UpgradeRequest) {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(`request must be an object, not ${kind(request)}`)
  }
  const fields = new Fields(request.headers, request.rawHeaders)
  const version = request.httpVersion ?? (fields.has(':method') || fields.has(':protocol') ? '2.0' : '1.1')
  const method = request.method ?? fields.single(':method')
  for (const [name, value] of Object.entries({ method, httpVersion: version, url: request.url })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new TypeError(`${name} must be a string, not ${kind(value)}`)
    }
  }
  return { fields, method, http2: !version.startsWith('1.') && !version.startsWith('0.') }
}

interface Found {
  readonly key: string | undefined
  readonly asked: readonly string[]
  readonly offers: ReturnType<typeof offeredExtensions>
}

function checkChoices(subprotocols: AcceptOptions['subprotocols'] | unknown, origin: unknown): void {
  if (subprotocols !== undefined && typeof subprotocols !== 'function') {
    if (!Array.isArray(subprotocols)) {
      throw new TypeError(`subprotocols must be an array or a function, not ${kind(subprotocols)}`)
    }
    for (const one of subprotocols) {
      if (typeof one !== 'string') throw new TypeError(`a subprotocol must be a string, not ${kind(one)}`)
      if (!isToken(one))
        throw new RangeError(`a subprotocol is ${show(one)}; it must be a token (RFC 6455 section 4.1)`)
    }
  }
  if (origin === undefined || typeof origin === 'function') return
  if (!Array.isArray(origin)) throw new TypeError(`origin must be an array or a function, not ${kind(origin)}`)
  for (const one of origin) {
    if (one !== undefined && typeof one !== 'string')
      throw new TypeError(`an origin must be a string, not ${kind(one)}`)
  }
}

/** RFC 6455 section 4.2.1: what must be in a request over HTTP/1.1, but for what HTTP/2 has too. */
function checkGet(fields: Fields, method: string | undefined, { httpVersion, url }: UpgradeRequest): void {
  const version = httpVersion ?? '1.1'
  if (version !== '1.1') {
    throw new Problem('ERR_REQUEST_HTTP_VERSION', `HTTP version ${show(version)}`, '1.1 and 2 are spoken')
  }
  if (method !== 'GET') {
    throw new Problem(
      'ERR_REQUEST_METHOD',
      `method ${method === undefined ? 'unknown' : show(method)}`,
      'it must be GET',
    )
  }
  checkBody(fields)
  if (url !== undefined) checkTarget(url)
  // A fetch Request has its host in its URL, and perhaps nowhere else. It tells no version, as what was read from a
  // transport does, which must have a Host field even where its target is a URL.
  const isFetched = httpVersion === undefined && url !== undefined && isAbsolute(url)
  if (fields.has('host') || !isFetched) checkHost(fields)
  if (!fields.lists('upgrade', 'websocket')) {
    const wrong = fields.has('upgrade')
      ? `Upgrade is ${show(fields.all('upgrade').join(', '))}`
      : 'there is no Upgrade header'
    throw new Problem('ERR_REQUEST_UPGRADE', wrong, "it must list 'websocket'")
  }
  if (!fields.lists('connection', 'upgrade')) {
    const wrong = fields.has('connection')
      ? `Connection is ${show(fields.all('connection').join(', '))}`
      : 'there is no Connection header'
    throw new Problem('ERR_REQUEST_CONNECTION', wrong, "it must list 'Upgrade'")
  }
}

/** RFC 8441 section 4: an extended CONNECT. Neither Upgrade and Connection nor a key are in it. */
function checkConnect(fields: Fields, method: string | undefined): void {
  if (method !== 'CONNECT') {
    throw new Problem(
      'ERR_REQUEST_METHOD',
      `method ${method === undefined ? 'unknown' : show(method)}`,
      'over HTTP/2 it must be CONNECT',
    )
  }
  const protocol = fields.single(':protocol')
  if (protocol === undefined) {
    throw new Problem(
      'ERR_REQUEST_CONNECT',
      'a CONNECT without :protocol asks for a tunnel',
      ":protocol must be 'websocket'",
    )
  }
  if (lowerAscii(protocol) !== 'websocket') {
    throw new Problem('ERR_REQUEST_PROTOCOL', `:protocol is ${show(protocol)}`, "it must be 'websocket'")
  }
  for (const name of [':scheme', ':path', ':authority']) {
    if (!fields.single(name))
      throw new Problem('ERR_REQUEST_CONNECT', `there is no ${name}`, 'an extended CONNECT has it')
  }
}

function checkVersion(fields: Fields): void {
  const versions = fields.all('sec-websocket-version')
  if (versions.length !== 1) {
    const wrong = `Sec-WebSocket-Version came ${versions.length} times`
    throw new Problem('ERR_REQUEST_VERSION_MISSING', wrong, 'it must be there once, and be 13')
  }
  if (versions[0] !== '13') {
    throw new Problem('ERR_REQUEST_VERSION', `Sec-WebSocket-Version is ${show(versions[0])}`, 'it must be 13')
  }
}

function checkKey(fields: Fields): string {
  const keys = fields.all('sec-websocket-key')
  if (keys.length !== 1) {
    throw new Problem('ERR_REQUEST_KEY', `Sec-WebSocket-Key came ${keys.length} times`, 'it must be there once')
  }
  if (!isKey(keys[0])) {
    throw new Problem('ERR_REQUEST_KEY', `Sec-WebSocket-Key is ${show(keys[0])}`, 'it must be 16 bytes in base64')
  }
  return keys[0]
}

function checkOrigin<Request extends UpgradeRequest>(
  fields: Fields,
  allowed: AcceptOptions<Request>['origin'],
  request: Request,
): void {
  const origins = fields.all('origin')
  const code = 'ERR_REQUEST_ORIGIN'
  if (origins.length > 1) throw new Problem(code, `Origin came ${origins.length} times`, 'it may be there once')
  if (allowed === undefined) return
  const origin = origins.at(0)
  const passes = typeof allowed === 'function' ? allowed(origin, request) : allowed.includes(origin)
  if (typeof passes !== 'boolean') throw new TypeError(`origin must return a boolean, not ${kind(passes)}`)
  const wrong = origin === undefined ? 'there is no Origin header' : `Origin is ${show(origin)}`
  if (!passes) throw new Problem(code, wrong, 'this server takes others only')
}

function choose<Request extends UpgradeRequest>(
  asked: readonly string[],
  subprotocols: AcceptOptions<Request>['subprotocols'],
  request: Request,
): string | undefined {
  if (typeof subprotocols !== 'function') return subprotocols?.find((one) => asked.includes(one))
  const chosen: unknown = subprotocols(asked, request)
  if (chosen === undefined) return undefined
  if (typeof chosen !== 'string')
    throw new TypeError(`subprotocols must return a string or undefined, not ${kind(chosen)}`)
  // RFC 6455 section 4.2.2: it must be one of the client's.
  if (!asked.includes(chosen)) {
    throw new RangeError(`subprotocols returned ${show(chosen)}, which was not asked for (RFC 6455 section 4.2.2)`)
  }
  return chosen
}
