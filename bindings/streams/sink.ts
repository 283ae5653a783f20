// MessageSink: the writable that a program holds, with its queue, its room and its end.
// Knows no connection; what is to be done is said to its handlers.

import { sizeOf } from './chunks.js'
import type { Writable } from './options.js'

/** What a program does with the writable. */
export interface SinkHandlers {
  /** A message to send; `more`: another one waits behind it. */
  write(chunk: Writable, more: boolean): Promise<void> | undefined
  /** All was written, and no more will be. */
  finish(): Promise<void>
  /** Perhaps twice. What was written and not yet given to `write` never will be. */
  abandon(reason: unknown): void
}

export class MessageSink implements UnderlyingSink<Writable> {
  readonly writable: WritableStream<Writable>
  readonly #handlers: SinkHandlers
  #controller!: WritableStreamDefaultController
  #listens = false
  /** Messages given to the writable that `write` has not seen: `size` is asked once for each, when it is given. */
  #waiting = 0
  /** What is to be done behind the messages that waited at the time, and how many of them still do. */
  #last: { waiting: number; readonly then: () => void } | undefined

  /** `room`: how many bytes of messages may wait. */
  constructor(handlers: SinkHandlers, room: number) {
    this.#handlers = handlers
    const size = (chunk: Writable) => {
      this.#waiting++
      return sizeOf(chunk)
    }
    this.writable = new WritableStream<Writable>(this, { highWaterMark: room, size })
  }

  start(controller: WritableStreamDefaultController): void {
    this.#controller = controller
  }

  write(chunk: Writable): Promise<void> | undefined {
    if (!this.#listens) this.#listen()
    this.#waiting--
    const written = this.#handlers.write(chunk, this.#waiting > 0)
    if (this.#last !== undefined && --this.#last.waiting === 0) this.#last.then()
    return written
  }

  close(): Promise<void> {
    return this.#handlers.finish()
  }

  abort(reason: unknown): void {
    this.#handlers.abandon(reason)
  }

  /** Calls `then` once `write` has seen every message that was given to the writable before. */
  afterWaiting(then: () => void): void {
    if (this.#waiting === 0) then()
    else this.#last = { waiting: this.#waiting, then }
  }

  /** Rejects what is not yet written, and what will be. Only the first end counts. */
  end(error: unknown): void {
    this.#last = undefined
    this.#controller.error(error)
  }

  /**
   * abort() above waits for the write in progress, which a peer that does not read can hold for ever. Not before the first
   * write: the signal is made when it is asked for, and is 0.5 to 1 KB of heap.
   */
  #listen(): void {
    this.#listens = true
    const { signal } = this.#controller
    // Not at once: Node does not bear it that the stream is ended while it is being aborted.
    signal?.addEventListener('abort', () => queueMicrotask(() => this.abort(signal.reason)))
  }
}
