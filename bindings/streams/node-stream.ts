// NodeTransport: a duplex stream of Node as a pair of byte streams, by its events; and what is used of such a stream.
// Knows no connection. Imports nothing of Node, so that other platforms' sockets of the same shape serve, too.

import type { ByteDuplex, ByteReader, ByteWriter } from './options.js'

/** What is used of a duplex stream of Node: a socket of node:net or node:tls, a stream of node:http2, any Duplex. */
export interface NodeStream {
  readonly destroyed: boolean
  readonly readableEnded: boolean
  readonly writableEnded: boolean
  readonly errored?: Error | null
  /** Of an HTTP/2 stream. */
  readonly rstCode?: number
  on(event: string, listener: (value: unknown) => void): unknown
  pause(): unknown
  resume(): unknown
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): boolean
  end(callback: () => void): unknown
  destroy(): unknown
}

type Chunk = Awaited<ReturnType<ByteReader['read']>>

/**
 * Both streams, their reader and their writer. Those of Duplex.toWeb() need 5 to 9 KB of heap for each connection, drop
 * what was received when the socket is reset, and do not end with the peer everywhere where the socket may be half open.
 */
export class NodeTransport implements ByteDuplex, ByteReader, ByteWriter {
  /** Only ever rejects: where the stream fails, or is destroyed. */
  readonly closed: Promise<never>
  readonly #stream: NodeStream
  /** What has arrived and was not yet read: one chunk, as a rule, since the stream is paused then. */
  readonly #chunks: Uint8Array[] = []
  /** The read that waits for a chunk. */
  #waiting: { resolve(chunk: Chunk): void; reject(error: unknown): void } | undefined
  #end: { readonly error: unknown } | undefined
  #failed!: (error: unknown) => void

  constructor(stream: NodeStream) {
    this.#stream = stream
    this.closed = new Promise((_, reject) => {
      this.#failed = reject
    })
    // Bytes flow as they are read.
    stream.pause()
    stream.on('data', (chunk) => this.#take(chunk as Uint8Array))
    // An HTTP/2 stream that the peer has reset may seem to end.
    stream.on('end', () => (stream.rstCode ? this.#fail(new Error(`reset with code ${stream.rstCode}`)) : this.#over()))
    stream.on('error', (error) => this.#fail(error))
    stream.on('close', () => this.#fail(new Error('the stream was destroyed')))
    if (stream.readableEnded) this.#over()
    if (stream.destroyed) this.#fail(stream.errored ?? new Error('the stream was destroyed'))
  }

  get readable(): { getReader(): ByteReader } {
    return { getReader: () => this }
  }

  get writable(): { getWriter(): ByteWriter } {
    return { getWriter: () => this }
  }

  read(): Promise<Chunk> {
    return new Promise((resolve, reject) => {
      const value = this.#chunks.shift()
      if (value !== undefined) return resolve({ done: false, value })
      this.#waiting = { resolve, reject }
      if (this.#end === undefined) this.#stream.resume()
      else this.#giveEnd()
    })
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(chunk, (error) => (error == null ? resolve() : reject(error)))
    })
  }

  /** Resolves when all was written, or cannot be. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.writableEnded || this.#stream.destroyed) resolve()
      else this.#stream.end(resolve)
    })
  }

  async cancel(): Promise<void> {
    this.#stream.destroy()
  }

  async abort(): Promise<void> {
    this.#stream.destroy()
  }

  releaseLock(): void {}

  #take(chunk: Uint8Array): void {
    if (this.#waiting === undefined) {
      this.#chunks.push(chunk)
      this.#stream.pause()
    } else {
      this.#waiting.resolve({ done: false, value: chunk })
      this.#waiting = undefined
    }
  }

  /** No more will arrive; only the first end counts. */
  #over(error?: unknown): void {
    this.#end ??= { error }
    this.#giveEnd()
  }

  #fail(error: unknown): void {
    this.#failed(error)
    this.#over(error)
  }

  #giveEnd(): void {
    const { resolve, reject } = this.#waiting ?? {}
    this.#waiting = undefined
    if (this.#end?.error === undefined) resolve?.({ done: true })
    else reject?.(this.#end.error)
  }
}
