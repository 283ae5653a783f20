// Names of opcodes: the six of RFC 6455 section 11.8 and those that a connection registers in addition.
// Knows the ranges that section 5.2 reserves for later use; nothing of frames.

import {
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUE,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from '../../assembly/layout.js'
import { checkObject, checkWhole } from '../base/check.js'

/** The names of the opcodes that RFC 6455 defines. */
export type BuiltInType = 'continue' | 'text' | 'binary' | 'close' | 'ping' | 'pong'

const BUILT_IN: Readonly<Record<BuiltInType, number>> = {
  continue: OPCODE_CONTINUE,
  text: OPCODE_TEXT,
  binary: OPCODE_BINARY,
  close: OPCODE_CLOSE,
  ping: OPCODE_PING,
  pong: OPCODE_PONG,
}

/** What one connection calls its opcodes. */
export class Opcodes {
  /** The name of each opcode; undefined where it is not registered. */
  readonly names: readonly (string | undefined)[]
  /** One bit for each registered opcode. */
  readonly bits: number
  readonly #numbers: ReadonlyMap<string, number>

  constructor(nonControl?: unknown, control?: unknown) {
    const numbers = new Map<string, number>(Object.entries(BUILT_IN))
    // "%x3-7 are reserved for further non-control frames", "%xB-F are reserved for further control frames".
    register(numbers, 'opcodeNonControlMod', nonControl, 3)
    register(numbers, 'opcodeControlMod', control, 11)
    const names: (string | undefined)[] = new Array(16).fill(undefined)
    let bits = 0
    for (const [name, opcode] of numbers) {
      names[opcode] = name
      bits |= 1 << opcode
    }
    this.names = names
    this.bits = bits
    this.#numbers = numbers
  }

  /** The opcode that `type` names, or undefined where none is registered under it. */
  opcode(type: string): number | undefined {
    return this.#numbers.get(type)
  }

  /** Every registered name, for error messages. */
  list(): string {
    return Array.from(this.#numbers.keys(), (name) => `'${name}'`).join(', ')
  }
}

function register(numbers: Map<string, number>, option: string, given: unknown, from: number): void {
  if (given === undefined) return
  checkObject(option, given)
  for (const [name, opcode] of Object.entries(given)) {
    const where = `${option}[${JSON.stringify(name)}]`
    checkWhole(where, opcode, from, from + 4, ' (RFC 6455 section 5.2)')
    for (const [other, taken] of numbers) {
      if (taken === opcode || other === name) {
        throw new RangeError(
          `${where}: opcode ${taken} is '${other}' already; a name has one opcode, an opcode one name`,
        )
      }
    }
    numbers.set(name, opcode)
  }
}
