// Message: a frame as it was received, or a whole message, or a piece of a frame; see 'delivery'.
// Knows its own bytes and header; nothing of the connection that it came from.

import { HEAD_ASCII, HEAD_BEGINS, HEAD_ENDS, HEAD_FIN, HEAD_RSV } from '../../assembly/layout.js'
import { checkBytes } from '../base/bytes.js'
import { checkType } from '../base/check.js'
import { inspect, oneLine, previewBytes, previewUtf8 } from '../base/show.js'
import { decodeText } from '../base/text.js'
import { Arrival, Chunk } from './chunk.js'
import { type Bit, bitsOf, Data, readBits } from './data.js'

// Flags of a message in addition to those of its frame's row.
export const MESSAGE_PARTIAL = 0x10000
export const MESSAGE_UNANSWERED = 0x20000
/** Extensions have decoded what its reserved bits stand for. */
export const MESSAGE_DECODED = 0x40000
export const MESSAGE_FLAGS = MESSAGE_PARTIAL | MESSAGE_UNANSWERED

/** A row's payload is the message's, and all of it is below 0x80. */
const WHOLE_ASCII = HEAD_BEGINS | HEAD_ENDS | HEAD_ASCII

let headOf: (message: Message) => number
let arrivalOf: (message: Message) => Arrival
let isLost: (message: Message) => boolean

/**
 * A received frame: with delivery 'message' a whole message, with 'chunk' perhaps a piece of a frame.
 * Tests may build one: `new Message(payload, 'text', [0, 0, 0])`. Compare its fields: as an object, it has only its type.
 */
