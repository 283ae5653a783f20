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
    return `/** In ms; longer where test/support/seed.ts is asked for more runs. */
const LIMIT = 300_000 * Math.max(1, Number(process.env.TEST_RUNS ?? '1'))

export default Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0))`
  },
}

/** In ms; longer where test/support/seed.ts is asked for more runs. */
const LIMIT = 300_000 * Math.max(1, Number(process.env.TEST_RUNS ?? '1'))

export default defineConfig({
  plugins: [wasmBytes],
  test: {
    include: ['test/**/*.test.ts'],
    // No test depends on how fast the machine is: only one that hangs takes longer than this.
    testTimeout: LIMIT,
    hookTimeout: LIMIT,
    maxWorkers: '100%',
  },
})
