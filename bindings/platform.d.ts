// How the build hands the module to wasm.ts: its bytes, as the default export of the file.

declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}
