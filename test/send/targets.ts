// Memory that sendInto writes into, and what is compared there. Knows the public API and frames written by hand.

import { expect } from 'vitest'
import { Connection, Data, type DataOptions, type Role } from '../../bindings/index.js'
import { frame, masked } from '../support/frames.js'

export const FILL = 0xa5
export const ROLES = ['CLIENT', 'SERVER'] as const

/** Bytes of a header for a payload of this size. */
export const header = (size: number, role: Role) =>
  (size < 126 ? 2 : size < 65_536 ? 4 : 10) + (role === 'CLIENT' ? 4 : 0)

/** A connection whose keys are known, or drawn by the caller's own function. */
export function connect(role: Role, maskKey: () => number = () => 0x37fa213d): Connection {
  return new Connection(role, role === 'CLIENT' ? { maskKey } : {})
}

export const written = (role: Role) => (role === 'CLIENT' ? masked : frame)

/** A frame of any type, checked or not by the compiler. */
export function data(payload: string | Uint8Array | ArrayBuffer, type: string, options?: DataOptions): Data<'text'> {
  return new Data(payload, type as 'text', options)
}

/** Whose methods are of no use. */
export class Odd extends Uint8Array {
  override set(): void {
    throw new Error('set was called')
  }
  override subarray(): never {
    throw new Error('subarray was called')
  }
  override slice(): never {
    throw new Error('slice was called')
  }
}

export function filled<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  return Uint8Array.prototype.fill.call(bytes, FILL) as Bytes
}

/** Sends into the middle of more memory than it needs, and returns the frame; nothing outside it may have changed. */
export function sent(connection: Connection, one: Data<'text'>, size: number, offset = 7): Uint8Array {
  const target = filled(new Uint8Array(offset + size + 9))
  expect(connection.sendInto(one, target, offset)).toBe(offset + size)
  expect(target.subarray(0, offset).every((byte) => byte === FILL)).toBe(true)
  expect(target.subarray(offset + size).every((byte) => byte === FILL)).toBe(true)
  return target.subarray(offset, offset + size)
}

export function equal(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.compare(actual, expected), what).toBe(0)
}
