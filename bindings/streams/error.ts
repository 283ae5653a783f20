// WebSocketError: why a WebSocket connection did not end with a closing handshake, or how a program wants to end it.
// Knows no stream.

/** The fields of a {@link WebSocketError}. */
export interface WebSocketErrorOptions extends WebSocketCloseInfo {
  /** What was behind it: a RemoteProtocolError, an error of the transport. */
  cause?: unknown
}

/** A status code and a reason, as a close frame has them (RFC 6455 section 5.5.1). */
export interface WebSocketCloseInfo {
  /**
   * To send: 1000-1003, 1007-1014 or 3000-4999; default none, or 1000 where there is a reason. Received: 1005 where
   * there was none, 1006 where there was no close frame. Section 7.4.
   */
  closeCode?: number | undefined
  /** Up to 123 bytes of UTF-8. Default ''. */
  reason?: string | undefined
}

/**
 * What streams and promises are rejected with after an unclean end. A program gives one of its own, or the platform's,
 * to `readable.cancel()` or `writable.abort()` to choose what the close frame says.
 */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError'
  /** 1006 where no close frame was received; undefined where a program gave none. */
  readonly closeCode: number | undefined
  /** '' where there is none. */
  readonly reason: string

  constructor(message = '', options: WebSocketErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.closeCode = options.closeCode
    this.reason = options.reason ?? ''
  }
}

/** Whether a reason to cancel or abort says what the close frame says: a WebSocketError, this one or the platform's. */
export function isWebSocketError(value: unknown): value is WebSocketError {
  return value instanceof Error && value.name === 'WebSocketError'
}
