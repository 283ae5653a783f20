// The receiving half of a connection: chunks in, messages out, in the delivery that was asked for.
// Knows frames and fragments; nothing of the closing handshake, which connection.ts keeps.
//
// One road leads from bytes to messages. A chunk is decoded block by block in the module's memory, which unmasks it in
// place and writes a row for each frame, or piece of one. A row that is a whole message becomes a Message whose payload
// lies in the chunk. Under ownership 'copy' the chunk is a copy of the caller's, and all else is the same.
//
// What is not whole when its chunk ends rests in a PartialPayload, one for data and one for a control frame, which may
// come between; a header that is cut rests in the decoder's PartialHeader. Payload that can break no rule and whose frame
// is not whole in the chunk is skipped: it is unmasked once, when the payload is put together. So the text of a cut frame
// goes through the module as it comes, and fails with the byte that is wrong; binary data waits.
//
// A chunk that is one frame needs none of this: whole-frame.ts. Frames that are not masked may do without the module:
// unmasked-frame.ts. A chunk from the middle of a payload that can be skipped goes to its PartialPayload at once:
// takeMiddle(). A receiver is kept only while something is in flight, so that an idle connection costs nothing here.

import {
  HEAD_BEGINS,
  HEAD_ENDS,
  HEAD_ERROR,
  HEAD_FIN,
  HEAD_OPCODE,
  MAX_CONTROL_LENGTH,
  OPCODE_CLOSE,
  OPCODE_CONTROL,
} from '../../assembly/layout.js'
import { part } from '../base/bytes.js'
import { payloads } from '../memory/arena.js'
import { type Arrival, Chunk, NEVER, NO_CHUNK } from '../model/chunk.js'
import { closeViolation } from '../model/close-codes.js'
import type { Violation } from '../model/errors.js'
import { headerSize } from '../model/frame-size.js'
import { MESSAGE_FLAGS, MESSAGE_PARTIAL, Message } from '../model/message.js'
import type { Settings } from '../options/settings.js'
import { Decoder } from './decoder.js'
import type { EventTable } from './event-table.js'
import { PartialPayload } from './partial-payload.js'
import { skippablePayloadSize } from './unmasked-frame.js'

/** A chunk is copied in parts of this size, in bytes, so that a payload that is kept keeps no more than one of them. */
const COPY_SIZE = 32 * 1024

/** Of a head, without the flags of a row. */
const FIRST_BYTE = 0xff

/** A rest of a payload that is shorter than this, in bytes, is decoded together with what follows it. */
const SHORT_REST = 2048

