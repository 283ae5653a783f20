// The one table of error codes, and the two kinds of protocol error: the peer's and the caller's.
// Knows sentences, close codes and RFC sections; not how an error is found.

import {
  ERROR_CLOSE_CODE,
  ERROR_CLOSE_LENGTH,
  ERROR_CLOSE_REASON,
  ERROR_CONTROL_FRAGMENTED,
  ERROR_CONTROL_LENGTH,
  ERROR_EXTENSION,
  ERROR_FRAME_SIZE,
  ERROR_LENGTH_NOT_MINIMAL,
  ERROR_LENGTH_TOP_BIT,
  ERROR_MASKED,
  ERROR_MESSAGE_INTERRUPTED,
  ERROR_MESSAGE_SIZE,
  ERROR_NOT_MASKED,
  ERROR_NOTHING_TO_CONTINUE,
  ERROR_OPCODE,
  ERROR_RSV,
  ERROR_UTF8,
  HEAD_OPCODE,
  RULES_CLAIMED_SHIFT,
  RULES_RSV_SHIFT,
} from '../../assembly/layout.js'
import { bitsOf, Data } from './data.js'
import type { Opcodes } from './opcodes.js'

/** How a peer broke a rule: an ERROR_ number of assembly/layout.ts, and the length, code or first byte it is about. */
export interface Violation {
  readonly error: number
  readonly detail: number
  /** What an extension threw. */
  readonly cause?: unknown
}

/** What a connection allows, as far as an error message tells. */
export interface Allowed {
  readonly opcodes: Opcodes
  /** RULES_ bits of assembly/layout.ts. */
  readonly rules: number
  /** The reserved bits of extensions, as a header's first byte has them. */
  readonly claimedBits: number
  readonly maxFrameSize: number
  readonly maxMessageSize: number
}

function limit(allowed: Allowed, name: 'maxFrameSize' | 'maxMessageSize'): string {
  return `${name} is ${Math.min(allowed[name], 2 ** 53 - 1)} bytes`
}

function bits(first: number): string {
  return bitsOf(first).join('')
}

const PROTOCOL_ERROR = 1002
const INVALID_DATA = 1007
const TOO_BIG = 1009

/** The status codes that may be on the wire, for error messages. */
export const CLOSE_CODES = '1000-1003, 1007-1014 and 3000-4999 are allowed'

type Words = string | ((detail: number) => string)

/**
 * A rule that a peer can break: its error code, the close code that answers it, and the section it stands in; what was
 * wrong, which is also the reason of the close frame, at most 100 characters, all ASCII; and what is allowed.
 */
type Rule = readonly [
  code: string,
  closeCode: number,
  section: string,
  wrong: Words,
  allowed: string | ((allowed: Allowed) => string),
]

const RULES: Readonly<Record<number, Rule>> = {
  [ERROR_RSV]: [
    'ERR_RESERVED_BIT',
    PROTOCOL_ERROR,
    '5.2',
    (first) => `reserved bits ${bits(first)}`,
    ({ rules, claimedBits }) =>
      `bits that the peer may set: ${bits(~(rules >> RULES_RSV_SHIFT) & ~(rules >> RULES_CLAIMED_SHIFT))}` +
      (claimedBits ? `, and ${bits(claimedBits)} on the first frame of a message` : ''),
  ],
  [ERROR_OPCODE]: [
    'ERR_UNKNOWN_OPCODE',
    PROTOCOL_ERROR,
    '5.2',
    (first) => `unknown opcode ${first & HEAD_OPCODE}`,
    ({ opcodes }) => `registered: ${opcodes.list()}`,
  ],
  [ERROR_CONTROL_FRAGMENTED]: [
    'ERR_FRAGMENTED_CONTROL_FRAME',
    PROTOCOL_ERROR,
    '5.5',
    (first) => `control frame with opcode ${first & HEAD_OPCODE} has its FIN bit off`,
    'control frames are never fragmented',
  ],
  [ERROR_NOTHING_TO_CONTINUE]: [
    'ERR_NOTHING_TO_CONTINUE',
    PROTOCOL_ERROR,
    '5.4',
    'continuation frame outside a message',
    'it must follow a data frame with its FIN bit off',
  ],
  [ERROR_MESSAGE_INTERRUPTED]: [
    'ERR_MESSAGE_INTERRUPTED',
    PROTOCOL_ERROR,
    '5.4',
    (first) => `data frame with opcode ${first & HEAD_OPCODE} inside a fragmented message`,
    'only continuation and control frames may come before it ends',
  ],
  [ERROR_NOT_MASKED]: [
    'ERR_NOT_MASKED',
    PROTOCOL_ERROR,
    '5.1',
    'frame from a client is not masked',
    'a client must mask every frame',
  ],
  [ERROR_MASKED]: [
    'ERR_MASKED',
    PROTOCOL_ERROR,
    '5.1',
    'frame from a server is masked',
    'a server must not mask any frame',
  ],
  [ERROR_CONTROL_LENGTH]: [
    'ERR_CONTROL_FRAME_LENGTH',
    PROTOCOL_ERROR,
    '5.5',
    'control frame with an extended payload length',
    'a control frame has 0 to 125 bytes, counted in 7 bits',
  ],
  [ERROR_LENGTH_TOP_BIT]: [
    'ERR_LENGTH_TOP_BIT',
    PROTOCOL_ERROR,
    '5.2',
    'payload length with its most significant bit on',
    'the bit must be 0',
  ],
  [ERROR_LENGTH_NOT_MINIMAL]: [
    'ERR_LENGTH_NOT_MINIMAL',
    PROTOCOL_ERROR,
    '5.2',
    (length) => `payload length ${length} in more bytes than it needs`,
    'up to 125 in 7 bits, to 65535 in 16, more in 64',
  ],
  [ERROR_FRAME_SIZE]: [
    'ERR_FRAME_TOO_BIG',
    TOO_BIG,
    '10.4',
    (length) => `frame with a payload length of ${length}`,
    (allowed) => limit(allowed, 'maxFrameSize'),
  ],
  [ERROR_MESSAGE_SIZE]: [
    'ERR_MESSAGE_TOO_BIG',
    TOO_BIG,
    '10.4',
    (length) => `message with a payload length of ${length} so far`,
    (allowed) => limit(allowed, 'maxMessageSize'),
  ],
  [ERROR_EXTENSION]: [
    'ERR_EXTENSION_DATA',
    INVALID_DATA,
    '9.1',
    'payload that its extension cannot decode',
    'what the negotiated extension makes',
  ],
  [ERROR_UTF8]: [
    'ERR_INVALID_UTF8',
    INVALID_DATA,
    '8.1',
    'text that is not UTF-8',
    'a text message is valid UTF-8 as a whole',
  ],
  [ERROR_CLOSE_LENGTH]: [
    'ERR_CLOSE_PAYLOAD_LENGTH',
    PROTOCOL_ERROR,
    '5.5.1',
    'close frame with a payload of 1 byte',
    'none, or a status code of 2 bytes and a reason',
  ],
  [ERROR_CLOSE_CODE]: [
    'ERR_CLOSE_CODE',
    PROTOCOL_ERROR,
    '7.4',
    (code) => `close frame with status code ${code}`,
    CLOSE_CODES,
  ],
  [ERROR_CLOSE_REASON]: [
    'ERR_CLOSE_REASON',
    INVALID_DATA,
    '5.5.1',
    'close frame with a reason that is not UTF-8',
    'a reason is valid UTF-8',
  ],
}

