// Programs with mistakes: what they are called back with throws, or never answers. See scenario.ts for the terms.

import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Engine } from '../engine.js'
import { bystander } from '../parts/bystander.js'
import { counting } from '../parts/server.js'
import { scenario, sleep, until } from '../scenario.js'
import { BINARY, CLOSE, closing, masked, PING, request } from '../wire.js'

const FAULTS = ['message', 'ping', 'close', 'connection', 'headers', 'verifyClient', 'handleProtocols'] as const
type Fault = (typeof FAULTS)[number] | 'verifyClient, silent'
const FAULTY = '/faulty'

/** It throws, or never answers, for requests to one path; the process goes on, as with a handler of uncaughtException. */
async function server(engine: Engine, { fault }: { fault: Fault }) {
  const thrown = (what: Fault) => {
    if (fault === what) throw new Error('the mistake of a program')
  }
  const isFaulty = ({ url }: IncomingMessage) => url === FAULTY
  const http = createServer()
  const webSockets = new engine.WebSocketServer({
    server: http,
    ...(fault === 'verifyClient, silent' && {
      verifyClient: ({ req }: { req: IncomingMessage }, done: (isRight: boolean) => void) => {
        if (!isFaulty(req)) done(true)
      },
    }),
    ...(fault === 'verifyClient' && {
      verifyClient: ({ req }: { req: IncomingMessage }) => {
        if (isFaulty(req)) thrown(fault)
        return true
      },
    }),
    handleProtocols: (protocols, req) => {
      if (isFaulty(req)) thrown('handleProtocols')
      return [...protocols][0] ?? false
    },
  })
  const { counts } = counting(webSockets)
  webSockets.on('headers', (_, req) => isFaulty(req) && thrown('headers'))
  webSockets.on('connection', (webSocket, req) => {
    webSocket.on('message', (data) => webSocket.send(String(data)))
    if (!isFaulty(req)) return
    webSocket.on('message', () => thrown('message'))
    webSocket.on('ping', () => thrown('ping'))
    webSocket.on('close', () => thrown('close'))
    thrown('connection')
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    port: () => (http.address() as AddressInfo).port,
    counts: async () => ({
      ...counts,
      open: webSockets.clients.size,
      sockets: await new Promise<number>((resolve) => http.getConnections((_, count) => resolve(count))),
    }),
  }
}

/** Asks, says something, and leaves in good order: without a reset. */
function faulty(_: unknown, { port, count }: { port: number; count: number }) {
  let closed = 0
  const accepted = new Set<Socket>()
  const text = request('', ['Sec-WebSocket-Protocol: chat']).replace('GET /', `GET ${FAULTY}`)
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1')
    // Frames may be sent once the request is accepted, not before.
    socket.once('data', () => {
      accepted.add(socket)
      socket.resume()
    })
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.write(text)
    return socket
  })
  return {
    talk: () => {
      for (const socket of sockets) {
        if (!socket.writable || !accepted.has(socket)) continue
        socket.write(masked(0x80 | BINARY, Buffer.from('hello')))
        socket.write(masked(0x80 | PING, Buffer.from('hello')))
      }
    },
    leave: () => {
      for (const socket of sockets) {
        if (!socket.writable) continue
        if (accepted.has(socket)) socket.end(masked(0x80 | CLOSE, closing(1000)))
        else socket.end()
      }
    },
    closed: () => closed,
  }
}

function faultyProgram(fault: Fault) {
  const isListener = !fault.startsWith('verifyClient') && fault !== 'handleProtocols'
  const what =
    fault === 'verifyClient, silent'
      ? '`verifyClient` that never answers'
      : isListener
        ? `a '${fault}' listener that throws`
        : `\`${fault}\` that throws`
  return scenario({
    name: what.replaceAll('`', ''),
    promises: `With ${what}, only that connection ends, at the latest when its peer leaves; nothing of it is left, and others are served.`,
    parts: { server, faulty, bystander },
    async run({ size, start, check, tell }) {
      const count = size(100, 10)
      const others = size(20, 5)
      const one = await start('server', { fault })
      const port = await one.call('port')
      const beside = await start('bystander', { port, count: others }, 'ws')
      await beside.call('begin')
      const peers = await start('faulty', { port, count })
      await sleep(500)
      await peers.call('talk')
      await sleep(500)
      const atOnce = await peers.call('closed')
      await peers.call('leave')
      const isOver = async () => (await one.call('counts')).sockets === others
      const isDone = await until(isOver, 10)
      const { sockets, open } = await one.call('counts')
      check(isDone, `${sockets - others} sockets of ${count} are left when their peers are gone`)
      check(open === others, `${open - others} of ${count} are still among the clients`)
      const { trips, closes } = await beside.call('end')
      check(closes === 0 && trips >= others, `others: ${trips} answers, ${closes} closed`)
      check((await beside.call('answers')) === others, 'others get no answers afterwards')
      const troubles = await one.troubles()
      const mistakes = troubles.filter((text) => text.includes('the mistake of a program'))
      const expected = fault === 'verifyClient, silent' ? 0 : count
      check(mistakes.length >= expected, `of ${expected} exceptions, ${mistakes.length} have surfaced`)
      const strange = troubles.filter((text) => !mistakes.includes(text))
      check(strange.length === 0, strange.join('; '))
      tell('ended before their peers leave', atOnce, `of ${count}`)
    },
  })
}

export const faultyPrograms = [...FAULTS, 'verifyClient, silent' as const].map(faultyProgram)
