// Proves test/ws: makes each small wrong change of table.js in a copy of bindings/, and expects that a scenario of
// compare.test.ts is played otherwise than before, or that a test of beyond.test.ts fails.
// `npm run build && node test/ws/mutants/run.js [number ...]`; all of them take about half an hour. Not part of `npm test`.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { MUTANTS } from './table.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COPIED = [
  'assembly',
  'bindings',
  'build/codec.wasm',
  'test',
  'package.json',
  'tsconfig.base.json',
  'vitest.config.js',
]
/** A change that keeps the scenarios from ending is caught, too. In ms. */
const LIMIT = 600_000
const MOST_SURVIVORS = 2

const folder = mkdtempSync(join(tmpdir(), 'noio-ws-mutants-'))
const traces = join(folder, 'traces.json')

/**
 * Runs Node in the copy: whether it ended without an error, and what it printed.
 * @param {string[]} args
 * @returns {Promise<{ isRight: boolean, printed: string }>}
 */
function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    const timer = setTimeout(() => child.kill(), LIMIT)
    let printed = ''
    child.stdout.on('data', (text) => {
      printed += text
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ isRight: code === 0, printed: printed.trim() })
    })
  })
}

async function playScenarios() {
  const outfile = join(folder, 'play.mjs')
  await build({
    entryPoints: [join(folder, 'test/ws/mutants/play.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: ['ws'],
    loader: { '.wasm': 'binary' },
    logLevel: 'error',
  })
  return run([outfile, traces])
}

function runTests() {
  return run([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--bail=1', 'test/ws/beyond.test.ts'])
}

/** What catches the change that the copy has; undefined where nothing does. */
async function caughtBy() {
  const { isRight, printed } = await playScenarios()
  if (!isRight) return printed || 'it does not end'
  return (await runTests()).isRight ? undefined : 'beyond.test.ts'
}

const survivors = []
try {
  mkdirSync(join(folder, 'build'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  // Once to write the traces, once to see that they are the same again.
  for (const step of [playScenarios, playScenarios, runTests]) {
    const { isRight, printed } = await step()
    if (!isRight) throw new Error(`this fails without a change: ${printed}`)
  }
  const wanted = process.argv.slice(2).map(Number)
  for (const [index, { file, find, replace }] of MUTANTS.entries()) {
    const number = index + 1
    if (wanted.length > 0 && !wanted.includes(number)) continue
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2) throw new Error(`${file} must have this once: ${find}`)
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    const catcher = await caughtBy()
    writeFileSync(path, text)
    if (catcher === undefined) survivors.push(number)
    console.log(
      `${number}. ${file} ${JSON.stringify(find)} ${catcher === undefined ? 'SURVIVES' : `caught: ${catcher}`}`,
    )
  }
  console.log(`${survivors.length} survive${survivors.length > 0 ? `: ${survivors.join(' ')}` : ''}`)
} finally {
  rmSync(folder, { recursive: true })
}
if (survivors.length > MOST_SURVIVORS) process.exitCode = 1
