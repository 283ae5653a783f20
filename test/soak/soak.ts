// The soak test: `npm run soak -- --minutes 1`. Many connections in one process, honest and hostile, and their memory
// over time; before that, half a minute on what each kind of peer holds. Exit code 1 where memory grows beyond its bound
// or an honest byte goes astray. Knows peers and memory by their interfaces; nothing of frames.

import { parseArgs } from 'node:util'
import { Random } from '../support/random.js'
import { mebibytes, memory, modules, printRow, used, watchModules } from './memory.js'
import { FIXED, pins, RATIO } from './pins.js'
import { ATTACKS, Honest, Hostile, MOST_IN_MESSAGE, type Peer, totals } from './traffic.js'

/**
 * Two bounds on memory in use (heap and buffers) after a forced collection:
 *
 * At any time: what there was before the first connection, and for each connection what pins.ts allows it, for each
 * honest peer the bytes that it holds itself and OBJECTS for its own objects, and SLACK for the process.
 *
 * Over time: no more than GROWTH times what there was when every attack had been through once, or half of the time was
 * over, and SLACK. The traffic is the same throughout, so that what grows is a leak.
 */
const OBJECTS = 3072
const SLACK = 8 * 2 ** 20
const GROWTH = 1.1
/** Rounds until every attack has been through once. */
const WARM_UP = Math.max(...ATTACKS.map(({ steps }) => steps))
const HONEST = 0.6
const ROWS = 20
/** The module's memory, in bytes: two pages, which never grow. */
const LINEAR = 131072

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, connections: { type: 'string' }, seed: { type: 'string' } },
})
const minutes = number('minutes', values.minutes ?? '1')
const count = number('connections', values.connections ?? '10000')
const seed = number('seed', values.seed ?? '1')

function number(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  console.error(`--${name} must be a number over 0, not ${text}`)
  process.exit(2)
}

const wrong: string[] = []

watchModules()
for (const name of await pins(2 * count)) wrong.push(`more than its bound is held with: ${name}`)
await soak()
for (const one of new Set(wrong)) console.log(`WRONG: ${one}`)
process.exit(wrong.length > 0 ? 1 : 0)

async function soak(): Promise<void> {
  const random = new Random(seed)
  const empty = used(await memory())
  const honest = Array.from({ length: Math.round(count * HONEST) }, () => new Honest(random))
  const hostile = Array.from(
    { length: count - honest.length },
    (_, i) => new Hostile(random, ATTACKS[i % ATTACKS.length]),
  )
  const peers: Peer[] = [...honest, ...hostile]
  const kinds = ATTACKS.map(({ name }) => name).join(', ')
  console.log(
    `\nSoak: ${minutes} minutes, seed ${seed}, ${honest.length} honest connections, ${hostile.length} hostile (${kinds})`,
  )
  const widths = [7, 7, 11, 10, 10, 9, 10, 10, 9, 10, 10]
  const columns = ['seconds', 'rounds', 'messages', 'received', 'violations', 'replaced']
  printRow(
    [...columns, 'heap', 'external', 'linear', 'in use', 'bound'].map((name, i) => name.padStart(widths[i])),
    widths,
  )

  const start = Date.now()
  const end = start + minutes * 60_000
  let warm: number | undefined
  let rowAt = start
  for (let rounds = 0; ; rounds++) {
    const isLast = Date.now() >= end
    if (Date.now() >= rowAt || isLast || (warm === undefined && rounds === WARM_UP)) {
      const bound = empty + peers.reduce((sum, peer) => sum + allowed(peer), 0) + SLACK
      const now = await memory()
      const { count: instances, linear } = modules()
      const { messages, bytes, violations, replaced } = totals
      const counts = [Math.round((Date.now() - start) / 1000), rounds, messages]
      const amounts = [mebibytes(now.heap), mebibytes(now.external), `${linear / 1024} KiB`, mebibytes(used(now))]
      printRow([...counts, mebibytes(bytes), violations, replaced, ...amounts, mebibytes(bound)], widths)
      rowAt = Date.now() + (minutes * 60_000) / ROWS
      if (used(now) > bound) wrong.push('memory in use is over its bound')
      if (instances !== 1 || linear !== LINEAR) wrong.push(`${instances} modules with ${linear} B of linear memory`)
      if (rounds >= WARM_UP || Date.now() > (start + end) / 2) warm ??= used(now)
      if (warm !== undefined && used(now) > warm * GROWTH + SLACK) wrong.push('memory in use has grown')
    }
    if (isLast) break
    for (const peer of peers) peer.step()
  }
  for (const peer of honest) {
    const what = peer.finish()
    if (what !== undefined) wrong.push(`an honest peer: ${what}`)
  }
  console.log(`${totals.messages.toLocaleString('en-US')} messages of honest peers checked by count and checksum`)
}

function allowed(peer: Peer): number {
  return OBJECTS + FIXED + Math.min(RATIO * peer.inFlight, MOST_IN_MESSAGE) + peer.outbox
}
