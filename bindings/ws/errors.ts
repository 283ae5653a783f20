// What ws calls the rules that a peer breaks: one table from the codes of noio-ws to the messages and codes of ws.
// Knows no connection and no socket.

import type { RemoteProtocolError } from '../index.js'

/** An error for 'error' listeners, and the status code of the close frame that goes with it. */
export interface Failure {
  readonly error: Error
  readonly closeCode: number
}

interface Row {
  /** Of its class: ws gives a RangeError, or a plain Error for text that is not UTF-8. */
  readonly type: typeof Error
  readonly code: string
  /** `wrong`: what noio-ws says of it, which has the number it is about. */
  readonly message: (wrong: string) => string
  /** Default: that of noio-ws. */
  readonly closeCode?: number
}

const PREFIX = 'Invalid WebSocket frame: '

function row(type: typeof Error, code: string, message: string | ((wrong: string) => string), closeCode?: number): Row {
  return {
    type,
    code,
    message: typeof message === 'string' ? () => message : message,
    ...(closeCode === undefined ? {} : { closeCode }),
  }
}

/** The first number that a sentence has, as these say one number at most before their first semicolon. */
function numberIn(wrong: string): string {
  return /\d+/.exec(wrong)?.[0] ?? ''
}

/** Reserved bits as '010'. ws looks at the second and third first. */
function reservedBits(wrong: string): { code: string; message: string } {
  return /[01]{3}/.exec(wrong)?.[0] === '100'
    ? { code: 'WS_ERR_UNEXPECTED_RSV_1', message: `${PREFIX}RSV1 must be clear` }
    : { code: 'WS_ERR_UNEXPECTED_RSV_2_3', message: `${PREFIX}RSV2 and RSV3 must be clear` }
}

const TOO_LONG = `Unsupported WebSocket frame: payload length > 2^53 - 1`
const MAX_EXCEEDED = 'Max payload size exceeded'
const UTF8 = 'Invalid WebSocket frame: invalid UTF-8 sequence'

const ROWS: Readonly<Record<string, Row>> = {
  ERR_UNKNOWN_OPCODE: row(RangeError, 'WS_ERR_INVALID_OPCODE', (wrong) => `${PREFIX}invalid opcode ${numberIn(wrong)}`),
  ERR_NOTHING_TO_CONTINUE: row(RangeError, 'WS_ERR_INVALID_OPCODE', `${PREFIX}invalid opcode 0`),
  ERR_MESSAGE_INTERRUPTED: row(
    RangeError,
    'WS_ERR_INVALID_OPCODE',
    (wrong) => `${PREFIX}invalid opcode ${numberIn(wrong)}`,
  ),
  ERR_FRAGMENTED_CONTROL_FRAME: row(RangeError, 'WS_ERR_EXPECTED_FIN', `${PREFIX}FIN must be set`),
  ERR_NOT_MASKED: row(RangeError, 'WS_ERR_EXPECTED_MASK', `${PREFIX}MASK must be set`),
  ERR_MASKED: row(RangeError, 'WS_ERR_UNEXPECTED_MASK', `${PREFIX}MASK must be clear`),
  // Which of 126 and 127 it was is not told.
  ERR_CONTROL_FRAME_LENGTH: row(
    RangeError,
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    `${PREFIX}invalid payload length 126`,
  ),
  ERR_CLOSE_PAYLOAD_LENGTH: row(
    RangeError,
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    `${PREFIX}invalid payload length 1`,
  ),
  ERR_CLOSE_CODE: row(
    RangeError,
    'WS_ERR_INVALID_CLOSE_CODE',
    (wrong) => `${PREFIX}invalid status code ${numberIn(wrong)}`,
  ),
  ERR_CLOSE_REASON: row(Error, 'WS_ERR_INVALID_UTF8', UTF8),
  ERR_INVALID_UTF8: row(Error, 'WS_ERR_INVALID_UTF8', UTF8),
  ERR_LENGTH_TOP_BIT: row(RangeError, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', TOO_LONG, 1009),
  ERR_MESSAGE_TOO_BIG: row(RangeError, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', MAX_EXCEEDED),
  // ws takes such lengths; RFC 6455 section 5.2 forbids them.
  ERR_LENGTH_NOT_MINIMAL: row(
    RangeError,
    'WS_ERR_INVALID_PAYLOAD_LENGTH',
    `${PREFIX}payload length in more bytes than it needs`,
  ),
}

/** Where a frame's own length is the problem, it is the limit that was set, or what numbers can hold. */
function tooBig(wrong: string): Row {
  return Number(numberIn(wrong)) > Number.MAX_SAFE_INTEGER
    ? row(RangeError, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', TOO_LONG)
    : row(RangeError, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', MAX_EXCEEDED)
}

/** What ws would say of a violation. */
export function failureOf(violation: RemoteProtocolError): Failure {
  const wrong = violation.message.split(';', 1)[0] as string
  if (violation.code === 'ERR_RESERVED_BIT') {
    const { code, message } = reservedBits(wrong)
    return failure(RangeError, message, code, 1002, violation)
  }
  if (violation.code === 'ERR_EXTENSION_DATA') return zlibFailure(violation)
  const { type, code, message, closeCode } =
    violation.code === 'ERR_FRAME_TOO_BIG' ? tooBig(wrong) : (ROWS[violation.code] ?? row(Error, violation.code, wrong))
  return failure(type, message(wrong), code, closeCode ?? violation.closeCode, violation)
}

/** ws passes zlib's own errors on. */
function zlibFailure(violation: RemoteProtocolError): Failure {
  const cause = violation.cause as { message?: string } | undefined
  const message = cause?.message?.replace(/^compressed data is wrong: /, '') ?? violation.message
  return failure(Error, message, 'Z_DATA_ERROR', violation.closeCode, violation)
}

function failure(type: typeof Error, message: string, code: string, closeCode: number, cause: Error): Failure {
  const error = Object.assign(new type(message, { cause }), { code })
  return { error, closeCode }
}
