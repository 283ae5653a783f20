// The clock: warms work up, then repeats it for a time. Knows nothing of what the work is.

/** Work that can be done again and again. */
export interface Repeated {
  /** Messages, and their payload bytes, that one run is. */
  readonly messages: number
  readonly bytes: number
  /** Makes a run possible; is not measured. */
  prepare(): void
  run(): Promise<void>
  /** One run whose output is compared, all of it. */
  check(): Promise<void>
  /** After so many runs: whether they did their work. */
  finish(runs: number): void
}

export interface Limits {
  /** Milliseconds. */
  readonly warm: number
  readonly time: number
}

/**
 * Milliseconds by the clock, and of processor time. The second may be more, where collecting garbage has threads of its
 * own; it is less where another program had the processor, and then it is the one to count.
 */
function now(): { wall: number; processor: number } {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now(), processor: (user + system) / 1000 }
}

/** Nanoseconds per message: all the measured time over all messages, so that collecting garbage counts. */
export async function measure(work: Repeated, { warm, time }: Limits): Promise<number> {
  // The check warms up, too; but there the output is compared.
  const checked = performance.now()
  await work.check()
  let runs = 0
  let spent = 0
  const end = Math.max(checked + warm, performance.now() + warm / 2)
  do {
    work.prepare()
    await work.run()
    runs++
  } while (performance.now() < end)
  const warmRuns = runs
  // Bounded by what is measured, and by three times that with what is not, on a machine that is busy.
  const latest = performance.now() + 3 * time
  do {
    work.prepare()
    const start = now()
    await work.run()
    const end = now()
    spent += Math.min(end.wall - start.wall, end.processor - start.processor)
    runs++
  } while (spent < time && performance.now() < latest)
  work.finish(runs)
  return (spent * 1e6) / ((runs - warmRuns) * work.messages)
}
