// How tests run: on the TypeScript sources and the module that was built; `noio-ws` itself is the built package.
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** What esbuild's binary loader does in the build: a .wasm file is its bytes. */
const wasmBytes = {
  name: 'wasm-bytes',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.wasm')) return undefined
    const base64 = readFileSync(id).toString('base64')
    return `export default Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0))`
  },
}

export default defineConfig({
  plugins: [wasmBytes],
  test: { include: ['test/**/*.test.ts'] },
})
