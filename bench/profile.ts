// Where the time of one row goes: npm run bench:profile -- <row> [--codec noio-take] [--seconds 2] [--top 20] [--node 24]
// Runs its measurement under node --cpu-prof and prints the functions with the most time of their own.

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { CODECS, type CodecName } from './codecs/codec.js'
import { ranInOtherNode } from './node.js'
import { UsageError } from './options.js'
import { command } from './rounds.js'
import { ROWS, type Row } from './rows.js'

/** What of V8's format is used here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { functionName: string; url: string; lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** How many names are suggested. */
const SUGGESTIONS = 8

/** The row of this name, or the only one whose name contains it. */
function findRow(name: string): Row {
  const lower = name.toLowerCase()
  const exact = ROWS.find((row) => row.name.toLowerCase() === lower)
  if (exact !== undefined) return exact
  const containing = ROWS.filter((row) => row.name.toLowerCase().includes(lower))
  if (name !== '' && containing.length === 1) return containing[0]
  const words = lower.split(/[\s,]+/).filter((word) => word !== '')
  const common = (row: Row): number => words.filter((word) => row.name.toLowerCase().includes(word)).length
  const close = (containing.length > 0 ? containing : ROWS.slice())
    .sort((a, b) => common(b) - common(a))
    .slice(0, SUGGESTIONS)
    .map((row) => `  ${row.name}`)
  const problem = name === '' ? 'which row?' : `${containing.length === 0 ? 'no' : 'more than one'} row is '${name}';`
  throw new UsageError(`${problem} close to it are\n${close.join('\n')}\nnpm run bench -- --list prints all`)
}

function readArguments(): { row: Row; codec: CodecName; seconds: number; top: number } {
  let parsed: { values: { codec?: string; seconds?: string; top?: string }; positionals: string[] }
  try {
    const options = { codec: { type: 'string' }, seconds: { type: 'string' }, top: { type: 'string' } } as const
    parsed = parseArgs({ allowPositionals: true, options })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const { codec = 'noio-take', seconds = '2', top = '20' } = parsed.values
  const row = findRow(parsed.positionals.join(' '))
  if (!row.codecs.includes(codec as CodecName)) {
    const problem = codec in CODECS ? `'${row.name}' is not measured with ${codec}` : `there is no codec '${codec}'`
    throw new UsageError(`--codec: ${problem}; it is with ${row.codecs.join(', ')}`)
  }
  if (!(Number(seconds) > 0 && Number(top) > 0)) throw new UsageError('--seconds and --top must be numbers over 0')
  return { row, codec: codec as CodecName, seconds: Number(seconds), top: Number(top) }
}

async function profile(row: Row, codec: CodecName, seconds: number): Promise<{ value: number; profile: Profile }> {
  const folder = mkdtempSync(join(tmpdir(), 'noio-ws-profile-'))
  try {
    const flags = ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${folder}`]
    const { args, env } = command({ codec }, flags)
    const task = JSON.stringify({ row: row.name, codec, warm: 200, time: seconds * 1000 })
    const { stdout } = await promisify(execFile)(process.execPath, [...args, task], { env })
    const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))
    if (file === undefined) throw new Error('node wrote no profile')
    return { value: Number(stdout), profile: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function place(url: string, line: number): string {
  if (url === '') return '(native)'
  if (url.startsWith('wasm:')) return 'wasm'
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  return `${path.startsWith(ROOT) ? path.slice(ROOT.length) : path}:${line + 1}`
}

/** Self time in microseconds by function and place. */
function selfTimes({
  nodes,
  samples,
  timeDeltas,
}: Profile): Map<string, { name: string; place: string; time: number }> {
  const byNode = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, { name: string; place: string; time: number }>()
  for (const [i, id] of samples.entries()) {
    const frame = byNode.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(root)') continue
    const where = place(frame.url, frame.lineNumber)
    const key = `${frame.functionName} ${where}`
    const entry = times.get(key) ?? { name: frame.functionName || '(anonymous)', place: where, time: 0 }
    // What passed until the next sample was spent in this one.
    entry.time += Math.max(0, timeDeltas[i + 1] ?? 0)
    times.set(key, entry)
  }
  return times
}

async function main(): Promise<void> {
  if (await ranInOtherNode()) return
  const { row, codec, seconds, top } = readArguments()
  const { value, profile: recorded } = await profile(row, codec, seconds)
  const entries = [...selfTimes(recorded).values()].sort((a, b) => b.time - a.time)
  const total = entries.reduce((sum, { time }) => sum + time, 0)
  console.log(`${row.name}, ${CODECS[codec].label}: ${value.toPrecision(3)} ${row.unit} while profiled\n`)
  console.log(`${'self ms'.padStart(9)}${'%'.padStart(7)}  ${'function'.padEnd(34)}  where`)
  for (const { name, place: where, time } of entries.slice(0, top)) {
    const share = ((time / total) * 100).toFixed(1)
    console.log(`${(time / 1000).toFixed(0).padStart(9)}${share.padStart(7)}  ${name.padEnd(34)}  ${where}`)
  }
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
