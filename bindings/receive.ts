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
import { Decoder } from './codec.js'
import type { Violation } from './errors.js'
import { Gathering } from './gathering.js'
import { type Arrival, MESSAGE_FLAGS, MESSAGE_PARTIAL, Message, NO_SOURCE, Source } from './message.js'
import type { Settings } from './settings.js'

/** A chunk that is not decoded yet. */
interface Chunk {
  readonly source: Source
  readonly arrival: Arrival
  next: Chunk | undefined
}

/** A receiver that is idle, for the next connection that needs one: most chunks are used up as soon as they come. */
let spare: Receiver | undefined

/** Decodes chunks as messages are asked for. Kept only while there is something in flight; see {@link idle}. */
export class Receiver {
  /** What ended the stream. */
  violation: Violation | undefined

  #settings: Settings
  /** Whether fragments become one message. */
  #joins = false
  readonly #decoder: Decoder
  // The chunk that is being decoded, up to #offset; the rows come from the block at #base.
  #source = NO_SOURCE
  #bytes = NO_SOURCE.bytes
  #arrival: Arrival
  #offset = 0
  #base = 0
  /** Where in the chunk the payload of the frame in progress begins. */
  #start = 0
  // Chunks after it.
  #first: Chunk | undefined
  #last: Chunk | undefined
  /** Data payload that came in several chunks or fragments, and the same for a control frame. */
  #data: Gathering | undefined
  #control: Gathering | undefined

  private constructor(settings: Settings, arrival: Arrival) {
    this.#settings = settings
    this.#decoder = new Decoder(settings)
    this.#arrival = arrival
  }

  /** A receiver for a connection's first chunk; every later one is given by {@link push}. */
  static open(settings: Settings, source: Source, arrival: Arrival): Receiver {
    const receiver = spare ?? new Receiver(settings, arrival)
    spare = undefined
    receiver.#settings = settings
    receiver.#joins = settings.delivery === 'message'
    receiver.#decoder.restart(settings)
    receiver.#start = 0
    receiver.#source = source
    receiver.#bytes = source.bytes
    receiver.#arrival = arrival
    return receiver
  }

  /** Gives an idle receiver away; it must not be used again. */
  release(): void {
    this.#source = NO_SOURCE
    this.#bytes = NO_SOURCE.bytes
    this.#offset = 0
    spare = this
  }

  push(source: Source, arrival: Arrival): void {
    const chunk: Chunk = { source, arrival, next: undefined }
    if (this.#last === undefined) this.#first = chunk
    else this.#last.next = chunk
    this.#last = chunk
  }

  /** Whether there are bytes that no message was asked of yet. */
  get pending(): boolean {
    return this.#bytes.length > 0 || this.#first !== undefined
  }

  /** Whether nothing is in flight: no chunk, no part of a frame or message. */
  get idle(): boolean {
    return this.#offset === this.#bytes.length && this.#first === undefined && this.#decoder.idle
  }

  /**
   * The next message, or undefined when the chunks are used up or the stream ends with a {@link violation}. `flags`:
   * MESSAGE_ flags for it.
   */
  next(flags: number): Message | undefined {
    const decoder = this.#decoder
    while (true) {
      while (decoder.advance()) {
        const head = decoder.head
        if (head & HEAD_ERROR) {
          this.violation = decoder.violation()
          return undefined
        }
        if (head & HEAD_BEGINS) this.#start = this.#base + decoder.start
        if ((head & HEAD_ENDS) === 0) continue
        const end = this.#base + decoder.start + decoder.length
        if ((head & OPCODE_CONTROL) === 0 && this.#data === undefined && (head & HEAD_FIN || !this.#joins)) {
          return this.#message(head | flags, this.#source, this.#start, end)
        }
        const message = this.#endFrame(head | flags, end)
        if (message !== undefined || this.violation !== undefined) return message
      }
      if (this.#offset < this.#bytes.length) {
        this.#base = this.#offset
        this.#offset += decoder.decode(this.#bytes, this.#offset)
        continue
      }
      const piece = this.#endChunk(flags)
      this.#nextChunk()
      if (piece !== undefined) return piece
      if (!this.pending) return undefined
    }
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
    if (this.#joins && (head & HEAD_FIN) === 0) {
      this.#data ??= new Gathering(head, this.#settings.maxMessageSize)
      this.#data.append(this.#bytes, this.#start, end, 0, false)
      return undefined
    }
    const message = this.#complete(head, this.#data, end)
    this.#data = undefined
    return message
  }

  #complete(head: number, gathered: Gathering | undefined, end: number): Message {
    if (gathered === undefined) return this.#message(head, this.#source, this.#start, end)
    gathered.append(this.#bytes, this.#start, end, 0, true)
    const bytes = gathered.finish()
    return this.#message(gathered.head | (head & (HEAD_FIN | MESSAGE_FLAGS)), new Source(bytes, true), 0, bytes.length)
  }

  /** The chunk is used up: what it holds of a frame that goes on is gathered, or handed out as a piece. */
  #endChunk(flags: number): Message | undefined {
    const decoder = this.#decoder
    const toCome = decoder.remaining
    const end = this.#bytes.length
    if (toCome === 0 || this.#start >= end) return undefined
    const head = decoder.frameHead
    if (head & OPCODE_CONTROL) {
      this.#control ??= new Gathering(head, MAX_CONTROL_LENGTH)
      this.#control.append(this.#bytes, this.#start, end, toCome, true)
      return undefined
    }
    if (this.#settings.delivery === 'chunk') {
      return this.#message(head | flags | MESSAGE_PARTIAL, this.#source, this.#start, end)
    }
    const final = !this.#joins || (head & HEAD_FIN) !== 0
    this.#data ??= new Gathering(head, this.#settings.maxMessageSize)
    this.#data.append(this.#bytes, this.#start, end, toCome, final)
    return undefined
  }

  #nextChunk(): void {
    const chunk = this.#first
    this.#offset = 0
    this.#start = 0
    this.#source = chunk?.source ?? NO_SOURCE
    this.#bytes = this.#source.bytes
    if (chunk === undefined) return
    this.#arrival = chunk.arrival
    this.#first = chunk.next
    if (chunk.next === undefined) this.#last = undefined
  }

  #message(head: number, source: Source, start: number, end: number): Message {
    const type = this.#settings.opcodes.names[head & HEAD_OPCODE] as string
    return new Message(source, type, head, this.#arrival, start, end)
  }
}
