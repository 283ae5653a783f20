// Linear memory: the one instance of the module that a thread has, and views of its memory.
// Knows addresses; nothing of frames. State of a thread, because an instance for each connection fails at about 13,000.

import { BLOCK, KEYS, POOL_KEYS, STAGE, STAGE_SIZE, TEXT, TEXT_SIZE } from '../../assembly/layout.js'
import { load } from './load/inlined.js'
import { type CompiledModule, type Exports, instantiate } from './load/instantiate.js'

/** What the module exports; undefined until {@link openModule}, as are the views. */
export let wasm: Exports
/** All of its memory: as bytes, as 32-bit words and as doubles. Never handed out. */
export let memory: Uint8Array
export let words: Int32Array
export let doubles: Float64Array
/** Where frames are put together, where a string is encoded, and where masking keys wait to be used. */
export let stage: Uint8Array
export let textSpace: Uint8Array
export let keyPool: Int32Array<ArrayBuffer>

/** Makes the module ready; the first call in a thread loads it, or takes the one given. */
export function openModule(module?: CompiledModule): void {
  if (wasm !== undefined) return
  const exports = module === undefined ? load() : instantiate(module)
  const { buffer } = exports.memory
  memory = new Uint8Array(buffer)
  words = new Int32Array(buffer)
  doubles = new Float64Array(buffer)
  stage = new Uint8Array(buffer, STAGE, STAGE_SIZE)
  textSpace = new Uint8Array(buffer, TEXT, TEXT_SIZE)
  keyPool = new Int32Array(buffer, KEYS, POOL_KEYS)
  wasm = exports
}

/** Views up to this length are kept: making one costs as much as copying a short frame. */
const LONGEST_KEPT = 2048
const blockViews: Uint8Array[] = []
const stageViews: Uint8Array[] = []
const textViews: Uint8Array[] = []

/** The first `length` bytes of the block. */
export function blockView(length: number): Uint8Array {
  return view(blockViews, BLOCK, length)
}

/** The first `length` bytes of the stage. */
export function stageView(length: number): Uint8Array {
  return view(stageViews, STAGE, length)
}

/** The first `length` bytes of where strings are encoded. */
export function textView(length: number): Uint8Array {
  return view(textViews, TEXT, length)
}

function view(views: Uint8Array[], offset: number, length: number): Uint8Array {
  if (length > LONGEST_KEPT) return memory.subarray(offset, offset + length)
  views[length] ??= memory.subarray(offset, offset + length)
  return views[length]
}
