// Unmasked payload that need not be looked at: only the header is read, without the module, and the payload is skipped.
// Row 'receive unmasked, 1 KiB': 1.2x. Knows whole frames; those that are cut are the decoder's.

import type { Settings } from '../options/settings.js'
import { isPlainText, wholePayloadSize } from './frame-header.js'

/** Below this many payload bytes, the module reads many frames at once faster. */
const SHORTEST = 200

/**
 * The payload bytes of the frame that begins at `at`, where it is a whole message that may be skipped; else -1. The
 * caller has seen that nothing is in progress, and that the peer masks nothing.
 */
export function skippablePayloadSize(bytes: Uint8Array, at: number, settings: Settings): number {
  const size = wholePayloadSize(bytes, at, settings)
  return size < SHORTEST || isPlainText(bytes[at]) ? -1 : size
}
