// Slabs: buffers that small results share, one after another, because a buffer of its own costs several times what a
// short frame does. Knows bytes; nothing of frames.

/** Up to this many bytes, the platform makes a new buffer at a fraction of the cost of a larger one. */
export const SMALL_BUFFER = 64

/** Results larger than this, in bytes, should have a buffer of their own. */
export const MOST_SHARED = 4096

/** Hands out memory, each byte of it once. What is kept of it keeps at most `size` bytes. */
export class Slab {
  readonly #size: number
  // Asking a view for its buffer costs as much as making one.
  #buffer = new ArrayBuffer(0)
  #left = 0

  /** `size`: of a buffer, in bytes, at least MOST_SHARED. */
  constructor(size: number) {
    this.#size = size
  }

  /** `count` bytes, all 0. */
  take(count: number): Uint8Array<ArrayBuffer> {
    // A buffer that was transferred to another thread has no length.
    if (this.#left < count || this.#buffer.byteLength === 0) {
      this.#buffer = new ArrayBuffer(this.#size)
      this.#left = this.#size
    }
    const at = this.#size - this.#left
    this.#left -= count
    return new Uint8Array(this.#buffer, at, count)
  }
}
