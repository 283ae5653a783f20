// Incoming: the bytes of the transport on their way into the connection, chunk by chunk, as they are asked for.
// Knows the connection and the transport's readable; nothing of the messages in the bytes.

import type { Connection } from '../index.js'
import type { ByteDuplex, ByteReader } from './options.js'
import type { Outcome } from './outcome.js'

export class Incoming {
  readonly #connection: Connection<string, string>
  readonly #reader: ByteReader
  readonly #outcome: Outcome
  #stopped = false

  constructor(connection: Connection<string, string>, readable: ByteDuplex['readable'], outcome: Outcome) {
    this.#connection = connection
    this.#reader = readable.getReader()
    this.#outcome = outcome
  }

  /** Gives the connection the next chunk, or the end and why it came; never rejects. */
  async read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read()
      if (this.#stopped) return
      // What is no bytes is an error of the transport.
      if (!done) return this.#connection.recv(value as Uint8Array)
      this.#outcome.because('the transport has ended without a close frame')
    } catch (error) {
      this.#outcome.becauseOf(error)
    }
    this.#connection.recvEof()
  }

  /** Reads what is of no interest, to the end of the transport. */
  async discard(): Promise<void> {
    try {
      while (!this.#stopped && !(await this.#reader.read()).done) {}
    } catch {
      // That is an end, too.
    }
  }

  /** Ends the transport at once. */
  abort(reason: unknown): void {
    this.#stopped = true
    this.#connection.recvEof()
    this.#reader.cancel(reason).catch(() => {})
  }

  /** Gives the readable back, where nothing was read. */
  release(): void {
    this.#reader.releaseLock()
  }
}
