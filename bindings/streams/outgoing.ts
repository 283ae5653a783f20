// Outgoing: frames of one connection on their way into the transport, in order, with as few writes as may be.
// Knows the connection and the transport's writable; nothing of the streams of messages.

import { type Connection, Data } from '../index.js'
import type { ByteDuplex, ByteWriter } from './options.js'

/** Frames of up to this size, in bytes, are put together when several wait; larger ones go by themselves. */
export const BATCH = 16 * 1024

/** The largest header, in bytes: RFC 6455 section 5.2. */
const HEADER = 14

/** Writes frames; after a write that failed it drops them, and the connection's state goes on as if they were sent. */
export class Outgoing {
  readonly #connection: Connection<string, string>
  readonly #writer: ByteWriter
  readonly #failed: (error: unknown) => unknown
  /** Frames that wait for more of them: the first #length bytes. */
  #batch: Uint8Array | undefined
  #length = 0
  /** How writes end that the transport has not yet taken, and never will where it is aborted in the middle of one. */
  readonly #pending = new Set<(error: unknown) => void>()
  /** The pong that waits for the transport. */
  #pong: Data | undefined
  #error: unknown
  #broken = false

  /** `failed`: told once that the transport does not take more; gives the error that writers of messages get. */
  constructor(
    connection: Connection<string, string>,
    writable: ByteDuplex['writable'],
    failed: (error: unknown) => unknown,
  ) {
    this.#connection = connection
    this.#writer = writable.getWriter()
    this.#failed = failed
    // An end of the transport that no write has met.
    this.#writer.closed.catch((error) => this.#fail(error))
  }

  /**
   * A message. Where `more` is true another one follows at once, and this one may wait for it.
   *
   * @returns What resolves when the transport has taken it, and all before it; undefined where it waits. The message's
   * bytes are no longer used either way.
   * @throws LocalProtocolError where it may not be sent.
   */
  message(data: Data<'text' | 'binary'>, size: number, more: boolean): Promise<void> | undefined {
    if (this.#broken) return Promise.reject(this.#error)
    if (size > BATCH - HEADER || (!more && this.#batch === undefined)) return this.#single(data)
    const joined = this.#join(data)
    return more ? joined : (this.#flush() ?? joined)
  }

  /**
   * A pong, now or when the transport takes more. RFC 6455 section 5.5.3: where answers have not yet been sent, "the
   * endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame"; so that a peer that pings
   * and does not read costs no memory.
   */
  pong(data: Data): void {
    if (this.#pending.size > 0) this.#pong = data
    else this.#send(data)
  }

  ping(): void {
    if (this.#connection.state === 'OPEN') this.#send(new Data('', 'ping'))
  }

  /**
   * The close frame, behind all that the transport was given.
   *
   * @throws LocalProtocolError where it may not be sent.
   */
  close(data: Data): void {
    const pong = this.#pong
    this.#pong = undefined
    const frames = pong !== undefined && this.#connection.state === 'OPEN' ? [pong, data] : [data]
    this.#send(...frames)
  }

  /** Ends the transport behind all that it was given; resolves when it has ended, or cannot. */
  async end(): Promise<void> {
    await this.#writer.close().catch(ignore)
  }

  /** Ends the transport at once. */
  abort(reason: unknown): void {
    this.#broken = true
    this.#error ??= reason
    this.#writer.abort(reason).catch(ignore)
    for (const reject of this.#pending) reject(this.#error)
    this.#pending.clear()
  }

  /** Puts a message behind those that wait; where there is no room, these are written, and it waits for that. */
  #join(data: Data<'text' | 'binary'>): Promise<void> | undefined {
    const end = this.#batch === undefined ? -1 : this.#connection.sendInto(data, this.#batch, this.#length)
    if (end !== -1) {
      this.#length = end
      return undefined
    }
    const flushed = this.#flush()
    const batch = new Uint8Array(BATCH)
    const length = this.#connection.sendInto(data, batch)
    // An extension may have made it larger.
    if (length === -1) return this.#single(data)
    this.#batch = batch
    this.#length = length
    return flushed
  }

  #single(data: Data<'text' | 'binary'>): Promise<void> {
    this.#flush()
    if (typeof data.data !== 'string') return this.#write(this.#connection.send(data))
    // Text was encoded into bytes that nobody else has, and so need not be copied behind its header.
    const writes = this.#connection.sendParts(data).map((part) => this.#write(part))
    return writes[writes.length - 1]
  }

  /** Control frames: nobody waits for them. */
  #send(...data: Data[]): void {
    this.#flush()
    this.#write(this.#connection.send(...data))
  }

  /** Writes what waits. */
  #flush(): Promise<void> | undefined {
    const batch = this.#batch
    if (batch === undefined) return undefined
    this.#batch = undefined
    const written = this.#write(batch.subarray(0, this.#length))
    this.#length = 0
    return written
  }

  #write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      if (this.#broken) return reject(this.#error)
      this.#pending.add(reject)
      this.#writer.write(bytes).then(
        () => {
          this.#pending.delete(reject)
          resolve()
          this.#taken()
        },
        (error) => {
          this.#pending.delete(reject)
          this.#fail(error)
          reject(this.#error)
        },
      )
    })
    // Nobody waits for control frames, nor for all parts of a message.
    written.catch(ignore)
    return written
  }

  /** The transport has taken a write, and perhaps all. */
  #taken(): void {
    const pong = this.#pong
    if (pong === undefined || this.#pending.size > 0) return
    this.#pong = undefined
    if (this.#connection.state === 'OPEN') this.#send(pong)
  }

  #fail(error: unknown): void {
    if (this.#broken) return
    this.#broken = true
    this.#error = this.#failed(error)
  }
}

function ignore(): void {}
