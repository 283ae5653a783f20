// Starts parts in processes of their own, and ends them by their process ids. Knows the channel between processes;
// part.ts is at its other end.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Target } from './engine.js'
import type { Handlers, Running } from './scenario.js'

/** Bundled next to this file. */
const PART = fileURLToPath(new URL('./part.js', import.meta.url))

export interface Call {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

export class Processes {
  readonly #children = new Set<ChildProcess>()

  async start<H extends Handlers>(
    scenario: string,
    part: string,
    target: Target,
    argument: unknown,
  ): Promise<Running<H>> {
    const child = fork(PART, [scenario, part, target], {
      serialization: 'advanced',
      execArgv: ['--expose-gc', '--enable-source-maps'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#children.add(child)
    const answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
    const exit = once(child, 'exit').then(() => {
      this.#children.delete(child)
      for (const { reject } of answers.values()) reject(new Error(`${scenario}, ${part}: the process has ended`))
      answers.clear()
    })
    child.on('error', () => {})
    child.on('message', ({ id, value, error }: Answer) => {
      const answer = answers.get(id)
      answers.delete(id)
      if (error === undefined) answer?.resolve(value)
      else answer?.reject(new Error(`${part}: ${error}`))
    })
    let calls = 0
    const call = (name: string, ...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        const id = calls++
        if (!child.connected) {
          reject(new Error(`${scenario}, ${part}: the process has ended`))
          return
        }
        answers.set(id, { resolve, reject })
        child.send({ id, name, args } satisfies Call)
      })
    await call('start', argument)
    return {
      call: call as Running<H>['call'],
      memory: () => call('memory') as ReturnType<Running['memory']>,
      holding: () => call('holding') as ReturnType<Running['holding']>,
      troubles: () => call('troubles') as ReturnType<Running['troubles']>,
      kill: async (signal = 'SIGKILL') => {
        child.kill(signal)
        await exit
      },
    }
  }

  /** Ends what is left. */
  async end(): Promise<void> {
    const ended = [...this.#children].map((child) => once(child, 'exit'))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(ended)
  }
}
