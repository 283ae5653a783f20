// MessageSource: the readable that a program holds, with its queue, its room and its end.
// Knows no connection; what is to be done is said to its handlers.

import { sizeOf } from './chunks.js'
import type { Readable } from './options.js'

/** What a program does with the readable. */
export interface SourceHandlers {
  /** It has room again. */
  pull(): void
  cancel(reason: unknown): void
}

export class MessageSource implements UnderlyingDefaultSource<Readable> {
  readonly readable: ReadableStream<Readable>
  readonly #handlers: SourceHandlers
  readonly #room: number
  #controller!: ReadableStreamDefaultController<Readable>
  #ended = false
  /** What the readable fails with once its queue is read: a stream that is errored drops its queue. */
  #failure: { readonly error: unknown } | undefined

  /** `room`: how many bytes of messages may wait. */
  constructor(handlers: SourceHandlers, room: number) {
    this.#handlers = handlers
    this.#room = room
    this.readable = new ReadableStream<Readable>(this, { highWaterMark: room, size: sizeOf })
  }

  start(controller: ReadableStreamDefaultController<Readable>): void {
    this.#controller = controller
  }

  pull(): void {
    this.#failWhenRead()
    this.#handlers.pull()
  }

  cancel(reason: unknown): void {
    this.#ended = true
    this.#handlers.cancel(reason)
  }

  /** How many bytes of messages wait to be read. */
  get unread(): number {
    return this.#room - (this.#controller.desiredSize ?? this.#room)
  }

  deliver(message: Readable): void {
    this.#controller.enqueue(message)
  }

  /** What was delivered can still be read; then comes the end, or the error. Only the first end counts. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    if (error === undefined) {
      this.#controller.close()
    } else {
      this.#failure = { error }
      this.#failWhenRead()
    }
  }

  #failWhenRead(): void {
    if (this.#failure !== undefined && this.unread === 0) this.#controller.error(this.#failure.error)
  }
}
