// Chunks of the two streams of messages: what may be written, what is read, and what they weigh.
// Knows no stream and no frame.

import type { Readable, Writable } from './options.js'

/** How much a chunk weighs in a queue: bytes, or characters of text; nothing is encoded to find out. */
export function sizeOf(chunk: Readable | Writable): number {
  // An empty one weighs something, or any number of them would be nothing.
  return Math.max(1, (typeof chunk === 'string' ? chunk.length : chunk?.byteLength) || 0)
}

/** The bytes of a BufferSource; TypeError where it is none. Shared memory is none, since it can change while it is sent. */
export function bytesOf(chunk: unknown): Uint8Array {
  const view = ArrayBuffer.isView(chunk) ? chunk : undefined
  const buffer = view?.buffer ?? chunk
  if (Object.prototype.toString.call(buffer) !== '[object ArrayBuffer]') {
    const given = chunk === null ? 'null' : view === undefined ? typeof chunk : 'a view of shared memory'
    throw new TypeError(`a message must be a string, an ArrayBuffer or a view of one, not ${given}`)
  }
  return new Uint8Array(
    buffer as ArrayBuffer,
    view?.byteOffset ?? 0,
    view?.byteLength ?? (buffer as ArrayBuffer).byteLength,
  )
}

/** Bytes in a buffer of just their size, which nobody else has: small ones keep no chunk, and all can be transferred. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array)
    return bytes as Uint8Array<ArrayBuffer>
  return new Uint8Array(bytes)
}
