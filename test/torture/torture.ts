// The command: `npm run torture -- --minutes 10 --seed 1`. Plays every scenario with noio-ws/ws and with ws, and prints a table;
// in full size it writes the table to docs/reliability.md. Exit code 1 where noio-ws/ws does not keep a promise.
// Knows the command line, and scenarios by their interface.

import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { Random } from '../support/random.js'
import { TARGETS, type Target } from './engine.js'
import { Processes } from './processes.js'
import type { Context, Figure, Parts, Scenario } from './scenario.js'
import { SCENARIOS } from './scenarios/index.js'
import { cellOf, isWorse, type Played, writePage } from './table.js'

const OPTIONS = {
  minutes: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string' },
  target: { type: 'string' },
  short: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const
const HELP = `npm run torture -- [options]
  --minutes N   how long scenarios go on that go on for a time; default 10, and a twentieth with --short
  --seed N      a whole number; default: a fresh one, which is printed
  --only NAMES  only scenarios whose names contain one of these, with commas between
  --target T    only ws, or only noio-ws/ws (noio)
  --short       small sizes, about a minute; docs/reliability.md is not written`

/** Descriptors that a process needs for the largest scenario. */
const DESCRIPTORS = 10_500

function options() {
  try {
    const { values } = parseArgs({ options: OPTIONS })
    if (values.help) {
      console.log(HELP)
      process.exit(0)
    }
    const isShort = values.short
    const minutes = number('minutes', values.minutes ?? (isShort ? '0.05' : '10'))
    const seed = number('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)))
    const target = values.target === 'noio' ? 'noio-ws/ws' : values.target
    const targets = TARGETS.filter((name) => target === undefined || name === target)
    if (targets.length === 0) throw new Error(`--target is ws or noio-ws/ws, not ${target}`)
    const words = values.only?.split(',').map((word) => word.trim().toLowerCase())
    const scenarios = SCENARIOS.filter(({ name }) => words?.some((word) => name.toLowerCase().includes(word)) ?? true)
    if (scenarios.length === 0) throw new Error(`--only ${values.only}: no scenario has such a name`)
    return { isShort, minutes, seed, targets, scenarios }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    process.exit(2)
  }
}

function number(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new Error(`--${name} must be a number, 0 or more, not ${text}`)
}

const { isShort, minutes, seed, targets, scenarios } = options()

async function play(scenario: Scenario, target: Target): Promise<Played> {
  const processes = new Processes()
  const wrong: string[] = []
  const figures: Figure[] = []
  const context: Context<Parts> = {
    target,
    // The same for both targets, whatever other scenarios are played.
    random: new Random(seed + SCENARIOS.indexOf(scenario)),
    minutes,
    isShort,
    size: (full, short) => (isShort ? short : full),
    start: (part, argument, engine = target) => processes.start(scenario.name, String(part), engine, argument),
    check: (isTrue, what) => {
      if (!isTrue) wrong.push(what)
    },
    figure: (name, value, unit, { isMoreBetter = false, noise = 0 } = {}) => {
      figures.push({ name, value, unit, isMoreBetter, noise })
    },
    tell: (name, value, unit = '') => {
      figures.push({ name, value, unit, isMoreBetter: undefined, noise: 0 })
    },
  }
  const start = Date.now()
  try {
    await scenario.run(context)
  } catch (error) {
    wrong.push(`the scenario has ended: ${(error as Error).stack}`)
  } finally {
    await processes.end()
  }
  return { wrong, figures, seconds: (Date.now() - start) / 1000 }
}

const most = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }))
if (!isShort && most < DESCRIPTORS) {
  console.error(
    `the full size needs ${DESCRIPTORS} descriptors in a process, and there are ${most}: ulimit -Hn ${DESCRIPTORS}`,
  )
  process.exit(2)
}

/** Most of a small scenario is waiting; in full size each has the machine for itself. */
const AT_ONCE = isShort ? 4 : 1

console.log(`${isShort ? 'short form, ' : ''}${minutes} minutes, seed ${seed}`)
const played = new Map<Scenario, Map<Target, Played>>()
const waiting = scenarios.slice()

async function playNext(): Promise<void> {
  for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
    const results = new Map<Target, Played>()
    played.set(scenario, results)
    for (const target of targets) results.set(target, await play(scenario, target))
    console.log(`\n${scenario.name}: ${scenario.promises}`)
    for (const [target, result] of results) {
      const seconds = result.seconds.toFixed(0).padStart(4)
      console.log(`  ${target.padEnd(10)} ${seconds} s  ${result.wrong.length > 0 ? 'NO ' : 'yes'}  ${cellOf(result)}`)
      for (const what of result.wrong) console.log(`${' '.repeat(25)}${what}`)
    }
    for (const what of isWorse(results)) console.log(`  ws does better: ${what}`)
    // What is there is kept, should a later scenario end the program.
    if (!isShort) writePage(SCENARIOS, played)
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, playNext))

const failed = scenarios.filter((one) => (played.get(one)?.get('noio-ws/ws')?.wrong.length ?? 0) > 0)
console.log(failed.length > 0 ? `\nNOT KEPT: ${failed.map(({ name }) => name).join('; ')}` : '\nall promises kept')
process.exitCode = failed.length > 0 ? 1 : 0
