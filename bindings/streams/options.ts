// The options of fromDuplex, what it takes and what it gives: types, defaults and checks.
// Knows no state of a stream.

import { checkWhole } from '../base/check.js'
import { Connection, type ConnectionOptions, type Role } from '../index.js'
import { KeepAlive, type KeepAliveOptions } from '../keepalive/index.js'
import type { WebSocketCloseInfo } from './error.js'
import { checkStreamOptions } from './given.js'

/** A reader of bytes, as ReadableStream.getReader() gives it. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | ArrayBuffer | undefined }>
  cancel(reason?: unknown): Promise<unknown>
  releaseLock(): void
}

/** A writer of bytes, as WritableStream.getWriter() gives it. */
export interface ByteWriter {
  readonly closed: Promise<unknown>
  write(chunk: Uint8Array): Promise<unknown>
  close(): Promise<unknown>
  abort(reason?: unknown): Promise<unknown>
}

/**
 * A pair of byte streams: what the peer sends, and what it is sent. Named by what is used of them, so that the streams
 * of every platform's types fit.
 */
export interface ByteDuplex {
  /** Gives chunks that are Uint8Array or ArrayBuffer; what it has given is the connection's. */
  readonly readable: { getReader(): ByteReader }
  /** Takes Uint8Array. */
  readonly writable: { getWriter(): ByteWriter }
}

/** What the streams of a WebSocket do in addition to those of a {@link Connection}; each has a default. */
export interface TransportOptions {
  /**
   * Bytes that came behind the opening handshake, to be read first; the connection's from then on, as what is read is.
   * Default none.
   */
  received?: Uint8Array | ArrayBuffer | undefined
  /**
   * How many bytes of messages may wait in `readable`, 1 to 2^53 - 1; a character of text is one. Bytes are read from
   * the transport, pings answered and a close frame seen until so many wait, or one message more. Default 65,536.
   */
  highWaterMark?: number | undefined
  /**
   * How long the rest may take once the closing handshake has begun, in ms, 0 to 2^31 - 1 or Infinity: the peer's close
   * frame, and the end of the transport behind it. Then the transport is aborted. Default 10,000. RFC 6455 section
   * 7.1.1.
   */
  closeTimeout?: number | undefined
  /**
   * Pings a peer that is silent, and aborts the transport of one that does not answer, or that takes nothing of what it
   * is sent for `interval` and `timeout` together; see {@link KeepAliveOptions}.
   * Default: neither. true: with the defaults. Its timer does not keep a process running, where timers have `unref`.
   */
  keepAlive?: KeepAliveOptions | boolean | undefined
  /** What the opening handshake agreed upon, for `opened` to tell. Default ''. */
  negotiated?: { readonly protocol?: string | undefined; readonly extensions?: string | undefined } | undefined
}

/** A connection that exists, made with delivery 'message'. */
export interface ExistingConnection extends TransportOptions {
  connection: Connection<string, string>
}

/**
 * Options of the connection that is to be made. It delivers whole messages and takes the chunks that are read, so that
 * neither can be chosen; and reservedBits is [0, 0, 0], unless given.
 */
export interface NewConnection
  extends TransportOptions,
    Omit<ConnectionOptions<never, never>, 'delivery' | 'ownership' | 'opcodeNonControlMod' | 'opcodeControlMod'> {
  role: Role
}

/** The connection, or what to make one of. */
export type StreamOptions = ExistingConnection | NewConnection

/** What can be written: text, or bytes for a binary message. */
export type Writable = string | ArrayBuffer | ArrayBufferView

/** What is read: a string for a text message, bytes in a buffer of their own for a binary one. */
export type Readable = string | Uint8Array<ArrayBuffer>

/** The two streams of messages, and what was agreed upon in the opening handshake. */
export interface WebSocketOpenInfo {
  readonly readable: ReadableStream<Readable>
  readonly writable: WritableStream<Writable>
  readonly protocol: string
  readonly extensions: string
}

