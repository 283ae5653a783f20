// The results of bench:compression: their file, and the table that is made of them. Measures nothing.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Machine } from './machine.js'
import { timeText } from './units.js'

export interface Compressed {
  readonly machine: Machine
  readonly rounds: number
  readonly rows: readonly {
    readonly name: string
    /** ns of CPU for sending and receiving a message of about `size` bytes, and bytes of its frame. */
    readonly cells: readonly { readonly size: number; readonly ns: number; readonly bytes: number }[]
  }[]
}

const ROOT = new URL('../../', import.meta.url)
const FOLDER = 'bench/results/compression/'

/** Writes the results of this machine and Node; returns the file's name. */
export function writeResults(results: Compressed): string {
  const file = `${FOLDER}${results.machine.name}.json`
  mkdirSync(new URL(FOLDER, ROOT), { recursive: true })
  writeFileSync(new URL(file, ROOT), `${JSON.stringify(results, undefined, 2)}\n`)
  return file
}

/** Those of the newest Node that was measured, if any was. `results`: the folder of all results. */
export function readCompressed(results: URL): Compressed | undefined {
  const folder = new URL('compression/', results)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  const all = files.map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Compressed)
  return all.sort(
    (a, b) => Number.parseInt(b.machine.node.slice(1), 10) - Number.parseInt(a.machine.node.slice(1), 10),
  )[0]
}

const sizeText = (size: number) => (size < 1024 ? `${size} B` : `${size / 1024} KiB`)

function table({ rows }: Compressed): string[][] {
  const plain = rows[0].cells
  const body = rows.map(({ name, cells }) => [
    name,
    ...cells.map(({ ns, bytes }, i) => `${timeText(ns)}, ${Math.round((100 * bytes) / plain[i].bytes)} %`),
  ])
  return [['', ...plain.map(({ size }) => sizeText(size))], ...body]
}

/** As a table of Markdown, with the machine under it. */
export function document(results: Compressed): string {
  const [heading, ...rows] = table(results).map((cells) => `| ${cells.join(' | ')} |`)
  const { cpu, node, date, loadAverage } = results.machine
  const rule = `|---${'|---:'.repeat(results.rows[0].cells.length)}|`
  const foot = `${cpu}, Node ${node}, ${date}, load average ${loadAverage}; median of ${results.rounds} rounds.`
  return `\n${[heading, rule, ...rows].join('\n')}\n\n${foot}\n`
}

export function printTable(results: Compressed): void {
  for (const [name, ...cells] of table(results)) {
    console.log(`${name.padEnd(42)}${cells.map((cell) => cell.padStart(16)).join('')}`)
  }
}
