// Connections that never become WebSockets. See scenario.ts for the terms.

import { connect, type Socket } from 'node:net'
import { checkRecovered } from '../checks.js'
import { bystander } from '../parts/bystander.js'
import { server } from '../parts/server.js'
import { scenario, until, YOUNG } from '../scenario.js'
import { request } from '../wire.js'

async function loiterers(_: unknown, { port, count }: { port: number; count: number }) {
  const all: Socket[] = []
  let closed = 0
  const text = request()
  const begun = (socket: Socket, i: number) => {
    // A third says nothing, a third never says the end, and a third says a byte a second.
    if (i % 3 === 1) socket.write(text.slice(0, -2))
    if (i % 3 === 2) socket.write(text.slice(0, 1))
  }
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.on('connect', () => begun(socket, i))
    // What is answered is of no interest, but the end of it is.
    socket.resume()
    all.push(socket)
    if (i % 200 === 199) await until(() => all[i - 50]?.readyState !== 'opening')
  }
  let said = 1
  const timer = setInterval(() => {
    for (let i = 2; i < all.length; i += 3) if (!all[i]?.destroyed) all[i]?.write(text[said] ?? '')
    said++
    if (said > 40) clearInterval(timer)
  }, 1000)
  return { closed: () => closed }
}

export const halfOpenUpgrades = scenario({
  name: 'half-open upgrades',
  promises:
    '10,000 connections that send no request, or never its end, or a byte of it a second, are ended by the time-outs of node:http; others are served meanwhile.',
  parts: { server, loiterers, bystander },
  async run({ size, start, check, figure, tell }) {
    const count = size(10_000, 300)
    const wait = size(10_000, 1500)
    const http = { headersTimeout: wait, requestTimeout: wait, connectionsCheckingInterval: Math.min(wait, 1000) }
    const one = await start('server', { does: 'echo', http })
    const port = await one.call('port')
    const others = size(10, 3)
    const beside = await start('bystander', { port, count: others }, 'ws')
    await beside.call('answers')
    const before = await one.memory()
    await beside.call('begin')
    const peers = await start('loiterers', { port, count })
    const isOver = async () => (await one.call('counts')).sockets === others
    check(await until(isOver, 240), `${(await one.call('counts')).sockets - others} are still connected`)
    check(await until(async () => (await peers.call('closed')) === count), 'some have not seen the end')
    const { trips, median, closes } = await beside.call('end')
    check(closes === 0 && trips >= others, `others: ${trips} answers, ${closes} closed`)
    check((await one.call('counts')).connections === others, 'some became WebSockets')
    await peers.kill()
    const resident = await checkRecovered(check, one, before, { count: others, part: beside })
    figure('RSS at most', Math.max(0, resident), 'B', { noise: YOUNG })
    tell('round trip of others', median, 'ms')
  },
})
