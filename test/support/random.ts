// Random bytes, texts and frames that are the same in every run: the seed is given, and said where a test fails.
// Knows what a stream of frames may look like; nothing of how one is decoded.

import { concat, type Key, writeFrame } from './frame-reference.js'

/** A seeded generator (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** True once in `times` calls, on average. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(length).map(() => this.below(256))
  }

  key(): Key {
    return [this.below(256), this.below(256), this.below(256), this.below(256)]
  }
}

/** The first and last code points of each length in UTF-8 and next to the surrogates, and some in between. */
const CODE_POINTS: readonly (readonly number[])[] = [
  [0x00, 0x20, 0x41, 0x7a, 0x7f],
  [0x80, 0xe9, 0x3a9, 0x7c0, 0x7ff],
  [0x800, 0xfff, 0x1000, 0x20ac, 0x4e2d, 0xd7ff, 0xe000, 0xfffd, 0xffff],
  [0x10000, 0x1f600, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff],
]

const encoder = new TextEncoder()
const CHARACTERS = CODE_POINTS.map((points) => points.map((point) => encoder.encode(String.fromCodePoint(point))))

/** What the characters of a text are: bytes per character, or all lengths mixed, or ASCII with few others. */
export type TextKind = 1 | 2 | 3 | 4 | 'mixed' | 'mostly ASCII'
export const TEXT_KINDS: readonly TextKind[] = [1, 2, 3, 4, 'mixed', 'mostly ASCII']

/** Valid UTF-8 of exactly `length` bytes; what does not fit at its end is ASCII. */
export function randomText(random: Random, length: number, kind: TextKind): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(length).fill(0x2e)
  let at = 0
  while (at < length) {
    const size = kind === 'mixed' ? 1 + random.below(4) : kind === 'mostly ASCII' ? (random.once(20) ? 3 : 1) : kind
    const character = random.pick(CHARACTERS[size - 1])
    if (at + character.length > length) break
    text.set(character, at)
    at += character.length
  }
  return text
}

/** Bytes at the borders of the ranges that RFC 3629 tells apart. */
export const EDGE_BYTES: readonly number[] = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
  0xf1, 0xf3, 0xf4, 0xf5, 0xff,
]

/** A copy with one byte changed, left out or put in, or cut off at the end. */
export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.pick(EDGE_BYTES))
  const at = random.below(bytes.length)
  const byte = random.once(2) ? random.pick(EDGE_BYTES) : random.below(256)
  switch (random.below(4)) {
    case 0:
      return concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    case 1:
      return concat([bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at)])
    case 2:
      return bytes.slice(0, at)
    default: {
      const changed = bytes.slice()
      changed[at] = byte
      return changed
    }
  }
}

/** How {@link randomFrames} chooses. */
export interface FrameChoices {
  readonly count: number
  readonly masked: 'all' | 'none' | 'some'
  /** One text payload in so many is mutated; 0 for none. */
  readonly wrongText: number
  size(random: Random): number
}

/** Frames in a legal order: messages, whole or in fragments, with control frames in between. No close frame. */
export function randomFrames(random: Random, choices: FrameChoices): Uint8Array[] {
  const frames: Uint8Array[] = []
  // What is left of the message in progress, and whether it has begun.
  let fragments: { first: number; rest: Uint8Array; begun: boolean } | undefined
  while (frames.length < choices.count) {
    const masked = choices.masked === 'all' || (choices.masked === 'some' && random.once(2))
    const key = masked ? random.key() : undefined
    if (random.once(6)) {
      const payload = random.bytes(random.below(126))
      frames.push(writeFrame({ first: random.pick([0x89, 0x8a]), key }, payload))
      continue
    }
    fragments ??= randomMessage(random, choices)
    const { rest } = fragments
    const isLast = random.once(2)
    const cut = isLast ? rest.length : random.below(rest.length + 1)
    const first = (isLast ? 0x80 : 0) | (fragments.begun ? 0 : fragments.first)
    frames.push(writeFrame({ first, key }, rest.subarray(0, cut)))
    fragments = isLast ? undefined : { first, rest: rest.subarray(cut), begun: true }
  }
  return frames
}

function randomMessage(random: Random, choices: FrameChoices): { first: number; rest: Uint8Array; begun: boolean } {
  const size = choices.size(random)
  // Binary, or text that an extension has encoded, is any bytes.
  if (random.once(3)) return { first: random.pick([0x02, 0x41, 0x42]), rest: random.bytes(size), begun: false }
  const text = randomText(random, size, random.pick(TEXT_KINDS))
  const isWrong = choices.wrongText > 0 && random.once(choices.wrongText)
  return { first: 0x01, rest: isWrong ? mutate(random, text) : text, begun: false }
}

/** Sizes of pieces that add up to `length`: each between 1 and `largest`. */
export function randomCuts(random: Random, length: number, largest: number): number[] {
  const sizes: number[] = []
  for (let rest = length; rest > 0; ) {
    const size = Math.min(rest, 1 + random.below(largest))
    sizes.push(size)
    rest -= size
  }
  return sizes
}
