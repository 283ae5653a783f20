// Drives the load generator from the benchmark's own process: an order, then its report.
// Knows what a run is; nothing of frames.

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { cpuBetween, cpuTime } from './cpu.js'
import type { Order, Report } from './load.js'
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
const SETTLE = 10

export class Loader {
  readonly #child: ChildProcess
  #answer: (report: Report) => void = () => {}
  #fail: (error: Error) => void = () => {}

  constructor(folder: string) {
    this.#child = fork(join(folder, 'load.js'))
    this.#child.on('message', (report: Report) => this.#answer(report))
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`the load generator has ended (${code ?? signal})`)))
    process.on('exit', () => this.#child.kill())
  }

  /** Opens the row's connections, warms the server up with the same load, and measures. Times in ms. */
  async measure(server: { pid: number; port: number; raw: boolean }, row: Row, warmUp: number, ms: number) {
    await this.#order({ do: 'open', row, port: server.port, raw: server.raw })
    await this.#order({ do: 'run', ms: warmUp })
    await pause(SETTLE)
    const before = cpuTime(server.pid)
    const start = process.hrtime.bigint()
    const { frames, writes } = await this.#order({ do: 'run', ms })
    const wall = Number(process.hrtime.bigint() - start)
    await pause(SETTLE)
    const { ns, coarse } = cpuBetween(before, cpuTime(server.pid))
    await this.#order({ do: 'close' })
    return {
      us: ns / 1000 / frames,
      messages: frames,
      perWrite: frames / writes,
      serverLoad: ns / wall,
      coarse,
    } satisfies Run
  }

  stop(): void {
    this.#child.disconnect()
  }

  #order(order: Order): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      this.#answer = (report) => (report.error === undefined ? resolve(report) : reject(new Error(report.error)))
      this.#child.send(order)
    })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
