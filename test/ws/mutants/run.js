// Proves test/ws: applies each small wrong change of table.js to a copy of this repository, and expects a test to fail.
// `npm run build && node test/ws/mutants/run.js [first] [last]`; about half a minute for each. Not part of `npm test`.

import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUTANTS } from './table.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COPIED = [
  'assembly',
  'bindings',
  'dist',
  'docs',
  'test',
  'package.json',
  'tsconfig.base.json',
  'vitest.config.js',
]
const TESTS = ['test/ws/compare.test.ts', 'test/ws/beyond.test.ts']
/** A change that keeps the tests from ending is caught, too: they take so many times what they take without it. */
const SLOWEST = 4
const MOST_SURVIVORS = 2

/**
 * Whether the tests pass within `limit` ms.
 * @param {string} folder
 * @param {number} [limit]
 * @returns {Promise<boolean>}
 */
function passes(folder, limit = 2 ** 31 - 1) {
  return new Promise((resolve) => {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [vitest, 'run', '--bail=1', ...TESTS], { cwd: folder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGTERM'), limit)
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0)
    })
  })
}

const folder = mkdtempSync(join(tmpdir(), 'noio-ws-mutants-'))
const survivors = []
try {
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const start = performance.now()
  if (!(await passes(folder))) throw new Error('the tests fail without a change')
  const limit = SLOWEST * (performance.now() - start)
  const [first = '1', last = String(MUTANTS.length)] = process.argv.slice(2)
  for (const [index, { file, find, replace }] of MUTANTS.entries()) {
    const number = index + 1
    if (number < Number(first) || number > Number(last)) continue
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2) throw new Error(`${file} must have this once: ${find}`)
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    const survived = await passes(folder, limit)
    writeFileSync(path, text)
    if (survived) survivors.push(number)
    console.log(
      `${number}. ${survived ? 'SURVIVES' : 'caught'} ${file}: ${JSON.stringify(find)} -> ${JSON.stringify(replace)}`,
    )
  }
  console.log(`${survivors.length} survive${survivors.length > 0 ? `: ${survivors.join(', ')}` : ''}`)
} finally {
  rmSync(folder, { recursive: true })
}
if (survivors.length > MOST_SURVIVORS) process.exitCode = 1
