// Deflaters and inflaters that are out of use: connections without context takeover share a few.
// Knows no DEFLATE. Each has one user at a time, from the first byte of a message to its last.

/** Kept for the next message; what more there is, is left to the garbage collector. */
const KEPT = 4

/** What can be lent: a deflater or an inflater. */
export interface Lent {
  reset(): void
  release?(): void
}

/** Lends deflaters or inflaters, all with the same settings. */
export class Pool<Codec extends Lent> {
  readonly #make: () => Codec
  readonly #idle: Codec[] = []

  constructor(make: () => Codec) {
    this.#make = make
  }

  /** One with an empty window. */
  take(): Codec {
    return this.#idle.pop() ?? this.#make()
  }

  /** Takes one back that works; it forgets what it has seen at once, not only when it is lent again. */
  give(codec: Codec): void {
    if (this.#idle.length >= KEPT) {
      codec.release?.()
      return
    }
    codec.reset()
    this.#idle.push(codec)
  }
}