/** A WebSocket connection as a pair of streams, in the shape of the platform's WebSocketStream. */
export interface WebSocketDuplex {
  /** The messages received. See {@link fromDuplex} for when it ends, and how. */
  readonly readable: ReadableStream<Readable>
  /** The messages to send. */
  readonly writable: WritableStream<Writable>
  /** Resolved from the beginning: the opening handshake is over. */
  readonly opened: Promise<WebSocketOpenInfo>
  /**
   * Resolves when the closing handshake is complete and the transport has ended: 1005 where the peer's close frame had
   * no status code. Rejects with a WebSocketError where it is not; nobody has to listen.
   */
  readonly closed: Promise<{ readonly closeCode: number; readonly reason: string }>
  /**
   * Starts the closing handshake: the close frame is sent behind what was written before; what is written afterwards is
   * rejected, and what still arrives is discarded. Nothing happens where the handshake has begun.
   *
   * @throws LocalProtocolError, RangeError or TypeError where the code or the reason may not be sent; nothing was.
   */
  close(info?: WebSocketCloseInfo): void
}

/** The options as they are used. */
export interface Used {
  readonly connection: Connection<string, string>
  readonly highWaterMark: number
  readonly closeTimeout: number
  readonly keepAlive: KeepAlive | undefined
  readonly protocol: string
  readonly extensions: string
}

const HIGH_WATER_MARK = 64 * 1024
const CLOSE_TIMEOUT = 10_000
/** What setTimeout can wait for. */
const LONGEST = 0x7fffffff

/** Checks the options and makes the connection, where there is none yet. */
export function readOptions(given: Connection<string, string> | StreamOptions): Used {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('the second argument must be a Connection or an object of options')
  }
  const options: StreamOptions = given instanceof Connection ? { connection: given } : given
  checkStreamOptions(options, isExisting(options))
  const { received, highWaterMark = HIGH_WATER_MARK, negotiated = {} } = options
  const { closeTimeout = CLOSE_TIMEOUT, keepAlive = false } = options
  checkWhole('highWaterMark', highWaterMark, 1, Number.MAX_SAFE_INTEGER)
  if (typeof closeTimeout !== 'number')
    throw new TypeError(`closeTimeout must be a number of ms, not ${typeof closeTimeout}`)
  if (closeTimeout !== Number.POSITIVE_INFINITY && !(closeTimeout >= 0 && closeTimeout <= LONGEST)) {
    throw new RangeError(`closeTimeout is ${closeTimeout}; it is from 0 to ${LONGEST} ms, or Infinity`)
  }
  if (typeof keepAlive !== 'boolean' && (typeof keepAlive !== 'object' || keepAlive === null)) {
    throw new TypeError('keepAlive must be true, false or an object of options')
  }
  const used = {
    connection: connectionOf(options),
    highWaterMark,
    closeTimeout,
    keepAlive: keepAlive === false ? undefined : new KeepAlive(performance.now(), keepAlive === true ? {} : keepAlive),
    protocol: negotiated.protocol ?? '',
    extensions: negotiated.extensions ?? '',
  }
  if (received !== undefined) used.connection.recv(received)
  return used
}

function connectionOf(options: StreamOptions): Connection<string, string> {
  if (!isExisting(options)) {
    const { role, received, highWaterMark, closeTimeout, keepAlive, negotiated, ...rest } = options
    const reservedBits = rest.reservedBits ?? [0, 0, 0]
    return new Connection(role, { ...rest, reservedBits, delivery: 'message', ownership: 'take' })
  }
  if (!(options.connection instanceof Connection)) throw new TypeError('connection must be a Connection')
  return options.connection
}

/** One that is undefined is as if it were not there. */
function isExisting(options: StreamOptions): options is ExistingConnection {
  return (options as Partial<ExistingConnection>).connection !== undefined
}
