// Drives the load generator from the benchmark's own process: an order, then its report.
// Knows what a run is; nothing of frames.

import { cpuBetween, cpuTime } from './cpu.js'
import type { Order, Report } from './load.js'
import { LoadProcess } from './process.js'
import type { Row } from './rows.js'

/** What one run of one server in one row was. */
export interface Run {
  /** Server CPU per message, in us, over all of its threads. */
  readonly us: number
  readonly messages: number
  /** Messages in one write of the load generator's: what a read of the server's can find. */
  readonly perWrite: number
  /** How busy the server was, 1 being one processor all the time. */
  readonly serverLoad: number
  /** Whether a thread of the server ended, so that its time is known in clock ticks only. */
  readonly coarse: boolean
}

/** After the last answer, in ms: what a server tidies up is part of its work. */
export const SETTLE = 10

export class Loader {
  readonly #process = new LoadProcess<Order, Report>('load.js')

  /** Opens the row's connections, warms the server up with the same load, and measures. Times in ms. */
  async measure(server: { pid: number; port: number; raw: boolean }, row: Row, warmUp: number, ms: number) {
    await this.#process.order({ do: 'open', row, port: server.port, raw: server.raw })
    await this.#process.order({ do: 'run', ms: warmUp })
    await pause(SETTLE)
    const before = cpuTime(server.pid)
    const start = process.hrtime.bigint()
    const { frames, writes } = await this.#process.order({ do: 'run', ms })
    const wall = Number(process.hrtime.bigint() - start)
    await pause(SETTLE)
    const { ns, coarse } = cpuBetween(before, cpuTime(server.pid))
    await this.#process.order({ do: 'close' })
    return {
      us: ns / 1000 / frames,
      messages: frames,
      perWrite: frames / writes,
      serverLoad: ns / wall,
      coarse,
    } satisfies Run
  }

  stop(): void {
    this.#process.stop()
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
