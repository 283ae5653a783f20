// The fuzzer's command: `npm run fuzz -- --seconds 60 --seed 1`. Exit code 1 where something was found.
// With --tests, the random tests of the test command run afterwards, with the same seed in the place of their fixed one.
// Knows the command line, the thread that works, and where found inputs go; nothing of how they are made.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { foundName, foundText } from './found.js'
import { type Found, type Progress, SHARED_SIZE, type Task } from './worker.js'

/** One input that takes longer than this hangs, on any machine. */
const HANG_SECONDS = 20

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, tests: { type: 'boolean', default: false } },
})
const seconds = number('seconds', values.seconds ?? '60')
const seed = number('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)))

function number(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`--${name} must be a number, 0 or more, not ${text}`)
  process.exit(2)
}

// This file is bundled to build/fuzz/.
const folder = new URL('../../test/fuzz/found/', import.meta.url)

function keep(input: Uint8Array, notes: readonly string[]): never {
  mkdirSync(folder, { recursive: true })
  const name = foundName(input)
  writeFileSync(new URL(name, folder), foundText(input, notes))
  console.log(`FOUND, in test/fuzz/found/${name} (npx vitest run test/fuzz/found.test.ts runs it again):`)
  for (const note of notes) console.log(`  ${note}`)
  process.exit(1)
}

function show({ seconds, executions, bytes, features, kept, outcomes }: Progress): void {
  const shown = (value: number, width: number) => Math.round(value).toLocaleString('en-US').padStart(width)
  const rate = shown(executions / Math.max(seconds, 0.001), 7)
  const reached = `${shown(features, 7)} features ${shown(kept, 6)} inputs kept ${shown(outcomes, 4)} outcomes`
  const fed = `${shown(bytes, 14)} bytes`
  console.log(`${shown(seconds, 5)} s ${shown(executions, 9)} executions ${rate} /s ${fed} ${reached}`)
}

console.log(`fuzzing for ${seconds} s, seed ${seed} (the same seed makes the same inputs in the same order)`)
const shared = new SharedArrayBuffer(SHARED_SIZE)
const words = new Int32Array(shared, 0, 2)
const task: Task = { seed, seconds, shared }
const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task })

let executions = 0
let since = Date.now()
const watch = setInterval(() => {
  const begun = Atomics.load(words, 0)
  if (begun !== executions) {
    executions = begun
    since = Date.now()
  } else if (begun > 0 && Date.now() - since > HANG_SECONDS * 1000) {
    const input = new Uint8Array(shared, 8, words[1]).slice()
    keep(input, [`seed ${seed}, execution ${begun}: hangs for more than ${HANG_SECONDS} s`])
  }
}, 1000)

worker.on('message', (message: Progress | Found) => {
  if (message.kind === 'found') {
    const sizes = `${message.original} bytes, minimised to ${message.input.length}`
    keep(message.input, [`seed ${seed}, execution ${message.execution}: ${sizes}`, message.what])
  }
  show(message)
  if (message.kind === 'done') console.log('nothing found')
})
worker.on('error', (error) => {
  console.error(error)
  process.exit(1)
})
worker.on('exit', (code) => {
  clearInterval(watch)
  if (code === 0 && values.tests) process.exitCode = runTests()
})

/** Runs the tests that take their seed from test/support/seed.ts; their exit code. */
function runTests(): number {
  console.log(`running the random tests, TEST_SEED=${seed}`)
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [vitest, 'related', '--run', 'test/support/seed.ts'], {
    cwd: root,
    env: { ...process.env, TEST_SEED: String(seed) },
    stdio: 'inherit',
  })
  return status ?? 1
}
