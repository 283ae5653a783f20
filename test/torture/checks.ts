// What scenarios check alike once all is over. Knows what every part answers, and bystanders; no scenario.

import type { bystander } from './parts/bystander.js'
import type { Running } from './scenario.js'
import type { Memory } from './watch.js'

type Check = (isTrue: boolean, what: string) => void

/** That no exception, rejection or warning came up in a part. */
export async function checkTroubles(check: Check, part: Pick<Running, 'troubles'>): Promise<void> {
  const troubles = await part.troubles()
  check(troubles.length === 0, troubles.join('; '))
}

/**
 * That a server is as it was `before`: in its memory, for `others` that it served all the while, and without troubles.
 * Returns how far its largest resident size has grown, in bytes.
 */
export async function checkRecovered(
  check: Check,
  server: Pick<Running, 'memory' | 'troubles'>,
  before: Memory,
  others: { readonly count: number; readonly part: Running<Awaited<ReturnType<typeof bystander>>> },
): Promise<number> {
  const after = await server.memory()
  const grown = after.heap + after.external - before.heap - before.external
  check(grown < 2e6, `${Math.round(grown / 1000)} KB more are in use afterwards`)
  check((await others.part.call('answers')) === others.count, 'others get no answers afterwards')
  await checkTroubles(check, server)
  return after.peak - before.peak
}
