// What every way to load the module shares: what it exports, an instance of it, and the error where there can be none.
// This folder alone names WebAssembly; it knows nothing of what the module does.

/** What assembly/index.ts exports. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  decode(length: number, carried: number, rules: number, maxFrame: number, maxMessage: number): number
  joinTexts(rows: number): number
  validateUtf8(length: number, state: number): number
  mask(offset: number, length: number, key: number): void
}

/**
 * A `WebAssembly.Module`; any object where the type definitions of the platform do not know `WebAssembly`, as those of
 * Node alone.
 */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: new (bytes: ArrayBuffer) => infer M } }
  ? M
  : object

/**
 * An instance of a compiled module, by what it exports: a module from another realm, such as the surroundings of an edge
 * sandbox, is no `instanceof WebAssembly.Module`.
 */
export function instantiate(module: CompiledModule): Exports {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports
  if (typeof exports.decode !== 'function' || typeof exports.validateUtf8 !== 'function') {
    throw new TypeError('the WebAssembly.Module is not that of noio-ws/codec.wasm')
  }
  return exports
}

/** The one error where the runtime does not let its programs compile WebAssembly. */
export function cannotCompile(cause: unknown): Error {
  const why = typeof WebAssembly === 'undefined' ? 'there is no WebAssembly' : String(cause)
  return new Error(
    `noio-ws cannot compile its WebAssembly module here: ${why}. A Content-Security-Policy needs 'wasm-unsafe-eval' in ` +
      "script-src, an edge bundle the export condition 'workerd' or 'edge-light'. Or give initialise() a compiled " +
      'noio-ws/codec.wasm first.',
    { cause },
  )
}
