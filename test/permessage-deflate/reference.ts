// A slow inflater, written from RFC 1951, that tells what a stream is made of: blocks, the greatest distance, the bytes.
// Knows no zlib and no WebSocket. Throws where the bytes are wrong, or end within a block.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131]
LENGTH_BASE.push(163, 195, 227, 258)
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

export interface Walked {
  readonly output: Uint8Array
  readonly maxDistance: number
  /** BTYPE of each block; those with BFINAL on are negative, less one. */
  readonly blocks: readonly number[]
}

type Code = Map<number, number>

/** Canonical Huffman code (RFC 1951 section 3.2.2): `1` and the code's bits, to the symbol. */
function code(lengths: readonly number[]): Code {
  const symbols: Code = new Map()
  let next = 0
  for (let length = 1; length <= 15; length++) {
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue
      symbols.set((1 << length) | next, symbol)
      next += 1
    }
    next <<= 1
  }
  return symbols
}

const FIXED = code(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)))
const FIXED_DISTANCES = code(new Array(30).fill(5))

/** Walks through whole blocks until the bytes end; `window`: what came before. */
export function walk(bytes: Uint8Array, window: Uint8Array = new Uint8Array(0)): Walked {
  const out: number[] = [...window]
  const blocks: number[] = []
  let maxDistance = 0
  let at = 0

  const bits = (count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++, at++) {
      if (at >= bytes.length * 8) throw new Error('ends within a block')
      value |= ((bytes[at >> 3] >> (at & 7)) & 1) << i
    }
    return value
  }
  const symbol = (symbols: Code): number => {
    let path = 1
    for (let length = 1; length <= 15; length++) {
      path = (path << 1) | bits(1)
      const found = symbols.get(path)
      if (found !== undefined) return found
    }
    throw new Error('no such code')
  }
  const trees = (): [Code, Code] => {
    const [literals, distances, lengths] = [bits(5) + 257, bits(5) + 1, bits(4) + 4]
    const meta = new Array(19).fill(0)
    for (let i = 0; i < lengths; i++) meta[ORDER[i]] = bits(3)
    const symbols = code(meta)
    const all: number[] = []
    while (all.length < literals + distances) {
      const one = symbol(symbols)
      if (one < 16) all.push(one)
      else if (one === 16) all.push(...new Array(3 + bits(2)).fill(all[all.length - 1]))
      else all.push(...new Array(one === 17 ? 3 + bits(3) : 11 + bits(7)).fill(0))
    }
    return [code(all.slice(0, literals)), code(all.slice(literals))]
  }
  const compressed = (literals: Code, distances: Code) => {
    for (let one = symbol(literals); one !== 256; one = symbol(literals)) {
      if (one < 256) {
        out.push(one)
        continue
      }
      const length = LENGTH_BASE[one - 257] + bits(LENGTH_EXTRA[one - 257])
      const far = symbol(distances)
      const extra = far < 2 ? 0 : (far >> 1) - 1
      const distance = (far < 4 ? far : (2 + (far & 1)) << extra) + bits(extra) + 1
      if (distance > out.length) throw new Error(`distance ${distance} before the beginning`)
      maxDistance = Math.max(maxDistance, distance)
      for (let i = 0; i < length; i++) out.push(out[out.length - distance])
    }
  }

  while (at + 7 < bytes.length * 8) {
    const final = bits(1)
    const type = bits(2)
    blocks.push(final === 1 ? -1 - type : type)
    if (type === 0) {
      at = (at + 7) & ~7
      const length = bits(16)
      if ((bits(16) ^ 0xffff) !== length) throw new Error('length of a stored block')
      for (let i = 0; i < length; i++) out.push(bits(8))
    } else if (type === 1) compressed(FIXED, FIXED_DISTANCES)
    else if (type === 2) compressed(...trees())
    else throw new Error('block of an unknown type')
    if (final === 1) at = (at + 7) & ~7
  }
  return { output: Uint8Array.from(out.slice(window.length)), maxDistance, blocks }
}
