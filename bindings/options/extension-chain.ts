// The chain of a connection's extensions (RFC 6455 section 9): encodes messages as they go, decodes them as they come.
// Knows extensions and messages, one in progress in each direction; nothing of headers or of the closing handshake.

import {
  ERROR_EXTENSION,
  ERROR_MESSAGE_SIZE,
  ERROR_RSV,
  ERROR_UTF8,
  HEAD_FIN,
  HEAD_OPCODE,
  HEAD_RSV,
  OPCODE_CONTROL,
  OPCODE_TEXT,
  UTF8_ACCEPT,
  UTF8_OFF,
  UTF8_REJECT,
} from '../../assembly/layout.js'
import { asBytes } from '../base/bytes.js'
import { checkType } from '../base/check.js'
import { wrongType } from '../base/show.js'
import { validateUtf8 } from '../memory/codec.js'
import { Data, firstOf, payloadOf, readBits, withBits } from '../model/data.js'
import type { Violation } from '../model/errors.js'
import { arrivalOf, headOf, MESSAGE_DECODED, MESSAGE_FLAGS, MESSAGE_PARTIAL, Message } from '../model/message.js'
import { type Extension, ExtensionError } from './extension.js'

const FIRST_BYTE = 0xff
const METHODS = ['encodes', 'encode', 'decode', 'release']
const TOO_BIG = 1009

/** Extensions that a connection has. State of a thread: an object of a caller's may be frozen, so it cannot be marked. */
const inUse = new WeakSet<Extension>()

/** An extension at work on the message that is being received. */
interface Stage {
  readonly extension: Extension
  /** Bytes that it has made of the message so far. */
  size: number
}

export class ExtensionChain {
  /** The reserved bits that extensions set, as a header's first byte has them. */
  readonly claimedBits: number
  readonly #extensions: readonly { readonly extension: Extension; readonly bits: number }[]
  // The message that is being received: those that decode it, the last first, and whether it becomes text.
  #stages: readonly Stage[] | undefined
  #utf8 = UTF8_OFF
  /** Those that encode the message that is being sent. */
  #encoders: readonly Extension[] = []

