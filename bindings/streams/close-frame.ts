// The close frame for what a program says, and the error for what it writes behind one.
// Knows no stream, and sends nothing.

import { Connection, Data } from '../index.js'
import { isWebSocketError, type WebSocketCloseInfo } from './error.js'

export const UNSUPPORTED_DATA = 1003
export const INTERNAL_ERROR = 1011

/** What is written once a close frame is on its way. RFC 6455 section 5.5.1. */
export function closedError(): DOMException {
  return new DOMException('the closing handshake has begun; nothing more can be written', 'InvalidStateError')
}

/** The close frame with a status code, or with none. */
export function closeFrame(statusCode?: number): Data {
  return new Data('', 'close', { statusCode })
}

/** The close frame that close() is asked for; throws where it may not be sent. */
export function closeWith({ closeCode, reason = '' }: WebSocketCloseInfo): Data {
  // As WebSocketStream has it: a reason without a code has that of a normal closure. RFC 6455 section 7.4.1.
  const statusCode = closeCode ?? (reason === '' ? undefined : 1000)
  const close = new Data(reason, 'close', { statusCode })
  // It may be sent when its caller can no longer be told, so a connection of its own says whether it may be.
  new Connection('SERVER').send(close)
  return close
}

/**
 * The close frame for a reason to cancel or abort: what a WebSocketError says; 1011 for another error, which is the
 * program's own; no code where it just stops.
 */
export function closeFor(reason: unknown): Data {
  if (isWebSocketError(reason)) {
    try {
      return closeWith({ closeCode: reason.closeCode ?? undefined, reason: reason.reason })
    } catch {
      return closeFrame()
    }
  }
  const isFailure = reason instanceof Error && reason.name !== 'AbortError'
  return closeFrame(isFailure ? INTERNAL_ERROR : undefined)
}
