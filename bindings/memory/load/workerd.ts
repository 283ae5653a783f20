// Loads the module by a static import, which gives it compiled: Workers refuse to compile at run time.
// The build puts this in the place of inlined.ts for the condition 'workerd'; the file lies next to the bundle.

import module from './codec.wasm'
import { type CompiledModule, type Exports, instantiate } from './instantiate.js'

export function load(): Exports {
  return instantiate(module as unknown as CompiledModule)
}
