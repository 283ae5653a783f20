// Why an opening handshake fails: one table of codes, with the status that a server answers and the RFC's section.
// Knows sentences; not how a problem is found.

import { RemoteProtocolError } from '../index.js'
import type { HeaderObject } from './fields.js'

/** Why a request is refused; stable. */
export type RequestCode =
  | 'ERR_REQUEST_LINE'
  | 'ERR_REQUEST_FIELD'
  | 'ERR_REQUEST_LINE_LENGTH'
  | 'ERR_REQUEST_SIZE'
  | 'ERR_REQUEST_HTTP_VERSION'
  | 'ERR_REQUEST_METHOD'
  | 'ERR_REQUEST_BODY'
  | 'ERR_REQUEST_HOST'
  | 'ERR_REQUEST_UPGRADE'
  | 'ERR_REQUEST_CONNECTION'
  | 'ERR_REQUEST_KEY'
  | 'ERR_REQUEST_VERSION_MISSING'
  | 'ERR_REQUEST_VERSION'
  | 'ERR_REQUEST_SUBPROTOCOLS'
  | 'ERR_REQUEST_EXTENSIONS'
  | 'ERR_REQUEST_ORIGIN'
  | 'ERR_REQUEST_CONNECT'
  | 'ERR_REQUEST_PROTOCOL'

/** Why a response fails the handshake; stable. */
export type ResponseCode =
  | 'ERR_RESPONSE_LINE'
  | 'ERR_RESPONSE_FIELD'
  | 'ERR_RESPONSE_SIZE'
  | 'ERR_RESPONSE_HTTP_VERSION'
  | 'ERR_RESPONSE_STATUS'
  | 'ERR_RESPONSE_UPGRADE'
  | 'ERR_RESPONSE_CONNECTION'
  | 'ERR_RESPONSE_ACCEPT'
  | 'ERR_RESPONSE_SUBPROTOCOL'
  | 'ERR_RESPONSE_EXTENSIONS'

/** What a server may find wrong with a request: the status that it answers, and the section of the rule. */
export const REQUEST_CODES: Readonly<Record<RequestCode, { readonly status: number; readonly section: string }>> = {
  ERR_REQUEST_LINE: { status: 400, section: 'RFC 9112 section 3' },
  ERR_REQUEST_FIELD: { status: 400, section: 'RFC 9112 section 5' },
  ERR_REQUEST_LINE_LENGTH: { status: 414, section: 'RFC 9112 section 3' },
  ERR_REQUEST_SIZE: { status: 431, section: 'RFC 6585 section 5' },
  ERR_REQUEST_HTTP_VERSION: { status: 505, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_METHOD: { status: 405, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_BODY: { status: 400, section: 'RFC 9112 section 6' },
  ERR_REQUEST_HOST: { status: 400, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_UPGRADE: { status: 426, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_CONNECTION: { status: 400, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_KEY: { status: 400, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_VERSION_MISSING: { status: 400, section: 'RFC 6455 section 4.2.1' },
  ERR_REQUEST_VERSION: { status: 426, section: 'RFC 6455 section 4.4' },
  ERR_REQUEST_SUBPROTOCOLS: { status: 400, section: 'RFC 6455 section 4.1' },
  ERR_REQUEST_EXTENSIONS: { status: 400, section: 'RFC 6455 section 9.1' },
  ERR_REQUEST_ORIGIN: { status: 403, section: 'RFC 6455 section 4.2.2' },
  ERR_REQUEST_CONNECT: { status: 400, section: 'RFC 8441 section 4' },
  ERR_REQUEST_PROTOCOL: { status: 501, section: 'RFC 9220 section 3' },
}

/** What a client may find wrong with a response: the section of RFC 6455, and of whatever it builds upon. */
export const RESPONSE_CODES: Readonly<Record<ResponseCode, string>> = {
  ERR_RESPONSE_LINE: '4.1; RFC 9112 section 4',
  ERR_RESPONSE_FIELD: '4.1; RFC 9112 section 5',
  ERR_RESPONSE_SIZE: '10.4',
  ERR_RESPONSE_HTTP_VERSION: '4.1',
  ERR_RESPONSE_STATUS: '4.1',
  ERR_RESPONSE_UPGRADE: '4.1',
  ERR_RESPONSE_CONNECTION: '4.1',
  ERR_RESPONSE_ACCEPT: '4.1',
  ERR_RESPONSE_SUBPROTOCOL: '4.1',
  ERR_RESPONSE_EXTENSIONS: '9.1',
}

/** A rule that a message of the handshake broke, on its way from where it is found; never thrown at a caller. */
export class Problem<Code extends RequestCode | ResponseCode> extends Error {
  readonly code: Code
  /** What was wrong. */
  readonly wrong: string
  /** What would have been allowed. */
  readonly allowed: string

  constructor(code: Code, wrong: string, allowed: string, cause?: unknown) {
    super(wrong, { cause })
    this.code = code
    this.wrong = wrong
    this.allowed = allowed
  }
}

/** What `find` returns, or the problem that it throws; other errors pass through. */
export function attempt<T, Code extends RequestCode | ResponseCode>(find: () => T): T | Problem<Code> {
  try {
    return find()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

/** What a server answered, as far as it can be told. */
export interface Answered {
  /** The status: 401, 302, 503. Undefined where there is none, because the head could not be read. */
  readonly status: number | undefined
  /** The header fields, by name in small letters; several of a name are joined with commas, but Set-Cookie, a list. */
  readonly headers: HeaderObject
}

/**
 * The response fails the opening handshake: end the transport. There is no connection yet, and so no frame to answer with;
 * `closeCode` is 1006, which is what is told of such an end (RFC 6455 sections 4.1 and 7.1.5).
 */
export class HandshakeError extends RemoteProtocolError implements Answered {
  override readonly name = 'HandshakeError'
  /** Which rule: an `ERR_RESPONSE_…` code. */
  declare readonly code: ResponseCode

  readonly status: number | undefined
  readonly headers: HeaderObject

  /** @internal */
  constructor({ code, wrong, allowed, cause }: Problem<ResponseCode>, { status, headers }: Answered) {
    super(code, 1006, RESPONSE_CODES[code], wrong, allowed, cause)
    this.status = status
    this.headers = headers
  }

  /** Throws: before the handshake is done there are no frames, and so no close frame. */
  override response(): never {
    throw new Error('the opening handshake failed: end the transport; there is no connection to close with a frame')
  }
}
