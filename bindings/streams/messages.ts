// Messages: the two streams that a program holds, as far as they are streams: queues, room and ends.
// Knows no connection; what is to be done is said to its handlers.

import { sizeOf } from './chunks.js'
import type { Readable, Writable } from './options.js'

/** What a program does with the streams. */
export interface Handlers {
  /** The readable has room again. */
  pull(): void
  /** A message to send; `more`: another one waits behind it. */
  write(chunk: Writable, more: boolean): Promise<void> | undefined
  /** All was written, and no more will be. */
  close(): Promise<void>
  cancel(reason: unknown): void
  /** Perhaps twice. What was written and not yet given to `write` never will be. */
  abort(reason: unknown): void
}

/** A readable and a writable, with room for so many bytes of messages; the platform keeps their queues. */
export class Messages {
  readonly readable: ReadableStream<Readable>
  readonly writable: WritableStream<Writable>
  readonly #room: number
  #source!: ReadableStreamDefaultController<Readable>
  #sink!: WritableStreamDefaultController
  #readingEnded = false
  /** What the readable fails with once its queue is read: a stream that is errored drops its queue. */
  #failure: { readonly error: unknown } | undefined
  /** Messages given to the writable that `write` has not seen: `size` is asked once for each, when it is given. */
  #waiting = 0
  /** What is to be done behind the messages that waited at the time, and how many of them still do. */
  #last: { waiting: number; readonly then: () => void } | undefined

  /** `readableRoom`, `writableRoom`: in bytes. */
  constructor(handlers: Handlers, readableRoom: number, writableRoom: number) {
    this.#room = readableRoom
    this.readable = new ReadableStream<Readable>(
      {
        start: (controller) => {
          this.#source = controller
        },
        pull: () => {
          this.#failWhenRead()
          handlers.pull()
        },
        cancel: (reason) => {
          this.#readingEnded = true
          handlers.cancel(reason)
        },
      },
      { highWaterMark: readableRoom, size: sizeOf },
    )
    let listens = false
    this.writable = new WritableStream<Writable>(
      {
        start: (controller) => {
          this.#sink = controller
        },
        write: (chunk) => {
          if (!listens) {
            // abort() below waits for the write in progress, which a peer that does not read can hold for ever. Not at
            // once: Node does not bear it that the stream is ended while it is being aborted. Not before the first
            // write: an idle connection has no signal, of 0.5 to 1 KB.
            listens = true
            const { signal } = this.#sink
            signal?.addEventListener('abort', () => queueMicrotask(() => handlers.abort(signal.reason)))
          }
          return this.#write(chunk, handlers)
        },
        close: () => handlers.close(),
        abort: (reason) => handlers.abort(reason),
      },
      {
        highWaterMark: writableRoom,
        size: (chunk) => {
          this.#waiting++
          return sizeOf(chunk)
        },
      },
    )
  }

  /** How many bytes of messages wait to be read. */
  get unread(): number {
    return this.#room - (this.#source.desiredSize ?? this.#room)
  }

  deliver(message: Readable): void {
    this.#source.enqueue(message)
  }

  /** What was delivered can still be read; then comes the end, or the error. Only the first end counts. */
  endReading(error?: unknown): void {
    if (this.#readingEnded) return
    this.#readingEnded = true
    if (error === undefined) {
      this.#source.close()
    } else {
      this.#failure = { error }
      this.#failWhenRead()
    }
  }

  /** Calls `then` once `write` has seen every message that was given to the writable before. */
  afterWaiting(then: () => void): void {
    if (this.#waiting === 0) then()
    else this.#last = { waiting: this.#waiting, then }
  }

  /** Rejects what is not yet written, and what will be. Only the first end counts. */
  endWriting(error: unknown): void {
    this.#last = undefined
    this.#sink.error(error)
  }

  #failWhenRead(): void {
    if (this.#failure !== undefined && this.unread === 0) this.#source.error(this.#failure.error)
  }

  #write(chunk: Writable, handlers: Handlers): Promise<void> | undefined {
    this.#waiting--
    const written = handlers.write(chunk, this.#waiting > 0)
    if (this.#last !== undefined && --this.#last.waiting === 0) this.#last.then()
    return written
  }
}
