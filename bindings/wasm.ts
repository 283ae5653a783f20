// Loads the module: compiled from bytes inside this package, synchronously, when it is first needed, once per thread.
// The only file that names WebAssembly; knows nothing of what the module does.

import { instantiateSync } from '@assemblyscript/loader'
import bytes from '../build/codec.wasm'

/** What assembly/index.ts exports. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  decode(length: number, carried: number, rules: number, maxFrame: number, maxMessage: number): number
  validateUtf8(length: number, state: number): number
  writeHeader(offset: number, first: number, length: number, masked: number, key: number): number
  mask(offset: number, length: number, key: number): void
}

export function instantiate(): Exports {
  return instantiateSync(bytes).exports as unknown as Exports
}
