// Inputs to begin with: the streams of the conformance table, for both roles, each with the options of its case.
// Knows the table's form and the form of a plan; nothing of what the cases come to.

import type { Case } from '../conformance/case.js'
import { CHAPTERS } from '../conformance/cases/index.js'
import { stream } from '../conformance/stream.js'
import { concat } from '../support/frame-reference.js'
import * as plan from './plan.js'

/** A case with more bytes or frames than these is no place to begin. */
const MOST_BYTES = 1 << 12
const MOST_FRAMES = 50

export function seeds(): Uint8Array[] {
  const inputs: Uint8Array[] = []
  for (const { cases } of CHAPTERS) {
    for (const one of cases) {
      const frames = [...one.frames, ...(one.ignored ?? [])]
      const size = frames.reduce((sum, frame) => sum + frame.payload.length, one.violation?.frame.payload.length ?? 0)
      if (size > MOST_BYTES || frames.length > MOST_FRAMES) continue
      for (const role of ['SERVER', 'CLIENT'] as const) {
        if (one.role === undefined || one.role === role)
          inputs.push(concat([header(one, role), stream(one, role).bytes]))
      }
    }
  }
  return inputs
}

function header(one: Case, role: 'SERVER' | 'CLIENT'): Uint8Array {
  const { rsv = 0, dataOpcodes, controlOpcodes, unmasked, maxFrameSize, maxMessageSize } = one.allowed ?? {}
  const bytes = new Uint8Array(plan.PLAN_SIZE)
  const flags = plan.FLAG_TWIN | plan.FLAG_REPLIES | plan.FLAG_EOF
  bytes[plan.FLAGS] = flags | (role === 'CLIENT' ? plan.FLAG_CLIENT : 0) | (unmasked ? plan.FLAG_UNMASKED : 0)
  bytes[plan.RESERVED_AND_DATA] = rsv | (bits(dataOpcodes, 3) << 3)
  bytes[plan.CONTROL_AND_DELIVERY] = bits(controlOpcodes, 11)
  bytes[plan.TWIN] = 1 << 2
  bytes[plan.LIMITS] = limit(maxFrameSize) | (limit(maxMessageSize) << 4)
  bytes[plan.CUT + 2] = 1
  return bytes
}

function bits(opcodes: Readonly<Record<string, number>> = {}, first: number): number {
  return Object.values(opcodes).reduce((all, opcode) => all | (1 << (opcode - first)), 0)
}

/** The limit of the table, or the one above it that a plan can name. */
function limit(size = Number.POSITIVE_INFINITY): number {
  const index = plan.LIMIT_TABLE.findIndex((known, i) => i > 0 && known >= size)
  return Math.max(index, 0)
}
