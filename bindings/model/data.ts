// Data: a frame that a program wants to send. Checks the types and ranges of its arguments.
// Knows no connection: whether the frame may be sent is decided in send/rules.ts, when it is.

import { HEAD_FIN, OPCODE_BINARY, OPCODE_TEXT } from '../../assembly/layout.js'
import { asBytes, bytesIn } from '../base/bytes.js'
import { checkType, checkWhole } from '../base/check.js'
import { checkOptions } from '../base/options.js'
import { inspect, oneLine, previewBytes, previewText, wrongType } from '../base/show.js'
import { encodeText } from '../base/text.js'

/** A reserved bit of a frame header: off or on. */
export type Bit = 0 | 1

/** The fields of a frame to send that have a default. */
export interface DataOptions {
  /** The FIN bit: whether this frame ends its message. Default true. RFC 6455 section 5.4. */
  fin?: boolean | undefined
  /**
   * The status code of a close frame, 0 to 65535; of these, 1000-1003, 1007-1014 and 3000-4999 may be sent. Default:
   * none, and then the frame carries no reason either. RFC 6455 sections 5.5.1 and 7.4.
   */
  statusCode?: number | undefined
  /** The first reserved bit. Default 0. RFC 6455 section 5.2. */
  rsv1?: Bit | undefined
  /** The second reserved bit. Default 0. */
  rsv2?: Bit | undefined
  /** The third reserved bit. Default 0. */
  rsv3?: Bit | undefined
}

const KNOWN = ['fin', 'statusCode', 'rsv1', 'rsv2', 'rsv3'] as const

const FIRST_BYTE = 0xff
const PLAIN_SHIFT = 8

let firstOf: (data: Data) => number
let plainOf: (data: Data) => number
let bytesOf: (data: Data) => Uint8Array | undefined
let payloadOf: (data: Data) => Uint8Array
let partsOf: (data: Data) => readonly Uint8Array[] | undefined
let partsSizeOf: (data: Data) => number
let setParts: (data: Data, parts: readonly Uint8Array[]) => void
let withBits: (data: Data, bits: number) => Data

/**
 * A frame to send. Immutable; bytes are not copied, so leave them unchanged until the frame was sent for the last time.
 *
 * Whether the frame may be sent (its type is registered, its message may begin or go on now, its text is UTF-8, its
 * status code is allowed) is checked by {@link Connection.send}, which knows the connection.
 */
