// A backend on node:zlib, with documented calls only: a message at a time, the window before it given as a dictionary.
// Knows node:zlib, and is the only file here that does; what comes in pieces is left to pako.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import {
  type Backend,
  type Deflater,
  type DeflaterSettings,
  type Inflater,
  type InflaterSettings,
  TAIL,
  tooLong,
  wrongData,
  wrongEnd,
} from './backend.js'
import { PakoInflater, pako } from './pako.js'

// What is read after a message: its tail, and a final block that holds bytes which no peer knows. Only where these come
// out last was the message whole: zlib does not tell whether it is between two blocks.
const NONCE = crypto.getRandomValues(new Uint8Array(8))
const FINAL = Uint8Array.of(0x01, NONCE.length, 0, 0xff ^ NONCE.length, 0xff)
const END = join([TAIL, FINAL, NONCE])
const MOST = 2 ** 31 - 1

/**
 * A backend for Node that uses its zlib: pass it as the option `backend`.
 *
 * Compared with the default it keeps 32 KiB instead of 260 for each compressing connection, and takes about half the time for
 * messages of 16 KiB and more. With context takeover it takes more time for those of less than 4 KiB, as it reads the
 * window anew for each; without, a third for the small ones too. A message that is received in pieces or fragments is
 * left to the default.
 *
 * In runtimes whose node:zlib takes no dictionary, as Deno's, it is the default backend.
 */
export const nodeZlib: Backend = {
  deflater: (settings) => (takesDictionary() ? new NodeDeflater(settings) : pako.deflater(settings)),
  inflater: (settings) => (takesDictionary() ? new NodeInflater(settings) : pako.inflater(settings)),
}

class NodeDeflater implements Deflater {
  readonly #settings: DeflaterSettings
  readonly #history: History

  constructor(settings: DeflaterSettings) {
    this.#settings = settings
    this.#history = new History(settings.windowBits)
  }

  deflate(bytes: Uint8Array): Uint8Array {
    // Node's documentation: a windowBits of 8 becomes 9, which "effectively uses an 8-bit window only".
    const { windowBits, level, memLevel } = this.#settings
    const finishFlush = constants.Z_SYNC_FLUSH
    const dictionary = this.#history.bytes
    const options = { windowBits, level, memLevel, finishFlush }
    const deflated = deflateRawSync(bytes, dictionary.length > 0 ? { ...options, dictionary } : options)
    this.#history.add(bytes)
    return own(deflated)
  }

  reset(): void {
    this.#history.clear()
  }
}

class NodeInflater implements Inflater {
  readonly #settings: InflaterSettings
  readonly #history: History
  /** For the message in progress, where it comes in pieces. */
  #pieces: PakoInflater | undefined

  constructor(settings: InflaterSettings) {
    this.#settings = settings
    this.#history = new History(settings.windowBits)
  }

  inflate(piece: Uint8Array, fin: boolean, limit: number): Uint8Array {
    const whole = fin && this.#pieces === undefined ? this.#inflateWhole(piece, limit) : undefined
    if (whole !== undefined) return whole
    if (this.#pieces === undefined) {
      this.#pieces = new PakoInflater(this.#settings)
      this.#pieces.restore(this.#history.bytes)
    }
    const inflated = this.#pieces.inflate(piece, fin, limit)
    this.#history.add(inflated)
    if (fin) this.#pieces = undefined
    return inflated
  }

  reset(): void {
    this.#pieces = undefined
    this.#history.clear()
  }

  /** Undefined where pako has to look at the message; then nothing has changed. */
  #inflateWhole(payload: Uint8Array, limit: number): Uint8Array | undefined {
    const input = join([payload, END])
    const { buffer, engine } = inflateOne(input, this.#settings, this.#history.bytes, limit)
    const read = engine.bytesWritten
    // A block with BFINAL on, and more after it: RFC 7692 section 7.2.3.4.
    if (read < payload.length) return undefined
    const ends = read === input.length
    if (ends ? !endsWith(buffer, NONCE) : read > payload.length) throw wrongEnd()
    const output = ends ? buffer.subarray(0, -NONCE.length) : buffer
    // The end came out as data of a stored block: either that lacks bytes, or the message happens to end like this.
    if (ends && endsWith(output, FINAL)) return undefined
    if (output.length > limit) throw tooLong()
    const whole = own(output)
    this.#history.add(whole)
    return whole
  }
}

/** The last bytes that went through one direction, as many as its window has. */
class History {
  readonly #windowSize: number
  #window: Uint8Array | undefined
  #size = 0

  constructor(windowBits: number) {
    this.#windowSize = 2 ** windowBits
  }

  /** A view that holds until the next call. */
  get bytes(): Uint8Array {
    return this.#window?.subarray(0, this.#size) ?? new Uint8Array(0)
  }

  add(bytes: Uint8Array): void {
    const most = this.#windowSize
    this.#window ??= new Uint8Array(most)
    const last = bytes.length > most ? bytes.subarray(bytes.length - most) : bytes
    const kept = Math.min(this.#size, most - last.length)
    this.#window.copyWithin(0, this.#size - kept, this.#size)
    this.#window.set(last, kept)
    this.#size = kept + last.length
  }

  clear(): void {
    this.#size = 0
  }
}

interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/** Inflates up to the end of a final block. Documented: `info` returns the engine, whose bytesWritten it has read. */
function inflateOne(input: Uint8Array, settings: InflaterSettings, before: Uint8Array, limit: number): Inflated {
  const maxOutputLength = Math.min(limit + NONCE.length, MOST)
  const options = { windowBits: settings.windowBits, maxOutputLength, info: true }
  try {
    const inflated: unknown = inflateRawSync(input, before.length > 0 ? { ...options, dictionary: before } : options)
    return inflated as Inflated
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong()
    if (code === 'Z_BUF_ERROR') throw wrongEnd()
    throw wrongData(message)
  }
}

function endsWith(bytes: Uint8Array, end: Uint8Array): boolean {
  const start = bytes.length - end.length
  return start >= 0 && end.every((byte, i) => bytes[start + i] === byte)
}

/** In memory of its own: zlib's results may be a small part of a chunk of 16 KiB, or of Node's shared pool. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes)
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

let tried: boolean | undefined

/** Whether node:zlib uses a dictionary. Where it does not, it says nothing, and gives wrong bytes. */
function takesDictionary(): boolean {
  if (tried !== undefined) return tried
  const dictionary = new TextEncoder().encode('the quick brown fox jumps over a lazy dog')
  try {
    const deflated = deflateRawSync(dictionary, { dictionary })
    const inflated = inflateRawSync(deflated, { dictionary })
    tried = deflated.length < dictionary.length / 2 && inflated.length === dictionary.length
  } catch {
    tried = false
  }
  return tried
}
