// ArrayBuffers that can be resized, and transfers. Knows the platform, of which the compiler's library is behind.

/** What an ArrayBuffer has in addition to that of ES2022. */
export interface Resizable extends ArrayBuffer {
  resize(size: number): void
}

/** A buffer with these bytes, which may become as large as `most`. */
export function resizable(bytes: Uint8Array, most = bytes.length): Resizable {
  const Buffer = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => Resizable
  const buffer = new Buffer(bytes.length, { maxByteLength: Math.max(most, bytes.length) })
  new Uint8Array(buffer).set(bytes)
  return buffer
}

/** Gives the memory of these bytes to another thread, as it were; their buffer has none any more. */
export function transfer({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}
