// Close handshakes that are cut at each byte, in each way. See scenario.ts for the terms.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { checkTroubles } from '../checks.js'
import type { Engine } from '../engine.js'
import { server } from '../parts/server.js'
import { scenario, until } from '../scenario.js'
import { holdsNoMore } from '../watch.js'
import { acceptance, CLOSE, closing, masked, openMany, RawClient, unmasked } from '../wire.js'

const REASON = 'done with this'
const PAYLOAD = closing(1000, REASON)
const ENDINGS = ['end', 'reset', 'destroy', 'nothing'] as const
type Ending = (typeof ENDINGS)[number]

function end(socket: Socket, ending: Ending): void {
  if (ending === 'end') socket.end()
  else if (ending === 'reset') socket.resetAndDestroy()
  else if (ending === 'destroy') socket.destroy()
}

interface Cut {
  readonly ending: Ending
  /** Bytes of the close frame. */
  readonly bytes: number
}

function cuts(length: number): Cut[] {
  return ENDINGS.flatMap((ending) => Array.from({ length: length + 1 }, (_, bytes) => ({ ending, bytes })))
}

/** Clients; half of them begin the handshake, the others answer. */
function rawClients() {
  const frame = masked(0x80 | CLOSE, PAYLOAD)
  const all = cuts(frame.length)
  let peers: RawClient[] = []
  const cut = (peer: RawClient, { ending, bytes }: Cut) => {
    if (bytes > 0) peer.socket.write(frame.subarray(0, bytes))
    // What was written arrives before the end, or it would be another cut.
    setTimeout(() => end(peer.socket, ending), 20)
  }
  return {
    open: async (port: number) => {
      peers = await openMany(all.length * 2, () => new RawClient(port, { staysHalfOpen: true }))
      for (const [i, one] of all.entries()) {
        const peer = peers[i + all.length] as RawClient
        peer.frames.onframe = () => cut(peer, one)
      }
      return peers.length
    },
    begin: () => {
      for (const [i, one] of all.entries()) cut(peers[i] as RawClient, one)
    },
  }
}

/** A server for clients that are put to the test: the same from the other side. */
async function rawServer() {
  const frame = unmasked(0x80 | CLOSE, PAYLOAD)
  const all = cuts(frame.length)
  const sockets: Socket[] = []
  const accept = createServer({ allowHalfOpen: true }, (socket) => {
    const i = sockets.push(socket) - 1
    let head = ''
    const cut = () => {
      const { ending, bytes } = all[i % all.length] as Cut
      if (bytes > 0) socket.write(frame.subarray(0, bytes))
      setTimeout(() => end(socket, ending), 20)
    }
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (head.endsWith('\r\n\r\n')) {
        if (i >= all.length) cut()
        return
      }
      head += chunk.toString('latin1')
      if (!head.endsWith('\r\n\r\n')) return
      socket.write(acceptance(head))
      // The answer and the beginning of the frame may be read together.
      if (i < all.length) setTimeout(cut, 50)
    })
  })
  await new Promise<void>((resolve) => accept.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return { port: () => (accept.address() as AddressInfo).port, count: () => all.length * 2 }
}

/** Clients that are put to the test; those behind the first half begin the close handshake. */
function clients(engine: Engine, { port, count }: { port: number; count: number }) {
  const counts = { closed: 0, closedTwice: 0, errors: 0 }
  const codes: Record<number, number> = {}
  const options: object = { closeTimeout: 2000 }
  return {
    open: async () => {
      for (let i = 0; i < count; i++) {
        const webSocket = new engine.WebSocket(`ws://127.0.0.1:${port}/`, options)
        let closes = 0
        webSocket.on('error', () => counts.errors++)
        webSocket.on('close', (code) => {
          counts.closed++
          if (++closes > 1) counts.closedTwice++
          codes[code] = (codes[code] ?? 0) + 1
        })
        // One after another, so that the server knows which is which.
        await new Promise<void>((resolve) => webSocket.on('open', resolve).on('close', () => resolve()))
        if (i >= count / 2) webSocket.close(1000, REASON)
        // The first half, with a stream that just stays, is closed by this side in the end.
        else setTimeout(() => webSocket.close(), 3000)
      }
    },
    counts: () => ({ ...counts, codes }),
  }
}

const AT_THE_END = "each has exactly one 'close', and no handle, timer or listener is left."

export const cutByClients = scenario({
  name: 'server, close handshake cut at each byte',
  promises: `Close handshakes that either side began, cut at each byte by the end of the stream, a reset, a close or silence: ${AT_THE_END}`,
  parts: { server, rawClients },
  async run({ start, check, tell }) {
    const one = await start('server', { does: 'echo', options: { closeTimeout: 2000 } })
    const port = await one.call('port')
    const before = await one.holding()
    const peers = await start('rawClients', undefined)
    const count = await peers.call('open', port)
    await peers.call('begin')
    await until(async () => (await one.call('counts')).closed >= count / 4)
    await one.call('close', 1000, REASON)
    const isOver = async () => (await one.call('counts')).sockets === 0
    check(await until(isOver), `${(await one.call('counts')).sockets} sockets are left`)
    const { closed, closedTwice, codes } = await one.call('counts')
    check(closed === count && closedTwice === 0, `of ${count}, ${closed} have a 'close', ${closedTwice} two`)
    await peers.kill()
    check(
      await until(async () => holdsNoMore(await one.holding(), before), 10),
      `left: ${JSON.stringify(await one.holding())}, before: ${JSON.stringify(before)}`,
    )
    await checkTroubles(check, one)
    for (const [code, times] of Object.entries(codes)) tell(code, times)
  },
})

export const cutByServer = scenario({
  name: 'clients, close handshake cut at each byte',
  promises: `The same at the other end: ${AT_THE_END}`,
  parts: { rawServer, clients },
  async run({ start, check, tell }) {
    const peer = await start('rawServer', undefined)
    const count = await peer.call('count')
    const one = await start('clients', { port: await peer.call('port'), count })
    const before = await one.holding()
    await one.call('open')
    check(await until(async () => (await one.call('counts')).closed >= count), 'some are not closed')
    check(
      await until(async () => holdsNoMore(await one.holding(), before), 10),
      `left: ${JSON.stringify(await one.holding())}, before: ${JSON.stringify(before)}`,
    )
    const { closed, closedTwice, codes } = await one.call('counts')
    check(closed === count && closedTwice === 0, `of ${count}, ${closed} have a 'close', ${closedTwice} two`)
    await checkTroubles(check, one)
    for (const [code, times] of Object.entries(codes)) tell(code, times)
  },
})
