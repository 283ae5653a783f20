// Reads the lines of an HTTP/1.1 message's head as its bytes come, in any cut, in time linear in them, within limits.
// Knows lines and limits; not what may be in them, which its grammar says.

import { checkOptions } from '../base/options.js'
import { fromLatin1, kind } from './characters.js'
import { readField } from './lines.js'
import { Problem, type RequestCode, type ResponseCode } from './problems.js'

/** How much head is taken. RFC 6455 section 10.4. */
export interface HeadLimits {
  /** Bytes of a line, without its end. Default 8192. */
  maxLineLength?: number | undefined
  /** Fields. Default 128. */
  maxHeaders?: number | undefined
  /** Bytes of the whole head. Default 65536. */
  maxHeadSize?: number | undefined
}

export type Pairs = [string, string][]
type Code = RequestCode | ResponseCode

/** What differs between requests and responses. */
export interface Grammar<Start> {
  readonly start: (line: string) => Start
  readonly lineCode: Code
  readonly longCode: Code
  readonly fieldCode: Code
  readonly sizeCode: Code
  /** Empty lines before the first that are passed over. */
  readonly emptyLines: number
  /** What must hold of all fields together. */
  readonly check: (fields: Pairs) => void
}

const KNOWN = ['maxLineLength', 'maxHeaders', 'maxHeadSize'] as const

const LF = 0x0a
const CR = 0x0d

/** A head that has ended. `rest`: what came after it in the last chunk. */
export interface Ended<Start> {
  readonly start: Start
  readonly headers: Pairs
  readonly rest: Uint8Array<ArrayBuffer>
}

/** Lines, as they come, into a head. */
export class HeadReader<Start> {
  readonly #grammar: Grammar<Start>
  readonly #maxLineLength: number
  readonly #maxHeaders: number
  readonly #maxHeadSize: number
  /** The beginning of a line whose end has not come. */
  #held = new Uint8Array(0)
  #length = 0
  #size = 0
  #emptyLines: number
  #start: Start | undefined
  readonly #fields: Pairs = []
  #over = false

  constructor(grammar: Grammar<Start>, limits: HeadLimits = {}) {
    checkOptions(limits, KNOWN)
    this.#grammar = grammar
    this.#emptyLines = grammar.emptyLines
    this.#maxLineLength = readLimit('maxLineLength', limits.maxLineLength, 8192)
    this.#maxHeaders = readLimit('maxHeaders', limits.maxHeaders, 128)
    this.#maxHeadSize = readLimit('maxHeadSize', limits.maxHeadSize, 65536)
  }

  /** A reader of the next head, within the same limits. */
  another(): HeadReader<Start> {
    const maxLineLength = this.#maxLineLength
    const maxHeaders = this.#maxHeaders
    const maxHeadSize = this.#maxHeadSize
    return new HeadReader(this.#grammar, { maxLineLength, maxHeaders, maxHeadSize })
  }

  /** Throws a {@link Problem} where the bytes are no head; undefined while it has not ended. */
  push(bytes: Uint8Array | ArrayBuffer): Ended<Start> | undefined {
    const chunk = view(bytes)
    if (this.#over) throw new Error('the head has ended: bytes after it belong to the connection')
    let at = 0
    while (at < chunk.length) {
      const end = chunk.indexOf(LF, at)
      const next = end < 0 ? chunk.length : end + 1
      this.#count(next - at, end >= 0)
      if (end < 0) {
        this.#hold(chunk.subarray(at))
        return undefined
      }
      const line = this.#line(chunk, at, end)
      at = next
      if (this.#take(line)) {
        this.#over = true
        this.#grammar.check(this.#fields)
        return { start: this.#start as Start, headers: this.#fields, rest: chunk.subarray(at) }
      }
    }
    return undefined
  }

  /** Nothing is taken over the limits: neither a line that has ended, nor one that has not. */
  #count(bytes: number, ended: boolean): void {
    const { longCode, sizeCode } = this.#grammar
    this.#size += bytes
    const length = this.#length + bytes - (ended ? 2 : 0)
    // A line that has not ended may have its carriage return already.
    if (length > this.#maxLineLength + (ended ? 0 : 1)) {
      const code = this.#start === undefined ? longCode : sizeCode
      throw new Problem(code, `a line of ${length} bytes or more`, `maxLineLength is ${this.#maxLineLength}`)
    }
    if (this.#size > this.#maxHeadSize) {
      throw new Problem(sizeCode, `a head of ${this.#size} bytes or more`, `maxHeadSize is ${this.#maxHeadSize}`)
    }
  }

  /** Keeps the beginning of a line. The memory doubles, so that each byte is copied a few times at most. */
  #hold(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(64, length, 2 * this.#held.length))
      larger.set(this.#held.subarray(0, this.#length))
      this.#held = larger
    }
    this.#held.set(bytes, this.#length)
    this.#length = length
  }

  /** The line that ends with the line feed at `end`, without its end. */
  #line(chunk: Uint8Array<ArrayBuffer>, at: number, end: number): string {
    let bytes = chunk
    let from = at
    let to = end
    if (this.#length > 0) {
      this.#hold(chunk.subarray(at, end))
      bytes = this.#held
      from = 0
      to = this.#length
      this.#length = 0
    }
    // RFC 9112 section 2.2 lets a recipient take a line feed alone for an end; two that differ in that see two requests.
    if (to === from || bytes[to - 1] !== CR) {
      const { lineCode, fieldCode } = this.#grammar
      const code = this.#start === undefined ? lineCode : fieldCode
      throw new Problem(code, 'a line feed without a carriage return before it', 'lines end with both')
    }
    return fromLatin1(bytes, from, to - 1)
  }

  /** Takes a line; true where it ends the head. */
  #take(line: string): boolean {
    if (this.#start === undefined) {
      if (line === '' && this.#emptyLines-- > 0) return false
      this.#start = this.#grammar.start(line)
      return false
    }
    if (line === '') return true
    if (this.#fields.length === this.#maxHeaders) {
      throw new Problem(this.#grammar.sizeCode, `more than ${this.#maxHeaders} header fields`, 'maxHeaders is the most')
    }
    const { name, value } = readField(line, this.#grammar.fieldCode)
    this.#fields.push([name, value])
    return false
  }
}

function readLimit(name: string, value: unknown, usual: number): number {
  if (value === undefined) return usual
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${kind(value)}`)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} is ${value}; it must be a whole number from 1`)
  return value
}

function view(bytes: unknown): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
  if (Object.prototype.toString.call(bytes) === '[object ArrayBuffer]') return new Uint8Array(bytes as ArrayBuffer)
  throw new TypeError(`bytes must be a Uint8Array or an ArrayBuffer, not ${kind(bytes)}`)
}
