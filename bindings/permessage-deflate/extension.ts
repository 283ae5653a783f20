// permessage-deflate as one connection has agreed upon it: what it does to messages.
// Knows RFC 7692 section 7.2 and a backend; no frame, no connection, and not how the agreement came about.

import { shorter } from '../base/deflated.js'
import type { Bit, Extension } from '../index.js'
import { ExtensionError } from '../index.js'
import type { Deflater, Inflater } from './backend.js'
import type { Lent, Pool } from './pool.js'

export const NAME = 'permessage-deflate'

// RFC 7692 section 6: "the RSV1 bit of the first frame of a message".
const RSV1: readonly [Bit, Bit, Bit] = [1, 0, 0]
const EMPTY = new Uint8Array(0)

/** One direction of a connection. */
export interface Direction<Codec extends Lent> {
  readonly pool: Pool<Codec>
  /** Whether a message may refer to those before it. */
  readonly contextTakeover: boolean
}

/** What both ends have agreed upon, from this end's point of view. */
export interface Agreement {
  readonly deflate: Direction<Deflater>
  readonly inflate: Direction<Inflater>
  readonly threshold: number
}

/** permessage-deflate on one connection. */
export class PermessageDeflate implements Extension {
  readonly name = NAME
  readonly reserved = RSV1
  readonly #agreement: Agreement
  #deflater: Deflater | undefined
  #inflater: Inflater | undefined
  #failure: unknown
  #released = false

  constructor(agreement: Agreement) {
    this.#agreement = agreement
  }

  encodes(_type: string, size: number, fin: boolean): boolean {
    const { threshold } = this.#agreement
    return size >= threshold || (!fin && threshold !== Number.POSITIVE_INFINITY)
  }

  encode(payload: Uint8Array, fin: boolean): Uint8Array {
    if (this.#released) throw new Error('permessage-deflate was released')
    const { pool, contextTakeover } = this.#agreement.deflate
    // RFC 7692 section 7.2.3.6: an empty block without compression, less the four octets that the receiver appends.
    // Whatever came before it in its message ends at a whole byte.
    let encoded: Uint8Array = fin ? Uint8Array.of(0x00) : EMPTY
    const deflater = this.#deflater ?? (payload.length > 0 ? pool.take() : undefined)
    // Where the deflater fails, it may have moved on, and the peer has not: a new one refers to nothing that came before.
    this.#deflater = undefined
    if (deflater !== undefined && payload.length > 0) encoded = deflated(deflater, payload, fin)
    // RFC 7692 section 7.1.1: without context takeover, each message begins with an empty window.
    if (contextTakeover || !fin) this.#deflater = deflater
    else if (deflater !== undefined) pool.give(deflater)
    return encoded
  }

  decode(payload: Uint8Array, fin: boolean, budget: number): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#released) throw new Error('permessage-deflate was released')
    const { pool, contextTakeover } = this.#agreement.inflate
    this.#inflater ??= pool.take()
    let decoded: Uint8Array
    try {
      decoded = this.#inflater.inflate(payload, fin, budget)
    } catch (error) {
      // Where the stream is wrong, nothing after it can be read.
      this.#inflater.release?.()
      this.#inflater = undefined
      this.#failure = error instanceof ExtensionError ? error : new ExtensionError(String(error), 1007)
      throw this.#failure
    }
    if (fin && !contextTakeover) {
      pool.give(this.#inflater)
      this.#inflater = undefined
    }
    return decoded
  }

  release(): void {
    this.#released = true
    this.#deflater?.release?.()
    this.#inflater?.release?.()
    this.#deflater = undefined
    this.#inflater = undefined
  }
}

function deflated(deflater: Deflater, payload: Uint8Array, fin: boolean): Uint8Array {
  try {
    const flushed = deflater.deflate(payload)
    if (!endsFlushed(flushed)) throw new Error('the deflater of permessage-deflate did not flush')
    return shorter(flushed, payload, fin)
  } catch (error) {
    deflater.release?.()
    throw error
  }
}

function endsFlushed(bytes: Uint8Array): boolean {
  const end = bytes.length
  return end > 4 && bytes[end - 4] === 0 && bytes[end - 3] === 0 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xff
}
