// The public API of noio-ws/permessage-deflate. Knows nothing itself.

import type { ExtensionNegotiator } from '../index.js'
import { Negotiator } from './negotiator.js'
import { type PermessageDeflateOptions, readOptions } from './options.js'
import { pako } from './pako.js'

export type { Backend, Deflater, DeflaterSettings, Inflater, InflaterSettings } from './backend.js'
export type { PermessageDeflateOptions } from './options.js'

/**
 * Compression of messages, permessage-deflate (RFC 7692), for the opening handshake to agree upon.
 *
 * Make one and use it for every connection, of either role: connections share what they can of its memory. Each
 * connection that has sent a compressed message keeps a window and tables of about 260 KiB, and each that has received
 * one 40 KiB, until it ends; without context takeover in a direction it keeps nothing between messages.
 *
 * Compression and decompression are synchronous. A received message never becomes longer than the connection's
 * maxMessageSize, nor takes memory for more.
 *
 * Do not compress what an attacker can mix secrets of others into: the length of the result tells about both (RFC 7692
 * section 8).
 *
 * @throws TypeError where an option has another type than these.
 * @throws RangeError where an option is out of range.
 */
export function permessageDeflate(options: PermessageDeflateOptions = {}): ExtensionNegotiator {
  return new Negotiator(readOptions(options, pako))
}
