// @ts-check
// Writes the API reference into docs/api from the docstrings: npm run docs
// typedoc does not know TypeScript 7 yet, so it is installed apart, with a TypeScript of its own.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execute, ROOT, tool } from '../test/runtimes/tools.js'

const folder = await tool('typedoc', 'typedoc@0.28', 'typescript@6')
rmSync(join(ROOT, 'docs/api'), { recursive: true, force: true })
const options = [
  '--tsconfig',
  'bindings/tsconfig.json',
  '--out',
  'docs/api',
  '--readme',
  'README.md',
  // No links to sources: they would need a checkout with a known remote.
  '--disableSources',
  '--treatWarningsAsErrors',
]
// The source of each entry point: its declarations have the same path. noio-ws/ws has the API of ws, which has its own
// reference; docs/ws.md tells what differs.
const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const sources = Object.values(exports)
  .filter((entry) => typeof entry !== 'string')
  .map(({ types }) => types.replace('./dist/types/', '').replace('.d.ts', '.ts'))
  .filter((source) => existsSync(join(ROOT, source)) && !source.startsWith('bindings/ws/'))
const args = [join(folder, 'node_modules/typedoc/bin/typedoc'), ...options, ...sources]
await execute(process.execPath, args).then((said) => console.log(said.trim() || 'docs/api'), fail)

/** @param {Error} error */
function fail(error) {
  console.error(error.message)
  process.exitCode = 1
}
