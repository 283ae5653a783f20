// The load generator of the opening handshakes: opens connections that say nothing, and holds them or lets them go.
// Knows no server.

import type { Socket } from 'node:net'
import { open } from './open.js'
import { takeOrders } from './process.js'

export interface AcceptOrder {
  /** Opens connections, which stay open until they are let go, or are let go as soon as each is open. */
  readonly do: 'hold' | 'pass' | 'let go'
  readonly port: number
  readonly count: number
}

export interface AcceptReport {
  readonly error?: string
}

/** Less than a server's backlog. */
const AT_ONCE = 64

let held: Socket[] = []

async function openAll({ do: what, port, count }: AcceptOrder): Promise<void> {
  let left = count
  let failed = false
  const opener = async () => {
    while (left > 0 && !failed) {
      left--
      const socket = await open(
        port,
        false,
        () => {},
        () => {
          failed = true
        },
      )
      if (what === 'hold') held.push(socket)
      else socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, opener))
  if (failed) throw new Error('it closed a connection')
}

takeOrders<AcceptOrder, AcceptReport>(async (order) => {
  if (order.do !== 'let go') {
    await openAll(order)
    return {}
  }
  for (const socket of held) socket.destroy()
  held = []
  return {}
})
