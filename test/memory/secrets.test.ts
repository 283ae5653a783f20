// What is still to come stays out of memory that others can read: payload that is pending, and masking keys.
// Knows kinds of results and frames written by hand; nothing of where pending payload or keys are kept.

import { describe, expect, it } from 'vitest'
import {
  Connection,
  type ConnectionOptions,
  Data,
  type Delivery,
  type Ownership,
  type Role,
} from '../../bindings/index.js'
import { bare } from '../options/extensions/toys.js'
import { BINARY, CONTINUE, frame, join, KEY, noise, PING, TEXT } from '../support/frames.js'
import { DELIVERIES, isSame, KINDS, OWNERSHIPS, ROLES } from './results.js'

/** Bytes of a secret that are looked for at a time. */
const PIECE = 16
const SIZES = [32, 60, 100, 600, 3000, 10_000, 40_000]
/** Sizes of the other results, which may lie next to what is pending. */
const OTHERS = [0, 20, 65, 100, 500, 1000, 5000]

/** Kinds of results that are made between one secret and the next. */
const BESIDE = KINDS.filter(
  ([name]) => name === 'send of bytes' || name === "payloads under 'copy' in 'frame' delivery",
)

/** Results of every kind, by connections that know no secret. */
function results(sizes: readonly number[]): Uint8Array[] {
  return KINDS.flatMap(([, open]) => {
    const maker = open()
    return sizes.flatMap((size) => maker(new Uint8Array(size)))
  })
}

/** How many pieces of the secret are in these buffers. */
function seen(secret: Uint8Array, buffers: readonly Buffer[]): number {
  let found = 0
  const step = Math.max(PIECE, Math.floor(secret.length / 20))
  for (let at = 0; at + PIECE <= secret.length; at += step) {
    const piece = secret.subarray(at, at + PIECE)
    for (const buffer of buffers) if (buffer.indexOf(piece) >= 0) found++
  }
  return found
}

/** Chunks that leave the secret pending, and the one that completes it. */
type Parts = (secret: Uint8Array, mask: { key?: readonly number[] }) => [pending: Uint8Array[], rest: Uint8Array]

/** A frame of the secret and as much again, cut after the secret. */
function cut(opcode: number, secret: Uint8Array, mask: { key?: readonly number[] }): [Uint8Array, Uint8Array] {
  const whole = frame({ opcode, payload: join(secret, new Uint8Array(secret.length)), ...mask })
  const end = whole.length - secret.length
  return [whole.slice(0, end), whole.slice(end)]
}

const header = (part: Uint8Array, secret: Uint8Array) => part.length - secret.length

const SHAPES: Readonly<Record<string, Parts>> = {
  'the second chunk of a frame': (secret, mask) => {
    const [first, rest] = cut(BINARY, secret, mask)
    const at = header(first, secret)
    return [[first.slice(0, at), first.slice(at)], rest]
  },
  'a chunk that begins a frame': (secret, mask) => {
    const [first, rest] = cut(BINARY, secret, mask)
    return [[first], rest]
  },
  'a chunk in which it comes after another frame': (secret, mask) => {
    const [first, rest] = cut(
      TEXT,
      secret.map((byte) => byte & 0x7f),
      mask,
    )
    return [[join(frame({ opcode: PING, payload: 'x'.repeat(100), ...mask }), first)], rest]
  },
  'many small chunks': (secret, mask) => {
    const [first, rest] = cut(BINARY, secret, mask)
    const pieces: Uint8Array[] = []
    for (let at = 0; at < first.length; at += 37) pieces.push(first.slice(at, at + 37))
    return [pieces, rest]
  },
  'fragments, joined later': (secret, mask) => {
    const half = secret.length >> 1
    const begin = frame({ opcode: BINARY, fin: 0, payload: secret.subarray(0, half), ...mask })
    const more = frame({ opcode: CONTINUE, fin: 0, payload: secret.subarray(half), ...mask })
    return [[begin, more], frame({ opcode: CONTINUE, payload: new Uint8Array(secret.length), ...mask })]
  },
}

/** A connection with a secret of its own, part of which has come. */
class Holder {
  readonly secret: Uint8Array
  readonly #connection: Connection
  readonly #rest: Uint8Array

