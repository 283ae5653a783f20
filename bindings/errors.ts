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
  HEAD_RSV,
} from '../assembly/layout.js'
import { Data } from './data.js'
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
  readonly reservedBits: readonly [number, number, number]
  /** Those of extensions, as a header's first byte has them. */
  readonly claimedBits: number
  readonly maxFrameSize: number
  readonly maxMessageSize: number
}

function limit(name: string, bytes: number): string {
  return Number.isFinite(bytes) ? `${name} is ${bytes} bytes` : 'more than 2^53 - 1 bytes cannot be counted'
}

/** The reserved bits of a header's first byte. */
function bits(first: number): string {
  return ((first & HEAD_RSV) >> 4).toString(2).padStart(3, '0')
}

const PROTOCOL_ERROR = 1002
const INVALID_DATA = 1007
const TOO_BIG = 1009

/** A rule that a peer can break: its error code, the close code that answers it, and the section it stands in. */
interface Rule {
  readonly code: string
  readonly closeCode: number
  readonly section: string
  /** What was wrong; also the reason of the close frame. At most 100 characters, all ASCII. */
  readonly wrong: (detail: number) => string
  /** What would have been allowed. */
  readonly allowed: (allowed: Allowed) => string
}

const RULES: Readonly<Record<number, Rule>> = {
  [ERROR_RSV]: {
    code: 'ERR_RESERVED_BIT',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    wrong: (first) => `reserved bits ${bits(first)}`,
    allowed: ({ reservedBits, claimedBits }) =>
      `bits that the peer may set: ${reservedBits.join('')}` +
      (claimedBits ? `, and ${bits(claimedBits)} on the first frame of a message` : ''),
  },
  [ERROR_OPCODE]: {
    code: 'ERR_UNKNOWN_OPCODE',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    wrong: (first) => `unknown opcode ${first & HEAD_OPCODE}`,
    allowed: ({ opcodes }) => `registered: ${opcodes.list()}`,
  },
  [ERROR_CONTROL_FRAGMENTED]: {
    code: 'ERR_FRAGMENTED_CONTROL_FRAME',
    closeCode: PROTOCOL_ERROR,
    section: '5.5',
    wrong: (first) => `control frame with opcode ${first & HEAD_OPCODE} has its FIN bit off`,
    allowed: () => 'control frames are never fragmented',
  },
  [ERROR_NOTHING_TO_CONTINUE]: {
    code: 'ERR_NOTHING_TO_CONTINUE',
    closeCode: PROTOCOL_ERROR,
    section: '5.4',
    wrong: () => 'continuation frame outside a message',
    allowed: () => 'it must follow a data frame with its FIN bit off',
  },
  [ERROR_MESSAGE_INTERRUPTED]: {
    code: 'ERR_MESSAGE_INTERRUPTED',
    closeCode: PROTOCOL_ERROR,
    section: '5.4',
    wrong: (first) => `data frame with opcode ${first & HEAD_OPCODE} inside a fragmented message`,
    allowed: () => 'only continuation and control frames may come before its last fragment',
  },
  [ERROR_NOT_MASKED]: {
    code: 'ERR_NOT_MASKED',
    closeCode: PROTOCOL_ERROR,
    section: '5.1',
    wrong: () => 'frame from a client is not masked',
    allowed: () => 'a client must mask every frame',
  },
  [ERROR_MASKED]: {
    code: 'ERR_MASKED',
    closeCode: PROTOCOL_ERROR,
    section: '5.1',
    wrong: () => 'frame from a server is masked',
    allowed: () => 'a server must not mask any frame',
  },
  [ERROR_CONTROL_LENGTH]: {
    code: 'ERR_CONTROL_FRAME_LENGTH',
    closeCode: PROTOCOL_ERROR,
    section: '5.5',
    wrong: () => 'control frame with an extended payload length',
    allowed: () => 'a control frame has 0 to 125 bytes, counted in 7 bits',
  },
  [ERROR_LENGTH_TOP_BIT]: {
    code: 'ERR_LENGTH_TOP_BIT',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    wrong: () => 'payload length with its most significant bit on',
    allowed: () => 'the bit must be 0',
  },
  [ERROR_LENGTH_NOT_MINIMAL]: {
    code: 'ERR_LENGTH_NOT_MINIMAL',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    wrong: (length) => `payload length ${length} in more bytes than it needs`,
    allowed: () => 'up to 125 in 7 bits, up to 65535 in 16, more in 64',
  },
  [ERROR_FRAME_SIZE]: {
    code: 'ERR_FRAME_TOO_BIG',
    closeCode: TOO_BIG,
    section: '10.4',
    wrong: (length) => `frame with a payload length of ${length}`,
    allowed: ({ maxFrameSize }) => limit('maxFrameSize', maxFrameSize),
  },
  [ERROR_MESSAGE_SIZE]: {
    code: 'ERR_MESSAGE_TOO_BIG',
    closeCode: TOO_BIG,
    section: '10.4',
    wrong: (length) => `message with a payload length of ${length} so far`,
    allowed: ({ maxMessageSize }) => limit('maxMessageSize', maxMessageSize),
  },
  [ERROR_EXTENSION]: {
    code: 'ERR_EXTENSION_DATA',
    closeCode: INVALID_DATA,
    section: '9.1',
    wrong: () => 'payload that its extension cannot decode',
    allowed: () => 'what the negotiated extension makes',
  },
  [ERROR_UTF8]: {
    code: 'ERR_INVALID_UTF8',
    closeCode: INVALID_DATA,
    section: '8.1',
    wrong: () => 'text that is not UTF-8',
    allowed: () => 'a text message is valid UTF-8 as a whole',
  },
  [ERROR_CLOSE_LENGTH]: {
    code: 'ERR_CLOSE_PAYLOAD_LENGTH',
    closeCode: PROTOCOL_ERROR,
    section: '5.5.1',
    wrong: () => 'close frame with a payload of 1 byte',
    allowed: () => 'none, or a status code of 2 bytes and a reason',
  },
  [ERROR_CLOSE_CODE]: {
    code: 'ERR_CLOSE_CODE',
    closeCode: PROTOCOL_ERROR,
    section: '7.4',
    wrong: (code) => `close frame with status code ${code}`,
    allowed: () => CLOSE_CODES,
  },
  [ERROR_CLOSE_REASON]: {
    code: 'ERR_CLOSE_REASON',
    closeCode: INVALID_DATA,
    section: '5.5.1',
    wrong: () => 'close frame with a reason that is not UTF-8',
    allowed: () => 'a reason is valid UTF-8',
  },
}

