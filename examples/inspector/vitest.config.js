// How the inspector's tests run: in this folder only, one file at a time, with time for a browser to start.
// Knows nothing of the library's own tests.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['*.test.js'], fileParallelism: false, testTimeout: 30_000, hookTimeout: 30_000 },
})
