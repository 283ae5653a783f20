// The parts that compare ws with noio-ws/ws only, in one program for both: a chat, and connections that say nothing.
// Knows the order of things; the load is chat-load.ts's and accept-load.ts's.

import type { AcceptOrder, AcceptReport } from './accept-load.js'
import { programOn, type Running, start } from './candidates.js'
import type { ChatOrder, ChatReport } from './chat-load.js'
import { cpuBetween, cpuTime } from './cpu.js'
import { pause, SETTLE } from './loader.js'
import { LoadProcess } from './process.js'
import { IDLE } from './rows.js'

export const MODULES = ['ws', 'noio-ws/ws'] as const
export type Module = (typeof MODULES)[number]

/** What is measured, and its values by module, one for each round. Less is better. */
export interface Compared {
  readonly name: string
  readonly unit: 'us' | 'B'
  readonly values: Readonly<Record<Module, number[]>>
}

const HANDSHAKES = 4000
/** Connections before anything is measured, so that what is compiled and cached once is not counted. */
const WARM_UP = 2000
const CHAT_WARM_UP = 1000

function compared(name: string, unit: Compared['unit']): Compared {
  return { name, unit, values: { ws: [], 'noio-ws/ws': [] } }
}

/** Measures with both modules in each round, every other round in the opposite order, in new processes. */
async function inRounds(
  rounds: number,
  program: (module: Module) => Parameters<typeof start>[0],
  measure: (server: Running, module: Module) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const module of round % 2 === 0 ? MODULES : [...MODULES].reverse()) {
      const server = await start(program(module))
      await measure(server, module)
      server.stop()
    }
  }
}

/** Server CPU, in us, of what happens meanwhile. */
async function cpuOf({ pid }: Running, work: () => Promise<unknown>): Promise<number> {
  const before = cpuTime(pid)
  await work()
  await pause(SETTLE)
  return cpuBetween(before, cpuTime(pid)).ns / 1000
}

/** CPU for each message that one client hears. `ms`: of a measurement. */
export async function measureChat(rounds: number, ms: number): Promise<Compared[]> {
  const load = new LoadProcess<ChatOrder, ChatReport>('chat-load.js')
  const results: Compared[] = []
  for (const deflate of [false, true]) {
    const result = compared(deflate ? 'chat, with permessage-deflate' : 'chat', 'us')
    const own = deflate ? ['deflate'] : []
    const program = (module: Module) => programOn(module, 'chat.js', { own })
    await inRounds(rounds, program, async (server, module) => {
      await load.order({ do: 'open', port: server.port, deflate })
      await load.order({ do: 'run', ms: CHAT_WARM_UP })
      let heard = 0
      const us = await cpuOf(server, async () => {
        heard = (await load.order({ do: 'run', ms })).heard
      })
      await load.order({ do: 'close' })
      result.values[module].push(us / heard)
    })
    results.push(result)
  }
  load.stop()
  return results
}

/** CPU for each opening handshake and the end of its connection, and memory of a connection that is idle. */
export async function measureAccept(rounds: number): Promise<Compared[]> {
  const load = new LoadProcess<AcceptOrder, AcceptReport>('accept-load.js')
  const cpu = compared('accept', 'us')
  const memory = compared('idle connection', 'B')
  const program = (module: Module) => programOn(module, 'accept.js', { node: ['--expose-gc'] })
  await inRounds(rounds, program, async (server, module) => {
    const { port } = server
    const held = async () => Number(await server.answerTo('SIGUSR2', /^memory (\d+)$/m))
    await load.order({ do: 'pass', port, count: WARM_UP })
    const us = await cpuOf(server, () => load.order({ do: 'pass', port, count: HANDSHAKES }))
    cpu.values[module].push(us / HANDSHAKES)
    const before = await held()
    await load.order({ do: 'hold', port, count: IDLE })
    memory.values[module].push(((await held()) - before) / IDLE)
    await load.order({ do: 'let go', port, count: 0 })
  })
  load.stop()
  return [cpu, memory]
}
