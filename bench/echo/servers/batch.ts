// The bytes that answer one read, put together so that they go out in one write. Knows sockets and bytes; nothing of
// frames.

import type { Socket } from 'node:net'

/** A read brings at most 64 KiB, and its answers are shorter than it, but for a message that began in another. */
const SIZE = 128 * 1024
/** Views of up to so many bytes are kept: making one costs more than copying a small answer. */
const KEPT_VIEWS = 2048

/**
 * Where answers are put together, up to `used`; for all connections, because it is empty between two reads. Where a
 * socket's writableLength is 0 after a write, the kernel has taken all of it, and the same memory is used for the next;
 * otherwise it is the socket's until that is written, and the next answers get other memory.
 */
export let out = Buffer.allocUnsafeSlow(SIZE)
export let used = 0
let views: Buffer[] = []

/** Tells how far answers go now. */
export function setUsed(end: number): void {
  used = end
}

function view(length: number): Buffer {
  if (length > KEPT_VIEWS) return out.subarray(0, length)
  views[length] ??= out.subarray(0, length)
  return views[length]
}

/** Writes what there is. */
export function flush(socket: Socket): void {
  if (used === 0) return
  socket.write(view(used))
  used = 0
  if (socket.writableLength === 0) return
  out = Buffer.allocUnsafeSlow(SIZE)
  views = []
}

/** Writes `parts` as they are, behind what there is. `written`: when they are no longer needed. */
export function writeThrough(socket: Socket, parts: readonly Uint8Array[], written?: () => void): void {
  const last = parts.length - 1
  socket.cork()
  flush(socket)
  for (let i = 0; i < last; i++) socket.write(parts[i])
  socket.write(parts[last], written)
  socket.uncork()
}
