// The receiving half of a connection: chunks in, messages out, in the delivery that was asked for.
// Knows frames and fragments; nothing of the closing handshake, which connection.ts keeps.

import {
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_ERROR,
  HEAD_FIN,
  HEAD_OPCODE,
  MAX_CONTROL_LENGTH,
  OPCODE_CLOSE,
  OPCODE_CONTROL,
} from '../assembly/layout.js'
import { closeViolation } from './close.js'
import { Decoder } from './decoder.js'
import type { Violation } from './errors.js'
import { Gathering } from './gathering.js'
import { MESSAGE_FLAGS, MESSAGE_PARTIAL, Message } from './message.js'
import { Middle } from './middle.js'
import type { Settings } from './settings.js'
import { readUnmasked, wholeEnd } from './short.js'
import { NO_SOURCE, Source } from './source.js'

/** With less to come than this, the rest of a payload is decoded together with what follows it, in bytes. */
const SHORT_REST = 2048

/** A receiver that is idle, for the next connection that needs one: most chunks are used up as soon as they come. */
let spare: Receiver | undefined

/** Decodes chunks as messages are asked for. Kept only while there is something in flight; see {@link idle}. */
export class Receiver {
  /** What ended the stream. */
  violation: Violation | undefined

  #settings: Settings
  #names: readonly (string | undefined)[]
  /** Whether fragments become one message. */
  #joins = false
  /** What a row's head has on, beside HEAD_BEGINS and HEAD_ENDS, where it is a message by itself. */
  #whole = 0
  readonly #decoder: Decoder
  readonly #middle = new Middle()
  // The chunk that is being decoded, up to #offset; the rows come from the block at #base.
  #chunk = NO_SOURCE
  #size = 0
  #offset = 0
  #base = 0
  /** Where in the chunk the payload of the frame in progress begins. */
  #start = 0
  /** Up to where in the chunk there is room in #data, and the place in it for what comes next. */
  #reserved = 0
  #target = 0
  /** The last of the chunks after it. */
  #last: Source | undefined
  /** Data payload that came in several chunks or fragments, and the same for a control frame. */
  #data: Gathering | undefined
  #control: Gathering | undefined

  private constructor(settings: Settings) {
    this.#settings = settings
    this.#names = settings.opcodes.names
    this.#decoder = new Decoder(settings)
  }

  /** A receiver for a connection's first chunk; every later one is given by {@link push}. */
  static open(settings: Settings, chunk: Source): Receiver {
    const receiver = spare ?? new Receiver(settings)
    spare = undefined
    receiver.#settings = settings
    receiver.#names = settings.opcodes.names
    receiver.#joins = settings.delivery === 'message'
    receiver.#whole = receiver.#joins ? HEAD_BEGINS | HEAD_ENDS | HEAD_FIN : HEAD_BEGINS | HEAD_ENDS
    receiver.#decoder.restart(settings)
    receiver.#begin(chunk)
    return receiver
  }

  /** Gives an idle receiver away; it must not be used again. */
  release(): void {
    this.#begin(NO_SOURCE)
    spare = this
  }

  /** Ends in the middle of whatever there is; it must not be used again. */
  discard(): void {
    this.#chunk.next = undefined
    this.#data?.drop()
    this.#control?.drop()
  }

