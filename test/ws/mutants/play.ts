// Plays all scenarios with noio-ws/ws as it is in this bundle: `node play.js FILE` writes their traces where there is no such
// file, and otherwise ends with 1 at the first scenario whose trace is another one, twice. run.js bundles it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import * as ours from '../../../bindings/ws/index.js'
import { TABLES } from '../support/scenarios.js'
import { DOES_NOT_END, type Implementation, type Scenario, trace } from '../support/scene.js'

const AT_A_TIME = 12

const file = process.argv[2] as string
const expected: Record<string, string> | undefined = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : undefined
const play = (scenario: Scenario) => trace(ours as unknown as Implementation, scenario)
const traces: Record<string, string> = {}
const scenarios = Object.values(TABLES).flat()
let next = 0

// What a change makes throw where nobody listens is seen, too.
process.on('uncaughtException', (error) => end(`an exception: ${error.message}`))

function end(why: string): never {
  console.log(why)
  process.exit(1)
}

async function playNext(): Promise<void> {
  while (next < scenarios.length) {
    const scenario = scenarios[next++] as Scenario
    const { name } = scenario
    traces[name] = await play(scenario)
    if (expected === undefined || traces[name] === expected[name]) continue
    // The machine may be slow, but not that slow.
    if (traces[name].includes(DOES_NOT_END)) end(name)
    if ((await play(scenario)) !== expected[name]) end(name)
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, playNext))
if (expected === undefined) writeFileSync(file, JSON.stringify(traces))
process.exit(0)
