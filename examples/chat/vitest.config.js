// How the chat's test runs: in this folder only, with time for a browser to start.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['*.test.js'], testTimeout: 30_000, hookTimeout: 30_000 },
})
