// A server that is shut down while everybody is busy. See scenario.ts for the terms.

import type { AddressInfo } from 'node:net'
import type { Engine, WebSocketServer } from '../engine.js'
import { clients } from '../parts/clients.js'
import { counting } from '../parts/server.js'
import { scenario, sleep, until } from '../scenario.js'
import { openMany, RawClient } from '../wire.js'

const TIMEOUT = 5000
const GOING_AWAY = 1001

interface WithShutdown {
  shutdown?(options: { timeout: number }): Promise<void>
}

/** What servers on ws write by hand. */
async function shutdownByHand(webSockets: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => webSockets.close(() => resolve()))
  for (const client of webSockets.clients) client.close(GOING_AWAY)
  const timer = setTimeout(() => {
    for (const client of webSockets.clients) client.terminate()
  }, TIMEOUT)
  await closed
  clearTimeout(timer)
}

async function server(engine: Engine) {
  const webSockets = new engine.WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096 })
  const { counts, codes } = counting(webSockets)
  webSockets.on('connection', (one) => one.on('message', (data, isBinary) => one.send(data, { binary: isBinary })))
  await new Promise((resolve) => webSockets.on('listening', resolve))
  return {
    port: () => (webSockets.address() as AddressInfo).port,
    counts: () => ({ ...counts, codes, open: webSockets.clients.size }),
    /** How long it took, in ms. */
    shutdown: async () => {
      const start = performance.now()
      const ours = webSockets as WebSocketServer & WithShutdown
      if (ours.shutdown) await ours.shutdown({ timeout: TIMEOUT })
      else await shutdownByHand(webSockets)
      return performance.now() - start
    },
  }
}

/** Clients that read a close frame, and never answer it. */
async function silent(_: unknown, { port, count }: { port: number; count: number }) {
  const all = await openMany(count, () => new RawClient(port, { staysHalfOpen: true }))
  return { codes: () => all.map(({ frames }) => frames.closeCode) }
}

export const shutdown = scenario({
  name: 'shutdown under load',
  promises: `1,000 busy clients, and 20 that do not answer: \`shutdown()\` ends within its time-out, and every client sees 1001. (For ws: what its users write by hand.)`,
  parts: { server, clients, silent },
  async run({ size, random, start, check, tell }) {
    const count = size(1000, 100)
    const mute = size(20, 4)
    const one = await start('server', undefined)
    const port = await one.call('port')
    const seed = random.below(2 ** 31)
    const busy = await start('clients', { port, count, seed, most: 4000, inFlight: 4 }, 'ws')
    check(await busy.call('open'), 'some were not served')
    const peers = await start('silent', { port, count: mute })
    await until(async () => (await one.call('counts')).open === count + mute)
    await sleep(500)
    const took = await one.call('shutdown')
    // Timers are exact to some ms, and a machine that does other things as well is late.
    check(took < TIMEOUT + 5000, `it took ${Math.round(took)} ms, and the time-out is ${TIMEOUT} ms`)
    const { open, closedTwice, closed } = await one.call('counts')
    check(open === 0, `${open} are still connected`)
    check(closed === count + mute && closedTwice === 0, `${closed} have a 'close', ${closedTwice} two`)
    await until(async () => (await busy.call('counts')).closed === count)
    const { codes } = await busy.call('counts')
    check(codes[GOING_AWAY] === count, `the clients saw ${JSON.stringify(codes)}`)
    const seen = await peers.call('codes')
    check(
      seen.every((code) => code === GOING_AWAY),
      `those that do not answer saw ${seen}`,
    )
    const { TCPServerWrap = 0, TCPSocketWrap = 0, Timeout = 0 } = await one.holding()
    check(
      TCPServerWrap + TCPSocketWrap + Timeout === 0,
      `left: ${TCPServerWrap} servers, ${TCPSocketWrap} sockets, ${Timeout} timers`,
    )
    const troubles = [...(await one.troubles()), ...(await busy.troubles())]
    check(troubles.length === 0, troubles.join('; '))
    tell('took', took, 'ms')
  },
})
