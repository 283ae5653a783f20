// noio-ws/streams: a WebSocket connection over any pair of byte streams, as a pair of streams of messages.
// Knows nothing of where the byte streams come from; the opening handshake is over.

import type { Connection } from '../index.js'
import { Duplex } from './duplex.js'
import { checkDuplex } from './given.js'
import { type ByteDuplex, readOptions, type StreamOptions, type WebSocketDuplex } from './options.js'

export { type WebSocketCloseInfo, WebSocketError, type WebSocketErrorOptions } from './error.js'
export type {
  ByteDuplex,
  ByteReader,
  ByteWriter,
  ExistingConnection,
  NewConnection,
  Readable,
  StreamOptions,
  TransportOptions,
  WebSocketDuplex,
  WebSocketOpenInfo,
  Writable,
} from './options.js'

/**
 * Runs a connection over a pair of byte streams, after its opening handshake, until both have ended. What it gives has
 * the shape of the platform's WebSocketStream.
 *
 * Reading: bytes are read only while `readable` has room, which is for one message; and so a reader that is slow slows
 * down the peer, and memory stays flat. Pings are answered in their place among the messages: not before those are read.
 * Where the transport ends or the peer breaks the protocol while the connection is open, what came before is given
 * before the error.
 *
 * Writing: `write()` resolves when the transport has taken the message, or it was put together with the next one. The
 * chunk may be changed once it has resolved. `desiredSize` is in bytes.
 *
 * Ending: `writable.close()` sends a close frame behind what was written; what the peer sent before its own is still
 * delivered, and it resolves with `closed`. `close()`, `readable.cancel()` and `writable.abort()` send one now, and
 * what still arrives is discarded; cancel and abort take a WebSocketError that says what the close frame does. The
 * peer's close frame is answered with its own status code, and ends `readable`; writing is an InvalidStateError from
 * then on. An end without a closing handshake is a WebSocketError of both streams and of `closed`, with closeCode 1006
 * and what was behind it as its cause. A chunk that is no message is a TypeError of `writable`, and closes with 1011.
 *
 * @param duplex Neither stream may be locked; both are then, and are ended with the connection. A socket of Node gives
 * them by `Readable.toWeb(socket)` and `Writable.toWeb(socket)`, or `Duplex.toWeb(stream)`; before Node 24, set its
 * `allowHalfOpen` to false first where it is not: else `readable` does not end when the peer does.
 * @param connectionOrOptions A Connection with delivery 'message', or the role and options of one that is to be made,
 * with those of the streams. A message of a registered type has no place in a stream, and closes with 1003.
 * @throws TypeError or RangeError where an option is wrong or a stream is locked; then neither was touched.
 */
export function fromDuplex(
  duplex: ByteDuplex,
  connectionOrOptions: Connection<string, string> | StreamOptions,
): WebSocketDuplex {
  checkDuplex(duplex)
  return new Duplex(duplex, readOptions(connectionOrOptions))
}
