// The options of both ends: their defaults, and what of them a connection needs.
// Knows no socket and no HTTP.

import { Compression, type Parameters } from './deflate.js'
import type { BeyondOptions, ConnectionOptions, PerMessageDeflateOptions } from './types.js'

const MAX_PAYLOAD = 100 * 1024 * 1024
const CLOSE_TIMEOUT = 30_000

/** Defaults of both ends, as ws has them. */
export const DEFAULTS = {
  allowSynchronousEvents: true,
  autoPong: true,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: MAX_PAYLOAD,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false,
  closeTimeout: CLOSE_TIMEOUT,
} as const

/** What setSocket is told of how a connection is to be. */
export interface SocketOptions extends BeyondOptions {
  readonly allowSynchronousEvents?: boolean | undefined
  readonly generateMask?: ((mask: Buffer) => void) | undefined
  readonly maxPayload?: number | undefined
  readonly maxFragments?: number | undefined
  readonly maxBufferedChunks?: number | undefined
  readonly skipUTF8Validation?: boolean | undefined
}

/** The options of permessage-deflate; undefined where it is off. */
export function deflateOptions(given: ConnectionOptions['perMessageDeflate']): PerMessageDeflateOptions | undefined {
  if (!given) return undefined
  return given === true ? {} : given
}

export function compressionOf(
  parameters: Parameters | undefined,
  options: PerMessageDeflateOptions | undefined,
  isServer: boolean,
): Compression | undefined {
  return parameters === undefined ? undefined : new Compression(parameters, options ?? {}, isServer)
}
