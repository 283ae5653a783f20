// Medians, spreads and ratios of measurements. Knows numbers only.

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.slice().sort((a, b) => a - b)
  const { length } = sorted
  const median = (sorted[(length - 1) >> 1] + sorted[length >> 1]) / 2
  return { median, min: sorted[0], max: sorted[length - 1] }
}

type Rounds = readonly (number | undefined)[]

function present(values: Rounds): number[] {
  return values.filter((value) => value !== undefined)
}

/** Of what was measured in all rounds. */
export function spreadOf(values: Rounds): Spread {
  return spread(present(values))
}

/** Ratios of the measurements of the same round, not of the medians: what disturbs a round disturbs both. */
export function ratios(reference: Rounds, values: Rounds): Spread | undefined {
  const paired = values.map((value, i) => {
    const other = reference[i]
    return value === undefined || other === undefined ? undefined : other / value
  })
  const known = present(paired)
  return known.length === 0 ? undefined : spread(known)
}
