// Close frames: which status codes may be on the wire, and what is wrong with a payload.
// Knows RFC 6455 sections 5.5.1 and 7.4; nothing of the closing handshake.

import { ERROR_CLOSE_CODE, ERROR_CLOSE_LENGTH, ERROR_CLOSE_REASON, UTF8_ACCEPT } from '../../assembly/layout.js'
import { validateUtf8 } from '../memory/codec.js'

/** "1004 ... Reserved", and 1005 and 1006 "MUST NOT be set as a status code in a Close control frame". */
const FORBIDDEN = [1004, 1005, 1006]
/** The last code below 3000 that may be sent, by IANA's registry of close codes; 1015 must not, either. */
const LAST_REGISTERED = 1014

/** Whether a status code may be in a close frame: of section 7.4.2, registered, for libraries, or for applications. */
export function isCloseCode(code: number): boolean {
  if (code >= 1000 && code <= LAST_REGISTERED) return !FORBIDDEN.includes(code)
  return code >= 3000 && code <= 4999
}

/** What is wrong with the payload of a received close frame: an ERROR_ number and its detail, or undefined. */
export function closeViolation(payload: Uint8Array): { error: number; detail: number } | undefined {
  if (payload.length === 0) return undefined
  if (payload.length === 1) return { error: ERROR_CLOSE_LENGTH, detail: 1 }
  const code = (payload[0] << 8) | payload[1]
  if (!isCloseCode(code)) return { error: ERROR_CLOSE_CODE, detail: code }
  const state = validateUtf8(payload.subarray(2), UTF8_ACCEPT)
  return state === UTF8_ACCEPT ? undefined : { error: ERROR_CLOSE_REASON, detail: 0 }
}
