// Memory for results and for what is not complete: slabs that results are cut from, and buffers that are used again.
// Knows sizes; nothing of frames.
//
// A buffer of its own costs a result of some 100 bytes 10 to 25 times as much as a part of a larger one, a slab. Holders
// of a result can read all of its slab by `.buffer`, so a slab is cleared when it is made, and holds results only: what
// is pending lies elsewhere. State of a thread, because the slabs of one connection would mostly lie idle.

/** Up to this many bytes, the platform makes a buffer at the cost of a view, and such a result keeps nothing else. */
const OWN_SMALL = 64

/** A result of more than one part in so many of a slab has a buffer of its own, so that no slab is mostly unused. */
const LARGEST_PART = 4

/** Where results begin in a slab: at a multiple of this, so that any kind of typed array can be made of one. */
const ALIGNMENT = 8

/** Hands out the bytes of its slabs, each of them once. */
export class Arena {
  readonly #size: number
  // The current slab. Asking a view for its buffer costs as much as making one.
  #slab = new ArrayBuffer(0)
  #next = 0
  #nothing = new ArrayBuffer(0)

  /** `size`: of a slab, in bytes: what a result that is kept keeps. */
  constructor(size: number) {
    this.#size = size
  }

  /** Memory for a result of `size` bytes, each of which the caller is to write before the result is given to anyone. */
  take(size: number): Uint8Array<ArrayBuffer> {
    if (size <= OWN_SMALL) return size > 0 ? new Uint8Array(size) : this.#empty()
    if (size > this.#size / LARGEST_PART) return ownBuffer(size)
    // A slab that was transferred away has no bytes.
    if (this.#next + size > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(this.#size)
      this.#next = 0
    }
    const start = this.#next
    this.#next = (start + size + ALIGNMENT - 1) & -ALIGNMENT
    return new Uint8Array(this.#slab, start, size)
  }

  /** A view of nothing: a buffer without bytes costs several times as much. */
  #empty(): Uint8Array<ArrayBuffer> {
    if (this.#nothing.byteLength === 0) this.#nothing = new ArrayBuffer(1)
    return new Uint8Array(this.#nothing, 0, 0)
  }
}

/** For frames that are sent. */
export const frames = new Arena(64 * 1024)
/** For payloads that are put together, and for chunks that are copied. */
export const payloads = new Arena(32 * 1024)

/** The part of Node's Buffer that is used where the platform has one, as Bun and Deno do. */
interface NodeBuffer {
  allocUnsafeSlow?(size: number): Uint8Array<ArrayBuffer>
}

/** A buffer of its own, not cleared where the platform can leave that out: every byte of it is to be written. */
export function ownBuffer(size: number): Uint8Array<ArrayBuffer> {
  const buffer = (globalThis as { Buffer?: NodeBuffer }).Buffer?.allocUnsafeSlow?.(size).buffer
  // Were it larger, holders of the result could read what others have left there.
  return buffer?.byteLength === size ? new Uint8Array(buffer) : new Uint8Array(size)
}

/** Pending memory is lent in powers of two, from this on. */
const SMALLEST_PENDING = 128
/** Up to this many bytes, memory that is given back is lent again; what is larger is made anew each time. */
export const LARGEST_PENDING = 8192
/** How many buffers of a size wait to be lent again: all sizes together, 254 KiB at most. */
const MOST_WAITING = 16

/** Buffers that wait to be lent again, by the number of leading zeros of their size. */
const waiting: Uint8Array<ArrayBuffer>[][] = Array.from({ length: 32 }, () => [])

/**
 * Lends memory of at least `size` bytes, at most {@link LARGEST_PENDING}, for a payload that is not complete. It may
 * hold what others have left in it: it is never to be handed out.
 */
export function lendPending(size: number): Uint8Array<ArrayBuffer> {
  const zeros = Math.clz32(Math.max(size, SMALLEST_PENDING) - 1)
  return waiting[zeros - 1].pop() ?? new Uint8Array(2 ** (32 - zeros))
}

/** Takes back memory that {@link lendPending} gave. */
export function returnPending(bytes: Uint8Array<ArrayBuffer>): void {
  const list = waiting[Math.clz32(bytes.length)]
  if (list.length < MOST_WAITING) list.push(bytes)
}
