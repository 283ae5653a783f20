// The results: as a table for the terminal, and as the file that charts and documents are made from.
// Knows what was measured, not how.

import { mkdirSync, writeFileSync } from 'node:fs'
import { CODECS, type CodecName } from './codecs/codec.js'
import type { Machine } from './machine.js'
import type { Measured } from './rounds.js'
import type { Row } from './rows.js'
import type { Size } from './sizes.js'
import { ratios, type Spread, spreadOf } from './stats.js'

/** ws as most people have it, to which every ratio is. */
export const REFERENCE: CodecName = 'ws'

const RESULTS = new URL('../../bench/results/', import.meta.url)

export interface Cell extends Spread {
  /** Of payload, in MB/s, by the median. */
  readonly rate?: number
  /** The reference's measurement over this one's: more is better. */
  readonly ratio?: Spread
}

/** How it was measured: rounds, and milliseconds of each measurement. */
export interface Settings {
  readonly rounds: number
  readonly keyRounds: number
  readonly warm: number
  readonly time: number
}

export interface Results {
  readonly machine: Machine
  readonly settings: Settings
  readonly rows: readonly { name: string; unit: Row['unit']; codecs: Partial<Record<CodecName, Cell>> }[]
  /** Bytes of each package as it is shipped. */
  readonly sizes: Readonly<Record<string, Size>>
}

/** Three digits are more than any of this is good for. */
function round(value: number): number {
  return Number(value.toPrecision(3))
}

function rounded({ median, min, max }: Spread): Spread {
  return { median: round(median), min: round(min), max: round(max) }
}

export function resultsOf(measured: Measured, about: Omit<Results, 'rows'>): Results {
  const rows = Array.from(measured, ([{ name, unit, work }, cells]) => {
    const codecs: Partial<Record<CodecName, Cell>> = {}
    const reference = cells.get(REFERENCE) ?? []
    for (const [codec, values] of cells) {
      const spread = spreadOf(values)
      const ratio = ratios(reference, values)
      const hasRate = unit === 'ns' && 'size' in work && work.size > 0
      codecs[codec] = {
        ...rounded(spread),
        ...(hasRate && { rate: round((work.size * 1000) / spread.median) }),
        ...(ratio && { ratio: rounded(ratio) }),
      }
    }
    return { name, unit, codecs }
  })
  return { ...about, rows }
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(value)
}

function range({ min, max }: Spread): string {
  return `${figure(min)}-${figure(max)}`
}

export function printTable({ rows, sizes }: Results): void {
  const columns = [-18, 14, 24, 10, 9, 14]
  const line = (...cells: string[]): void =>
    console.log(
      cells.map((cell, i) => (columns[i] < 0 ? cell.padEnd(-columns[i]) : cell.padStart(columns[i]))).join(''),
    )
  line('', 'median', 'min-max', 'MB/s', 'ratio', 'min-max')
  for (const { name, unit, codecs } of rows) {
    console.log(`\n${name}`)
    for (const [codec, cell] of Object.entries(codecs)) {
      const { rate, ratio } = cell
      const shown = [`${figure(cell.median)} ${unit}`, range(cell), rate === undefined ? '' : figure(rate)]
      if (ratio !== undefined && codec !== REFERENCE) shown.push(figure(ratio.median), range(ratio))
      line(CODECS[codec as CodecName].label, ...shown)
    }
  }
  if (Object.keys(sizes).length > 0) console.log('\npackage size, bundled: minified, and compressed with gzip')
  for (const [name, { minified, compressed }] of Object.entries(sizes)) {
    console.log(`${name.padEnd(28)}${figure(minified).padStart(10)}${figure(compressed).padStart(10)}`)
  }
}

/** Writes the results; returns where, as seen from the project's root. */
export function writeResults(results: Results): string {
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(new URL(`${results.machine.name}.json`, RESULTS), `${JSON.stringify(results, undefined, 2)}\n`)
  return `bench/results/${results.machine.name}.json`
}
