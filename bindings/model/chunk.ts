// Chunks: the bytes that payloads of messages lie in, with the time when they came.
// Knows bytes and their holders; nothing of frames.

import { NO_BYTES } from '../base/bytes.js'
import { decodeText } from '../base/text.js'
import { payloads } from '../memory/arena.js'

/** When bytes were received, shared by all the messages that came with them. */
export class Arrival {
  /** ms since the epoch. */
  readonly time: number

  constructor(time: number) {
    this.time = time
  }
}

/** A payload of up to this size, in bytes, is copied for the cost of a view, and then keeps nothing else in memory. */
const COPIED_SIZE = 64

// Short texts are decoded many at once, because each decoding costs more than their characters.
// Row 'text as strings, ASCII, 16 B': 3.4x.
/** So many bytes are decoded together; a text that is kept may keep as much. */
const TEXTS_SIZE = 4096
/** The longest text that is decoded with others, in bytes. */
const LONGEST_TEXT = 512

/** Where in a chunk all bytes are below 0x80, and what is decoded of them: the text of the bytes from `from` on. */
interface Texts {
  readonly start: number
  readonly end: number
  text: string
  from: number
}

/** Bytes from the network, or a copy of them. */
export class Chunk {
  /** May be of a subclass, whose own methods are not to be called. */
  readonly bytes: Uint8Array
  /** How many there were when they came. */
  readonly size: number
  /** Whether the bytes lie in memory that no caller gave, so that small payloads should not keep all of them. */
  readonly isCopy: boolean
  readonly arrival: Arrival
  /** The chunk that came after it. */
  next: Chunk | undefined
  // Asking a Uint8Array for these costs as much as making a view.
  #buffer: ArrayBufferLike | undefined
  #offset = 0
  #texts: Texts | undefined

  constructor(bytes: Uint8Array, isCopy: boolean, arrival: Arrival) {
    this.bytes = bytes
    this.size = bytes.length
    this.isCopy = isCopy
    this.arrival = arrival
  }

  /** Bytes that are kept in memory by a view of this. */
  get kept(): number {
    return this.#open().byteLength
  }

  /** Whether none of its memory was taken away, by a transfer of the buffer or by shrinking it. */
  get isWhole(): boolean {
    // Not by its length: Node 20 may still give the one that a detached array had, and byteLength costs 20 ns there.
    return this.size === 0 || this.bytes[this.size - 1] !== undefined
  }

  /** TypeError where memory that is still to be read was taken away. */
  check(): void {
    if (!this.isWhole) throw lostMemory()
  }

  /** Bytes `start` to `end`, to be copied from. */
  part(start: number, end: number): Uint8Array {
    this.check()
    return end - start === this.size && this.bytes.length === this.size ? this.bytes : this.view(start, end)
  }

  /** A view of bytes `start` to `end`. */
  view(start: number, end: number): Uint8Array {
    this.check()
    const buffer = this.#open()
    return new Uint8Array(buffer, this.#offset + start, end - start)
  }

  /** Bytes `start` to `end` as a message's payload. */
  payload(start: number, end: number): Uint8Array {
    this.check()
    const size = end - start
    if (!this.isCopy) return this.view(start, end)
    if (size === 0) return payloads.take(0)
    return size <= COPIED_SIZE ? this.bytes.slice(start, end) : this.view(start, end)
  }

  /** Leaves nothing of bytes `start` to `end` to the holders of results, where these share the memory. */
  clear(start: number, end: number): void {
    if (this.isCopy && this.kept !== end - start) this.view(start, end).fill(0)
  }

  /** Tells that all bytes from `start` to `end` are below 0x80, headers among them overwritten. */
  setAscii(start: number, end: number): void {
    this.#texts = { start, end, text: '', from: start }
  }

  /** Bytes `start` to `end`, which are below 0x80, as text; undefined where that is better done by their view. */
  asciiText(start: number, end: number): string | undefined {
    this.check()
    const texts = this.#texts
    if (texts === undefined) return undefined
    const from = start - texts.from
    if (from >= 0 && end - texts.from <= texts.text.length) return texts.text.substring(from, end - texts.from)
    const size = end - start
    if (size > LONGEST_TEXT || start < texts.start || texts.end - end < size) return undefined
    const last = Math.min(start + TEXTS_SIZE, texts.end)
    const text = decodeText(this.view(start, last))
    // What was handed out already may have been changed.
    if (text.length !== last - start) return undefined
    texts.text = text
    texts.from = start
    return text.substring(0, size)
  }

  #open(): ArrayBufferLike {
    if (this.#buffer === undefined) {
      this.#buffer = this.bytes.buffer
      this.#offset = this.bytes.byteOffset
    }
    return this.#buffer
  }
}

/** For bytes with which no message ends. */
export const NEVER = new Arrival(0)

export const NO_CHUNK = new Chunk(NO_BYTES, true, NEVER)

/** The one error where received bytes were taken away. */
export function lostMemory(): TypeError {
  return new TypeError(
    'received bytes were transferred or shrunk before they were read; slice() a payload to transfer it, and ' +
      "leave a chunk as it is under 'take'",
  )
}
