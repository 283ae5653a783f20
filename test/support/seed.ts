// How a property is run: with a fixed seed, so that a failure in one place is a failure in every place.
// Knows fast-check and the two environment variables; no property.

import fc from 'fast-check'

/** PROPERTY_SEED: another seed, a whole number, or 'random' for a fresh one. */
const SEED = process.env.PROPERTY_SEED ?? '6455'
/** PROPERTY_RUNS: how many times as many runs, 10 for instance. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? '1')

if (!(RUNS > 0)) throw new RangeError(`PROPERTY_RUNS is ${process.env.PROPERTY_RUNS}; it must be a number above 0`)
if (SEED !== 'random' && !/^-?\d+$/.test(SEED)) {
  throw new RangeError(`PROPERTY_SEED is ${SEED}; it must be a whole number, or 'random'`)
}

/** A test may take this long, in ms, before it counts as hung. */
export const TIMEOUT = 120_000 * Math.max(1, RUNS)

/** Runs a property `runs` times; the error of one that fails says the smallest counterexample and the seed. */
export function check<Values>(property: fc.IProperty<Values>, runs: number): void {
  fc.assert(property, {
    seed: SEED === 'random' ? Date.now() | 0 : Number(SEED),
    numRuns: Math.ceil(runs * RUNS),
    reporter: (details) => {
      if (!details.failed) return
      const wrong = details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance
      throw new Error(`${wrong}\nPROPERTY_SEED=${details.seed} repeats this. ${fc.defaultReportMessage(details)}`, {
        cause: details.errorInstance,
      })
    },
  })
}