export class Message<Type extends string = string> {
  static {
    headOf = (message) => message.#head
    arrivalOf = (message) => (message.#origin instanceof Chunk ? message.#origin.arrival : message.#origin)
    isLost = (message) => message.#origin instanceof Chunk && !message.#origin.isWhole
  }

  /** 'text', 'binary', 'continue', 'close', 'ping', 'pong', or a name that the connection registered. */
  readonly type: Type
  readonly #head: number
  /** The chunk that the payload lies in, until the payload is asked for. After that, when it came. */
  #origin: Chunk | Arrival
  readonly #start: number
  readonly #end: number
  #payload: Uint8Array | undefined

  /**
   * @param message The payload, unmasked.
   * @param type The name of the frame's opcode.
   * @param reserved The reserved bits. Default [0, 0, 0].
   * @throws TypeError where an argument has another type, RangeError where a reserved bit is not 0 or 1.
   */
  constructor(message: Uint8Array, type: Type, reserved?: readonly [Bit, Bit, Bit])
  /** @internal Of a payload that lies in a chunk. */
  constructor(chunk: Chunk, type: Type, head: number, start: number, end: number)
  /** @internal Of a payload in memory of its own. */
  constructor(payload: Uint8Array, type: Type, head: number, arrival: Arrival)
  constructor(
    from: Chunk | Uint8Array,
    type: Type,
    head?: number | readonly [Bit, Bit, Bit],
    start?: number | Arrival,
    end = 0,
  ) {
    this.type = type
    if (typeof start === 'number') {
      this.#head = head as number
      this.#origin = from as Chunk
      this.#start = start
    } else {
      this.#head = start === undefined ? checkedHead(from, type, head) : (head as number)
      this.#origin = start ?? new Arrival(Date.now())
      this.#start = 0
      this.#payload = from as Uint8Array
    }
    this.#end = end
  }

  /**
   * The payload data, unmasked: under 'copy' its bytes are this message's own, under 'take' they may lie in the chunk. Its
   * ArrayBuffer may hold other results: `slice()` it before you transfer it.
   *
   * @throws TypeError where that memory was transferred or shrunk before it was asked for.
   */
  get message(): Uint8Array {
    if (this.#payload === undefined) {
      const chunk = this.#origin as Chunk
      this.#payload = chunk.payload(this.#start, this.#end)
      this.#origin = chunk.arrival
    }
    return this.#payload
  }

  /** The reserved bits: [1, 0, 0] where the first one is on. RFC 6455 section 5.2. */
  get reserved(): [Bit, Bit, Bit] {
    return bitsOf(this.#head)
  }

  /** When the last byte was received, by the connection's clock. */
  get time(): Date {
    return new Date(arrivalOf(this).time)
  }

  /** The FIN bit: whether the frame ends its message. RFC 6455 section 5.4. */
  get fin(): boolean {
    return (this.#head & HEAD_FIN) !== 0
  }

  /** With delivery 'chunk': whether more of this frame follows. */
  get partial(): boolean {
    return (this.#head & MESSAGE_PARTIAL) !== 0
  }

  /** The status code of a close frame, 1005 where it carried none; undefined for other types. Section 7.1.5. */
  get statusCode(): number | undefined {
    if (this.type !== 'close') return undefined
    const bytes = this.message
    return bytes.length < 2 ? NO_STATUS : (bytes[0] << 8) | bytes[1]
  }

  /** The reason of a close frame, '' where it carried none; undefined for other types. Section 7.1.6. */
  get reason(): string | undefined {
    return this.type === 'close' ? decodeText(this.message.subarray(2)) : undefined
  }

  /**
   * The payload decoded as UTF-8; bytes that are not become U+FFFD, of which a text message has none. A fragment or a piece
   * may begin or end inside a character: decode those with one streaming TextDecoder.
   * @throws Error where a reserved bit is on, and no extension of the connection decoded what it stands for: then the
   * payload is not text yet.
   */
  text(): string {
    if (this.#head & HEAD_RSV && !(this.#head & MESSAGE_DECODED)) {
      throw new Error(`reserved bits ${this.reserved.join('')}; no extension decoded the message`)
    }
    if ((this.#head & WHOLE_ASCII) === WHOLE_ASCII && this.#payload === undefined) {
      const text = (this.#origin as Chunk).asciiText(this.#start, this.#end)
      if (text !== undefined) return text
    }
    return decodeText(this.message)
  }

  /**
   * The payload parsed as JSON.
   * @throws SyntaxError where it is not JSON; Error as {@link text} does.
   */
  json(): unknown {
    return JSON.parse(this.text())
  }

  /**
   * The reply that the RFC asks for: a pong with the same payload for a ping (section 5.5.3), a close frame with the
   * same status code for a close (5.5.1). Undefined for other types, and where the connection had sent its close frame
   * when it gave this message: nothing more may be sent then. Send it before you ask for the next event, which may be a
   * close that leaves no room for it.
   */
  response(): Data<'pong' | 'close'> | undefined {
    if (this.#head & MESSAGE_UNANSWERED) return undefined
    if (this.type === 'ping') return new Data(this.message, 'pong')
    if (this.type !== 'close') return undefined
    const code = this.statusCode
    return new Data('', 'close', code === NO_STATUS ? {} : { statusCode: code })
  }

  /** One line for logs: type, size, the beginning of the payload, status code, flags, reserved bits and time. */
  toString(): string {
    const body = this.type === 'close' ? this.message.subarray(2) : this.message
    const shown = this.type === 'text' || this.type === 'close' ? previewUtf8(body) : previewBytes(body)
    const flags = [this.fin ? '' : 'fin=false', this.partial ? 'partial' : '', `rsv=${this.reserved.join('')}`]
    const size = `${this.message.length} B`
    return oneLine('Message', [this.type, this.statusCode, size, shown, ...flags, this.time.toISOString()])
  }

  /** @internal */
  [inspect](): string {
    return this.toString()
  }
}

// Of a received message: when it came, the frame's first byte with flags, and whether memory that its payload lies in was
// taken away before it was asked for.
export { arrivalOf, headOf, isLost }

/** "1005 is a reserved value ... designated for use in applications expecting a status code": there was none. */
export const NO_STATUS = 1005

function checkedHead(message: unknown, type: unknown, reserved: unknown = [0, 0, 0]): number {
  checkBytes('message', message)
  checkType('type', type, 'string')
  return HEAD_FIN | readBits('reserved', reserved)
}
