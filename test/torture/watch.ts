// What a process holds, and what went wrong in it. Knows Node; nothing of WebSockets.

import { setTimeout as wait } from 'node:timers/promises'

/** In bytes. */
export interface Memory {
  readonly heap: number
  /** Buffers and zlib's windows among them. */
  readonly external: number
  readonly rss: number
  /** The most that the process ever had resident. */
  readonly peak: number
}

/** How many active resources there are of each type, and listeners on the process. */
export type Holding = Readonly<Record<string, number>>

const troubles: string[] = []

export function watch(): void {
  // These are made when they are asked for, and where they are pipes, they would look like handles that were left.
  void [process.stdout, process.stderr]
  const note = (kind: string) => (error: unknown) => {
    if (troubles.length < 1000) troubles.push(`${kind}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  process.on('uncaughtException', note('uncaught'))
  process.on('unhandledRejection', note('unhandled'))
  process.on('warning', note('warning'))
}

/** Memory in use once everything that nobody holds is gone. */
export async function memory(): Promise<Memory> {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('node must be run with --expose-gc')
  // Buffers and handles are freed some turns after the objects that held them.
  for (let times = 0; times < 4; times++) {
    gc()
    await wait(30)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed, external, rss, peak: process.resourceUsage().maxRSS * 1024 }
}

function holding(): Holding {
  const counts: Record<string, number> = {}
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1
  for (const name of process.eventNames()) counts[`listener of process, ${String(name)}`] = process.listenerCount(name)
  return counts
}

/** What can be asked of every process. */
export const questions = { memory, holding, troubles: () => troubles.slice() }

/** Whether there is nothing now of which there was less before. */
export function holdsNoMore(now: Holding, before: Holding): boolean {
  return Object.entries(now).every(([type, count]) => count <= (before[type] ?? 0))
}
