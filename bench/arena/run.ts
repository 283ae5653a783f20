// What a result costs from the arena and in a buffer of its own, in several runtimes: npm run bench:arena. Times whole
// processes from outside. Knows how to start runtimes; what they run is program.ts.

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** The repository: this file runs in build/bench/arena. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const FOLDER = join(ROOT, 'build/bench/arena/programs')
const SIZES = [125, 1024, 4096, 16_384]
const KINDS = ['own', 'arena'] as const
const ROUNDS = 5
/** Milliseconds that the work of a process takes at least, which are well above how its start varies. */
const LONG = 400

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  modules = [(name = "worker", esModule = embed "program.mjs")], compatibilityDate = "2024-01-01",
))]);
`

interface Tools {
  node(version: string): Promise<string>
  bun(): Promise<string>
  workerd(): Promise<string>
}

const tools = (await import(pathToFileURL(join(ROOT, 'test/runtimes/tools.js')).href)) as Tools
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  'Node 20': [await tools.node('20'), 'program.mjs'],
  'Node 24': [await tools.node('24'), 'program.mjs'],
  Bun: [await tools.bun(), 'program.mjs'],
  workerd: [await tools.workerd(), 'test', 'config.capnp'],
}

/** Milliseconds of a process that makes `count` results. */
async function timed(runtime: string, kind: string, size: number, count: number): Promise<number> {
  await build({
    entryPoints: [join(ROOT, 'bench/arena/program.ts')],
    outfile: join(FOLDER, 'program.mjs'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    define: { WORK: JSON.stringify({ kind, size, count }) },
    logLevel: 'warning',
  })
  const [command, ...args] = RUNTIMES[runtime]
  const start = performance.now()
  execFileSync(command, args, { cwd: FOLDER, stdio: 'pipe', timeout: 60_000 })
  return performance.now() - start
}

/** Nanoseconds of one result. */
async function costOf(runtime: string, kind: string, size: number): Promise<number> {
  const start = await best(() => timed(runtime, kind, size, 0))
  let count = 2 ** 16
  while ((await timed(runtime, kind, size, count)) < start + LONG) count *= 2
  return (((await best(() => timed(runtime, kind, size, count))) - start) * 1e6) / count
}

/** The least of several: what disturbs a process only makes it slower. */
async function best(measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) least = Math.min(least, await measure())
  return least
}

mkdirSync(FOLDER, { recursive: true })
writeFileSync(join(FOLDER, 'config.capnp'), CONFIG)
console.log('ns for one result that is written: in a buffer of its own, from the arena, and how many times as long\n')
console.log(['bytes', ...Object.keys(RUNTIMES)].map((text) => text.padStart(20)).join(''))
for (const size of SIZES) {
  const cells: string[] = []
  for (const runtime of Object.keys(RUNTIMES)) {
    const [own, arena] = [await costOf(runtime, KINDS[0], size), await costOf(runtime, KINDS[1], size)]
    cells.push(`${own.toFixed(0)} / ${arena.toFixed(0)} = ${(own / arena).toFixed(1)}`.padStart(20))
  }
  console.log(String(size).padStart(20) + cells.join(''))
}
