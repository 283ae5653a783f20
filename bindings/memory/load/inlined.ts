// Loads the module from bytes inside this package, compiled synchronously: the way that works in most runtimes and in
// all bundlers. Knows nothing of what the module does.

import { instantiateSync } from '@assemblyscript/loader'
import bytes from '../../../build/codec.wasm'
import { cannotCompile, type Exports } from './instantiate.js'

export function load(): Exports {
  try {
    return instantiateSync(bytes).instance.exports as unknown as Exports
  } catch (cause) {
    throw cannotCompile(cause)
  }
}