/** Decodes chunks as messages are asked for. */
export class Receiver {
  /** Whether the network has ended: nothing comes after what there is. */
  ended = false
  /** Why there are no more messages: how the peer broke a rule, or a TypeError where memory of the chunks was taken away. */
  failure: Violation | Error | undefined
  readonly #settings: Settings
  /** What a row's head has on, of HEAD_BEGINS, HEAD_ENDS and HEAD_FIN, where it is a message by itself. */
  readonly #whole: number
  readonly #names: Settings['opcodes']['names']
  readonly #decoder: Decoder
  readonly #rows: EventTable
  // The chunk that is being decoded, up to #offset; the rows come from the block at #base.
  #chunk = NO_CHUNK
  #offset = 0
  #base = 0
  /** Where in the chunk the payload of the frame in progress goes on that is not in a PartialPayload yet. */
  #start = 0
  /** The last of the chunks after it. */
  #last: Chunk | undefined
  #data: PartialPayload | undefined
  #control: PartialPayload | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#whole = HEAD_BEGINS | HEAD_ENDS | (settings.delivery === 'message' ? HEAD_FIN : 0)
    this.#names = settings.opcodes.names
    this.#decoder = new Decoder(settings)
    this.#rows = this.#decoder.rows
  }

  /**
   * Takes bytes that are the middle of a payload which need not be decoded: no message ends with them. Returns false where
   * they are anything else, and must be pushed. Row 'receive masked, 1 KiB, chunks of 100 B': 1.3x.
   */
  takeMiddle(bytes: Uint8Array): boolean {
    const decoder = this.#decoder
    const size = bytes.length
    const { remaining, key, frameHead } = decoder
    if (remaining <= size || this.pending || this.ended || !decoder.canDeferUnmasking) return false
    if (this.#settings.delivery === 'chunk') return false
    decoder.skip(size)
    const toCome = this.#isLast(frameHead) ? remaining - size : undefined
    const data = this.#partialData(frameHead)
    try {
      if (this.#settings.take) {
        data.append(new Chunk(bytes, false, NEVER), 0, size, key, toCome)
        data.chunkEnded(toCome)
      } else {
        data.copy(bytes, key, toCome)
      }
    } catch (error) {
      this.failure = error as Error
    }
    return true
  }

  /** Takes bytes from the network, at least one. */
  push(bytes: Uint8Array, arrival: Arrival): void {
    if (this.#settings.take) {
      this.#append(new Chunk(bytes, false, arrival))
      return
    }
    for (let from = 0; from < bytes.length; from += COPY_SIZE) {
      const original = part(bytes, from, Math.min(from + COPY_SIZE, bytes.length))
      const copy = payloads.take(original.length)
      copy.set(original)
      this.#append(new Chunk(copy, true, arrival))
    }
  }

  /** Ends in the middle of whatever there is; it must not be used again. */
  discard(): void {
    this.#chunk.next = undefined
    this.#begin(NO_CHUNK)
    this.#last = undefined
    this.#data?.drop()
    this.#control?.drop()
  }

  /** Whether there are bytes, or a failure, that were not all asked for. */
  get pending(): boolean {
    return this.#chunk !== NO_CHUNK || !this.#rows.drained || this.failure !== undefined
  }

  /** Whether nothing is in flight: no bytes that were not read, no part of a frame or message. */
  get idle(): boolean {
    if (!this.#rows.drained || this.#offset < this.#chunk.size) return false
    return this.#last === undefined && this.#decoder.isBetweenMessages
  }

  /** The next message; undefined when the chunks are used up, or after a {@link failure}. `flags`: MESSAGE_ flags for it. */
  next(flags: number): Message | undefined {
    const rows = this.#rows
    const chunk = this.#chunk
    const head = rows.nextRow()
    const whole = this.#whole
    if ((head & (whole | OPCODE_CONTROL | HEAD_ERROR)) === whole && this.#data === undefined && chunk.isWhole) {
      const start = this.#base + rows.start
      return this.#message(head | flags, chunk, start, start + rows.length)
    }
    try {
      return this.#nextByRow(head, flags)
    } catch (failure) {
      // A violation is thrown as it is: the stack of an error would keep this receiver in memory.
      this.failure = failure as Violation | Error
      return undefined
    }
  }

  /** Continues from a row that was read, where more is to do than to make a message of it. */
  #nextByRow(head: number, flags: number): Message | undefined {
    const rows = this.#rows
    while (true) {
      for (; head >= 0; head = rows.nextRow()) {
        this.#chunk.check()
        if (head & HEAD_ERROR) throw rows.violation()
        const start = this.#base + rows.start
        if (head & HEAD_BEGINS) this.#start = start
        const message = head & HEAD_ENDS ? this.#endFrame(head | flags, start + rows.length, 0) : undefined
        if (message !== undefined) return message
      }
      const isUsedUp = this.#offset === this.#chunk.size
      const message = isUsedUp ? this.#endChunk(flags) : this.#advance(flags)
      if (message !== undefined) return message
      if (isUsedUp && !this.pending) return undefined
      head = rows.nextRow()
    }
  }

  /** Reads, skips or decodes more of the chunk. Returns a message where that completes one without a row. */
  #advance(flags: number): Message | undefined {
    const decoder = this.#decoder
    const chunk = this.#chunk
    const from = this.#offset
    chunk.check()
    if (decoder.beginsUnmasked) {
      const size = skippablePayloadSize(chunk.bytes, from, this.#settings)
      if (size >= 0) {
        const start = from + headerSize(size, false)
        this.#offset = start + size
        return this.#message(chunk.bytes[from] | HEAD_BEGINS | HEAD_ENDS | flags, chunk, start, start + size)
      }
    } else if (this.#canSkip(chunk.size - from)) {
      const { key } = decoder
      const to = from + Math.min(decoder.remaining, chunk.size - from)
      this.#offset = to
      const head = decoder.skip(to - from)
      const isEnd = (head & HEAD_ENDS) !== 0
      if (key !== 0) {
        const data = this.#partialData(head)
        const isLast = this.#isLast(head)
        data.append(chunk, this.#start, from, 0, isLast ? decoder.remaining + to - from : undefined)
        if (!isEnd) data.append(chunk, from, to, key, isLast ? decoder.remaining : undefined)
        this.#start = isEnd ? from : to
      }
      return isEnd ? this.#endFrame(head | flags, to, key) : undefined
    }
    this.#base = from
    this.#offset = from + decoder.decode(chunk, from)
    return undefined
  }

  /** Whether payload comes next, of `left` bytes that are there, which need not be decoded. */
  #canSkip(left: number): boolean {
    const { remaining, key, canDeferUnmasking } = this.#decoder
    if (remaining === 0 || !canDeferUnmasking) return false
    if (key === 0) return true
    // A piece that is handed out must be unmasked, and what is whole in the chunk is unmasked there.
    if (this.#settings.delivery === 'chunk' || (this.#data === undefined && remaining <= left)) return false
    return remaining >= Math.min(left, SHORT_REST)
  }

  /** A frame is complete; its payload, or the rest of it, is in the chunk up to `end`. `key`: what it is masked with, or 0. */
  #endFrame(head: number, end: number, key: number): Message | undefined {
    const isControl = (head & OPCODE_CONTROL) !== 0
    if (!isControl && !this.#isLast(head)) {
      this.#partialData(head).leave(this.#chunk, this.#start, end, key)
      return undefined
    }
    const isClose = (head & HEAD_OPCODE) === OPCODE_CLOSE
    // What the peer said last is kept for good, so it does not stay in the chunk.
    if (isClose) this.#control ??= new PartialPayload(head, MAX_CONTROL_LENGTH)
    const message = this.#complete(head, isControl ? this.#control : this.#data, end, key)
    if (isControl) this.#control = undefined
    else this.#data = undefined
    const violation = isClose ? closeViolation(message.message) : undefined
    if (violation !== undefined) throw violation
    return message
  }

  #complete(head: number, partial: PartialPayload | undefined, end: number, key: number): Message {
    if (partial === undefined) return this.#message(head, this.#chunk, this.#start, end)
    const chunk = this.#chunk
    const payload = partial.finish(chunk, this.#start, end, key)
    const first = (partial.head & FIRST_BYTE) | (head & (HEAD_FIN | MESSAGE_FLAGS))
    return new Message(payload, this.#name(first), first, chunk.arrival)
  }

  /** The chunk is used up: what it holds of a frame that goes on is kept, or handed out as a piece. */
  #endChunk(flags: number): Message | undefined {
    const { remaining, frameHead } = this.#decoder
    const chunk = this.#chunk
    const start = this.#start
    const isControl = (frameHead & OPCODE_CONTROL) !== 0
    const toCome = remaining > 0 && !isControl && this.#isLast(frameHead) ? remaining : undefined
    let piece: Message | undefined
    if (remaining > 0 && start < chunk.size) {
      if (isControl) {
        this.#control ??= new PartialPayload(frameHead, MAX_CONTROL_LENGTH)
        this.#control.append(chunk, start, chunk.size, 0, remaining)
      } else if (this.#settings.delivery === 'chunk') {
        piece = this.#message(frameHead | flags | MESSAGE_PARTIAL, chunk, start, chunk.size)
      } else {
        this.#partialData(frameHead).append(chunk, start, chunk.size, 0, toCome)
      }
    }
    this.#data?.chunkEnded(toCome)
    this.#nextChunk()
    return piece
  }

  #partialData(head: number): PartialPayload {
    this.#data ??= new PartialPayload(head, this.#settings.maxMessageSize)
    return this.#data
  }

  /** Whether nothing follows a data frame in its message as it is delivered. */
  #isLast(head: number): boolean {
    return this.#settings.delivery !== 'message' || (head & HEAD_FIN) !== 0
  }

  #append(chunk: Chunk): void {
    if (this.#chunk === NO_CHUNK) {
      this.#begin(chunk)
      return
    }
    if (this.#last === undefined) this.#chunk.next = chunk
    else this.#last.next = chunk
    this.#last = chunk
  }

  #nextChunk(): void {
    const chunk = this.#chunk.next
    // Messages that keep a chunk keep none after it.
    this.#chunk.next = undefined
    if (this.#last === chunk) this.#last = undefined
    this.#begin(chunk ?? NO_CHUNK)
  }

  #begin(chunk: Chunk): void {
    this.#chunk = chunk
    this.#offset = 0
    this.#start = 0
  }

  #message(head: number, chunk: Chunk, start: number, end: number): Message {
    return new Message(chunk, this.#name(head), head, start, end)
  }

  #name(head: number): string {
    return this.#names[head & HEAD_OPCODE] as string
  }
}
