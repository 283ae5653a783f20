// Loads the module by the import that Vercel's edge runtime understands, which gives it compiled.
// The build puts this in the place of inlined.ts for the condition 'edge-light'; the file lies next to the bundle.

import module from './codec.wasm?module'
import { type CompiledModule, type Exports, instantiate } from './instantiate.js'

export function load(): Exports {
  return instantiate(module as unknown as CompiledModule)
}
