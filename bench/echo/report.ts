// The figures of a benchmark: medians and ratios, as a table and as a file. Knows runs; nothing of how they were made.

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join, relative } from 'node:path'
import type { Run } from './loader.js'
import { nameOf, type Row, sizeOf } from './rows.js'

/** Runs of one row by server, one for each round. */
export interface Measured {
  readonly row: Row
  readonly runs: ReadonlyMap<string, readonly Run[]>
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** One server's figure over another's, the median of the rounds: the two were measured one after the other in each. */
function ratio({ runs }: Measured, over: string, under: string): number | undefined {
  const [a, b] = [runs.get(over), runs.get(under)]
  if (a === undefined || b === undefined) return undefined
  return median(a.map(({ us }, round) => us / b[round].us))
}

const RATIOS = [
  ['noio-ws', 'raw'],
  ['noio-ws', 'bun'],
  ['ws', 'noio-ws'],
  ['ws-corked', 'noio-ws'],
] as const

function number(value: number | undefined): string {
  if (value === undefined) return '-'
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)
}

export function headings(servers: readonly string[]): string {
  const shown = RATIOS.filter(([over, under]) => servers.includes(over) && servers.includes(under))
  const columns = [...servers, ...shown.map(([over, under]) => `${over}/${under}`)]
  return `${'payload, in flight, connections'.padEnd(32)}${columns.map((name) => cell(name, name)).join('')}`
}

/** The width of a column is its heading's. */
function cell(value: string, heading: string): string {
  return value.padStart(Math.max(heading.length, 6) + 2)
}

export function line(measured: Measured, servers: readonly string[]): string {
  const { payload, inFlight, connections } = measured.row
  const figures = servers.map((name) => {
    const runs = measured.runs.get(name)
    return cell(number(runs && median(runs.map(({ us }) => us))), name)
  })
  const ratios = RATIOS.filter(([over, under]) => servers.includes(over) && servers.includes(under)).map(
    ([over, under]) => cell(number(ratio(measured, over, under)), `${over}/${under}`),
  )
  return `${`${sizeOf(payload)}, ${inFlight}, ${connections}`.padEnd(32)}${figures.join('')}${ratios.join('')}`
}

/** Whether the servers were the limit, as they should be. */
export function busy(all: readonly Measured[]): string {
  const loads = all.flatMap(({ row, runs }) =>
    [...runs].map(([name, of]) => ({ name, row, load: median(of.map(({ serverLoad }) => serverLoad)) })),
  )
  const { name, row, load } = loads.reduce((least, other) => (other.load < least.load ? other : least))
  const half = loads.filter((each) => each.load < 0.5).length
  return (
    `servers were on a processor ${percent(load)} (${name}, ${nameOf(row)}) to ` +
    `${percent(Math.max(...loads.map((each) => each.load)))} of the time; in ${half} of ${loads.length} cells less than ` +
    'half of it:\neither one connection leaves nothing to do, or others use the machine'
  )
}

/** Cells in which a thread of the server ended during a run; undefined where none did. */
export function ended(all: readonly Measured[]): string | undefined {
  const cells = all.flatMap(({ row, runs }) =>
    [...runs].filter(([, of]) => of.some(({ coarse }) => coarse)).map(([name]) => `${name} ${nameOf(row)}`),
  )
  if (cells.length === 0) return undefined
  return `a thread of the server ended during a run, whose time is known to 10 ms only: ${cells.join(', ')}`
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

export function machine(): string {
  return cpus()[0]?.model.trim() ?? 'unknown processor'
}

/** Where and when: what a figure means nothing without. */
export function circumstances() {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus().length} x ${machine()}`,
    system: `Linux ${release()} ${process.arch}`,
    node: process.versions.node,
    loadAverage: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
  }
}

/** This machine and Node, for a file's name. */
export function slug(): string {
  return `${machine()} node ${process.versions.node.split('.')[0]}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

/** Writes bench/results/echo-MACHINE.json; returns the file's name. */
export function write(root: string, about: object, all: readonly Measured[]): string {
  const folder = join(root, 'bench/results')
  const rows = all.map((measured) => ({
    row: nameOf(measured.row),
    ...measured.row,
    servers: Object.fromEntries([...measured.runs].map(([name, runs]) => [name, summary(runs)])),
    ratios: Object.fromEntries(
      RATIOS.map(([over, under]) => [`${over}/${under}`, rounded(ratio(measured, over, under))]),
    ),
  }))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `echo-${slug()}.json`)
  writeFileSync(file, `${JSON.stringify({ ...about, rows }, null, 2)}\n`)
  return relative(root, file)
}

function summary(runs: readonly Run[]) {
  const of = (field: (run: Run) => number) => rounded(median(runs.map(field)))
  const us = runs.map((run) => run.us)
  const coarse = runs.filter((run) => run.coarse).length
  return {
    us: of((run) => run.us),
    least: rounded(Math.min(...us)),
    most: rounded(Math.max(...us)),
    messages: runs.reduce((sum, run) => sum + run.messages, 0),
    perWrite: of((run) => run.perWrite),
    serverLoad: of((run) => run.serverLoad),
    // Runs in which a thread of the server ended, so that their time is known to a clock tick only.
    ...(coarse > 0 && { coarse }),
  }
}

/** Three digits that count. */
function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(3))
}
