// What node.ts uses of node:zlib. The rest of bindings/ is compiled without Node's types, so that it uses nothing of them.

declare module 'node:zlib' {
  interface Options {
    windowBits: number
    level?: number
    memLevel?: number
    finishFlush?: number
    dictionary?: Uint8Array
    maxOutputLength?: number
    info?: boolean
  }
  export const constants: { readonly Z_SYNC_FLUSH: number }
  export function deflateRawSync(bytes: Uint8Array, options: Partial<Options>): Uint8Array
  export function inflateRawSync(bytes: Uint8Array, options: Partial<Options>): Uint8Array
}
