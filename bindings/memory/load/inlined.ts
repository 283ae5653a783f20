// Loads the module from bytes inside this package, compiled synchronously: the way that works in most runtimes and in
// all bundlers. Knows nothing of what the module does.

import bytes from '../../../build/codec.wasm'
import { cannotCompile, type Exports, instantiate } from './instantiate.js'

export function load(): Exports {
  try {
    return instantiate(new WebAssembly.Module(bytes))
  } catch (cause) {
    throw cannotCompile(cause)
  }
}
