// Runs the measurements: each in a process of its own, one at a time, the codecs of a row after one another in every
// round, so that what slows the machine down for a while slows all of them down. Knows rows and codecs by name.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Task } from './child.js'
import type { CodecName } from './codecs/codec.js'
import type { Limits } from './measure.js'
import type { Row } from './rows.js'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))

/** From this payload size on, measurements take longer: how the allocator serves large buffers settles only slowly. */
const LARGE = 16 * 1024

function limitsOf({ work }: Row, { warm, time }: Limits): Limits {
  return 'size' in work && work.size >= LARGE ? { warm: 1.5 * warm, time: 2 * time } : { warm, time }
}

/** A row's measurements by codec, one for each round; undefined for a codec that had no part in it. */
export type Measured = ReadonlyMap<Row, ReadonlyMap<CodecName, readonly (number | undefined)[]>>

export interface Plan {
  /** The rows of each round, and the codecs for each of them. */
  readonly rounds: readonly (readonly { readonly row: Row; readonly codecs: readonly CodecName[] }[])[]
  readonly limits: Limits
}

/** How to start a process that does `task`, and with which environment. */
export function command(
  { codec }: Pick<Task, 'codec'>,
  flags: readonly string[] = [],
): {
  args: string[]
  env: NodeJS.ProcessEnv
} {
  const { WS_NO_BUFFER_UTIL: _, ...env } = process.env
  if (codec === 'ws-js') env.WS_NO_BUFFER_UTIL = '1'
  return { args: [...flags, '--expose-gc', CHILD], env }
}

async function measureOnce(task: Task): Promise<number> {
  const { args, env } = command(task)
  const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify(task)], { env }).catch(
    (error: Error & { stderr?: string }) => {
      const said = error.stderr?.split('\n').find((line) => /Error/.test(line))
      throw new Error(`${task.codec}, ${task.row}: ${said ?? error.message}`)
    },
  )
  const value = Number(stdout)
  if (!(value > 0)) throw new Error(`${task.codec}, ${task.row}: measured ${stdout.trim()}`)
  return value
}

export async function runRounds({ rounds, limits }: Plan, progress: (line: string) => void): Promise<Measured> {
  const measured = new Map<Row, Map<CodecName, (number | undefined)[]>>()
  const total = rounds.flat().reduce((sum, { codecs }) => sum + codecs.length, 0)
  const start = performance.now()
  let done = 0
  for (const [round, rows] of rounds.entries()) {
    for (const { row, codecs } of rows) {
      const cells = measured.get(row) ?? new Map<CodecName, (number | undefined)[]>()
      measured.set(row, cells)
      // Every other round backwards: none always has the processor as another left it.
      for (const codec of round % 2 === 0 ? codecs : codecs.slice().reverse()) {
        const spent = (performance.now() - start) / 1000
        const left = done === 0 ? '' : `, ${Math.ceil((spent / done) * (total - done))} s left`
        progress(`${done}/${total}, ${spent.toFixed(0)} s${left}: round ${round + 1}, ${row.name}, ${codec}`)
        const values = cells.get(codec) ?? []
        cells.set(codec, values)
        values[round] = await measureOnce({ row: row.name, codec, ...limitsOf(row, limits) })
        done++
      }
    }
  }
  progress('')
  return measured
}
