// The CPU time of a process, over all of its threads, as Linux counts it.
// Knows no process but by its number.

import { readdirSync, readFileSync } from 'node:fs'

export interface CpuTime {
  /** ns on a processor, for each thread there is: the first field of schedstat. */
  readonly threads: ReadonlyMap<string, number>
  /** ns of all threads there ever were, in steps of a clock tick: utime and stime of stat. */
  readonly total: number
}

/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK = 1e7

export function cpuTime(pid: number): CpuTime {
  const threads = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const fields = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')
      threads.set(thread, Number(fields[0]))
    } catch (error) {
      // It ended since the folder was read.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ESRCH') throw error
    }
  }
  // Behind the program's name, which may have blanks and brackets in it.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { threads, total: (Number(fields[11]) + Number(fields[12])) * TICK }
}

/** ns between two looks at the same process. Where a thread ended meanwhile, only the coarser count has its share. */
export function cpuBetween(before: CpuTime, after: CpuTime): { ns: number; coarse: boolean } {
  let ns = 0
  for (const [thread, time] of after.threads) ns += time - (before.threads.get(thread) ?? 0)
  const ended = [...before.threads.keys()].some((thread) => !after.threads.has(thread))
  return ended ? { ns: Math.max(ns, after.total - before.total), coarse: true } : { ns, coarse: false }
}
