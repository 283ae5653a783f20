// What the bytes of a fuzzing input mean: the options of a connection, the cuts, the company it keeps, and the stream.
// Any bytes are a plan; the ones that are missing are 0. Knows the public options; nothing of what must come of them.

import type { Bit, ConnectionOptions, Delivery, Ownership, Role } from '../../bindings/index.js'
import { concat, DEFINED_OPCODES, type Rules, writeFrame } from '../support/frame-reference.js'
import { Random } from '../support/random.js'

/** The bytes before the stream. */
export const PLAN_SIZE = 16

// Where they are.
export const FLAGS = 0
export const RESERVED_AND_DATA = 1 // three bits, then opcodes 3 to 7
export const CONTROL_AND_DELIVERY = 2 // opcodes 11 to 15, then the delivery
export const TWIN = 3 // ownership, the twin's ownership and delivery
export const LIMITS = 4 // of a frame, and of a message: four bits each
export const CUT = 5 // kind and argument, then the twin's
export const SCHEDULE = 9
export const PATIENCE = 10 // 0: every event is asked for at once
export const FILLER = 11 // from FILLS: pings before the stream, so that it meets the ends of blocks and of tables
export const FILLER_COUNT = 12 // two bytes

export const FLAG_CLIENT = 1
export const FLAG_UNMASKED = 2
export const FLAG_CLOSE_FIRST = 4
export const FLAG_REPLIES = 8
export const FLAG_SENDS = 16
export const FLAG_EOF = 32
export const FLAG_TWIN = 64
export const FLAG_BYSTANDER = 128

export const FILLS = 0xe0
const MOST_FILLER_BYTES = 40_000

const INF = Number.POSITIVE_INFINITY
export const LIMIT_TABLE: readonly number[] = [
  INF,
  0,
  1,
  2,
  4,
  16,
  64,
  125,
  126,
  127,
  1000,
  65535,
  65536,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
]
export const DELIVERIES: readonly Delivery[] = ['frame', 'message', 'chunk']

/** One way to give the stream to a connection. */
export interface Way {
  readonly delivery: Delivery
  readonly ownership: Ownership
  readonly cut: number
  readonly cutArgument: number
}

export interface Plan {
  readonly role: Role
  readonly options: ConnectionOptions
  /** The same, as the reference takes them. */
  readonly rules: Rules
  /** The name of each registered opcode. */
  readonly names: Readonly<Record<number, string>>
  /** One, or two that are given the same stream. */
  readonly ways: readonly Way[]
  /** Whether a connection of the other role, with traffic of its own, runs between. */
  readonly bystander: boolean
  readonly closeFirst: boolean
  readonly replies: boolean
  readonly sends: boolean
  readonly eof: boolean
  readonly patience: number
  readonly seed: number
  readonly stream: Uint8Array
}

