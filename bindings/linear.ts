// Linear memory: the one instance of the module that a thread has, and views of its memory.
// With decoder.ts and codec.ts, which alone import it, the only caller of the module. Knows addresses; nothing of frames.

import { STAGE, STAGE_SIZE, TEXT, TEXT_SIZE } from '../assembly/layout.js'
import { type CompiledModule, type Exports, instantiate } from './wasm.js'
import { load } from './wasm-inlined.js'

/** What the module exports; undefined until {@link openCodec}, as are the views. */
export let wasm: Exports
/** All of its memory: as bytes, as 32-bit words and as doubles. */
export let memory: Uint8Array
export let words: Int32Array
export let doubles: Float64Array
/** Where a string lies as UTF-8. */
export let textSpace: Uint8Array
/** Where frames are put together; see writer.ts. Never handed out. */
export let stage: Uint8Array

/** Makes the module ready; the first call in a thread loads it, or takes the one given. */
export function openCodec(module?: CompiledModule): void {
  if (wasm !== undefined) return
  const exports = module === undefined ? load() : instantiate(module)
  memory = new Uint8Array(exports.memory.buffer)
  words = new Int32Array(exports.memory.buffer)
  doubles = new Float64Array(exports.memory.buffer)
  textSpace = memory.subarray(TEXT, TEXT + TEXT_SIZE)
  stage = memory.subarray(STAGE, STAGE + STAGE_SIZE)
  wasm = exports
}

// Making a view costs twice as much as copying a small frame, so the views of small lengths are kept.
const KEPT_VIEWS = 2048

/** The first `length` bytes at `offset`. `views`: the kept ones of that offset, by length. */
export function view(views: Uint8Array[], offset: number, length: number): Uint8Array {
  if (length > KEPT_VIEWS) return memory.subarray(offset, offset + length)
  views[length] ??= memory.subarray(offset, offset + length)
  return views[length]
}
