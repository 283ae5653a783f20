// Payloads that come in several pieces, each put together in one buffer that is used again: fresh memory costs more than
// the copy into it. Knows bytes; nothing of frames and sockets.

const SIZE = 512 * 1024
const KEPT = 256

const spare: Buffer[] = []

export class Gathered {
  #bytes = spare.pop() ?? Buffer.allocUnsafeSlow(SIZE)
  #length = 0

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2)
      larger.set(this.#bytes.subarray(0, this.#length))
      this.release()
      this.#bytes = larger
    }
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Gives the memory back: nobody may use {@link bytes} any more. */
  release(): void {
    if (this.#bytes.length === SIZE && spare.length < KEPT) spare.push(this.#bytes)
  }
}
