// What noio-ws/ws brings to a program for ws: one table of all parts, for the terminal, for a file in bench/results/ws and
// for docs/ws.md. Knows figures; measures nothing.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ratios, type Spread, spread } from '../stats.js'
import { ratioText } from '../units.js'
import { type Compared, MODULES } from './parts.js'
import { type circumstances, type Measured, slug } from './report.js'
import { type Row, sizeOf, WS_ROWS } from './rows.js'

const FOLDER = 'bench/results/ws'
const DOCUMENT = 'docs/ws.md'
const BLOCK = /(<!-- figures: drop-in -->\n)[\s\S]*?(<!-- \/figures -->)/
/** The Node that comes first in the document, and the one next to it. */
const HEADLINE = 24
const BESIDE = 20

interface Line {
  readonly name: string
  readonly unit: Compared['unit']
  readonly ws: Spread
  readonly 'noio-ws/ws': Spread
  /** ws over noio-ws/ws, within each round. */
  readonly ratio: Spread
}

export interface DropIn {
  readonly about: ReturnType<typeof circumstances> & { readonly rounds: number; readonly versions: object }
  readonly lines: readonly Line[]
}

const LABELS: Readonly<Record<string, string>> = {
  chat: 'chat: a message of 125 B to 200 clients, for each of them',
  'chat, with permessage-deflate': 'the same with permessage-deflate',
  accept: 'opening handshake, and the end of the connection',
  'idle connection': 'heap and external memory of an idle connection, of 10,000',
}

function echoName({ payload, inFlight, connections }: Row): string {
  return `echo of ${sizeOf(payload)}, ${inFlight} in flight on each of ${connections} connections`
}

/** The rows of the echo that belong here, where both were measured. */
export function fromEcho(all: readonly Measured[]): Compared[] {
  return all.flatMap(({ row, runs }) => {
    const [ws, ours] = MODULES.map((module) => (runs.get(module) ?? []).map(({ us }) => us))
    if (!WS_ROWS.includes(row) || ws.length === 0 || ours.length === 0) return []
    return [{ name: echoName(row), unit: 'us' as const, values: { ws, 'noio-ws/ws': ours } }]
  })
}

function rounded({ median, min, max }: Spread): Spread {
  const round = (value: number) => Number(value.toPrecision(3))
  return { median: round(median), min: round(min), max: round(max) }
}

export function linesOf(all: readonly Compared[]): Line[] {
  return all.map(({ name, unit, values: { ws, 'noio-ws/ws': ours } }) => ({
    name,
    unit,
    ws: rounded(spread(ws)),
    'noio-ws/ws': rounded(spread(ours)),
    ratio: rounded(ratios(ws, ours) as Spread),
  }))
}

function amount({ median }: Spread, unit: Line['unit']): string {
  if (unit === 'B') return `${Math.round(median).toLocaleString('en')} B`
  return `${Number(median.toPrecision(2))} µs`
}

export function table(lines: readonly Line[]): string {
  const cells = lines.map(({ name, unit, ratio, ...of }) => [
    LABELS[name] ?? name,
    amount(of.ws, unit),
    amount(of['noio-ws/ws'], unit),
    ratioText(ratio.median),
    `${ratioText(ratio.min)}-${ratioText(ratio.max)}`,
  ])
  const all = [['', 'ws', 'noio-ws/ws', 'ws / noio-ws/ws', 'min-max'], ...cells]
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const pad = (text: string, column: number) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))
  return all.map((row) => row.map(pad).join('  ')).join('\n')
}

/** Writes the results of this machine and Node; returns the file's name. */
export function writeResults(root: string, results: DropIn): string {
  const file = `${FOLDER}/${slug()}.json`
  mkdirSync(join(root, FOLDER), { recursive: true })
  writeFileSync(join(root, file), `${JSON.stringify(results, undefined, 2)}\n`)
  return file
}

/** The results that there are, by major version of Node. */
export function readResults(root: string): ReadonlyMap<number, DropIn> {
  const files = readdirSync(join(root, FOLDER)).filter((file) => file.endsWith('.json'))
  const all = files.map((file) => JSON.parse(readFileSync(join(root, FOLDER, file), 'utf8')) as DropIn)
  return new Map(all.map((results) => [Number.parseInt(results.about.node, 10), results]))
}

/** The results, as a table of Markdown with the machine under it. */
export function document(all: ReadonlyMap<number, DropIn>): string {
  const shown = [HEADLINE, BESIDE].flatMap((major) => all.get(major) ?? [])
  const [first, second] = shown
  if (first === undefined) throw new Error(`there are no results of Node ${HEADLINE} or ${BESIDE} in ${FOLDER}`)
  const major = ({ about }: DropIn) => `Node ${Number.parseInt(about.node, 10)}`
  const heading = ['', 'ws', 'noio-ws/ws', `ws / noio-ws/ws, ${major(first)}`, ...(second ? [major(second)] : [])]
  const rows = first.lines.map(({ name, unit, ratio, ...of }) => {
    const beside = second?.lines.find((line) => line.name === name)
    const last = second === undefined ? [] : [beside === undefined ? '' : ratioText(beside.ratio.median)]
    return [LABELS[name] ?? name, amount(of.ws, unit), amount(of['noio-ws/ws'], unit), ratioText(ratio.median), ...last]
  })
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|---${'|---:'.repeat(heading.length - 1)}|`
  const { processor } = first.about
  const runs = shown.map(({ about }) => `Node ${about.node} on ${about.date}, load average ${about.loadAverage}`)
  const foot = `${processor}; ${runs.join('; ')}; median of ${first.about.rounds} rounds.`
  return `\n${[line(heading), rule, ...rows.map(line)].join('\n')}\n\n${foot}\n`
}

/** A document with its table as the results have it. */
export function refreshed(text: string, all: ReadonlyMap<number, DropIn>): string {
  return text.replace(BLOCK, `$1${document(all)}\n$2`)
}

/** Those that come first in documents: of the newest Node that they are about. */
export function headline(all: ReadonlyMap<number, DropIn>): DropIn | undefined {
  return all.get(HEADLINE) ?? all.get(BESIDE)
}

export function writeDocument(root: string): string {
  const file = join(root, DOCUMENT)
  writeFileSync(file, refreshed(readFileSync(file, 'utf8'), readResults(root)))
  return DOCUMENT
}