/** The status codes that may be on the wire, for error messages. */
export const CLOSE_CODES = '1000-1003, 1007-1014 and 3000-4999 are allowed'

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

// Both tables as lists, for whoever documents or tests them.
export const REMOTE_CODES: readonly Pick<Rule, 'code' | 'closeCode' | 'section'>[] = Object.values(RULES)
export const LOCAL_CODES: readonly [code: string, section: string][] = Object.entries(ILLEGAL)

/** The caller asked for a frame that may not be sent; nothing was sent and nothing changed. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError'
  /** Which rule: an `ERR_SEND_…` code, listed in the README. */
  readonly code: string

  /** @internal */
  constructor(code: keyof typeof ILLEGAL, sentence: string) {
    super(`${sentence} (RFC 6455 section ${ILLEGAL[code]})`)
    this.code = code
  }
}

/** The peer broke the protocol: send {@link RemoteProtocolError.response}, then end the transport. */
export class RemoteProtocolError extends Error {
  override readonly name = 'RemoteProtocolError'
  /** Which rule: an `ERR_…` code, listed in the README. */
  readonly code: string
  /** The status code for the close frame: 1002, 1007 or 1009. RFC 6455 section 7.4.1. */
  readonly closeCode: number
  readonly #reason: string

  /** @internal `rule`: one that is not in the table, as those of the opening handshake. */
  constructor({ error, detail, cause }: Violation, allowed: Allowed, rule: Rule = RULES[error]) {
    const wrong = rule.wrong(detail)
    super(`${wrong}; ${rule.allowed(allowed)} (RFC 6455 section ${rule.section})`, cause === undefined ? {} : { cause })
    this.code = rule.code
    this.closeCode = rule.closeCode
    this.#reason = wrong
  }

  /** The close frame that fails the connection. RFC 6455 section 7.1.7. */
  response(): Data<'close'> {
    return new Data(this.#reason, 'close', { statusCode: this.closeCode })
  }
}