export function readPlan(input: Uint8Array): Plan {
  const at = (index: number) => input[index] ?? 0
  const flags = at(FLAGS)
  const has = (flag: number) => (flags & flag) !== 0
  const role = has(FLAG_CLIENT) ? 'CLIENT' : 'SERVER'
  const dataOpcodes = registered(at(RESERVED_AND_DATA) >> 3, 3, 'data')
  const controlOpcodes = registered(at(CONTROL_AND_DELIVERY) & 0x1f, 11, 'control')
  const reserved = at(RESERVED_AND_DATA) & 7
  const maxFrameSize = LIMIT_TABLE[at(LIMITS) & 15]
  const maxMessageSize = LIMIT_TABLE[at(LIMITS) >> 4]
  const bit = (mask: number): Bit => ((reserved & mask) === 0 ? 0 : 1)
  const twin = at(TWIN)
  const ways: Way[] = [way(at(CONTROL_AND_DELIVERY) >> 5, twin & 1, at(CUT), at(CUT + 1))]
  if (has(FLAG_TWIN)) ways.push(way(twin >> 2, (twin >> 1) & 1, at(CUT + 2), at(CUT + 3)))
  const names: Record<number, string> = { 0: 'continue', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }
  for (const [name, opcode] of [...Object.entries(dataOpcodes), ...Object.entries(controlOpcodes)]) names[opcode] = name
  return {
    role,
    options: {
      opcodeNonControlMod: dataOpcodes,
      opcodeControlMod: controlOpcodes,
      reservedBits: [bit(4), bit(2), bit(1)],
      maxFrameSize,
      maxMessageSize,
      acceptUnmasked: has(FLAG_UNMASKED),
    },
    rules: {
      opcodes: [...DEFINED_OPCODES, ...Object.values(dataOpcodes), ...Object.values(controlOpcodes)],
      reserved: reserved << 4,
      masking: role === 'CLIENT' ? 'refused' : has(FLAG_UNMASKED) ? 'either' : 'required',
      maxFrameSize,
      maxMessageSize,
    },
    names,
    ways,
    bystander: has(FLAG_BYSTANDER),
    closeFirst: has(FLAG_CLOSE_FIRST),
    replies: has(FLAG_REPLIES),
    sends: has(FLAG_SENDS),
    eof: has(FLAG_EOF),
    patience: at(PATIENCE) & 7,
    seed: at(SCHEDULE),
    stream: concat([
      filler(role, at(FILLER), at(FILLER_COUNT) * 256 + at(FILLER_COUNT + 1)),
      input.subarray(PLAN_SIZE),
    ]),
  }
}

function registered(bits: number, first: number, prefix: string): Record<string, number> {
  const opcodes: Record<string, number> = {}
  for (let i = 0; i < 5; i++) if (bits & (1 << i)) opcodes[`${prefix} ${first + i}`] = first + i
  return opcodes
}

function way(delivery: number, take: number, cut: number, cutArgument: number): Way {
  return { delivery: DELIVERIES[delivery % 3], ownership: take === 0 ? 'copy' : 'take', cut, cutArgument }
}

function filler(role: Role, kind: number, count: number): Uint8Array {
  if (kind < FILLS) return new Uint8Array(0)
  const payload = new Uint8Array((kind & 0x1f) * 4).fill(0x70)
  const one = writeFrame({ first: 0x89, key: role === 'SERVER' ? [0x70, 0, 1, 2] : undefined }, payload)
  const number = Math.min(count & 0xfff, Math.floor(MOST_FILLER_BYTES / one.length))
  const all = new Uint8Array(number * one.length)
  for (let i = 0; i < number; i++) all.set(one, i * one.length)
  return all
}

const BLOCK = 16384
/** More chunks than this say nothing new, and take long. */
const MOST_CHUNKS = 4000
export const CUT_KINDS = 8

/** Where the chunks of a stream of `size` bytes end, the last at `size`. `starts`: where frames begin. */
export function cuts({ cut, cutArgument }: Way, size: number, starts: readonly number[]): number[] {
  const ends: number[] = []
  const least = Math.ceil(size / MOST_CHUNKS)
  const every = (next: () => number) => {
    for (let at = Math.max(least, next()); at < size; at += Math.max(least, next())) ends.push(at)
  }
  switch (cut % CUT_KINDS) {
    case 0:
      break
    case 1:
      every(() => 1)
      break
    case 2:
      every(() => 1 + cutArgument)
      break
    case 3: {
      const random = new Random(cutArgument)
      every(() => 1 + random.below(1 + cutArgument))
      break
    }
    case 4:
      ends.push(Math.floor((size * cutArgument) / 256))
      break
    case 5:
      every(() => BLOCK - 128 + cutArgument)
      break
    case 6: {
      let step = 1 + (cutArgument & 3)
      every(() => {
        step *= 2
        return step
      })
      break
    }
    default:
      ends.push(...starts.map((start) => start + (cutArgument & 15)))
  }
  return [...new Set(ends.filter((end) => end > 0 && end < size)), size].sort((a, b) => a - b)
}
