// The thread that fuzzes: makes inputs, keeps those that reach something new, and reports to fuzz.ts.
// Knows generators, features and the invariant; nothing of the command line, of files, or of time limits for one input.

import { parentPort, workerData } from 'node:worker_threads'
import { Random } from '../support/random.js'
import { FEATURES, features } from './features.js'
import { change, fresh, MOST_BYTES } from './generate.js'
import { check, Find } from './invariant.js'
import { minimise } from './minimise.js'
import { FILLER, FILLS } from './plan.js'
import { seeds } from './seeds.js'

export interface Task {
  readonly seed: number
  readonly seconds: number
  /** Two words, executions begun and the size of the input, then the input itself: for finding out what hangs. */
  readonly shared: SharedArrayBuffer
}

export const SHARED_SIZE = 8 + MOST_BYTES

export interface Progress {
  readonly kind: 'progress' | 'done'
  readonly seconds: number
  readonly executions: number
  /** Given to connections: an input's stream once for each way in which it is cut. */
  readonly bytes: number
  readonly features: number
  readonly kept: number
  /** Distinct ways in which a stream ended: error code, role and delivery. */
  readonly outcomes: number
}

export interface Found {
  readonly kind: 'found'
  readonly input: Uint8Array
  readonly original: number
  readonly execution: number
  readonly what: string
}

const REPORT_EVERY = 5_000

function fuzz({ seed, seconds, shared }: Task, report: (message: Progress | Found) => void): void {
  const random = new Random(seed)
  const reached = new Uint8Array(FEATURES)
  const outcomes = new Set<string>()
  const corpus: Uint8Array[] = []
  const words = new Int32Array(shared, 0, 2)
  const current = new Uint8Array(shared, 8)
  let executions = 0
  let bytes = 0
  let featureCount = 0
  const start = Date.now()
  let reportAt = start + REPORT_EVERY

  const progress = (kind: Progress['kind'], now: number): void => {
    const elapsed = (now - start) / 1000
    report({
      kind,
      seconds: elapsed,
      executions,
      bytes,
      features: featureCount,
      kept: corpus.length,
      outcomes: outcomes.size,
    })
  }

  /** Returns false at a find, which ends the run. */
  const execute = (input: Uint8Array): boolean => {
    current.set(input)
    words[1] = input.length
    Atomics.store(words, 0, ++executions)
    let isNew = false
    try {
      const result = check(input)
      features(result, (feature) => {
        if (reached[feature] !== 0) return
        reached[feature] = 1
        featureCount++
        isNew = true
      })
      const { plan, outcome } = result
      bytes += plan.stream.length * plan.ways.length
      outcomes.add(`${outcome.failure?.code ?? outcome.close?.payload.length} ${plan.role} ${plan.ways[0].delivery}`)
    } catch (error) {
      if (!(error instanceof Find)) throw error
      const execution = executions
      const smallest = minimise(input, (candidate) => {
        Atomics.store(words, 0, ++executions)
        return messageOf(candidate) !== undefined
      })
      const what = messageOf(smallest) ?? error.message
      report({ kind: 'found', input: smallest, original: input.length, execution, what })
      return false
    }
    if (isNew) corpus.push(input)
    return true
  }

  const begin = seeds()
  while (true) {
    const now = Date.now()
    if (now >= start + seconds * 1000) break
    if (now >= reportAt) {
      progress('progress', now)
      reportAt = now + REPORT_EVERY
    }
    const input = begin.pop() ?? next(random, corpus)
    if (!execute(input)) return
  }
  progress('done', Date.now())
}

function next(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  return random.once(16) ? fresh(random) : change(random, pick(random, corpus), pick(random, corpus))
}

/** One that is kept: more often a late one, and mostly the shortest of three. */
function pick(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const from = random.once(2) ? 0 : corpus.length - (corpus.length >> 2) - 1
  const some = [0, 1, 2].map(() => corpus[from + random.below(corpus.length - from)])
  return random.once(8) ? some[0] : some.reduce((least, one) => (cost(one) < cost(least) ? one : least))
}

/** How long an input takes, more or less: its bytes, and those that its plan puts before them. */
function cost(input: Uint8Array): number {
  return input.length + (input[FILLER] >= FILLS ? 20_000 : 0)
}

function messageOf(input: Uint8Array): string | undefined {
  try {
    check(input)
  } catch (error) {
    if (error instanceof Find) return error.message
    throw error
  }
  return undefined
}

if (parentPort !== null) fuzz(workerData as Task, (message) => parentPort?.postMessage(message))
