// The server's answers, as a head for a program's HTTP library and as bytes for a raw transport.
// Knows statuses and HTTP's form; not why one is answered, but for the sentence.

import { latin1 } from './characters.js'
import { type HeaderObject, toObject } from './fields.js'
import { type Problem, REQUEST_CODES, type RequestCode } from './problems.js'

/** The head of a response, for `writeHead`, `respond` or `new Response`. */
export interface ResponseParts<Headers = HeaderObject> {
  readonly status: number
  /** Over HTTP/2, with ':status' and names in small letters. */
  readonly headers: Headers
}

/** A request that was refused: answer with `response`, or write `responseBytes` and end the transport. */
export interface UpgradeRefusal {
  readonly ok: false
  /** Which rule: an `ERR_REQUEST_…` code. */
  readonly code: RequestCode
  /** What was wrong, what is allowed, and the rule. For logs; what it quotes of the request is escaped. */
  readonly reason: string
  readonly response: ResponseParts<Record<string, string>> & {
    /** The reason, as text/plain. */
    readonly body: string
  }
  /** A whole HTTP/1.1 response, after which the transport is to be ended. Over HTTP/2, the body alone. */
  readonly responseBytes: Uint8Array<ArrayBuffer>
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  101: 'Switching Protocols',
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  414: 'URI Too Long',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
}

/** The head of an HTTP/1.1 message as bytes. The fields are checked by the caller. */
export function headBytes(startLine: string, fields: readonly (readonly [string, string])[]): Uint8Array<ArrayBuffer> {
  let head = `${startLine}\r\n`
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`
  return latin1(`${head}\r\n`)
}

export function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** The answer with this status and these fields, in the form of the HTTP version. */
export function answer(status: number, fields: readonly (readonly [string, string])[], http2: boolean) {
  const headers = toObject(http2 ? [[':status', String(status)], ...fields] : fields, http2)
  const startLine = `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}`
  return { response: { status, headers }, bytes: http2 ? new Uint8Array(0) : headBytes(startLine, fields) }
}

/** The answer to a request that breaks a rule. `method`: the request's; an answer to HEAD has no body. */
export function refuse(problem: Problem<RequestCode>, http2: boolean, method?: string): UpgradeRefusal {
  const { code, wrong, allowed } = problem
  const { status: usual, section } = REQUEST_CODES[code]
  // 426 asks for an Upgrade header, which HTTP/2 forbids (RFC 9113 section 8.2.2).
  const status = http2 && usual === 426 ? 400 : usual
  const reason = `${wrong}; ${allowed} (${section})`
  const body = `${reason}\n`
  const fields: [string, string][] = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(body.length)],
  ]
  if (status === 405) fields.push(['Allow', http2 ? 'CONNECT' : 'GET'])
  // RFC 6455 section 4.4: the versions that would do.
  if (code === 'ERR_REQUEST_VERSION' || code === 'ERR_REQUEST_VERSION_MISSING')
    fields.push(['Sec-WebSocket-Version', '13'])
  if (status === 426) fields.push(['Upgrade', 'websocket'], ['Connection', 'Upgrade, close'])
  else if (!http2) fields.push(['Connection', 'close'])
  const { response, bytes: head } = answer(status, fields, http2)
  const responseBytes = concat(head, latin1(method === 'HEAD' ? '' : body))
  const headers = response.headers as Record<string, string>
  return { ok: false, code, reason, response: { status, headers, body }, responseBytes }
}
