// The one place where random tests get their seed from. The test command has a fixed one, so that it gives the same
// result every time; `npm run fuzz -- --tests` takes a fresh one and prints it. Knows fast-check; no test.

import fc from 'fast-check'
import { Random } from './random.js'

/** TEST_SEED: another seed, a whole number. */
export const SEED = Number(process.env.TEST_SEED ?? '6455')
/** TEST_RUNS: how many times as many runs of each property, 10 for instance. */
const RUNS = Number(process.env.TEST_RUNS ?? '1')

if (!Number.isInteger(SEED)) throw new RangeError(`TEST_SEED is ${process.env.TEST_SEED}; it must be a whole number`)
if (!(RUNS > 0)) throw new RangeError(`TEST_RUNS is ${process.env.TEST_RUNS}; it must be a number above 0`)

function parameters<Values>(runs: number): fc.Parameters<Values> {
  return {
    seed: SEED,
    numRuns: Math.ceil(runs * RUNS),
    reporter: (details) => {
      if (!details.failed) return
      const wrong = details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance
      throw new Error(`${wrong}\nTEST_SEED=${SEED} repeats this. ${fc.defaultReportMessage(details)}`, {
        cause: details.errorInstance,
      })
    },
  }
}

/** Runs a property `runs` times; the error of one that fails says the smallest counterexample and the seed. */
export function check<Values>(property: fc.IProperty<Values>, runs = 100): void {
  fc.assert(property, parameters<Values>(runs))
}

/** The same for a property that is asynchronous. */
export async function checkAsync<Values>(property: fc.IAsyncProperty<Values>, runs = 100): Promise<void> {
  await fc.assert(property, parameters<Values>(runs))
}

/** Values that a generator draws. */
export function sample<Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count })
}

/** Random numbers of the seed. `stream`: a number for each test, so that no two tests draw the same. */
export function seededRandom(stream: number): Random {
  return new Random((Math.imul(SEED, 0x9e3779b1) + stream) | 0)
}
