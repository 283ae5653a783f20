// The bytes that answer one read, in one write. Knows sockets and bytes; nothing of frames.

import type { Socket } from 'node:net'

const SIZE = 256 * 1024
/** Views of up to so many bytes are kept: making one costs more than copying a small answer. */
const KEPT_VIEWS = 2048

/**
 * Where answers are put together, for all connections: between two reads it is empty. Where a socket's writableLength is
 * 0 after a write, the kernel has taken all of it, and the same memory is used for the next; otherwise it is the
 * socket's until that is written, and the next answers get other memory.
 */
let out = Buffer.allocUnsafeSlow(SIZE)
let views: Buffer[] = []
let used = 0

function view(length: number): Buffer {
  if (length > KEPT_VIEWS) return out.subarray(0, length)
  views[length] ??= out.subarray(0, length)
  return views[length]
}

/** Copies `bytes` behind what there is for this socket. */
export function append(socket: Socket, bytes: Uint8Array): void {
  if (used + bytes.length > SIZE) flush(socket)
  out.set(bytes, used)
  used += bytes.length
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
  flush(socket)
  const last = parts.length - 1
  if (last > 0) socket.cork()
  for (let i = 0; i < last; i++) socket.write(parts[i])
  socket.write(parts[last], written)
  if (last > 0) socket.uncork()
}