  /** TypeError or RangeError where one is no extension, or serves a connection already. */
  constructor(extensions: readonly Extension[]) {
    if (!Array.isArray(extensions)) throw wrongType('extensions', 'an array', extensions)
    let claimed = 0
    this.#extensions = Array.from(extensions, (extension: Extension, i) => {
      const where = `extensions[${i}]`
      checkExtension(where, extensions, i)
      const bits = readBits(`${where}.reserved`, extension.reserved)
      if (bits & claimed) {
        throw new RangeError(`${where}.reserved has a bit that another extension has; a bit has one meaning`)
      }
      claimed |= bits
      return { extension, bits }
    })
    this.claimedBits = claimed
  }

  /**
   * A received message, frame or piece as its extensions decode it, or how it breaks a rule. `limit`: bytes that a whole
   * message may become.
   */
  decode(message: Message, limit: number): Message | Violation {
    const head = headOf(message)
    if (head & OPCODE_CONTROL) return message
    const stages = this.#stages ?? this.#begin(head)
    if (stages === undefined) return { error: ERROR_RSV, detail: head & FIRST_BYTE }
    const fin = (head & HEAD_FIN) !== 0 && (head & MESSAGE_PARTIAL) === 0
    this.#stages = fin ? undefined : stages
    if (stages.length === 0) return message

    let payload = message.message
    try {
      for (const stage of stages) payload = decoded(stage, payload, fin, limit)
    } catch (cause) {
      // By what it says: where an extension was bundled by itself, it has an ExtensionError of its own.
      const isTooBig = (cause as { closeCode?: unknown } | null | undefined)?.closeCode === TOO_BIG
      return { error: isTooBig ? ERROR_MESSAGE_SIZE : ERROR_EXTENSION, detail: limit + 1, cause }
    }
    // Section 8.1 holds for the text that the message becomes.
    if (this.#utf8 !== UTF8_OFF) {
      this.#utf8 = validateUtf8(payload, this.#utf8)
      if (this.#utf8 === UTF8_REJECT || (fin && this.#utf8 !== UTF8_ACCEPT)) return { error: ERROR_UTF8, detail: 0 }
    }
    const flags = head & HEAD_RSV & ~this.claimedBits ? 0 : MESSAGE_DECODED
    return new Message(payload, message.type, (head & (FIRST_BYTE | MESSAGE_FLAGS)) | flags, arrivalOf(message))
  }

  /** Those that decode a message which begins so; undefined where one of them has some of its bits on, but not all. */
  #begin(head: number): readonly Stage[] | undefined {
    // Under a bit that is no extension's, it is not text yet.
    const isText = (head & HEAD_OPCODE) === OPCODE_TEXT && (head & HEAD_RSV & ~this.claimedBits) === 0
    this.#utf8 = isText ? UTF8_ACCEPT : UTF8_OFF
    const stages: Stage[] = []
    for (const { extension, bits } of this.#extensions) {
      if ((head & bits) === 0) continue
      if ((head & bits) !== bits) return undefined
      // "Applied in the order that they are listed" to what is sent; so the last is the first to be undone.
      stages.unshift({ extension, size: 0 })
    }
    return stages
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
        // Without a bit of its own, no receiver could tell.
        if (one.bits === 0 || !one.extension.encodes(type, payload.length, fin)) continue
        encoders.push(one.extension)
        bits |= one.bits
      }
      this.#encoders = encoders
    }
    if (this.#encoders.length === 0) return data
    for (const extension of this.#encoders) {
      // A plain one: a subclass may have its own idea of slice and subarray.
      payload = made(extension, 'encode', extension.encode(asBytes(payload) as Uint8Array, fin))
    }
    return withBits(new Data(payload, type, { fin }), firstOf(data) | bits)
  }

  /** The most bytes that a payload of `size` bytes is expected to become; see {@link Extension.encode}. */
  bound(size: number, opcode: number): number {
    if (opcode & OPCODE_CONTROL) return size
    for (const { bits } of this.#extensions) if (bits !== 0) size += Math.ceil(size / 16) + 64
    return size
  }

  /** From now on they serve this connection. */
  claim(): void {
    for (const { extension } of this.#extensions) inUse.add(extension)
  }

  /** Nothing more will be encoded or decoded. */
  release(): void {
    for (const { extension } of this.#extensions) {
      try {
        extension.release?.()
      } catch {
        // See Extension.release.
      }
    }
  }
}

function checkExtension(where: string, extensions: readonly unknown[], i: number): void {
  const extension = extensions[i] as Readonly<Record<string, unknown>>
  // Nothing of the kind: an ExtensionNegotiator, or what makes one, is a common mistake.
  if (extension?.decode === undefined) {
    throw wrongType(where, 'an extension that acceptUpgrade or verify agreed on', extension)
  }
  if (inUse.has(extension as object as Extension) || extensions.indexOf(extension) < i) {
    throw new TypeError(`${where} is in use; agree on an extension once per connection`)
  }
  checkType(`${where}.name`, extension.name, 'string')
  for (const method of METHODS) {
    const given = extension[method]
    if (method !== 'release' || given !== undefined) checkType(`${where}.${method}`, given, 'function')
  }
}

function decoded(stage: Stage, payload: Uint8Array, fin: boolean, limit: number): Uint8Array {
  const { extension } = stage
  const bytes = made(extension, 'decode', extension.decode(payload, fin, limit - stage.size))
  stage.size += bytes.length
  if (stage.size <= limit) return bytes
  throw new ExtensionError(`extension '${extension.name}' made more than its budget`, TOO_BIG)
}

/** What a method of an extension returned. */
function made(extension: Extension, method: string, value: unknown): Uint8Array {
  const bytes = asBytes(value)
  if (bytes !== undefined) return bytes
  throw new TypeError(`${method} of extension '${extension.name}' must return a Uint8Array`)
}
