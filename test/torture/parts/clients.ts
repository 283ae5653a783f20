// Many clients of an engine, all busy: each keeps some messages in flight to a server that echoes. Knows the API of ws.

import { Random } from '../../support/random.js'
import { type Engine, socketOf, type WebSocket } from '../engine.js'
import { until } from '../scenario.js'
import { countEnds } from './server.js'

export interface ClientsArgument {
  readonly port: number
  readonly count: number
  readonly seed: number
  /** The largest message, in bytes. */
  readonly most: number
  readonly inFlight: number
  readonly options?: object
}

export async function clients(engine: Engine, argument: ClientsArgument) {
  const { port, count, seed, most, inFlight, options } = argument
  const random = new Random(seed)
  const payload = Buffer.from(random.bytes(most))
  const counts = { opened: 0, received: 0, errors: 0, closed: 0, closedTwice: 0 }
  const codes: Record<number, number> = {}
  const all: WebSocket[] = []
  let isBusy = true

  const sendOne = (webSocket: WebSocket) => {
    const start = random.below(most)
    webSocket.send(payload.subarray(start, start + random.below(most - start + 1)))
  }
  const open = () => {
    const webSocket = new engine.WebSocket(`ws://127.0.0.1:${port}/`, options)
    webSocket.on('open', () => {
      counts.opened++
      for (let i = 0; i < inFlight; i++) sendOne(webSocket)
    })
    webSocket.on('message', () => {
      counts.received++
      if (isBusy && webSocket.readyState === webSocket.OPEN) sendOne(webSocket)
    })
    countEnds(webSocket, counts, codes)
    all.push(webSocket)
  }
  return {
    /** Opens all of them, and waits until each is open and has received something. */
    open: async () => {
      while (all.length < count) {
        open()
        if (all.length % 100 === 0) await until(() => counts.opened + counts.closed >= all.length - 100)
      }
      return until(() => counts.opened + counts.closed >= count && counts.received >= count)
    },
    counts: () => ({ ...counts, codes }),
    states: () => [0, 1, 2, 3].map((state) => all.filter(({ readyState }) => readyState === state).length),
    rest: () => {
      isBusy = false
    },
    close: (code: number) => {
      isBusy = false
      for (const webSocket of all) webSocket.close(code)
    },
    terminate: () => {
      for (const webSocket of all) webSocket.terminate()
    },
    /** Half-closes each under its WebSocket. */
    halfClose: () => {
      for (const webSocket of all) socketOf(webSocket)?.end()
    },
    reset: () => {
      for (const webSocket of all) socketOf(webSocket)?.resetAndDestroy()
    },
  }
}