  push(chunk: Source): void {
    if (this.#size === 0) {
      this.#begin(chunk)
      return
    }
    if (this.#last === undefined) this.#chunk.next = chunk
    else this.#last.next = chunk
    this.#last = chunk
  }

  /**
   * Takes a chunk that goes into the middle of a header or payload as a whole, at once. Returns false for any other, which
   * is to be pushed.
   */
  takeMore(bytes: Uint8Array): boolean {
    const decoder = this.#decoder
    const data = this.#data
    if (this.#size > 0 || !decoder.drained) return false
    if (decoder.remaining === 0) return decoder.takeHeader(bytes)
    if (data === undefined || decoder.remaining <= bytes.length) return false
    const head = decoder.frameHead
    if (head & OPCODE_CONTROL) return false
    this.#middle.take(bytes, decoder, data, this.#isFinal(head), this.#settings.take)
    return true
  }

  /** Whether there are bytes, or a violation, that no message was asked of yet. */
  get pending(): boolean {
    return this.#size > 0 || !this.#decoder.drained
  }

  /** Whether nothing is in flight: no chunk, no part of a frame or message. */
  get idle(): boolean {
    const decoder = this.#decoder
    return decoder.drained && this.#offset === this.#size && this.#last === undefined && decoder.idle
  }

  /**
   * The next message, or undefined when the chunks are used up or the stream ends with a {@link violation}. `flags`:
   * MESSAGE_ flags for it.
   */
  next(flags: number): Message | undefined {
    const decoder = this.#decoder
    while (true) {
      for (let head = decoder.advance(); head >= 0; head = decoder.advance()) {
        const start = this.#base + decoder.start
        const end = start + decoder.length
        const whole = this.#whole
        if ((head & (whole | OPCODE_CONTROL | HEAD_ERROR)) === whole && this.#data === undefined) {
          return this.#message(head | flags, this.#chunk, start, end)
        }
        if (head & HEAD_ERROR) {
          this.violation = decoder.violation()
          return undefined
        }
        if (head & HEAD_BEGINS) this.#start = start
        if ((head & HEAD_ENDS) === 0) continue
        const message = this.#endFrame(head | flags, end)
        if (message !== undefined || this.violation !== undefined) return message
      }
      if (this.#offset < this.#size) {
        const message = decoder.beginsUnmasked ? readUnmasked(this.#chunk, this.#offset, this.#settings) : undefined
        if (message !== undefined) {
          this.#offset = wholeEnd()
          return message
        }
        this.#decode()
        continue
      }
      const piece = this.#endChunk(flags)
      this.#nextChunk()
      if (piece !== undefined) return piece
      if (!this.pending) return undefined
    }
  }

  /** Decodes one more block of the chunk. */
  #decode(): void {
    const decoder = this.#decoder
    const offset = this.#offset
    const data = this.#data
    this.#base = offset
    if (data !== undefined) this.#middle.finish(decoder, data, this.#isFinal(decoder.frameHead))
    const { remaining } = decoder
    const isReserved = offset < this.#reserved
    const isShort = !isReserved && remaining < SHORT_REST && remaining < this.#size - offset
    if (data === undefined || remaining === 0 || isShort || decoder.frameHead & OPCODE_CONTROL) {
      this.#offset += decoder.decode(this.#chunk, offset)
      return
    }
    // The rest of a payload goes straight to where its beginning is.
    if (!isReserved) {
      const size = Math.min(remaining, this.#size - offset)
      const final = this.#isFinal(decoder.frameHead)
      data.append(this.#chunk, this.#start, offset)
      this.#target = data.reserve(size, remaining - size, final)
      this.#reserved = offset + size
      this.#start = this.#reserved
    }
    const taken = decoder.decodeInto(this.#chunk, offset, data.bytes, this.#target)
    this.#target += taken
    this.#offset += taken
  }

  /** A frame is complete; its payload, or the rest of it, is in the chunk up to `end`. */
  #endFrame(head: number, end: number): Message | undefined {
    if (head & OPCODE_CONTROL) {
      const message = this.#complete(head, this.#control, end)
      this.#control = undefined
      if ((head & HEAD_OPCODE) !== OPCODE_CLOSE) return message
      const wrong = closeViolation(message.message)
      if (wrong === undefined) return message
      this.violation = wrong
      return undefined
    }
    if (!this.#isFinal(head)) {
      this.#data ??= new Gathering(head, this.#settings.maxMessageSize)
      this.#data.append(this.#chunk, this.#start, end)
      return undefined
    }
    const message = this.#complete(head, this.#data, end)
    this.#data = undefined
    return message
  }

  #complete(head: number, gathered: Gathering | undefined, end: number): Message {
    if (gathered === undefined) return this.#message(head, this.#chunk, this.#start, end)
    gathered.append(this.#chunk, this.#start, end)
    const bytes = gathered.finish()
    const source = new Source(bytes, true, this.#chunk.arrival)
    return this.#message(gathered.head | (head & (HEAD_FIN | MESSAGE_FLAGS)), source, 0, bytes.length)
  }

  /** The chunk is used up: what it holds of a frame that goes on is gathered, or handed out as a piece. */
  #endChunk(flags: number): Message | undefined {
    const decoder = this.#decoder
    const toCome = decoder.remaining
    const head = decoder.frameHead
    const end = this.#size
    if (toCome > 0 && this.#start < end) {
      if (head & OPCODE_CONTROL) {
        this.#control ??= new Gathering(head, MAX_CONTROL_LENGTH)
        this.#control.append(this.#chunk, this.#start, end)
      } else if (this.#settings.delivery === 'chunk') {
        return this.#message(head | flags | MESSAGE_PARTIAL, this.#chunk, this.#start, end)
      } else {
        this.#data ??= new Gathering(head, this.#settings.maxMessageSize)
        this.#data.append(this.#chunk, this.#start, end)
      }
    }
    if (head & OPCODE_CONTROL) {
      this.#control?.settle(toCome, true)
      this.#data?.settle(0, false)
    } else {
      this.#data?.settle(toCome, toCome > 0 && this.#isFinal(head))
    }
    return undefined
  }

  /** Whether nothing follows a data frame in its message as it is delivered. */
  #isFinal(head: number): boolean {
    return !this.#joins || (head & HEAD_FIN) !== 0
  }

  #nextChunk(): void {
    const chunk = this.#chunk.next
    if (chunk === undefined) {
      this.#begin(NO_SOURCE)
      return
    }
    // Messages that keep a chunk keep none after it.
    this.#chunk.next = undefined
    if (this.#last === chunk) this.#last = undefined
    this.#begin(chunk)
  }

  #begin(chunk: Source): void {
    this.#chunk = chunk
    this.#size = chunk.bytes.length
    this.#offset = 0
    this.#start = 0
    this.#reserved = 0
  }

  #message(head: number, source: Source, start: number, end: number): Message {
    return new Message(source, this.#names[head & HEAD_OPCODE] as string, head, start, end)
  }
}
