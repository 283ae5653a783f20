// What a program may give to send, as bytes: every kind of data that ws takes.
// Knows no frame.

import { isUint8Array } from 'node:util/types'

/** Bytes of anything that has some; Buffer.from says what is wrong with anything else. */
export function bytesOf(data: unknown): Uint8Array {
  if (isUint8Array(data)) return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.from(data as never)
}

/** The same, where a string is sent as UTF-8. */
export function payloadOf(data: unknown): string | Uint8Array {
  return typeof data === 'string' ? data : bytesOf(data)
}

/** As ws, which takes numbers for their digits, and everything that is falsy but a string for nothing. */
export function normalised(data: unknown): unknown {
  if (typeof data === 'number') return data.toString()
  return data || (data === '' ? data : EMPTY)
}

export const EMPTY = Buffer.alloc(0)

export function isBlob(data: unknown): data is Blob {
  return (
    typeof data === 'object' &&
    data !== null &&
    typeof (data as Blob).arrayBuffer === 'function' &&
    typeof (data as Blob).type === 'string' &&
    typeof (data as Blob).stream === 'function' &&
    (Object.prototype.toString.call(data) === '[object Blob]' ||
      Object.prototype.toString.call(data) === '[object File]')
  )
}

/** How many bytes data has on the wire, without its header. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data)
  if (isBlob(data)) return data.size
  return bytesOf(data).length
}

/** A typed array so short may lie among the objects of the heap, where asking for its ArrayBuffer makes one, and moves it. */
const SHORT = 64

/** Bytes as a Buffer, which shares their memory unless they are few. Of 16 B, to copy takes a quarter of the time. */
export function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes.length <= SHORT) return Buffer.from(bytes)
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
}

export const BINARY_TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const
export type BinaryType = (typeof BINARY_TYPES)[number]

/** A binary message as the program wants it. */
export function asType(payload: Uint8Array, type: BinaryType): Buffer | Buffer[] | ArrayBuffer | Blob {
  if (type === 'nodebuffer') return bufferOf(payload)
  if (type === 'fragments') return [bufferOf(payload)]
  const { buffer, byteOffset, byteLength } = payload
  const isWhole = byteLength === buffer.byteLength
  const own = (isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer
  return type === 'arraybuffer' ? own : new Blob([own])
}
