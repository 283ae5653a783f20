// Clients that go on with their small echoes whatever else happens to the server, and how long each takes.
// Knows the API of ws.

import type { Engine, WebSocket } from '../engine.js'
import { median, sleep, until } from '../scenario.js'

export interface BystanderArgument {
  readonly port: number
  readonly count: number
}

export async function bystander(engine: Engine, { port, count }: BystanderArgument) {
  const all: WebSocket[] = []
  const waiting = new Map<WebSocket, (text: string) => void>()
  let closes = 0
  for (let i = 0; i < count; i++) {
    const webSocket = new engine.WebSocket(`ws://127.0.0.1:${port}/`)
    webSocket.on('error', () => {})
    webSocket.on('close', () => closes++)
    webSocket.on('message', (data) => waiting.get(webSocket)?.(String(data)))
    all.push(webSocket)
  }
  await until(() => all.every(({ readyState, OPEN }) => readyState === OPEN))
  let isOn = false
  let times: number[] = []
  let loops: Promise<void>[] = []

  const loop = async (webSocket: WebSocket, who: number) => {
    for (let i = 0; isOn && webSocket.readyState === webSocket.OPEN; i++) {
      const text = `${who} ${i}`
      const start = performance.now()
      await new Promise<void>((resolve) => {
        const closed = () => resolve()
        waiting.set(webSocket, (answer) => {
          // A server that broadcasts sends those of others, too.
          if (answer !== text) return
          webSocket.off('close', closed)
          resolve()
        })
        webSocket.on('close', closed)
        webSocket.send(text)
      })
      times.push(performance.now() - start)
      await sleep(2)
    }
  }
  return {
    begin: () => {
      isOn = true
      times = []
      loops = all.map(loop)
    },
    /** How many round trips there were since `begin`, how many ms half of them took, and how many were closed. */
    end: async () => {
      isOn = false
      await Promise.all(loops)
      return { trips: times.length, median: median(times), closes }
    },
    /** Whether one more round trip succeeds on each. */
    answers: async () => {
      isOn = true
      times = []
      const once = all.map(async (webSocket, who) => {
        isOn = true
        const looped = loop(webSocket, who)
        isOn = false
        await looped
      })
      await Promise.all(once)
      return times.length
    },
    close: () => {
      for (const webSocket of all) webSocket.close()
    },
  }
}
