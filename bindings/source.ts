// Sources: the bytes that payloads of messages lie in, with the time when they came.
// Knows bytes and who may share them; nothing of frames.

/** When bytes were received, shared by all the messages that came with them. */
export class Arrival {
  /** ms since the epoch. */
  readonly time: number

  constructor(time: number) {
    this.time = time
  }
}

// A payload of this size costs no more to copy than to make a view of, and then keeps nothing else in memory.
const COPIED_SIZE = 64

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
      if (size <= COPIED_SIZE) return this.bytes.slice(start, end)
    }
    return this.view(start, end)
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
