// The table of what was played: its cells, and its place in docs/reliability.md. Knows results; no scenario.

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Target } from './engine.js'
import type { Figure, Scenario } from './scenario.js'

export interface Played {
  /** What is not as promised. */
  readonly wrong: readonly string[]
  readonly figures: readonly Figure[]
  readonly seconds: number
}

/** The command is bundled to build/torture/. */
const PAGE = new URL('../../docs/reliability.md', import.meta.url)
const BEGIN = '<!-- torture -->'
const END = '<!-- /torture -->'
/** Two measurements of the same thing may differ by as much, and by some bytes or a few ms. */
const NOISE = 1.15
const HEADINGS = '| scenario | what is promised | noio-ws/ws | ws |\n|---|---|---|---|'

const STEPS = ['B', 'KB', 'MB', 'GB']

function shown({ name, value, unit }: Figure): string {
  let number = value
  let step = unit === 'B' ? 0 : -1
  while (step >= 0 && Math.abs(number) >= 1000 && step < STEPS.length - 1) {
    number /= 1000
    step++
  }
  const digits =
    Math.abs(number) < 10 && !Number.isInteger(number) ? 2 : Math.abs(number) < 100 && !Number.isInteger(number) ? 1 : 0
  const text = Number.isNaN(number) ? 'none' : number.toLocaleString('en-US', { maximumFractionDigits: digits })
  const named = step >= 0 ? ` ${STEPS[step]}` : unit === '' ? '' : ` ${unit}`
  return `${name} ${text}${named}`
}

/** The figures in one line. */
export function cellOf({ figures }: Played): string {
  return figures.map(shown).join(', ')
}

/** The figures that are worse than those of ws. */
export function isWorse(results: ReadonlyMap<Target, Played>): string[] {
  const [ours, theirs] = [results.get('noio-ws/ws'), results.get('ws')]
  if (ours === undefined || theirs === undefined) return []
  const worse = ours.figures.flatMap((our) => {
    const their = theirs.figures.find(({ name }) => name === our.name)
    if (their === undefined || our.isMoreBetter === undefined) return []
    const [good, bad] = our.isMoreBetter ? [our.value, their.value] : [their.value, our.value]
    const isClear = bad > Math.max(good, 0) * NOISE && bad - good > our.noise
    return isClear ? [`${shown(our)}, ws ${shown(their)}`] : []
  })
  return ours.wrong.length > 0 && theirs.wrong.length === 0 ? ['it keeps the promise', ...worse] : worse
}

function machine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gigabytes} GB, ${process.platform} ${process.arch}, Node ${process.version}.`
}

function rowOf({ name, promises }: Scenario, results: ReadonlyMap<Target, Played>, old: string[] | undefined): string {
  const cells = (['noio-ws/ws', 'ws'] as const).map((target, i) => {
    const result = results.get(target)
    if (result === undefined) return old?.[i] ?? ''
    // What is wrong is told in the first words of each, as paths and numbers of lines are of no use to readers.
    const wrong = result.wrong.map((what) => what.split('\n')[0]).slice(0, 3)
    return `${wrong.length > 0 ? `**no**: ${wrong.join('; ')}. ` : 'yes. '}${cellOf(result)}`
      .replaceAll('|', '\\|')
      .trim()
  })
  return `| ${name} | ${promises} | ${cells.join(' | ')} |`
}

/** Writes the rows that were played; the others stay, if they are of the same machine and Node. */
export function writePage(all: readonly Scenario[], played: ReadonlyMap<Scenario, ReadonlyMap<Target, Played>>): void {
  const text = readFileSync(PAGE, 'utf8')
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (start === -1 || end === -1) throw new Error(`docs/reliability.md has no ${BEGIN} and ${END}`)
  const generated = text.slice(start, end)
  const old = new Map(
    generated
      .split('\n')
      .filter((line) => line.startsWith('| ') && generated.includes(machine()))
      .map((line) => line.slice(2, -2).split(' | '))
      .map(([name = '', , ...cells]) => [name, cells]),
  )
  const rows = all
    .filter((one) => played.has(one) || old.has(one.name))
    .map((one) => rowOf(one, played.get(one) ?? new Map(), old.get(one.name)))
  const table = [BEGIN, '', machine(), '', HEADINGS, ...rows, '', ''].join('\n')
  writeFileSync(PAGE, text.slice(0, start) + table + text.slice(end))
}
