// The payloads and byte streams that every codec gets: seeded, so that they are the same in every process.
// Knows frames; no codec.

import { frameSize, OPCODE_BINARY, OPCODE_CONTINUE, OPCODE_TEXT, writeFrame } from './frames.js'

const SEED = 0x6455

/** A seeded generator of 32-bit numbers (xorshift32). */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

export const TEXTS = ['ASCII', 'Cyrillic', 'CJK', 'emoji'] as const
export type Content = 'binary' | (typeof TEXTS)[number]

/** The first code point of each kind of text, and how many from there on are used. */
const CODE_POINTS: Readonly<Record<(typeof TEXTS)[number], readonly [number, number]>> = {
  ASCII: [0x20, 0x5f],
  Cyrillic: [0x410, 0x40],
  CJK: [0x4e00, 0x5000],
  emoji: [0x1f600, 0x50],
}

/** How many different payloads there are of one size, at most: more than a branch predictor learns, fewer than L2 holds. */
const VARIANTS = 64

/** Different payloads of exactly `size` bytes; text is valid UTF-8, filled up with full stops. */
export function payloads(content: Content, size: number): Buffer[] {
  const next = generator(SEED + size)
  const count = Math.max(2, Math.min(VARIANTS, Math.ceil(2 ** 20 / Math.max(1, size))))
  return Array.from({ length: count }, () => {
    const payload = Buffer.from(new ArrayBuffer(size))
    if (content === 'binary') {
      for (let at = 0; at + 4 <= size; at += 4) payload.writeUInt32LE(next(), at)
      for (let at = size & ~3; at < size; at++) payload[at] = next()
      return payload
    }
    const [first, range] = CODE_POINTS[content]
    payload.fill('.')
    for (let at = 0; ; ) {
      const character = String.fromCodePoint(first + (next() % range))
      const length = Buffer.byteLength(character)
      if (at + length > size) return payload
      at += payload.write(character, at)
    }
  })
}

export interface StreamChoices {
  readonly content: Content
  readonly masked: boolean
  /** Payload bytes of a message. */
  readonly size: number
  /** Frames that each message is sent in. */
  readonly fragments: number
  readonly messages: number
}

export interface Stream {
  readonly bytes: Buffer
  /** Where each message ends in `bytes`. */
  readonly ends: readonly number[]
  /** The payload of each message. */
  readonly payloads: readonly Buffer[]
}

/** Messages on the wire, one after another, each frame with a masking key of its own where it has one. */
export function messageStream({ content, masked, size, fragments, messages }: StreamChoices): Stream {
  const next = generator(SEED)
  const variants = payloads(content, size)
  const cut = Math.ceil(size / fragments)
  let perMessage = 0
  for (let i = 0; i < fragments; i++) perMessage += frameSize(Math.max(0, Math.min(cut, size - i * cut)), masked)
  const bytes = Buffer.from(new ArrayBuffer(perMessage * messages))
  const ends: number[] = []
  const expected: Buffer[] = []
  let at = 0
  for (let i = 0; i < messages; i++) {
    const whole = variants[i % variants.length]
    for (let fragment = 0; fragment < fragments; fragment++) {
      const opcode = fragment > 0 ? OPCODE_CONTINUE : content === 'binary' ? OPCODE_BINARY : OPCODE_TEXT
      const payload = fragments === 1 ? whole : whole.subarray(fragment * cut, (fragment + 1) * cut)
      const key = masked ? Buffer.allocUnsafe(4) : undefined
      key?.writeUInt32LE(next())
      at = writeFrame(bytes, at, { fin: fragment === fragments - 1, opcode, key, payload })
    }
    ends.push(at)
    expected.push(whole)
  }
  return { bytes, ends, payloads: expected }
}

/** Chunks as a socket hands them out, each with a buffer of its own, that can be filled again with the same bytes. */
export class Chunks {
  readonly list: readonly Buffer[]
  readonly #sources: readonly Buffer[]

  /** @param ends Where each chunk ends in `bytes`. */
  constructor(bytes: Buffer, ends: readonly number[]) {
    this.#sources = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
    this.list = this.#sources.map(({ length }) => Buffer.from(new ArrayBuffer(length)))
  }

  /** Codecs unmask in place, so chunks are filled before every use. */
  fill(): void {
    for (let i = 0; i < this.list.length; i++) this.list[i].set(this.#sources[i])
  }
}

/** Where chunks of `size` bytes end in a stream of `length`. */
export function cuts(length: number, size: number): number[] {
  const ends: number[] = []
  for (let at = size; at < length; at += size) ends.push(at)
  ends.push(length)
  return ends
}
