// Outgoing: frames of one connection on their way into the transport, in order, with as few writes as may be.
// Knows the connection and the transport's writable; nothing of the streams of messages.

import { type Connection, Data } from '../index.js'
import type { ByteDuplex, ByteWriter } from './options.js'

/** Frames of up to this size, in bytes, are put together when several wait; larger ones go by themselves. */
export const BATCH = 16 * 1024

/** The largest header, in bytes: RFC 6455 section 5.2. */
const HEADER = 14

/** What goes into one write, in bytes: how much the transport has taken is known from the writes that are done. */
const WRITE = 64 * 1024

/** What becomes of the frames. */
export interface OutgoingHandlers {
  /** Bytes were given to the transport. */
  sending(): void
  /** The transport has taken some; `more`: others still wait. */
  sent(more: boolean): void
  /** Told once that the transport takes no more; gives the error that writers of messages get. */
  failed(error: unknown): unknown
}

/** Writes frames; after a write that failed it drops them, and the connection's state goes on as if they were sent. */
export class Outgoing {
  readonly #connection: Connection<string, string>
  readonly #writer: ByteWriter
  readonly #handlers: OutgoingHandlers
  /** Frames that wait for more of them: the first #length bytes. */
  #batch: Uint8Array | undefined
  #length = 0
  /** How many writes the transport was given, and how many of them it has taken. */
  #given = 0
  #taken = 0
  /**
   * What waits until it has taken so many, at most a message and the end: the transport may never settle a write that it
   * was aborted in the middle of.
   */
  readonly #waits: { readonly count: number; resolve(): void; reject(error: unknown): void }[] = []
  /** The pong that waits for the transport. */
  #pong: Data | undefined
  #error: unknown
  #broken = false
  /** Whether the transport has ended this direction, by itself or not. */
  #closed = false

  constructor(connection: Connection<string, string>, writable: ByteDuplex['writable'], handlers: OutgoingHandlers) {
    this.#connection = connection
    this.#writer = writable.getWriter()
    this.#handlers = handlers
    const ended = (): void => {
      this.#closed = true
    }
    this.#writer.closed.then(ended, (error) => {
      ended()
      // No write has met it. Where the peer has ended the transport, it shows in the readable in the same turn.
      if (!this.#broken) void turn().then(() => this.#fail(error))
    })
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
    const isSmall = size <= BATCH - HEADER && (more || this.#batch !== undefined)
    if (!isSmall) this.#single(data)
    else if (this.#join(data) && more) return undefined
    if (!more) this.#flush()
    return this.#allTaken()
  }

  /**
   * A pong, now or when the transport takes more. RFC 6455 section 5.5.3: where answers have not yet been sent, "the
   * endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame"; so that a peer that pings
   * and does not read costs no memory.
   */
  pong(data: Data): void {
    if (this.#isBusy) this.#pong = data
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
    await this.#allTaken()?.catch(ignore)
    // Node ends a socket by itself where the peer has, and in versions 26.3 to 26.6 a second end throws out of its adapter,
    // where nobody can catch it (node#64120). Whether it does shows in `closed`, a turn of the event loop later.
    await turn()
    if (!this.#closed) await this.#writer.close().catch(ignore)
  }

  /** Ends the transport at once. */
  abort(reason: unknown): void {
    this.#broken = true
    this.#error ??= reason
    this.#writer.abort(reason).catch(ignore)
    this.#rejectAll()
  }

  /** Whether a message is now behind those that wait; where there is no room, these are written before it. */
  #join(data: Data<'text' | 'binary'>): boolean {
    const end = this.#batch === undefined ? -1 : this.#connection.sendInto(data, this.#batch, this.#length)
    if (end !== -1) {
      this.#length = end
      return true
    }
    this.#flush()
    const batch = new Uint8Array(BATCH)
    const length = this.#connection.sendInto(data, batch)
    if (length === -1) {
      // An extension may have made it larger.
      this.#single(data)
    } else {
      this.#batch = batch
      this.#length = length
    }
    return false
  }

  #single(data: Data<'text' | 'binary'>): void {
    this.#flush()
    // Text was encoded into bytes that nobody else has, and so need not be copied behind its header.
    if (typeof data.data === 'string') for (const part of this.#connection.sendParts(data)) this.#write(part)
    else this.#write(this.#connection.send(data))
  }

  #send(...data: Data[]): void {
    this.#flush()
    this.#write(this.#connection.send(...data))
  }

  /** Writes what waits. */
  #flush(): void {
    const batch = this.#batch
    if (batch === undefined) return
    this.#batch = undefined
    const length = this.#length
    this.#length = 0
    this.#write(batch.subarray(0, length))
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#broken; at += WRITE) {
      this.#given++
      this.#handlers.sending()
      this.#writer.write(bytes.subarray(at, at + WRITE)).then(
        () => this.#took(),
        (error) => this.#fail(error),
      )
    }
  }

  /** Resolves when the transport has taken all that it was given; undefined where it has. */
  #allTaken(): Promise<void> | undefined {
    if (this.#broken) return Promise.reject(this.#error)
    if (!this.#isBusy) return undefined
    return new Promise((resolve, reject) => {
      this.#waits.push({ count: this.#given, resolve, reject })
    })
  }

  get #isBusy(): boolean {
    return this.#taken < this.#given
  }

  #took(): void {
    this.#taken++
    this.#handlers.sent(this.#isBusy)
    while (this.#waits.length > 0 && this.#waits[0].count <= this.#taken) this.#waits.shift()?.resolve()
    if (this.#isBusy) return
    const pong = this.#pong
    this.#pong = undefined
    if (pong !== undefined && this.#connection.state === 'OPEN') this.#send(pong)
  }

  #rejectAll(): void {
    for (const { reject } of this.#waits.splice(0)) reject(this.#error)
  }

  #fail(error: unknown): void {
    if (this.#broken) return
    this.#broken = true
    this.#error = this.#handlers.failed(error)
    this.#rejectAll()
  }
}

function ignore(): void {}

/** Resolves in a later turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
