// How builds hand the module to the files of this folder, as the default export of the file: its bytes, or compiled.

declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}

declare module '*.wasm?module' {
  const module: unknown
  export default module
}