  constructor(role: Role, options: ConnectionOptions, secret: Uint8Array, parts: Parts) {
    this.secret = secret
    this.#connection = new Connection(role, options) as Connection
    const [given, rest] = parts(secret, role === 'SERVER' ? { key: KEY } : {})
    for (const chunk of given) {
      this.#connection.recv(chunk)
      for (const _ of this.#connection.messages());
    }
    this.#rest = rest
  }

  /** The rest comes; throws where the secret was not kept. */
  end(): void {
    this.#connection.recv(this.#rest)
    const [message] = this.#connection.messages()
    const whole = join(this.secret, new Uint8Array(this.secret.length))
    if (!isSame(message.message, whole)) throw new Error(`a secret of ${this.secret.length} bytes was lost`)
  }
}

let secrets = 0

/** How often secrets of these sizes can be read while they are pending, by size. */
function found(
  deliveries: readonly Delivery[],
  ownership: Ownership,
  sizes: readonly number[],
  parts: Parts,
): string[] {
  const others = results(OTHERS)
  const beside = BESIDE.map(([, open]) => open())
  const holders: Holder[] = []
  for (const delivery of deliveries) {
    for (const role of ROLES) {
      for (const size of sizes) {
        for (const extensions of [[], [bare()]]) {
          // Another one each time, since it ends as a result; below 0x80, as it may be text.
          const secret = noise(size, 1 + secrets++ * 7919).map((byte) => byte & 0x7f)
          holders.push(new Holder(role, { delivery, ownership, extensions }, secret, parts))
          for (const maker of beside) others.push(...maker(new Uint8Array(100)))
        }
      }
    }
  }
  others.push(...results(OTHERS))
  const buffers = Array.from(new Set(others.map(({ buffer }) => buffer as ArrayBuffer)), (one) => Buffer.from(one))
  const pieces = holders.map(({ secret }) => `${seen(secret, buffers)} pieces of ${secret.length} bytes`)
  for (const holder of holders) holder.end()
  return pieces.filter((one) => !one.startsWith('0 '))
}

describe.each(Object.entries(SHAPES))('payload that is pending is in no other result: %s', (name, parts) => {
  const deliveries = name.startsWith('fragments') ? (['message'] as const) : (['frame', 'message'] as const)
  it.each(OWNERSHIPS)("under '%s'", (ownership) => {
    expect(found(deliveries, ownership, SIZES, parts)).toEqual([])
  })
})

it.each(OWNERSHIPS)("payload of a control frame that is pending is in no other result, under '%s'", (ownership) => {
  const parts: Parts = (secret, mask) => {
    const [first, rest] = cut(PING, secret, mask)
    return [[first.slice(0, -20), first.slice(-20)], rest]
  }
  expect(found(DELIVERIES, ownership, [32, 60], parts)).toEqual([])
})

describe('masking keys that are still to come', () => {
  /** Every four bytes in a row, as a number in network byte order. */
  function words(bytes: Uint8Array, into: Set<number>): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at + 4 <= bytes.length; at++) into.add(view.getUint32(at)).add(view.getUint32(at, true))
  }

  const FRAME = 6
  const empty = new Data('', 'ping')

  // Ten looks at up to a MiB of bytes, each before 5000 keys: two numbers are equal by chance about 20 times. Keys that lie
  // in memory that can be read are equal thousands of times.
  it('are not in the buffer of any result', () => {
    const client = new Connection('CLIENT')
    const maker = KINDS.map(([, open]) => open())
    let found = 0
    for (let look = 0; look < 10; look++) {
      const visible = new Set<number>()
      const made = maker.flatMap((make) => make(new Uint8Array(300)))
      made.push(client.send(empty), client.send(new Data(new Uint8Array(100), 'binary')))
      for (const buffer of new Set(made.map((one) => one.buffer))) words(new Uint8Array(buffer as ArrayBuffer), visible)
      const bytes = client.send(...new Array<Data<'ping'>>(5000).fill(empty))
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 2; at < bytes.length; at += FRAME) if (visible.has(view.getUint32(at))) found++
    }
    expect(found).toBeLessThan(200)
  })
})
