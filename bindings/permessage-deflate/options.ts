// The options of permessage-deflate: their types, defaults and checks.
// Knows no negotiation; what an option means in each role is said where it is declared, and done in negotiator.ts.

import { checkObject, checkType, checkWhole } from '../base/check.js'
import { checkOptions } from '../base/options.js'
import { outOfRange } from '../base/show.js'
import { type Backend, MAX_WINDOW_BITS, MIN_WINDOW_BITS } from './backend.js'

/** How {@link permessageDeflate} negotiates and compresses. The same options serve a client and a server. */
export interface PermessageDeflateOptions {
  /**
   * The server begins every message that it compresses with an empty window: it needs no memory between messages, and
   * compresses less. RFC 7692 section 7.1.1.1. Default false.
   *
   * Server: does so, and says so in every answer; also where it is false, if the client asks for it.
   * Client: asks for it, and fails a response that does not agree. Where it is false, the server may still do so.
   */
  serverNoContextTakeover?: boolean | undefined
  /**
   * The client begins every message that it compresses with an empty window. RFC 7692 section 7.1.1.2. Default false.
   *
   * Server: requires it in every answer. Also where it is false, it confirms what a client says it will do.
   * Client: does so, says so in its offer, and keeps to it whatever the answer. Where it is false, the server may still
   * require it.
   */
  clientNoContextTakeover?: boolean | undefined
  /**
   * Base-2 logarithm of the largest window that the server compresses with, 8 to 15: 256 bytes to 32 KiB. RFC 7692
   * section 7.1.2.1. Default: 15, which is not written.
   *
   * Server: uses no larger window, or as small a one as the client asks for, and says so in its answer.
   * Client: asks for it, and fails a response that does not agree, so that it needs no more memory to decompress. Where
   * there is none, the server may still choose a smaller one.
   */
  serverMaxWindowBits?: number | undefined
  /**
   * Base-2 logarithm of the largest window that the client compresses with, 8 to 15. RFC 7692 section 7.1.2.2. Default:
   * 15.
   *
   * Server: requires it, and declines an offer whose client does not say that it can be required: Safari's, which then
   * speaks without compression. Where there is none, it confirms what a client says it will use.
   * Client: uses no larger window whatever the answer, and says so in its offer. Where there is none, it offers the
   * parameter without a value, so that the server may choose.
   */
  clientMaxWindowBits?: number | undefined
  /**
   * Messages of fewer bytes are sent as they are; 0 compresses every one, Infinity none. A message that is sent in
   * fragments is compressed: how long it will be is not known. Default 1024.
   */
  threshold?: number | undefined
  /** Compression level: 1 (fastest) to 9 (smallest), 0 (none), -1 (the backend's default, 6 for pako). Default -1. */
  level?: number | undefined
  /**
   * Memory for compression, 1 (least) to 9 (most). With pako, 2^(windowBits + 2) + 2^(memLevel + 9) bytes for each
   * connection that compresses: 256 KiB as it is, 32 KiB with 5 and a window of 12 bits. Default 8.
   */
  memLevel?: number | undefined
  /** What compresses and decompresses. Default: pako, which is bundled and runs everywhere. */
  backend?: Backend | undefined
}

const KNOWN = [
  'serverNoContextTakeover',
  'clientNoContextTakeover',
  'serverMaxWindowBits',
  'clientMaxWindowBits',
  'threshold',
  'level',
  'memLevel',
  'backend',
] as const

/** The options as they are used. */
export interface Settings {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number | undefined
  readonly clientMaxWindowBits: number | undefined
  readonly threshold: number
  readonly level: number
  readonly memLevel: number
  readonly backend: Backend
}

/** Checks `options`; TypeError or RangeError where they are wrong. */
export function readOptions(options: PermessageDeflateOptions, standard: Backend): Settings {
  checkOptions(options, KNOWN)
  const { serverNoContextTakeover = false, clientNoContextTakeover = false } = options
  const { serverMaxWindowBits, clientMaxWindowBits } = options
  const { threshold = 1024, level = -1, memLevel = 8, backend = standard } = options
  checkType('serverNoContextTakeover', serverNoContextTakeover, 'boolean')
  checkType('clientNoContextTakeover', clientNoContextTakeover, 'boolean')
  if (serverMaxWindowBits !== undefined) {
    checkWhole('serverMaxWindowBits', serverMaxWindowBits, MIN_WINDOW_BITS, MAX_WINDOW_BITS)
  }
  if (clientMaxWindowBits !== undefined) {
    checkWhole('clientMaxWindowBits', clientMaxWindowBits, MIN_WINDOW_BITS, MAX_WINDOW_BITS)
  }
  checkType('threshold', threshold, 'number', 'a number of bytes')
  if (!(threshold >= 0)) throw outOfRange('threshold', threshold, '0 and more are allowed')
  checkWhole('level', level, -1, 9)
  checkWhole('memLevel', memLevel, 1, 9)
  checkBackend(backend)
  return {
    serverNoContextTakeover,
    clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits,
    threshold,
    level,
    memLevel,
    backend,
  }
}

function checkBackend(value: Partial<Backend>): void {
  checkObject('backend', value)
  checkType('backend.deflater', value.deflater, 'function')
  checkType('backend.inflater', value.inflater, 'function')
}
