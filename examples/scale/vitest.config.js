// How the test of this example runs: in this folder only, with time for processes to start and to be replaced.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['*.test.js'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    execArgv: ['--import', import.meta.resolve('noio-ws/ws/register')],
  },
})
