// Makes an input that fails smaller, greedily: leaves out what it can, and sets to zero what it cannot.
// Knows bytes and whether they still fail; nothing of what they mean.

/** The smallest input found within `budget` ms for which `fails` still holds. */
export function minimise(input: Uint8Array, fails: (input: Uint8Array) => boolean, budget = 10_000): Uint8Array {
  const deadline = Date.now() + budget
  let best = input
  const attempt = (candidate: Uint8Array): boolean => {
    if (Date.now() > deadline || !fails(candidate)) return false
    best = candidate
    return true
  }
  for (let changed = true; changed && Date.now() < deadline; ) {
    changed = false
    for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
      for (let at = best.length - size; at >= 0; at -= size) {
        const rest = new Uint8Array(best.length - size)
        rest.set(best.subarray(0, at))
        rest.set(best.subarray(at + size), at)
        if (attempt(rest)) changed = true
      }
    }
    for (let at = 0; at < best.length; at++) {
      if (best[at] === 0) continue
      const zeroed = best.slice()
      zeroed[at] = 0
      if (attempt(zeroed)) changed = true
    }
  }
  return best
}
