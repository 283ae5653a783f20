// Makes one kind of result again and again: from the arena, or each in a buffer of its own. Runs in every runtime, so it
// has no clock: in workerd none goes on while a program runs. Bundled by run.ts, which says what is to be made.

import { frames } from '../../bindings/memory/arena.js'

declare const WORK: { readonly kind: 'arena' | 'own'; readonly size: number; readonly count: number }

/** Results that are alive at a time; with fewer, the compiler might do without them. */
const KEPT = 64

const { kind, size, count } = WORK
const kept = new Array<Uint8Array>(KEPT)
const source = new Uint8Array(size).fill(1)
for (let i = 0; i < count; i++) {
  const result = kind === 'arena' ? frames.take(size) : new Uint8Array(size)
  result.set(source)
  kept[i % KEPT] = result
}
if (count >= KEPT && kept.some((bytes) => bytes.length !== size || bytes[size - 1] !== 1))
  throw new Error('wrong bytes')

// A Worker is imported before its test is run.
export default { test(): void {} }
