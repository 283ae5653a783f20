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

/** Nanoseconds per message: all the measured time over all messages, so that collecting garbage counts. */
export async function measure(work: Repeated, { warm, time }: Limits): Promise<number> {
  await work.check()
  let runs = 0
  let spent = 0
  const end = performance.now() + warm
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
    const start = performance.now()
    await work.run()
    spent += performance.now() - start
    runs++
  } while (spent < time && performance.now() < latest)
  work.finish(runs)
  return (spent * 1e6) / ((runs - warmRuns) * work.messages)
}
