// One side of 500 busy connections is gone at once: its process is killed, its sockets are reset, or half-closed, or
// terminated. See scenario.ts for the terms.

import { checkTroubles } from '../checks.js'
import type { Target } from '../engine.js'
import { clients } from '../parts/clients.js'
import { server } from '../parts/server.js'
import { type Context, scenario, sleep, until } from '../scenario.js'
import { holdsNoMore } from '../watch.js'

const parts = { server, clients }
const WAYS = ['killed', 'reset', 'half-closed', 'terminated', 'closed'] as const
type Way = (typeof WAYS)[number]

/** What a server does to its connections; what it does by itself when its process is killed is up to the kernel. */
const PROMISES: Readonly<Record<Way, string>> = {
  killed: 'the process of the other side is killed with SIGKILL',
  reset: 'the other side resets the connections',
  'half-closed': 'the other side ends its stream without a close frame',
  terminated: 'this side terminates the connections',
  closed: 'both sides close at the same time',
}

interface Counts {
  readonly closed: number
  readonly closedTwice: number
  readonly codes: Readonly<Record<number, number>>
}

function checkCloses(
  { check }: Pick<Context<typeof parts>, 'check'>,
  count: number,
  { closed, closedTwice, codes }: Counts,
) {
  check(
    closed === count && closedTwice === 0,
    `of ${count}, ${closed} have a 'close' ${JSON.stringify(codes)}, ${closedTwice} two`,
  )
}

/** With a server that is put to the test, and clients of ws that do what is to be survived. */
function serverSide(way: Way) {
  return scenario({
    name: `server, 500 busy connections: ${way}`,
    promises: `Where ${PROMISES[way]}, each has exactly one 'close', no handle, timer or listener is left, and new clients are served.`,
    parts,
    async run({ size, random, start, check, tell }) {
      const count = size(500, 50)
      const one = await start('server', { does: 'echo', options: { perMessageDeflate: true, closeTimeout: 3000 } })
      const port = await one.call('port')
      const seed = random.below(2 ** 31)
      const argument = { port, count, seed, most: 20_000, inFlight: 4 }
      // Handles that are made once are there afterwards.
      const first = await start('clients', { ...argument, count: 1 }, 'ws')
      await first.call('open')
      await first.kill()
      await until(async () => (await one.call('counts')).sockets === 0)
      const before = await one.holding()
      const { listeners } = await one.call('counts')

      const busy = await start('clients', argument, 'ws')
      check(await busy.call('open'), 'some were not served')
      await sleep(300)
      if (way === 'killed') await busy.kill()
      else if (way === 'reset') await busy.call('reset')
      else if (way === 'half-closed') await busy.call('halfClose')
      else if (way === 'terminated') await one.call('terminate')
      else await Promise.all([busy.call('close', 1000), one.call('close', 1000, 'bye')])
      const isOver = async () => (await one.call('counts')).sockets === 0 && (await one.call('counts')).open === 0
      check(await until(isOver), `${(await one.call('counts')).sockets} sockets are left`)
      const counts = await one.call('counts')
      checkCloses({ check }, count + 1, counts)
      check(counts.listeners === listeners, `${counts.listeners - listeners} listeners are left on the servers`)
      const holdsNothing = async () => holdsNoMore(await one.holding(), before)
      check(
        await until(holdsNothing, 10),
        `left: ${JSON.stringify(await one.holding())}, before: ${JSON.stringify(before)}`,
      )
      await checkTroubles(check, one)
      const last = await start('clients', { ...argument, count: 5 }, 'ws')
      check(await last.call('open'), 'new clients are not served')
      tell('messages', counts.messages)
    },
  })
}

/** With clients that are put to the test, and a server of ws. */
function clientSide(way: Way) {
  return scenario({
    name: `clients, 500 busy connections: ${way}`,
    promises: `Where ${PROMISES[way]}, each has exactly one 'close', and no handle, timer or listener is left.`,
    parts,
    async run({ size, random, start, check, tell }) {
      const count = size(500, 50)
      const peer: Target = 'ws'
      const one = await start(
        'server',
        { does: 'echo', options: { perMessageDeflate: true, closeTimeout: 3000 } },
        peer,
      )
      const argument = { port: await one.call('port'), count, seed: random.below(2 ** 31), most: 20_000, inFlight: 4 }
      const busy = await start('clients', { ...argument, options: { closeTimeout: 3000 } })
      const before = await busy.holding()
      check(await busy.call('open'), 'some were not served')
      await sleep(300)
      if (way === 'killed') await one.kill()
      else if (way === 'reset') await one.call('reset')
      else if (way === 'half-closed') await one.call('halfClose')
      else if (way === 'terminated') await busy.call('terminate')
      else await Promise.all([busy.call('close', 1000), one.call('close', 1000, 'bye')])
      const isOver = async () => (await busy.call('states'))[3] === count
      check(await until(isOver), `by readyState: ${await busy.call('states')}`)
      const holdsNothing = async () => holdsNoMore(await busy.holding(), before)
      check(
        await until(holdsNothing, 10),
        `left: ${JSON.stringify(await busy.holding())}, before: ${JSON.stringify(before)}`,
      )
      const counts = await busy.call('counts')
      checkCloses({ check }, count, counts)
      await checkTroubles(check, busy)
      tell('messages', counts.received)
    },
  })
}

export const killed = WAYS.flatMap((way) => [serverSide(way), clientSide(way)])
