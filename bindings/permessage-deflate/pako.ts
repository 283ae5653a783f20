// The backend that runs everywhere: pako, a port of zlib to JavaScript.
// Knows pako's low-level API, which is zlib's; no negotiation and no connection.

import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
  zlibInflateSetDictionary,
} from 'pako'
import {
  type Backend,
  type Deflater,
  type DeflaterSettings,
  type Inflater,
  type InflaterSettings,
  TAIL,
  tooLong,
  wrongData,
  wrongEnd,
} from './backend.js'
import { Output } from './output.js'

const DEFLATED = 8
const DEFAULT_MEM_LEVEL = 8
const EMPTY = new Uint8Array(0)

// How many blocks of a message may have BFINAL on: these, and one for so many bytes. Going on after one costs
// pako as much as some hundred bytes do, and the peer two; at this rate they cost no more than small dynamic blocks.
const FINAL_BLOCKS = 64
const FINAL_BLOCK_BYTES = 16

// zlib's `data_type` after inflating: where in a stream it is.
const AT_BLOCK = 128
const UNUSED_BITS = 63

/** The default backend: pako. */
export const pako: Backend = {
  deflater: (settings) => new PakoDeflater(settings),
  inflater: (settings) => new PakoInflater(settings),
}

class PakoDeflater implements Deflater {
  readonly #stream = new ZStream()

  constructor({ windowBits, level, memLevel }: DeflaterSettings) {
    // zlib has no window of 256 bytes. With one of 512 it looks no further back than 512 - 262 = 250 bytes (MAX_DIST in
    // its deflate.h), so that a peer with 256 can follow: RFC 7692 section 7.1.2.
    const bits = Math.max(windowBits, 9)
    // Its newer hash takes 64 KiB for the least memLevel; the older one, as much as memLevel says.
    const olderHash = memLevel < DEFAULT_MEM_LEVEL
    const status = zlibDeflateInit2(this.#stream, level, DEFLATED, -bits, memLevel, Z_DEFAULT_STRATEGY, olderHash)
    if (status !== Z_OK) throw new Error(`pako cannot deflate with these settings: status ${status}`)
  }

  deflate(bytes: Uint8Array): Uint8Array {
    const stream = this.#stream
    const output = new Output()
    feed(stream, bytes)
    do {
      stream.output = output.buffer()
      stream.next_out = 0
      stream.avail_out = stream.output.length
      zlibDeflate(stream, Z_SYNC_FLUSH)
      output.wrote(stream.next_out)
    } while (stream.avail_out === 0)
    feed(stream, EMPTY)
    return output.take()
  }

  reset(): void {
    zlibDeflateReset(this.#stream)
  }
}

/** Inflates with pako. */
export class PakoInflater implements Inflater {
  readonly #stream = new ZStream()
  /** The last block had BFINAL on. */
  #ended = false
  /** Blocks of this message that had BFINAL on, and bytes of the pieces before this one. */
  #finalBlocks = 0
  #earlier = 0

  constructor({ windowBits }: InflaterSettings) {
    const status = zlibInflateInit2(this.#stream, -windowBits)
    if (status !== Z_OK) throw new Error(`pako cannot inflate with these settings: status ${status}`)
  }

  inflate(piece: Uint8Array, fin: boolean, limit: number): Uint8Array {
    const stream = this.#stream
    const output = new Output()
    try {
      this.#run(piece, output, limit)
      this.#earlier += piece.length
      if (fin) this.#finish(output, limit)
      return output.take()
    } finally {
      feed(stream, EMPTY)
    }
  }

  reset(): void {
    this.#ended = false
    this.#finalBlocks = 0
    this.#earlier = 0
    zlibInflateReset(this.#stream)
  }

  /** Before the first message: as if it had given `window`, of at most so many bytes as its window has. */
  restore(window: Uint8Array): void {
    zlibInflateSetDictionary(this.#stream, window)
  }

  #run(bytes: Uint8Array, output: Output, limit: number): void {
    const stream = this.#stream
    feed(stream, bytes)
    while (true) {
      if (this.#ended) {
        if (stream.avail_in === 0) return
        this.#goOn()
      }
      stream.output = output.buffer()
      stream.next_out = 0
      // One byte more than may come out, so that a message of exactly the limit is told from a longer one.
      stream.avail_out = Math.min(stream.output.length, limit - output.size + 1)
      const status = zlibInflate(stream, Z_SYNC_FLUSH)
      output.wrote(stream.next_out)
      if (output.size > limit) throw tooLong()
      if (status === Z_STREAM_END) {
        this.#ended = true
        this.#finalBlocks += 1
        const read = this.#earlier + bytes.length - stream.avail_in
        if (this.#finalBlocks > FINAL_BLOCKS + read / FINAL_BLOCK_BYTES) throw wrongData('too many final blocks')
      } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
        throw wrongData(stream.msg || `status ${status}`)
      } else if (stream.avail_out > 0) return
    }
  }

  /** RFC 7692 section 7.2.3.4: a message may go on after a block with BFINAL on, and the window stays. */
  #goOn(): void {
    this.#ended = false
    zlibInflateResetKeep(this.#stream)
  }

  #finish(output: Output, limit: number): void {
    this.#finalBlocks = 0
    this.#earlier = 0
    // Not what RFC 7692 section 7.2.1 asks of a sender, but whole without doubt: nothing comes after the final block.
    if (this.#ended) {
      this.#goOn()
      return
    }
    this.#run(TAIL, output, limit)
    // The four octets complete the empty block that the sender cut off: now a block may begin, at a whole byte. Anywhere
    // else, bytes are missing or there are too many.
    if ((this.#stream.data_type & (AT_BLOCK | UNUSED_BITS)) !== AT_BLOCK) {
      throw wrongEnd()
    }
  }
}

/** What the stream reads next; afterwards nothing, so that it keeps no caller's bytes alive. */
function feed(stream: ZStream, bytes: Uint8Array): void {
  stream.input = bytes
  stream.next_in = 0
  stream.avail_in = bytes.length
}
