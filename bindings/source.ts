// Sources: the bytes that payloads of messages lie in, with the time when they came.
// Knows bytes and who may share them; nothing of frames.

import { decodeText } from './bytes.js'

/** When bytes were received, shared by all the messages that came with them. */
export class Arrival {
  /** ms since the epoch. */
  readonly time: number

  constructor(time: number) {
    this.time = time
  }
}

/** Where empty payloads are: a buffer without bytes costs several times what a view of this one does. */
let nothing = new ArrayBuffer(1)

function emptyPayload(): Uint8Array {
  // One that was transferred to another thread has no bytes at all.
  if (nothing.byteLength === 0) nothing = new ArrayBuffer(1)
  return new Uint8Array(nothing, 0, 0)
}

// A payload of this size costs no more to copy than to make a view of, and then keeps nothing else in memory.
const COPIED_SIZE = 64

/**
 * Short texts are decoded many at once, this many bytes, because each decoding costs more than their characters. A text
 * that is kept may keep as much.
 */
const TEXTS_SIZE = 4096
/** The longest text that is decoded with others, in bytes. */
const LONGEST_TEXT = 512

/** Where in a source all bytes are below 0x80, and what is decoded of them: the text of the bytes from `from` on. */
interface Texts {
  readonly start: number
  readonly end: number
  text: string
  from: number
}

/** A chunk, or a payload that was put together. */
export class Source {
  /** May be of a subclass, whose own methods are not to be called. */
  readonly bytes: Uint8Array
  /** Whether the bytes are nobody else's, so that small payloads should not keep all of them. */
  readonly owned: boolean
  readonly arrival: Arrival
  /** The chunk that came after it. */
  next: Source | undefined
  // Asking a Uint8Array for these costs as much as making a view.
  #buffer: ArrayBufferLike | undefined
  #offset = 0
  #texts: Texts | undefined

  constructor(bytes: Uint8Array, owned: boolean, arrival: Arrival) {
    this.bytes = bytes
    this.owned = owned
    this.arrival = arrival
  }

  /** Bytes that are kept in memory by a view of this. */
  get kept(): number {
    return this.#open().byteLength
  }

  /** A view of bytes `start` to `end`. */
  view(start: number, end: number): Uint8Array {
    const buffer = this.#open()
    return new Uint8Array(buffer, this.#offset + start, end - start)
  }

  /** Bytes `start` to `end` as a message's payload. */
  payload(start: number, end: number): Uint8Array {
    const size = end - start
    if (this.owned) {
      if (size === this.bytes.length) return this.bytes
      if (size === 0) return emptyPayload()
      if (size <= COPIED_SIZE) return this.bytes.slice(start, end)
    }
    return this.view(start, end)
  }

  /** Tells that all bytes from `start` to `end` are below 0x80, headers among them overwritten. */
  setAscii(start: number, end: number): void {
    this.#texts = { start, end, text: '', from: start }
  }

  /** Bytes `start` to `end`, which are below 0x80, as text; undefined where that is better done alone. */
  asciiText(start: number, end: number): string | undefined {
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

/** Nothing, at no time. */
export const NO_SOURCE = new Source(new Uint8Array(0), true, new Arrival(0))
