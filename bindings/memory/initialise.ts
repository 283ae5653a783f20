// For those who compile the module themselves. Knows nothing of connections.

import type { CompiledModule } from './load/instantiate.js'
import { openModule } from './wasm-memory.js'

/**
 * Makes the codec ready with a module that you compiled, instead of its own bytes on first use. Once per thread, before
 * the first Connection; where the codec is ready already it does nothing.
 *
 * For threads: compile `noio-ws/codec.wasm` once and post the `WebAssembly.Module` to each. For places that do not let
 * a program compile at run time: give it what the platform compiled.
 *
 * @param module A `WebAssembly.Module` of `noio-ws/codec.wasm`, of this version of the package.
 * @throws TypeError where it is not that.
 */
export function initialise(module: CompiledModule): void {
  openModule(module)
}
