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
  /** readable.cancel() or writable.abort(); for abort perhaps twice. */
  giveUp(reason: unknown): void
}

/** A readable with room for one message, and a writable with room for `room` bytes of them. */
export class Messages {
  readonly readable: ReadableStream<Readable>
  readonly writable: WritableStream<Writable>
  #source!: ReadableStreamDefaultController<Readable>
  #sink!: WritableStreamDefaultController
  #over = false
  /** Messages given to the writable that its sink has not seen: `size` is asked once for each, when it is given. */
  #waiting = 0

  constructor(handlers: Handlers, room: number) {
    this.readable = new ReadableStream<Readable>(
      {
        start: (controller) => {
          this.#source = controller
        },
        pull: () => handlers.pull(),
        cancel: (reason) => {
          this.#over = true
          handlers.giveUp(reason)
        },
      },
      { highWaterMark: 1, size: sizeOf },
    )
    this.writable = new WritableStream<Writable>(
      {
        start: (controller) => {
          this.#sink = controller
          // abort() below waits for the write in progress, which a peer that does not read can hold for ever. Not at
          // once: Node does not bear it that the stream is ended while it is being aborted.
          const { signal } = controller
          signal?.addEventListener('abort', () => queueMicrotask(() => handlers.giveUp(signal.reason)))
        },
        write: (chunk) => {
          this.#waiting--
          return handlers.write(chunk, this.#waiting > 0)
        },
        close: () => handlers.close(),
        abort: (reason) => handlers.giveUp(reason),
      },
      {
        highWaterMark: room,
        size: (chunk) => {
          this.#waiting++
          return sizeOf(chunk)
        },
      },
    )
  }

  /** How many bytes of messages wait to be read. */
  get unread(): number {
    return 1 - (this.#source.desiredSize ?? 1)
  }

  deliver(message: Readable): void {
    this.#source.enqueue(message)
  }

  /** What was delivered can still be read; with an error, not even that. Only the first end counts. */
  endReading(error?: unknown): void {
    if (this.#over) return
    this.#over = true
    if (error === undefined) this.#source.close()
    else this.#source.error(error)
  }

  /** Rejects what is not yet written, and what will be. Only the first end counts. */
  endWriting(error: unknown): void {
    this.#sink.error(error)
  }
}
