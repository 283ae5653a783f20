// Both implementations, and what differs in a scenario. `differences` has what we want to be otherwise.

import * as theirs from 'ws'
import * as ours from '../../../bindings/ws/index.js'
import { type Implementation, type Scenario, trace } from './scene.js'

export const WS = theirs as unknown as Implementation
export const OURS = ours as unknown as Implementation

export interface Comparison {
  readonly name: string
  readonly theirs: string
  readonly ours: string
}

/** Plays each with both, several at a time; in the order of the scenarios. */
export async function compare(scenarios: readonly Scenario[], atATime = 12): Promise<Comparison[]> {
  const results: Comparison[] = []
  let next = 0
  const play = async () => {
    while (next < scenarios.length) {
      const at = next++
      const scenario = scenarios[at] as Scenario
      const [one, other] = await Promise.all([trace(WS, scenario), trace(OURS, scenario)])
      results[at] = { name: scenario.name, theirs: one, ours: other }
    }
  }
  await Promise.all(Array.from({ length: atATime }, play))
  return results
}
