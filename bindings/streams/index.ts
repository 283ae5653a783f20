// noio-ws/streams: a WebSocket connection over any pair of byte streams, as a pair of streams of messages.
// Knows nothing of where the byte streams come from; the opening handshake is over.

import type { Connection } from '../index.js'
import { Duplex } from './duplex.js'
import { checkDuplex, checkNodeStream } from './given.js'
import { type NodeStream, NodeTransport } from './node-stream.js'
import { type ByteDuplex, readOptions, type StreamOptions, type WebSocketDuplex } from './options.js'
import { View } from './view.js'

export { type WebSocketCloseInfo, WebSocketError, type WebSocketErrorOptions } from './error.js'
export type { NodeStream } from './node-stream.js'
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
 * Reading: bytes are read from the transport until `highWaterMark` bytes of messages wait in `readable`; and so a reader
 * that is slow slows down the peer, and memory stays flat, while one that does not read still answers pings and sees a
 * close. Whatever ends the connection, what came before is given first.
 *
 * Writing: `write()` resolves when the transport has taken the message, or it was put together with the next one. The
 * chunk may be changed once it has resolved. `desiredSize` is in bytes.
 *
 * Ending: `writable.close()`, `close()` and `readable.cancel()` send a close frame behind what was written before, and
 * `writable.abort()` one now. After `writable.close()`, what the peer sent before its own is still delivered, and it
 * resolves with `closed`; after the others it is discarded. cancel and abort take a WebSocketError that says what the close
 * frame does; another error, such as that of a pipe's other end, is closed with 1011. The peer's close frame is answered
 * with its own status code, and ends `readable`; writing is an InvalidStateError from then on. An end without a closing
 * handshake is a WebSocketError of both streams and of `closed`, with closeCode 1006 and what was behind it as its cause. A
 * chunk that is no message is a TypeError of `writable`, and closes with 1011.
 *
 * @param duplex Neither stream may be locked; both are then, and are ended with the connection. For a socket or stream
 * of Node, {@link fromNodeStream} is better than `Duplex.toWeb()`.
 * @param connectionOrOptions A Connection with delivery 'message', or the role and options of one that is to be made,
 * with those of the streams. A message of a registered type has no place in a stream, and closes with 1003.
 * @throws TypeError or RangeError where an option is wrong or a stream is locked; then neither was touched.
 */
export function fromDuplex(
  duplex: ByteDuplex,
  connectionOrOptions: Connection<string, string> | StreamOptions,
): WebSocketDuplex {
  checkDuplex(duplex)
  const used = readOptions(connectionOrOptions)
  return new View(new Duplex(duplex, used), used)
}

/**
 * The same over a duplex stream of Node: a socket of node:net or node:tls, that of an 'upgrade', a stream of node:http2.
 * It ends with its peer whether or not `allowHalfOpen` is set, and is destroyed where it does not within `closeTimeout`;
 * its errors are handled. Nobody else may read from it or write to it.
 *
 * @param stream Behind the opening handshake. It is read from here on.
 * @param connectionOrOptions See {@link fromDuplex}.
 * @throws TypeError or RangeError where an option is wrong; then the stream was not touched.
 */
export function fromNodeStream(
  stream: NodeStream,
  connectionOrOptions: Connection<string, string> | StreamOptions,
): WebSocketDuplex {
  checkNodeStream(stream)
  const used = readOptions(connectionOrOptions)
  return new View(new Duplex(new NodeTransport(stream), used), used)
}
