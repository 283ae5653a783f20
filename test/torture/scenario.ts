// What a scenario is: a name, a promise, the programs that take part in processes of their own, and a function that plays it.
// Knows no scenario, and nothing of processes but that parts can be started in them.

import type { Random } from '../support/random.js'
import type { Engine, Target } from './engine.js'
import type { Holding, Memory } from './watch.js'

// biome-ignore lint/suspicious/noExplicitAny: what is called is known by its type, see Running.
export type Handlers = Record<string, (...args: any[]) => unknown>

/** A program that takes part. It runs in a process of its own; what it returns can be called from outside. */
// biome-ignore lint/suspicious/noExplicitAny: each has an argument of its own.
export type Part<H extends Handlers = Handlers> = (engine: Engine, argument: any) => H | Promise<H>
export type Parts = Readonly<Record<string, Part>>

/** A part that has been started. Arguments and results go through the structured clone algorithm. */
export interface Running<H extends Handlers = Handlers> {
  call<K extends keyof H>(name: K, ...args: Parameters<H[K]>): Promise<Awaited<ReturnType<H[K]>>>
  /** Its memory after a forced collection. */
  memory(): Promise<Memory>
  /** The resources that keep it alive. */
  holding(): Promise<Holding>
  /** Exceptions that nobody caught, rejections that nobody handled and warnings of Node, so far. */
  troubles(): Promise<string[]>
  /** Ends it by its process id, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** A value that is told of both targets; of two values, the lower one is better unless `isMore`. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Whether the higher value is better; undefined where neither is. */
  readonly isMoreBetter: boolean | undefined
  /** A difference that says nothing. */
  readonly noise: number
}

export interface Context<P extends Parts> {
  readonly target: Target
  readonly random: Random
  /** Minutes for what goes on for a time. */
  readonly minutes: number
  readonly isShort: boolean
  /** The one number, or the other in the short form. */
  size(full: number, short: number): number
  /** Starts a part, with the target unless another engine is named. */
  start<K extends keyof P>(
    part: K,
    argument: Parameters<P[K]>[1],
    engine?: Target,
  ): Promise<Running<Awaited<ReturnType<P[K]>>>>
  /** What must be true at the end. `what`: what is wrong where it is not. */
  check(isTrue: boolean, what: string): void
  /** The lower value is the better one, unless said otherwise. */
  figure(name: string, value: number, unit: string, how?: { isMoreBetter?: boolean; noise?: number }): void
  /** A figure of which neither a lower nor a higher value is better. */
  tell(name: string, value: number, unit?: string): void
}

export interface Scenario<P extends Parts = Parts> {
  readonly name: string
  /** What a server may rely on; a sentence. */
  readonly promises: string
  readonly parts: P
  run(context: Context<P>): Promise<void>
}

/**
 * What V8's young generation may take more or less of, in bytes: three times the size of a semi-space, as Node documents
 * --max-semi-space-size, which is 16 MiB unless given.
 */
export const YOUNG = 48 * 2 ** 20

export function scenario<P extends Parts>(one: Scenario<P>): Scenario<P> {
  return one
}

/** Waits until something is so. The limit is for what never comes true: the rest does not depend on time. */
export async function until(isSo: () => boolean | Promise<boolean>, seconds = 60): Promise<boolean> {
  const end = Date.now() + seconds * 1000
  while (!(await isSo())) {
    if (Date.now() > end) return false
    await sleep(20)
  }
  return true
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
