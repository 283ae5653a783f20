// One build of noio-ws compared with another: npm run bench -- --against PATH. Every row and codec is measured with both, one
// after the other in each round. Knows rows and codecs by name; measures nothing itself.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { OTHERS } from './codecs/codec.js'
import { OTHER_BUILD } from './codecs/noio.js'
import { type Options, UsageError } from './options.js'
import { type Measured, type Plan, runRounds } from './rounds.js'
import type { Row } from './rows.js'
import { ratios, type Spread, spreadOf } from './stats.js'
import { numberText, timeText } from './units.js'

type Name = keyof typeof OTHERS
const NAMES = Object.keys(OTHERS) as Name[]

const ROUNDS = 3
/** A ratio below this is a row that has fallen, and is measured again: most are noise. */
const FALLEN = 0.92

/** What came of one row with one codec. */
interface Pair {
  readonly row: Row
  readonly codec: Name
  readonly other: number
  readonly ours: number
  /** The other build's time over ours: more is better. */
  readonly ratio: Spread
}

/** The file that another checkout's program would import. */
function buildOf(checkout: string): string {
  // npm runs scripts in the project's folder, and tells where it was called.
  const file = join(resolve(process.env.INIT_CWD ?? '.', checkout), 'dist/index.js')
  if (!existsSync(file)) throw new UsageError(`--against: there is no ${file}; is that checkout built?`)
  return file
}

function roundOf({ rows, codecs, quick }: Options): Plan['rounds'][number] {
  return rows.flatMap((row) => {
    const names = NAMES.filter((name) => codecs.includes(name) && (quick ? row.key : row.codecs).includes(name))
    return names.length === 0 ? [] : [{ row, codecs: names.flatMap((name) => [OTHERS[name], name]) }]
  })
}

/** The same rows and codecs, measured at two times. */
function joined(first: Measured, second: Measured): Measured {
  return new Map(
    Array.from(first, ([row, cells]) => {
      const more = second.get(row)
      return [row, new Map(Array.from(cells, ([codec, values]) => [codec, [...values, ...(more?.get(codec) ?? [])]]))]
    }),
  )
}

function pairsOf(measured: Measured): Pair[] {
  return Array.from(measured).flatMap(([row, cells]) =>
    NAMES.flatMap((codec): Pair[] => {
      const [other, ours] = [cells.get(OTHERS[codec]), cells.get(codec)]
      const ratio = other && ours && ratios(other, ours)
      if (!ratio) return []
      return [{ row, codec, other: spreadOf(other).median, ours: spreadOf(ours).median, ratio }]
    }),
  )
}

function hasFallen({ ratio }: Pair): boolean {
  return ratio.median < FALLEN
}

function line({ row, codec, other, ours, ratio }: Pair): string {
  const text = (value: number) => (row.unit === 'ns' ? timeText(value) : `${numberText(value)} ${row.unit}`)
  const { median, min, max } = ratio
  const label = `${row.name}, '${codec.slice('noio-'.length)}'`
  const mark = median < FALLEN ? '  <' : ''
  return `${label.padEnd(66)}${text(other).padStart(9)}${text(ours).padStart(9)}${median.toFixed(2).padStart(7)}${`${min.toFixed(2)}-${max.toFixed(2)}`.padStart(13)}${mark}`
}

export async function compareBuilds(
  options: Options & { against: string },
  limits: Plan['limits'],
  progress: (line: string) => void,
): Promise<void> {
  process.env[OTHER_BUILD] = buildOf(options.against)
  const round = roundOf(options)
  if (round.length === 0) throw new UsageError('--against: none of these rows is measured with noio-ws; see --list')
  const count = options.rounds ?? ROUNDS
  console.log(`Node ${process.version}; other: ${options.against}; ${count} rounds, ${limits.time} ms each`)
  console.log(
    `${''.padEnd(66)}${'other'.padStart(9)}${'this'.padStart(9)}${'ratio'.padStart(7)}${'min-max'.padStart(13)}`,
  )
  // Memory that is kept takes long to measure, and is the same in every round.
  const times = (first: Plan['rounds'][number]) => {
    const others = first.filter(({ row }) => row.work.kind !== 'kept')
    return Array.from({ length: count }, (_, i) => (i === 0 ? first : others))
  }
  let measured = await runRounds({ rounds: times(round), limits }, progress)

  const doubtful = pairsOf(measured).filter(hasFallen)
  const again = round.flatMap(({ row }) => {
    const names = NAMES.filter((codec) => doubtful.some((pair) => pair.row === row && pair.codec === codec))
    // In the opposite order, should there have been one round only.
    return names.length === 0 ? [] : [{ row, codecs: names.flatMap((name) => [name, OTHERS[name]]) }]
  })
  if (again.length > 0) measured = joined(measured, await runRounds({ rounds: times(again), limits }, progress))

  const pairs = pairsOf(measured)
  for (const pair of pairs) console.log(line(pair))
  const fallen = pairs.filter(hasFallen)
  console.log(`\nfallen by more than ${Math.round((1 - FALLEN) * 100)} % (<): ${fallen.length} of ${pairs.length}`)
}
