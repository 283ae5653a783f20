// Slabs: buffers that small results share, one after another, because a buffer of its own costs several times what a
// short frame does. Knows bytes; nothing of frames.

/** Results larger than this, in bytes, should have a buffer of their own. */
export const MOST_SHARED = 4096

/** Memory to write into. Asking a view for its buffer costs as much as making one. */
export class Memory {
  readonly buffer: ArrayBuffer
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView

  /** `size`: in bytes. */
  constructor(size: number) {
    this.buffer = new ArrayBuffer(size)
    this.bytes = new Uint8Array(this.buffer)
    this.view = new DataView(this.buffer)
  }
}

/** Hands out memory, each byte of it once. What is kept of it keeps at most `size` bytes. */
export class Slab {
  /** Where reserved memory lies. */
  memory: Memory | undefined
  readonly #size: number
  #used = 0

  /** `size`: of a buffer, in bytes, at least MOST_SHARED. */
  constructor(size: number) {
    this.#size = size
  }

  /** The offset of `count` bytes in {@link memory}, which may be another one after this. */
  reserve(count: number): number {
    // A buffer that was transferred to another thread has no length.
    if (this.memory === undefined || this.memory.bytes.length - this.#used < count) {
      this.memory = new Memory(this.#size)
      this.#used = 0
    }
    const at = this.#used
    this.#used = at + count
    return at
  }

  /** `count` bytes, all 0. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const at = this.reserve(count)
    return new Uint8Array((this.memory as Memory).buffer, at, count)
  }
}
