// The states of a connection as tables: which step leads where, what nextEvent answers, and why sending is refused.
// Knows no frame and no byte.

import { Information } from './information.js'

/**
 * Where a connection is. CLOSE_SENT, CLOSE_RECEIVED and FAILED are 'CLOSING' to the outside: a close frame was sent, or
 * received, or nextEvent threw.
 */
export type State = 'OPEN' | 'CLOSE_SENT' | 'CLOSE_RECEIVED' | 'FAILED' | 'CLOSED'
export type Step = 'sendClose' | 'receiveClose' | 'violation' | 'eof'

/**
 * The closing handshake (RFC 6455 section 7.1). After the end of the network a close frame may still be sent where one
 * is owed: the peer may have ended its own direction only.
 */
export const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Step, State>>>>> = {
  OPEN: { sendClose: 'CLOSE_SENT', receiveClose: 'CLOSE_RECEIVED', violation: 'FAILED', eof: 'CLOSED' },
  CLOSE_SENT: { receiveClose: 'CLOSED', violation: 'CLOSED', eof: 'CLOSED' },
  CLOSE_RECEIVED: { sendClose: 'CLOSED' },
  FAILED: { sendClose: 'CLOSED' },
  CLOSED: {},
}

/** What nextEvent answers when there is no message, by state. */
export const ANSWERS: Readonly<Record<State, Information>> = {
  OPEN: Information.NEED_DATA,
  CLOSE_SENT: Information.NEED_DATA,
  CLOSE_RECEIVED: Information.SEND_CLOSE,
  FAILED: Information.NEED_DATA,
  CLOSED: Information.CONNECTION_CLOSED,
}

/** Why nothing but a close frame, or nothing at all, may be sent, by state. */
export const REFUSALS: Readonly<Record<State, string>> = {
  OPEN: '',
  CLOSE_SENT: 'a close frame was sent; nothing may follow it',
  CLOSE_RECEIVED: 'a close frame was received; only the rest of a message and a close may be sent',
  FAILED: 'the connection has failed; only a close frame may be sent',
  CLOSED: 'the connection is closed; nothing may be sent',
}

/** How a connection was closed, as its user is told (sections 7.1.5 and 7.1.6). */
export interface CloseStatus {
  readonly code: number | undefined
  readonly reason: string | undefined
}

/** "1006 ... the connection was closed abnormally, e.g., without sending or receiving a Close control frame." */
export const ABNORMAL_CLOSURE: CloseStatus = { code: 1006, reason: '' }
