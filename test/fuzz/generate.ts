// Makes inputs: streams of legal frames from nothing, and changes of inputs that are there, blind or frame by frame.
// Knows how frames lie in a stream; nothing of what is legal where, or of what has been reached.

import { concat, type Header, maskBytes, parseHeader, writeHeader } from '../support/frame-reference.js'
import { EDGE_BYTES, mutate, type Random, randomFrames } from '../support/random.js'
import * as plan from './plan.js'

/** No input is longer than this, in bytes, fillers aside. */
export const MOST_BYTES = 1 << 17

/** An input from nothing. */
export function fresh(random: Random): Uint8Array {
  const masked = random.once(4) ? 'some' : random.once(2) ? 'all' : 'none'
  const largest = random.pick([4, 20, 130, 130, 300])
  const size = (from: Random) => (from.once(200) ? 65530 + from.below(12) : from.below(largest))
  const frames = randomFrames(random, { count: 1 + random.below(12), masked, wrongText: 8, size })
  const header = freshPlan(random)
  header[plan.FLAGS] &= ~(plan.FLAG_CLIENT | plan.FLAG_UNMASKED)
  if (masked === 'none') header[plan.FLAGS] |= plan.FLAG_CLIENT
  if (masked === 'some') header[plan.FLAGS] |= plan.FLAG_UNMASKED
  return concat([header, ...frames]).subarray(0, MOST_BYTES)
}

function freshPlan(random: Random): Uint8Array {
  const header = random.bytes(plan.PLAN_SIZE)
  // Most plans let most frames through, and few begin with thousands of pings.
  if (!random.once(4)) header[plan.RESERVED_AND_DATA] |= 7
  if (!random.once(4)) header[plan.LIMITS] = 0
  if (!random.once(4)) header[plan.FLAGS] &= ~plan.FLAG_CLOSE_FIRST
  if (!random.once(60)) header[plan.FILLER] &= ~plan.FILLS
  return header
}

/** A changed copy of `input`; `other` is another input, to take parts from. */
export function change(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  let header = input.slice(0, plan.PLAN_SIZE)
  let stream: Uint8Array = input.subarray(plan.PLAN_SIZE)
  for (let times = 1 + random.below(4); times > 0; times--) {
    switch (random.below(10)) {
      case 0:
        header = changePlan(random, header)
        break
      case 1:
        header = other.slice(0, plan.PLAN_SIZE)
        break
      case 2:
      case 3:
        stream = mutate(random, stream)
        break
      case 4:
        stream = splice(random, stream, other.subarray(plan.PLAN_SIZE))
        break
      default:
        stream = changeFrames(random, stream, other.subarray(plan.PLAN_SIZE))
    }
  }
  return concat([header, stream]).subarray(0, MOST_BYTES)
}

function changePlan(random: Random, header: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = random.below(header.length)
  const isFiller = at >= plan.FILLER && at < plan.FILLER_COUNT + 2
  if (isFiller && !random.once(30)) header[plan.FILLER] &= ~plan.FILLS
  else header[at] = random.once(2) ? header[at] ^ (1 << random.below(8)) : random.below(256)
  return header
}

/** The beginning of one and the end of the other, or one with a piece of itself again. */
function splice(random: Random, stream: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.below(stream.length + 1)
  if (random.once(2)) return concat([stream.subarray(0, at), other.subarray(random.below(other.length + 1))])
  const from = random.below(stream.length + 1)
  const piece = stream.subarray(from, from + random.below(64))
  return concat([stream.subarray(0, at), piece, stream.subarray(at)])
}

interface Part {
  readonly header: Header
  readonly bytes: Uint8Array
}

/** The frames of a stream, however wrong; what follows the last whole one is a part, too. */
function partsOf(stream: Uint8Array): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < stream.length; ) {
    const header = parseHeader(stream, at)
    const size = header.end === undefined ? stream.length : header.end - at + Number(header.length)
    parts.push({ header, bytes: stream.subarray(at, at + size) })
    at += size
  }
  return parts
}

function changeFrames(random: Random, stream: Uint8Array, other: Uint8Array): Uint8Array {
  const parts = partsOf(stream)
  if (parts.length === 0) return other
  const at = random.below(parts.length)
  const bytes = parts.map((part) => part.bytes)
  switch (random.below(6)) {
    case 0:
      bytes.splice(at, 1)
      break
    case 1:
      bytes.splice(random.below(bytes.length + 1), 0, bytes[at])
      break
    case 2: {
      const others = partsOf(other)
      if (others.length > 0) bytes.splice(at, 0, random.pick(others).bytes)
      break
    }
    default:
      bytes[at] = changeFrame(random, parts[at])
  }
  return concat(bytes)
}

/** Code points that end in every way a UTF-8 validator can go wrong, and status codes at every border. */
const PAYLOADS: readonly (readonly number[])[] = [
  [0xe2, 0x82, 0xac],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90],
  [0xed, 0xa0],
  [0xed, 0x9f, 0xbf],
  [0xc0, 0xaf],
  [0xe0, 0x9f],
  ...[999, 1000, 1003, 1004, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000].map((code) => [code >> 8, code & 255]),
]

const FIRST_BYTES = [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0x83, 0x8b, 0xc1, 0x41, 0x09, 0xff]
const LENGTHS = [0, 1, 2, 125, 126, 127, 65535, 65536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63].map(BigInt)

/** Another header, key or payload; the rest of the frame is written to fit, or nearly. */
function changeFrame(random: Random, { header, bytes }: Part): Uint8Array {
  if (header.first === undefined || header.end === undefined) return mutate(random, bytes)
  let { first, key, lengthBytes } = header
  const payload = bytes.subarray(header.end - header.start)
  let plain: Uint8Array = key === undefined ? payload : maskBytes(payload, key)
  let length: bigint | undefined
  switch (random.below(8)) {
    case 0:
      first = random.pick(FIRST_BYTES)
      break
    case 1:
      first ^= random.pick([0x80, 0x40, 0x20, 0x10, 0x01, 0x02, 0x08])
      break
    case 2:
      key = key === undefined || random.once(2) ? random.key() : random.once(4) ? undefined : [0, 0, 0, 0]
      break
    case 3:
      length = random.pick(LENGTHS)
      break
    case 4:
      lengthBytes = random.pick([0, 2, 8] as const)
      if (lengthBytes === 0) plain = plain.subarray(0, 125)
      break
    case 5:
      plain = insert(plain, random.below(plain.length + 1), random.pick(PAYLOADS))
      break
    case 6:
      plain = insert(plain, random.below(plain.length + 1), new Array(random.below(300)).fill(random.pick(EDGE_BYTES)))
      break
    default:
      plain = mutate(random, plain)
  }
  const fits = length === undefined && lengthBytes === header.lengthBytes
  const declared = length ?? BigInt(plain.length)
  const head = writeHeader(
    { first, key, lengthBytes: fits || length !== undefined ? undefined : lengthBytes },
    declared,
  )
  return concat([head, key === undefined ? plain : maskBytes(plain, key)])
}

function insert(bytes: Uint8Array, at: number, more: readonly number[]): Uint8Array {
  return concat([bytes.subarray(0, at), Uint8Array.from(more), bytes.subarray(at)])
}
