// A case as one stream of bytes, and the events it must come to, for a role and a delivery.
// Knows the table's form and the codec's options; the expectations are the table's, none is computed here.

import type { ConnectionOptions, Delivery, Ownership, Role } from '../../bindings/index.js'
import { seededRandom } from '../support/seed.js'
import { bytes, type Case, type Frame, headerLength, wire } from './case.js'

/** An event as it is compared. */
export interface Expected {
  readonly type: string
  readonly payload: Uint8Array
  readonly fin: boolean
  readonly rsv: number
}

export interface Stream {
  readonly bytes: Uint8Array
  /** Where each of the legal frames ends. */
  readonly ends: readonly number[]
  /** Where the header, and the whole of the frame ends that breaks a rule. */
  readonly violation: { readonly header: number; readonly end: number } | undefined
}

export function stream(one: Case, role: Role): Stream {
  const random = seededRandom(one.name.length)
  const parts: Uint8Array[] = []
  const ends: number[] = []
  let at = 0
  const add = (frame: Frame) => {
    parts.push(wire(frame, role, random.key()))
    at += parts[parts.length - 1].length
  }
  for (const frame of one.frames) {
    add(frame)
    ends.push(at)
  }
  let violation: Stream['violation']
  if (one.violation !== undefined) {
    const header = at + headerLength(one.violation.frame, role)
    add(one.violation.frame)
    violation = { header, end: at }
  }
  if (one.unfinished !== undefined) add(one.unfinished)
  for (const frame of one.ignored ?? []) add(frame)
  return { bytes: bytes(...parts), ends, violation }
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'continue',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
}

/** What nextEvent must give: frames, or messages where the delivery joins fragments. */
export function expectedEvents(one: Case, delivery: Delivery): Expected[] {
  const names = { ...NAMES }
  for (const opcodes of [one.allowed?.dataOpcodes, one.allowed?.controlOpcodes]) {
    for (const [name, opcode] of Object.entries(opcodes ?? {})) names[opcode] = name
  }
  const frames = delivery === 'message' ? (one.messages ?? one.frames) : one.frames
  return frames.map(({ opcode, payload, fin, rsv }) => ({ type: names[opcode], payload, fin, rsv }))
}

/** The table's defaults are the RFC's: no reserved bit, and no limit. */
export function options(one: Case, delivery: Delivery, ownership: Ownership): ConnectionOptions {
  const { rsv = 0, dataOpcodes, controlOpcodes, unmasked = false } = one.allowed ?? {}
  const { maxFrameSize = Number.POSITIVE_INFINITY, maxMessageSize = Number.POSITIVE_INFINITY } = one.allowed ?? {}
  const bit = (mask: number) => ((rsv & mask) === 0 ? 0 : 1)
  return {
    delivery,
    ownership,
    reservedBits: [bit(4), bit(2), bit(1)],
    opcodeNonControlMod: dataOpcodes,
    opcodeControlMod: controlOpcodes,
    acceptUnmasked: unmasked,
    maxFrameSize,
    maxMessageSize,
    maskKey: () => 0,
  }
}
