// Outcome: how a connection ended, for its streams and its `closed`.
// Knows the connection's state; ends nothing itself.

import { type Connection, RemoteProtocolError } from '../index.js'
import { WebSocketError } from './error.js'
import type { WebSocketDuplex } from './options.js'

const ABNORMAL = 1006

/** The end of one connection, and why it is not clean. Only the first reason counts: others come of it. */
export class Outcome {
  readonly #connection: Connection<string, string>
  #cause: { readonly message: string; readonly error: unknown } | undefined
  #failure: WebSocketError | undefined

  constructor(connection: Connection<string, string>) {
    this.#connection = connection
  }

  because(message: string, error?: unknown): void {
    this.#cause ??= { message, error }
  }

  /** Because something took too long. */
  becauseLate(message: string): void {
    this.because(message, new DOMException(message, 'TimeoutError'))
  }

  /** Because of an error of the transport. */
  becauseOf(error: unknown): void {
    this.because(`the transport has failed: ${error instanceof Error ? error.message : String(error)}`, error)
  }

  /** RFC 6455 section 7.1.4: "_Closed Cleanly_", where both close frames were sent. */
  get isClean(): boolean {
    return this.#connection.state === 'CLOSED' && this.#connection.closeCode !== ABNORMAL
  }

  /** Whether the peer broke the protocol, and has been told so. */
  get isViolation(): boolean {
    return this.#cause?.error instanceof RemoteProtocolError && this.#connection.state === 'CLOSED'
  }

  get closeInfo(): Awaited<WebSocketDuplex['closed']> {
    return { closeCode: this.#connection.closeCode ?? ABNORMAL, reason: this.#connection.closeReason ?? '' }
  }

  /** The end that is not clean, as an error: the same for both streams and `closed`. */
  get failure(): WebSocketError {
    const { message, error } = this.#cause ?? { message: 'the connection was not closed cleanly', error: undefined }
    this.#failure ??= new WebSocketError(message, { closeCode: ABNORMAL, cause: error })
    return this.#failure
  }
}