/** Frames that a caller must not send: the error code and the section that forbids it. */
const ILLEGAL = {
  ERR_SEND_STATE: '5.5.1',
  ERR_SEND_TYPE: '5.2',
  ERR_SEND_RESERVED_BIT: '5.2',
  ERR_SEND_FRAGMENTED_CONTROL_FRAME: '5.5',
  ERR_SEND_CONTROL_FRAME_LENGTH: '5.5',
  ERR_SEND_NOTHING_TO_CONTINUE: '5.4',
  ERR_SEND_MESSAGE_INTERRUPTED: '5.4',
  ERR_SEND_INVALID_UTF8: '8.1',
  ERR_SEND_CLOSE_CODE: '7.4',
  ERR_SEND_REASON_WITHOUT_CODE: '5.5.1',
  ERR_SEND_CODE_WITHOUT_CLOSE: '5.5.1',
} as const

/** What each error code stands for, for tests of the documentation. */
export function remoteCodes(): { code: string; closeCode: number; section: string }[] {
  return Object.values(RULES).map(([code, closeCode, section]) => ({ code, closeCode, section }))
}
export function localCodes(): [code: string, section: string][] {
  return Object.entries(ILLEGAL)
}

/** The caller asked for a frame that may not be sent; nothing was sent and nothing changed. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError'
  /** Which rule: an `ERR_SEND_…` code, listed in docs/codec.md. */
  readonly code: string

  /** @internal */
  constructor(code: keyof typeof ILLEGAL, sentence: string) {
    super(`${sentence} (RFC 6455 section ${ILLEGAL[code]})`)
    this.code = code
  }
}

/** The peer broke the protocol: send {@link RemoteProtocolError.response}, then end the transport. */
export class RemoteProtocolError extends Error {
  override readonly name: string = 'RemoteProtocolError'
  /** Which rule: an `ERR_…` code, listed in docs/codec.md. */
  readonly code: string
  /** The status code for the close frame: 1002, 1007 or 1009. RFC 6455 section 7.4.1. */
  readonly closeCode: number
  readonly #reason: string

  /** @internal */
  constructor(code: string, closeCode: number, section: string, wrong: string, allowed: string, cause: unknown) {
    super(`${wrong}; ${allowed} (RFC 6455 section ${section})`, cause === undefined ? {} : { cause })
    this.code = code
    this.closeCode = closeCode
    this.#reason = wrong
  }

  /** The close frame that fails the connection. RFC 6455 section 7.1.7. */
  response(): Data<'close'> {
    return new Data(this.#reason, 'close', { statusCode: this.closeCode })
  }
}

/** The error for a violation by the peer of a connection that allows `allowed`. */
export function remoteError({ error, detail, cause }: Violation, allowed: Allowed): RemoteProtocolError {
  const [code, closeCode, section, wrong, what] = RULES[error]
  const given = typeof wrong === 'string' ? wrong : wrong(detail)
  const rule = typeof what === 'string' ? what : what(allowed)
  return new RemoteProtocolError(code, closeCode, section, given, rule, cause)
}
