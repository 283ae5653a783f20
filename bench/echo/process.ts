// A process that generates load: takes one order after another, answers each with a report, and does not sleep meanwhile.
// Knows no load.

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './candidates.js'

/** What every report may have: then the rest of it means nothing. */
interface Failing {
  readonly error?: string
}

/** The benchmark's side of it. */
export class LoadProcess<Order extends object, Report extends Failing> {
  readonly #child: ChildProcess
  #answer: (report: Report) => void = () => {}
  #fail: (error: Error) => void = () => {}

  /** `file`: the program's name in this folder. */
  constructor(file: string) {
    this.#child = fork(join(ROOT, 'build/bench/echo', file))
    this.#child.on('message', (report: Report) => this.#answer(report))
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`the load generator has ended (${code ?? signal})`)))
    process.on('exit', () => this.#child.kill())
  }

  order(order: Order): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      this.#answer = (report) => (report.error === undefined ? resolve(report) : reject(new Error(report.error)))
      this.#child.send(order)
    })
  }

  stop(): void {
    this.#child.disconnect()
  }
}

/** The load generator's side: each order is carried out, and what `carryOut` returns is its report. */
export function takeOrders<Order, Report>(carryOut: (order: Order) => Promise<Report>): void {
  process.on('message', async (order: Order) => {
    try {
      process.send?.(await carryOut(order))
    } catch (error) {
      process.send?.({ error: (error as Error).message })
    }
  })
  process.on('disconnect', () => process.exit())
}

/**
 * Asks for what has arrived without ever sleeping, for as long as that is busy: waking a sleeping process up takes longer
 * than most echoes, and the one that pays for it is the server that writes.
 */
export function stayAwake(isBusy: () => boolean): void {
  if (isBusy()) setImmediate(stayAwake, isBusy)
}
