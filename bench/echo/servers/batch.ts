// The bytes that answer one read, put together so that they go out in one write. Knows sockets and bytes; nothing of
// frames.

import type { Socket } from 'node:net'

/** A read brings at most 64 KiB, and its answers are shorter than it, but for a message that began in another. */
const SIZE = 128 * 1024
/** Views of up to so many bytes are kept: making one costs more than copying a small answer. */
const KEPT_VIEWS = 2048

/** One does for all connections, because it is empty between two reads. */
export class Batch {
  /** Where answers are put together, and how far they go. */
  bytes = Buffer.allocUnsafeSlow(SIZE)
  used = 0
  /** Up to where the socket has been given them. */
  #given = 0
  #isCorked = false
  #views: Buffer[] = []

  /** Behind what there is, `parts` as they are. */
  writeThrough(socket: Socket, parts: readonly Uint8Array[]): void {
    if (!this.#isCorked) socket.cork()
    this.#isCorked = true
    this.#give(socket)
    for (const part of parts) socket.write(part)
  }

  /**
   * Writes all of it. Where the socket's writableLength is 0 after that, the kernel has taken it, and the same memory is
   * used for the next; otherwise it is the socket's until it is written, and the next answers get other memory.
   */
  flush(socket: Socket): void {
    this.#give(socket)
    if (this.#isCorked) socket.uncork()
    this.#isCorked = false
    if (this.used === 0) return
    this.used = 0
    this.#given = 0
    if (socket.writableLength === 0) return
    this.bytes = Buffer.allocUnsafeSlow(SIZE)
    this.#views = []
  }

  #give(socket: Socket): void {
    const from = this.#given
    const to = this.used
    if (from === to) return
    this.#given = to
    socket.write(from === 0 && to <= KEPT_VIEWS ? this.#view(to) : this.bytes.subarray(from, to))
  }

  #view(length: number): Buffer {
    this.#views[length] ??= this.bytes.subarray(0, length)
    return this.#views[length]
  }
}
