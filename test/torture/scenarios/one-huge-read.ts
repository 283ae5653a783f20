// 10 MB of control frames that are read at once, behind the opening handshake. See scenario.ts for the terms.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkRecovered } from '../checks.js'
import type { Engine } from '../engine.js'
import { bystander } from '../parts/bystander.js'
import { counting } from '../parts/server.js'
import { scenario, until, YOUNG } from '../scenario.js'
import { CLOSE, closing, destroyAll, masked, openMany, outcomes, PING, PONG, RawClient } from '../wire.js'

const FIN = 0x80
const GATHERED = 'x-gather'

/** A server that gathers what comes behind a request before it accepts it, as many bytes as the request says. */
function server(engine: Engine) {
  const http = createServer()
  const webSockets = new engine.WebSocketServer({ noServer: true, ...{ closeTimeout: 3000 } })
  const { counts, codes } = counting(webSockets)
  webSockets.on('connection', (webSocket) => webSocket.on('message', (data) => webSocket.send(String(data))))
  http.on('upgrade', (request, socket, head) => {
    const accept = (bytes: Buffer) => {
      webSockets.handleUpgrade(request, socket, bytes as Buffer<ArrayBuffer>, (one) =>
        webSockets.emit('connection', one, request),
      )
    }
    const size = Number(/size=(\d+)/.exec(request.headers[GATHERED] as string)?.[1] ?? 0)
    if (size === 0) {
      accept(head)
      return
    }
    const chunks: Uint8Array[] = [head]
    let have = head.length
    const gather = (chunk: Buffer) => {
      chunks.push(chunk)
      have += chunk.length
      if (have < size) return
      socket.off('data', gather)
      accept(Buffer.concat(chunks))
    }
    socket.on('data', gather)
  })
  return new Promise<{ port: () => number; counts: () => object & { open: number; pings: number } }>((resolve) => {
    http.listen(0, '127.0.0.1', () => {
      resolve({
        port: () => (http.address() as AddressInfo).port,
        counts: () => ({ ...counts, codes, open: webSockets.clients.size }),
      })
    })
  })
}

async function senders(_: unknown, { port, count, size }: { port: number; count: number; size: number }) {
  const ping = masked(FIN | PING, Buffer.from('are you there?'))
  const pong = masked(FIN | PONG, Buffer.alloc(0))
  const pair = Buffer.concat([ping, pong])
  const times = Math.floor(size / pair.length)
  const bytes = Buffer.alloc(times * pair.length, pair)
  const last = masked(FIN | CLOSE, closing(1000))
  const all = await openMany(count, () => {
    const peer = new RawClient(port, { fields: [`${GATHERED}: size=${bytes.length + last.length}`] })
    peer.socket.write(bytes)
    peer.socket.write(last)
    return peer
  })
  return {
    times: () => times,
    seen: () => outcomes(all),
    end: () => destroyAll(all),
  }
}

export const oneHugeRead = scenario({
  name: 'flood: 10 MB of control frames in one read',
  promises: 'Pings and pongs that are read all at once are answered, or their sender is ended.',
  parts: { server, senders, bystander },
  async run({ size, start, check, figure, tell }) {
    const one = await start('server', undefined)
    const port = await one.call('port')
    const others = size(10, 3)
    const beside = await start('bystander', { port, count: others }, 'ws')
    await beside.call('answers')
    const before = await one.memory()
    await beside.call('begin')
    const count = size(10, 2)
    const peers = await start('senders', { port, count, size: size(10e6, 1e6) })
    await until(async () => (await one.call('counts')).open === others, 240)
    const { open, pings } = await one.call('counts')
    check(open === others, `${open - others} of ${count} are still connected`)
    const areOver = async () => (await peers.call('seen')).every(({ isOver }) => isOver)
    check(await until(areOver), 'some are not told that it is over')
    const { trips, median, closes } = await beside.call('end')
    check(closes === 0 && trips >= others, `others: ${trips} answers, ${closes} closed`)
    const seen = await peers.call('seen')
    const times = await peers.call('times')
    const served = seen.filter(({ counts, code }) => counts[PONG] === times && code === 1000).length
    const ended = seen.filter(({ code }) => code !== 1000).length
    check(served + ended === count, `${count - served - ended} were answered in part, and closed as if all was well`)
    await peers.call('end')
    const resident = await checkRecovered(check, one, before, { count: others, part: beside })
    tell('answered', served, `of ${count}`)
    tell('pings emitted', pings)
    figure('RSS at most', Math.max(0, resident), 'B', { noise: YOUNG })
    tell('round trip of others', median, 'ms')
  },
})
