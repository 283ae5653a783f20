// Toy extensions whose output shows what was done to it: in which order, to which message, at which byte of it.
// Knows the interface alone; nothing of connections.

import { type Bit, type Extension, ExtensionError } from '../../../bindings/index.js'

type Bits = readonly [Bit, Bit, Bit]

/** What was asked of an extension. */
export interface Call {
  readonly method: string
  readonly size: number
  readonly fin: boolean
  readonly budget?: number
}

export interface Toy extends Extension {
  readonly calls: Call[]
  released: number
}

interface ToyOptions {
  reserved?: Bits
  encodes?: (type: string, size: number, fin: boolean) => boolean
}

/** Where a direction of {@link rotation} is: nothing but the right message and byte gives the right result. */
class Place {
  #message = 0
  #byte = 0

  /** The bytes, each with the number of its message and its own added `times` times. */
  turn(payload: Uint8Array, fin: boolean, times: number): Uint8Array {
    const out = payload.map((byte) => byte + times * (this.#message * 31 + this.#byte++ * 7 + 1))
    if (fin) {
      this.#message++
      this.#byte = 0
    }
    return out
  }
}

/** Adds the place of each byte to it; as many bytes come out as went in. */
export function rotation({ reserved = [1, 0, 0], encodes = () => true }: ToyOptions = {}): Toy {
  const outgoing = new Place()
  const incoming = new Place()
  const calls: Call[] = []
  return {
    name: 'x-rotation',
    reserved,
    calls,
    released: 0,
    encodes(type, size, fin) {
      calls.push({ method: `encodes ${type}`, size, fin })
      return encodes(type, size, fin)
    },
    encode(payload, fin) {
      calls.push({ method: 'encode', size: payload.length, fin })
      return outgoing.turn(payload, fin, 1)
    },
    decode(payload, fin, budget) {
      calls.push({ method: 'decode', size: payload.length, fin, budget })
      if (payload.length > budget) throw new ExtensionError('too much', 1009)
      return incoming.turn(payload, fin, -1)
    },
    release() {
      this.released++
    },
  }
}

/** Writes a count before each byte, for as many of them as follow one another: up to 255 bytes, or twice as many. */
export function runs({ reserved = [0, 1, 0], encodes = () => true }: ToyOptions = {}): Toy {
  const calls: Call[] = []
  /** A count whose byte has not come. */
  let count: number | undefined
  return {
    name: 'x-runs',
    reserved,
    calls,
    released: 0,
    encodes(type, size, fin) {
      calls.push({ method: `encodes ${type}`, size, fin })
      return encodes(type, size, fin)
    },
    encode(payload, fin) {
      calls.push({ method: 'encode', size: payload.length, fin })
      const out: number[] = []
      for (const byte of payload) {
        const last = out.length - 2
        if (last >= 0 && out[last + 1] === byte && out[last] < 255) out[last]++
        else out.push(1, byte)
      }
      return Uint8Array.from(out)
    },
    decode(payload, fin, budget) {
      calls.push({ method: 'decode', size: payload.length, fin, budget })
      const out: number[] = []
      for (const byte of payload) {
        if (count === undefined) {
          if (byte === 0) throw new ExtensionError('a run of nothing', 1007)
          count = byte
          continue
        }
        if (out.length + count > budget) throw new ExtensionError('more than the budget', 1009)
        for (; count > 0; count--) out.push(byte)
        count = undefined
      }
      if (fin && count !== undefined) throw new ExtensionError('a count without its byte', 1007)
      return Uint8Array.from(out)
    },
    release() {
      this.released++
    },
  }
}

/** Does nothing but claim its bits, and what `parts` say. */
export function bare(parts: Partial<Extension> = {}): Extension {
  return {
    name: 'x-bare',
    reserved: [1, 0, 0],
    encodes: () => true,
    encode: (payload) => payload,
    decode: (payload) => payload,
    ...parts,
  }
}
