// The heads of HTTP/1.1 requests and responses from a raw byte transport, read strictly (RFC 9112).
// Knows what a head is made of; how its lines are found is in reader.ts.

import { Fields } from './fields.js'
import { readRequestLine, readStatusLine } from './lines.js'
import { attempt, Problem, type RequestCode, type ResponseCode } from './problems.js'
import { type Ended, type Grammar, type HeadLimits, HeadReader } from './reader.js'
import { failed, type ResponseRefusal } from './request.js'
import { refuse, type UpgradeRefusal } from './responses.js'
import { checkBody, checkHost } from './rules.js'

/** The head of a request; {@link acceptUpgrade} takes it as it is. */
export interface RequestHead {
  readonly method: string
  /** The request target as it was sent: '/chat?x=1', or an absolute URL. */
  readonly url: string
  readonly httpVersion: '1.1'
  /** Names as they were sent, values without the blanks around them, each byte one character. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** The head of a response; `verify` of {@link requestUpgrade} takes it as it is. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly httpVersion: '1.1'
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/**
 * What is known of a head. NEED_DATA: it has not ended yet. DONE: it has; `rest` is what came after it in the last chunk,
 * a view of that chunk, and belongs to the connection: give it to `recv` before all else. ERROR: it is none.
 */
export type HeadResult<Head, Refusal> =
  | { readonly state: 'NEED_DATA' }
  | { readonly state: 'DONE'; readonly head: Head; readonly rest: Uint8Array<ArrayBuffer> }
  | ({ readonly state: 'ERROR' } & Refusal)

export type RequestHeadResult = HeadResult<RequestHead, UpgradeRefusal>
export type ResponseHeadResult = HeadResult<ResponseHead, ResponseRefusal>

type RequestLine = ReturnType<typeof readRequestLine>
type StatusLine = ReturnType<typeof readStatusLine>

const NEED_DATA = { state: 'NEED_DATA' } as const

const REQUEST: Grammar<RequestLine> = {
  start: readRequestLine,
  lineCode: 'ERR_REQUEST_LINE',
  longCode: 'ERR_REQUEST_LINE_LENGTH',
  fieldCode: 'ERR_REQUEST_FIELD',
  sizeCode: 'ERR_REQUEST_SIZE',
  // RFC 9112 section 2.2: a server should pass over at least one.
  emptyLines: 1,
  check(pairs) {
    const fields = new Fields(pairs)
    checkHost(fields)
    checkBody(fields)
  },
}

const RESPONSE: Grammar<StatusLine> = {
  start: readStatusLine,
  lineCode: 'ERR_RESPONSE_LINE',
  longCode: 'ERR_RESPONSE_SIZE',
  fieldCode: 'ERR_RESPONSE_FIELD',
  sizeCode: 'ERR_RESPONSE_SIZE',
  emptyLines: 0,
  check() {},
}

/**
 * Reads the head of a WebSocket request from chunks, in any cut, in time linear in its bytes. Strict: lines end with CRLF,
 * fields are not folded, HTTP/1.1, one Host, no body. RFC 9112; RFC 6455 section 4.2.1.
 */
export class RequestHeadReader {
  readonly #reader: HeadReader<RequestLine>
  #error: RequestHeadResult | undefined

  /** @throws TypeError or RangeError where a limit is wrong. */
  constructor(limits?: HeadLimits) {
    this.#reader = new HeadReader(REQUEST, limits)
  }

  /**
   * Takes the next bytes. A chunk is only read, and nothing but `rest` shares memory with it.
   *
   * @returns What is known of the head; after an ERROR, the same again.
   * @throws Error after DONE.
   */
  push(bytes: Uint8Array | ArrayBuffer): RequestHeadResult {
    if (this.#error !== undefined) return this.#error
    const found = attempt<Ended<RequestLine> | undefined, RequestCode>(() => this.#reader.push(bytes))
    if (found === undefined) return NEED_DATA
    if (found instanceof Problem) {
      this.#error = { state: 'ERROR', ...refuse(found, false) }
      return this.#error
    }
    const { start, headers, rest } = found
    return { state: 'DONE', head: { ...start, httpVersion: '1.1', headers }, rest }
  }
}

/** Whether another response follows: RFC 9110 section 15.2. */
function isInterim({ status }: StatusLine): boolean {
  return status < 200 && status !== 101
}

/**
 * Reads the head of a response from chunks, as {@link RequestHeadReader} does that of a request. Responses in front of it
 * with a status from 100 to 199 other than 101 are passed over, each within the limits. RFC 9112; RFC 6455 section 4.1.
 */
export class ResponseHeadReader {
  #reader: HeadReader<StatusLine>
  #error: ResponseHeadResult | undefined

  /** @throws TypeError or RangeError where a limit is wrong. */
  constructor(limits?: HeadLimits) {
    this.#reader = new HeadReader(RESPONSE, limits)
  }

  /** As {@link RequestHeadReader.push}. */
  push(bytes: Uint8Array | ArrayBuffer): ResponseHeadResult {
    if (this.#error !== undefined) return this.#error
    const found = attempt<Ended<StatusLine> | undefined, ResponseCode>(() => this.#next(bytes))
    if (found === undefined) return NEED_DATA
    if (found instanceof Problem) {
      this.#error = { state: 'ERROR', ...failed(found, { status: undefined, headers: {} }) }
      return this.#error
    }
    const { start, headers, rest } = found
    return { state: 'DONE', head: { ...start, httpVersion: '1.1', headers }, rest }
  }

  #next(bytes: Uint8Array | ArrayBuffer): Ended<StatusLine> | undefined {
    let ended = this.#reader.push(bytes)
    while (ended !== undefined && isInterim(ended.start)) {
      this.#reader = this.#reader.another()
      ended = this.#reader.push(ended.rest)
    }
    return ended
  }
}

/**
 * Reads the head of a WebSocket request that is whole, or may be: all bytes so far, from its first on. Called again with
 * more, it reads all of them again; {@link RequestHeadReader} is for heads that come in pieces.
 */
export function parseRequestHead(bytes: Uint8Array | ArrayBuffer, limits?: HeadLimits): RequestHeadResult {
  return new RequestHeadReader(limits).push(bytes)
}

/** Reads the head of a response, as {@link parseRequestHead} does that of a request. */
export function parseResponseHead(bytes: Uint8Array | ArrayBuffer, limits?: HeadLimits): ResponseHeadResult {
  return new ResponseHeadReader(limits).push(bytes)
}
