// The benchmark: npm run bench. Knows the options, the plan and the report; measures nothing itself.

import { cpus, loadavg } from 'node:os'
import { compareBuilds } from './against.js'
import type { CodecName } from './codecs/codec.js'
import { writeDocuments } from './documents.js'
import { describeMachine, headerOf } from './machine.js'
import { ranInOtherNode } from './node.js'
import { HELP, type Options, readOptions, UsageError } from './options.js'
import { printTable, REFERENCE, resultsOf, writeResults } from './report.js'
import { type Plan, runRounds } from './rounds.js'
import { ROWS } from './rows.js'
import { packageSizes } from './sizes.js'
import { ratios } from './stats.js'

/**
 * Milliseconds of each measurement, chosen so that a whole run is about ten minutes, and a quick one a minute and a half. After 50
 * ms, what uses WebAssembly was still up to a third slower than after 100, and up to a tenth then; after 140 little changes.
 */
const LIMITS = { warm: 140, time: 60 }
const QUICK_LIMITS = { warm: 150, time: 40 }
const ROUNDS = 3
const QUICK_ROUNDS = 2
const KEY_ROUNDS = 5

/** Other work on the machine disturbs measurements more than anything here can make good. */
function warnOfLoad(): void {
  const [load] = loadavg()
  if (load > cpus().length / 2) console.error(`load average ${load.toFixed(2)}: ratios will be rough`)
}

/** On a terminal, one line that changes; elsewhere a line every ten seconds. */
function progress(): (line: string) => void {
  let last = performance.now()
  return (line) => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`)
    } else if (line !== '' && performance.now() - last > 10_000) {
      last = performance.now()
      process.stderr.write(`${line}\n`)
    }
  }
}

function keyRound({ rows, codecs }: Options): Plan['rounds'][number] {
  return rows.flatMap((row) => {
    const key = row.key.filter((name) => codecs.includes(name))
    return key.length === 0 ? [] : [{ row, codecs: [REFERENCE, ...key] }]
  })
}

async function quick(options: Options): Promise<void> {
  const round = keyRound(options)
  if (round.length === 0) throw new UsageError('--quick: none of these rows and codecs is a key one; see --list')
  // Memory is the same in every round.
  const again = round.filter(({ row }) => row.unit === 'ns')
  const rounds = Array.from({ length: options.rounds ?? QUICK_ROUNDS }, (_, i) => (i === 0 ? round : again))
  const measured = await runRounds({ rounds, limits: QUICK_LIMITS }, progress())
  for (const [{ name }, cells] of measured) {
    for (const [codec, values] of cells) {
      if (codec === REFERENCE) continue
      const row = codec === 'noio-copy' ? `${name}, 'copy'` : name
      console.log(
        `${row.padEnd(60)}${ratios(cells.get(REFERENCE) ?? [], values)
          ?.median.toFixed(2)
          .padStart(7)}`,
      )
    }
  }
}

/** All rows in each of the first rounds, then the key rows and codecs alone. */
function wholePlan(options: Options): Plan {
  const round = options.rows.flatMap((row) => {
    const codecs = row.codecs.filter((name) => options.codecs.includes(name))
    return codecs.length === 0 ? [] : [{ row, codecs }]
  })
  if (round.length === 0) throw new UsageError('none of these codecs is measured in any of these rows; see --list')
  // These take long, and say the same in every round.
  const again = round.filter(({ row }) => row.work.kind !== 'kept')
  const rounds = Array.from({ length: options.rounds ?? ROUNDS }, (_, i) => (i === 0 ? round : again))
  const isNarrow = options.rounds !== undefined || !options.codecs.includes(REFERENCE)
  const more = isNarrow ? [] : new Array<Plan['rounds'][number]>(KEY_ROUNDS - ROUNDS).fill(keyRound(options))
  return { rounds: [...rounds, ...more], limits: LIMITS }
}

async function whole(options: Options): Promise<void> {
  const plan = wholePlan(options)
  const machine = describeMachine(options.codecs)
  console.log(headerOf(machine))
  const settings = { rounds: options.rounds ?? ROUNDS, keyRounds: plan.rounds.length, ...plan.limits }
  const { rounds, keyRounds, warm, time } = settings
  console.log(`${rounds} rounds, ${keyRounds} of key rows; ${warm} ms to warm up and ${time} ms each\n`)
  const sizes = options.whole ? await packageSizes() : {}
  const results = resultsOf(await runRounds(plan, progress()), { machine, settings, sizes })
  printTable(results)
  if (options.whole) console.log(`\n${[writeResults(results), ...writeDocuments(machine.name)].join('\n')}`)
}

function list(): void {
  for (const { name, key, codecs } of ROWS) console.log(`${key.length > 0 ? '*' : ' '} ${name} (${codecs.join(', ')})`)
}

function charts(codecs: readonly CodecName[]): void {
  console.log(writeDocuments(describeMachine(codecs).name).join('\n'))
}

async function main(): Promise<void> {
  if (await ranInOtherNode()) return
  const options = readOptions(process.argv.slice(2))
  if (options.action === 'help') console.log(HELP)
  else if (options.action === 'list') list()
  else if (options.action === 'charts') charts(options.codecs)
  else {
    warnOfLoad()
    const { against } = options
    if (against !== undefined) await compareBuilds({ ...options, against }, LIMITS, progress())
    else await (options.quick ? quick(options) : whole(options))
  }
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
