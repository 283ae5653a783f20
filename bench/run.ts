// The benchmark: npm run bench. Knows the options, the plan and the report; measures nothing itself.

import type { CodecName } from './codecs/codec.js'
import { HELP, type Options, readOptions, UsageError } from './options.js'
import { type Plan, runRounds } from './rounds.js'
import { ROWS } from './rows.js'
import { ratios } from './stats.js'

/** ws as most people have it, to which every ratio is. */
const REFERENCE: CodecName = 'ws'

const QUICK = { rounds: 3, limits: { warm: 60, time: 110 } }

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  else if (line !== '') process.stderr.write(`${line}\n`)
}

function quickPlan({ rows, codecs, rounds = QUICK.rounds }: Options): Plan {
  const round = rows
    .map((row) => {
      const key = row.key.filter((name) => codecs.includes(name))
      return { row, codecs: key.length === 0 ? [] : [REFERENCE, ...key] }
    })
    .filter((one) => one.codecs.length > 0)
  if (round.length === 0) throw new UsageError('--quick: none of these rows and codecs is a key one')
  return { rounds: new Array(rounds).fill(round), limits: QUICK.limits }
}

async function quick(options: Options): Promise<void> {
  const measured = await runRounds(quickPlan(options), progress)
  for (const [{ name }, cells] of measured) {
    for (const [codec, values] of cells) {
      if (codec === REFERENCE) continue
      const ratio = ratios(cells.get(REFERENCE) ?? [], values)
      const row = codec === 'noio-copy' ? `${name}, 'copy'` : name
      console.log(`${row.padEnd(60)} ${ratio?.median.toFixed(2).padStart(6)}`)
    }
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.action === 'help') console.log(HELP)
  else if (options.action === 'list') {
    for (const { name, key, codecs } of ROWS)
      console.log(`${key.length > 0 ? '*' : ' '} ${name} (${codecs.join(', ')})`)
  } else await quick(options)
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
