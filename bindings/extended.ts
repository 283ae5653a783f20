// A connection's extensions at work (RFC 6455 section 9): messages are encoded as they go and decoded as they come.
// Knows extensions and messages, one in progress in each direction; nothing of headers or of the closing handshake.

import {
  ERROR_EXTENSION,
  ERROR_MESSAGE_SIZE,
  ERROR_UTF8,
  HEAD_FIN,
  HEAD_OPCODE,
  HEAD_RSV,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from '../assembly/layout.js'
import { asBytes, describe } from './bytes.js'
import { validateUtf8 } from './codec.js'
import { Data, firstOf, payloadOf, readBits } from './data.js'
import type { Violation } from './errors.js'
import { type Extension, ExtensionError } from './extension.js'
import { arrivalOf, headOf, MESSAGE_FLAGS, MESSAGE_PARTIAL, Message } from './message.js'
import { Source } from './source.js'

const FIRST_BYTE = 0xff
const METHODS = ['encodes', 'encode', 'decode'] as const

/** Checks what was given as extensions; TypeError or RangeError where it is none. */
export function readExtensions(extensions: unknown): Extended | undefined {
  if (extensions === undefined) return undefined
  if (!Array.isArray(extensions)) throw new TypeError(`extensions must be an array, not ${describe(extensions)}`)
  return new Extended(extensions)
}

export class Extended {
  /** The reserved bits that extensions set, as a header's first byte has them. */
  readonly claimed: number
  readonly #extensions: readonly { readonly extension: Extension; readonly bits: number }[]
  // The message that is being received: those that decode it, the last first, and what has become of it so far.
  #decoders: readonly Extension[] | undefined
  #size = 0
  #utf8 = UTF8_OFF
  /** Those that encode the message that is being sent. */
  #encoders: readonly Extension[] = []

  constructor(extensions: readonly Extension[]) {
    let claimed = 0
    this.#extensions = extensions.map((extension: Extension, i) => {
      const where = `extensions[${i}]`
      if (typeof extension !== 'object' || extension === null) {
        throw new TypeError(`${where} must be an object, not ${describe(extension)}`)
      }
      for (const method of METHODS) {
        if (typeof extension[method] !== 'function') throw new TypeError(`${where}.${method} must be a function`)
      }
      const bits = readBits(`${where}.reserved`, extension.reserved)
      if (bits & claimed) {
        throw new RangeError(`${where}.reserved has a bit that another extension has; a bit has one meaning`)
      }
      claimed |= bits
      return { extension, bits }
    })
    this.claimed = claimed
  }

  /**
   * A received message, frame or piece as its extensions decode it, or how it breaks a rule. `limit`: bytes that a whole
   * message may become.
   */
  decode(message: Message, limit: number): Message | Violation {
    const head = headOf(message)
    if (head & OPCODE_CONTROL) return message
    const decoders = this.#decoders ?? this.#begin(head)
    const fin = (head & HEAD_FIN) !== 0 && (head & MESSAGE_PARTIAL) === 0
    this.#decoders = fin ? undefined : decoders
    if (decoders.length === 0) return message

    let payload = message.message
    try {
      for (const extension of decoders) payload = decoded(extension, payload, fin, limit - this.#size)
    } catch (cause) {
      const tooBig = cause instanceof ExtensionError && cause.closeCode === 1009
      return { error: tooBig ? ERROR_MESSAGE_SIZE : ERROR_EXTENSION, detail: limit + 1, cause }
    }
    this.#size += payload.length
    if (this.#size > limit) return { error: ERROR_MESSAGE_SIZE, detail: this.#size }
    // Section 8.1 holds for the text that the message becomes.
    if (this.#utf8 !== UTF8_OFF) {
      this.#utf8 = validateUtf8(payload, this.#utf8)
      if (this.#utf8 === UTF8_REJECT || (fin && this.#utf8 !== UTF8_ACCEPT)) return { error: ERROR_UTF8, detail: 0 }
    }
    const source = new Source(payload, true, arrivalOf(message))
    return new Message(source, message.type, head & (FIRST_BYTE | MESSAGE_FLAGS), 0, payload.length)
  }

  #begin(head: number): readonly Extension[] {
    this.#size = 0
    this.#utf8 = (head & HEAD_OPCODE) === OPCODE_TEXT ? UTF8_ACCEPT : UTF8_OFF
    const decoders: Extension[] = []
    // "Applied in the order that they are listed" to what is sent; so the last is the first to be undone.
    for (const { extension, bits } of this.#extensions) if (head & bits & HEAD_RSV) decoders.unshift(extension)
    return decoders
  }

  /** A frame that was checked, as it goes on the wire. `opcode`: its own. */
  encode(data: Data, opcode: number): Data {
    if (opcode & OPCODE_CONTROL) return data
    const { type, fin } = data
    let payload = payloadOf(data)
    let bits = 0
    if (type !== 'continue') {
      const encoders: Extension[] = []
      for (const one of this.#extensions) {
        if (!one.extension.encodes(type, payload.length, fin)) continue
        encoders.push(one.extension)
        bits |= one.bits
      }
      this.#encoders = encoders
    }
    if (this.#encoders.length === 0) return data
    for (const extension of this.#encoders) payload = extension.encode(payload, fin)
    const first = firstOf(data) | bits
    const bit = (shift: number) => ((first >> shift) & 1) as 0 | 1
    return new Data(payload, type, { fin, rsv1: bit(6), rsv2: bit(5), rsv3: bit(4) })
  }

  /** The most bytes that a payload of `size` bytes is expected to become. */
  bound(size: number): number {
    return this.#extensions.length === 0 ? size : size + Math.ceil(size / 16) + 64
  }

  /** The connection has ended. */
  release(): void {
    for (const { extension } of this.#extensions) extension.release?.()
  }
}

function decoded(extension: Extension, payload: Uint8Array, fin: boolean, budget: number): Uint8Array {
  const bytes = asBytes(extension.decode(payload, fin, budget))
  if (bytes === undefined) throw new TypeError(`decode of extension '${extension.name}' must return a Uint8Array`)
  return bytes
}
