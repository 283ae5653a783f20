// What compresses and decompresses for permessage-deflate: the interface, and the limits of its settings.
// Knows RFC 7692 section 7.2; no implementation, no negotiation and no connection.

import { ExtensionError } from '../index.js'

/** How a backend should compress. */
export interface DeflaterSettings {
  /**
   * Base-2 logarithm of the LZ77 sliding window, 8 to 15. No distance may be greater than 2 to the power of it: the peer
   * may have no larger window. RFC 7692 section 7.1.2.
   */
  readonly windowBits: number
  /** Compression level: 0 (none), 1 (fastest) to 9 (smallest), or -1 for the backend's default. */
  readonly level: number
  /** Memory for compression, 1 (least) to 9 (most), as zlib has it. */
  readonly memLevel: number
}

/** How a backend should decompress. */
export interface InflaterSettings {
  /** Base-2 logarithm of the largest LZ77 sliding window that the peer may have used, 8 to 15. */
  readonly windowBits: number
}

/** Compresses the messages of one direction of a connection, one after the other. */
export interface Deflater {
  /**
   * Compresses `bytes`, of which there is at least one, and flushes: the result is a whole number of bytes, no block in it
   * has BFINAL on, and it ends with an empty block without compression, of which the last four bytes are 00 00 FF FF.
   * RFC 7692 section 7.2.1. The result is the caller's; `bytes` is not kept.
   */
  deflate(bytes: Uint8Array): Uint8Array
  /** Forgets every byte it has seen, as if new. Whatever was on its way is dropped. */
  reset(): void
  /** It is not used any more. */
  release?(): void
}

/** Decompresses the messages of one direction of a connection, one after the other. */
export interface Inflater {
  /**
   * Decompresses the next piece of a message; `fin`: its last, after which 00 00 FF FF is appended. RFC 7692 section
   * 7.2.2. What follows a block with BFINAL on goes on with the same window. The result is the caller's, and may be what
   * earlier pieces become; `piece` is not kept.
   * @param limit Bytes that may come out of this piece and those that follow in its message. Memory is taken for bytes
   * that come out, up to the limit, whatever a piece declares.
   * @throws ExtensionError 1007 where the bytes are not DEFLATE, or where with `fin` they do not end with the block that
   * 00 00 FF FF completes; 1009 where more than `limit` bytes come out. It is of no use afterwards.
   */
  inflate(piece: Uint8Array, fin: boolean, limit: number): Uint8Array
  /** Forgets every byte it has seen, as if new. */
  reset(): void
  /** It is not used any more. */
  release?(): void
}

/**
 * What compresses and decompresses, synchronously. The default is pako, which runs wherever JavaScript does; a faster one
 * can be passed in as the option `backend`.
 */
export interface Backend {
  /** A new deflater. Asked for when the first message is compressed, not before. */
  deflater(settings: DeflaterSettings): Deflater
  /** A new inflater. Asked for when the first compressed message is received, not before. */
  inflater(settings: InflaterSettings): Inflater
}

/** The least window, 256 bytes, and the greatest, 32 KiB. RFC 7692 section 7.1.2. */
export const MIN_WINDOW_BITS = 8
export const MAX_WINDOW_BITS = 15

// RFC 7692 section 7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message."
export const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

// What a peer's message may be that is none. At most 100 characters: they become the reason of a close frame.

/** The message becomes longer than it may. */
export function tooLong(): ExtensionError {
  return new ExtensionError('compressed message becomes longer than allowed', 1009)
}

/** The message's bytes are not DEFLATE. */
export function wrongData(what: string): ExtensionError {
  return new ExtensionError(`compressed data is wrong: ${what}`, 1007)
}

/** The message's last block ends before or after its bytes do. */
export function wrongEnd(): ExtensionError {
  return new ExtensionError('compressed message does not end where its data does', 1007)
}