export class Data<Type extends string = string> {
  static {
    firstOf = (data) => data.#first & FIRST_BYTE
    plainOf = (data) => (data instanceof Data ? data.#first >> PLAIN_SHIFT : 0)
    bytesOf = (data) => data.#payload && present(data.#payload)
    payloadOf = (data) => {
      data.#payload ??= wirePayload(data)
      return present(data.#payload)
    }
    partsOf = (data) => data.#parts
    partsSizeOf = (data) => data.#partsSize
    setParts = (data, parts) => {
      data.#parts = parts
      data.#partsSize = payloadOf(data).length
    }
    withBits = (data, bits) => {
      data.#first |= bits
      return data
    }
  }

  readonly #data: string | Uint8Array | ArrayBuffer
  readonly #type: Type
  /** The first byte of the header without its opcode; from PLAIN_SHIFT on, {@link plainOf}. */
  #first: number
  readonly #statusCode: number | undefined
  #payload: Uint8Array | undefined
  #parts: readonly Uint8Array[] | undefined
  #partsSize = 0

  /**
   * @param data The payload: bytes, or a string that is sent as UTF-8 (lone surrogates become U+FFFD). For a close
   * frame, the reason: at most 123 bytes, and only with a status code.
   * @param type 'text', 'binary', 'continue', 'close', 'ping', 'pong', or a name that the connection registered.
   * @param options FIN bit, status code and reserved bits.
   * @throws TypeError where an argument or field has another type than these.
   * @throws RangeError where a status code or a reserved bit is out of range.
   */
  constructor(data: string | Uint8Array | ArrayBuffer, type: Type, options?: DataOptions) {
    const bytes = typeof data === 'string' || data instanceof Uint8Array ? data : otherBytes(data)
    checkType('type', type, 'string')
    const first = options === undefined ? HEAD_FIN : readFirst(options)
    const statusCode = options === undefined ? undefined : readStatusCode(options)
    this.#data = data
    this.#payload = typeof bytes === 'string' || statusCode !== undefined ? undefined : bytes
    this.#type = type
    this.#statusCode = statusCode
    const opcode = type === 'binary' ? OPCODE_BINARY : type === 'text' && typeof data === 'string' ? OPCODE_TEXT : 0
    const isPlain = opcode !== 0 && first === HEAD_FIN && statusCode === undefined
    this.#first = isPlain ? first | ((first | opcode) << PLAIN_SHIFT) : first
  }

  /** The payload as it was given; for a close frame, the reason. */
  get data(): string | Uint8Array | ArrayBuffer {
    return this.#data
  }

  /** The name of the frame's opcode. */
  get type(): Type {
    return this.#type
  }

  /** The FIN bit: whether this frame ends its message. */
  get fin(): boolean {
    return (this.#first & HEAD_FIN) !== 0
  }

  /** The status code of a close frame; undefined where it has none. */
  get statusCode(): number | undefined {
    return this.#statusCode
  }

  /** The first reserved bit. */
  get rsv1(): Bit {
    return bitsOf(this.#first)[0]
  }

  /** The second reserved bit. */
  get rsv2(): Bit {
    return bitsOf(this.#first)[1]
  }

  /** The third reserved bit. */
  get rsv3(): Bit {
    return bitsOf(this.#first)[2]
  }

  /** One line for logs: type, size, the beginning of the payload, status code, FIN and reserved bits. */
  toString(): string {
    const data = this.#data
    const size = typeof data === 'string' ? stringSize(data) : `${data.byteLength} B`
    const shown = typeof data === 'string' ? previewText(data) : previewBytes(asBytes(data) as Uint8Array)
    const fin = this.fin ? '' : 'fin=false'
    const rsv = `rsv=${bitsOf(this.#first).join('')}`
    return oneLine('Data', [this.#type, this.#statusCode, size, shown, fin, rsv])
  }

  /** @internal */
  [inspect](): string {
    return this.toString()
  }
}

// For send/: the first byte without its opcode; the same with it where the frame has no rule to break between two
// messages, else 0; the payload bytes where they are there already; those that go on the wire; and the frame as it was
// last encoded for a server, with the size of its payload then.
export { bytesOf, firstOf, partsOf, partsSizeOf, payloadOf, plainOf, setParts, withBits }

function wirePayload(data: Data): Uint8Array {
  const given = data.data
  const bytes = typeof given === 'string' ? encodeText(given) : (asBytes(given) as Uint8Array)
  const code = data.statusCode
  if (code === undefined) return bytes
  // RFC 6455 section 5.5.1: "a 2-byte unsigned integer (in network byte order)", then the reason.
  const payload = new Uint8Array(2 + bytes.length)
  payload[0] = code >> 8
  payload[1] = code
  payload.set(bytes, 2)
  return payload
}

/** The same bytes; TypeError where their buffer was transferred. */
function present(bytes: Uint8Array): Uint8Array {
  // Not by the length: Node 20 may still give the one that a detached array had.
  return bytes[0] === undefined ? checkBuffer(bytes) : bytes
}

function checkBuffer(bytes: Uint8Array): Uint8Array {
  try {
    new Uint8Array(bytes.buffer)
    return bytes
  } catch {
    throw new TypeError('bytes were transferred before they were sent; slice() a payload to transfer it')
  }
}

/** Bytes in another form than a Uint8Array of this realm; TypeError where `data` is neither bytes nor a string. */
function otherBytes(data: ArrayBuffer): Uint8Array {
  const bytes = bytesIn(data)
  if (bytes === undefined) throw wrongType('data', 'a string, a Uint8Array or an ArrayBuffer', data)
  return bytes
}

/** The first byte of a header, without its opcode. */
function readFirst(options: DataOptions): number {
  checkOptions(options, KNOWN)
  const { fin = true, rsv1 = 0, rsv2 = 0, rsv3 = 0 } = options
  checkType('fin', fin, 'boolean')
  return readBit('rsv1', rsv1, 6) | readBit('rsv2', rsv2, 5) | readBit('rsv3', rsv3, 4) | (fin ? HEAD_FIN : 0)
}

/** The status code, if there is one; TypeError or RangeError where it is wrong. */
function readStatusCode({ statusCode }: DataOptions): number | undefined {
  if (statusCode !== undefined) {
    checkWhole('statusCode', statusCode, 0, 0xffff)
  }
  return statusCode
}

/** The reserved bits of a header's first byte. */
export function bitsOf(first: number): [Bit, Bit, Bit] {
  return [((first >> 6) & 1) as Bit, ((first >> 5) & 1) as Bit, ((first >> 4) & 1) as Bit]
}

/** Three reserved bits, where a header's first byte has them. */
export function readBits(name: string, value: unknown): number {
  if (!Array.isArray(value) || value.length !== 3) throw wrongType(name, 'three bits, as [1, 0, 0]', value)
  return readBit(`${name}[0]`, value[0], 6) | readBit(`${name}[1]`, value[1], 5) | readBit(`${name}[2]`, value[2], 4)
}

/** A reserved bit, shifted to where a header's first byte has it. */
function readBit(name: string, bit: unknown, shift: number): number {
  checkWhole(name, bit, 0, 1)
  return bit << shift
}

/** How much a string is; a long one is not encoded just to be logged. */
function stringSize(text: string): string {
  return text.length > 1024 ? `${text.length} characters` : `${encodeText(text).length} B`
}
