// Two ends of a connection in one process, and a raw peer that writes any bytes, over pairs of TransformStreams.
// Knows the streams that are tested; no test.

import { vi } from 'vitest'
import { Connection, type ConnectionOptions, type Message, type Role } from '../../bindings/index.js'
import { fromDuplex, type NewConnection, type WebSocketDuplex } from '../../bindings/streams/index.js'

export interface Pipe {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array>
}

/** What one end writes the other reads, without a buffer in between. */
export function pipes(): [Pipe, Pipe] {
  const there = new TransformStream<Uint8Array, Uint8Array>()
  const back = new TransformStream<Uint8Array, Uint8Array>()
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ]
}

/** A client and a server that speak to each other. */
export function pair(options: Omit<NewConnection, 'role'> = {}): Record<Role, WebSocketDuplex> {
  const [client, server] = pipes()
  return {
    CLIENT: fromDuplex(client, { ...options, role: 'CLIENT' }),
    SERVER: fromDuplex(server, { ...options, role: 'SERVER' }),
  }
}

/** The other end of a stream that is tested: its own connection, and whatever bytes a test likes. */
export class Peer {
  readonly connection: Connection
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(role: Role, { readable, writable }: Pipe, options: ConnectionOptions<never, never> = {}) {
    this.connection = new Connection(role, { delivery: 'message', ...options })
    this.#writer = writable.getWriter()
    this.#reader = readable.getReader()
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes)
  }

  end(): Promise<void> {
    return this.#writer.close()
  }

  /** The next message; undefined where the transport has ended. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const event = this.connection.nextEvent()
      if (typeof event !== 'string') return event
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      this.connection.recv(value)
    }
  }

  /** The next chunk of the transport; undefined where it has ended. */
  async chunk(): Promise<Uint8Array | undefined> {
    return (await this.#reader.read()).value
  }

  /** Gone, as a machine without power is for those who do not wait: nothing is read, nothing is said. */
  fail(error: unknown): void {
    this.#reader.cancel(error).catch(() => {})
    this.#writer.abort(error).catch(() => {})
  }
}

/** A stream under test and the peer it speaks to. */
export function withPeer(
  role: Role,
  options: Omit<NewConnection, 'role'> = {},
): { socket: WebSocketDuplex; peer: Peer } {
  const [mine, others] = pipes()
  const socket = fromDuplex(mine, { ...options, role })
  return { socket, peer: new Peer(role === 'CLIENT' ? 'SERVER' : 'CLIENT', others) }
}

/** Whatever a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const nothing = {}
  const error = await promise.then(
    () => nothing,
    (reason) => reason,
  )
  if (error === nothing) throw new Error('it was not rejected')
  return error
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (vi.isFakeTimers()) vi.advanceTimersByTime(0)
  }
}

/** All that a stream gives, up to its end. */
export async function all<T>(readable: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = []
  const reader = readable.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return chunks
    chunks.push(value)
  }
}
