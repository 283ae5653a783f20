// The states of a connection as tables: which step leads where, and why sending is refused; and where one connection is
// in them. Knows no frame and no byte.

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

/** Why nothing but a close frame, or nothing at all, may be sent, by state. */
export const REFUSALS: Readonly<Record<State, string>> = {
  OPEN: '',
  CLOSE_SENT: 'a close frame was sent',
  CLOSE_RECEIVED: 'a close frame was received; only the rest of a message and a close may follow',
  FAILED: 'the connection has failed; only a close may follow',
  CLOSED: 'the connection is closed',
}

/** How a connection was closed, as its user is told (sections 7.1.5 and 7.1.6). */
interface CloseStatus {
  readonly statusCode: number | undefined
  readonly reason: string | undefined
}

/** "1006 ... the connection was closed abnormally, e.g., without sending or receiving a Close control frame." */
const ABNORMAL_CLOSURE: CloseStatus = { statusCode: 1006, reason: '' }

/** The state of a connection that is not OPEN any more. */
export class Closing {
  state: State = 'OPEN'
  /** Why nothing more is received: what the peer's close frame said, or what nextEvent throws. */
  end: CloseStatus | Error | undefined

  /** Returns whether nothing but a close frame will be sent from now on. */
  step(step: Step, end?: CloseStatus | Error): boolean {
    const before = this.state
    this.state = TRANSITIONS[before][step] ?? before
    // Not the close frame's message, whose payload its holders may change.
    this.end ??= end instanceof Error ? end : end && { statusCode: end.statusCode, reason: end.reason }
    return isOver(this.state) && !isOver(before)
  }

  /** As it is to the outside. */
  get seen(): 'CLOSING' | 'CLOSED' {
    return this.state === 'CLOSED' ? 'CLOSED' : 'CLOSING'
  }

  /** What nextEvent gives where there is no message. */
  answer(): Information {
    if (this.end instanceof Error) throw this.end
    if (this.state === 'CLOSED') return Information.CONNECTION_CLOSED
    return this.state === 'CLOSE_RECEIVED' ? Information.SEND_CLOSE : Information.NEED_DATA
  }

  /** Whether what still comes is discarded. */
  get isDeaf(): boolean {
    return this.state === 'CLOSED' || this.end !== undefined
  }

  /** How the connection was closed, once it is. */
  get status(): CloseStatus | undefined {
    if (this.state !== 'CLOSED') return undefined
    return this.end === undefined || this.end instanceof Error ? ABNORMAL_CLOSURE : this.end
  }
}

function isOver(state: State): boolean {
  return state === 'CLOSED' || state === 'FAILED'
}
