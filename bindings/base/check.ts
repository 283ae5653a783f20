// Checks of what a caller gave: its type and its range.
// Knows no frame, and no option by name.

import { outOfRange, wrongType } from './show.js'

interface Types {
  boolean: boolean
  function: (...args: never[]) => unknown
  number: number
  string: string
}

/** TypeError where `value` is not of the type; `allowed`: what the message calls it. */
export function checkType<Type extends keyof Types>(
  name: string,
  value: unknown,
  type: Type,
  allowed?: string,
): asserts value is Types[Type] {
  if (typeof value !== type) throw wrongType(name, allowed ?? `a ${type}`, value)
}

/**
 * TypeError where `value` is no number, RangeError where it is not a whole one from `least` to `most`; `more`: what the
 * message says in addition.
 */
export function checkWhole(
  name: string,
  value: unknown,
  least: number,
  most: number,
  more?: string,
): asserts value is number {
  if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= most)) {
    notWhole(name, value, least, most, more)
  }
}

function notWhole(name: string, value: unknown, least: number, most: number, more = ''): never {
  checkType(name, value, 'number')
  throw outOfRange(name, value, `whole numbers from ${least} to ${most} are allowed${more}`)
}

/** TypeError where `value` is no object, or an array. */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name, 'an object', value)
}
