// Fails the tests of a file that leave a promise which rejects and is not handled. Knows no stream.

import { afterEach, beforeEach, expect, vi } from 'vitest'
import { settle } from './pairs.js'

/** Looks at each test of the file that calls it, with real timers from its end on. */
export function failOnUnhandled(): void {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  beforeEach(() => {
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    vi.useRealTimers()
    await settle()
    process.off('unhandledRejection', note)
    expect(unhandled.splice(0)).toEqual([])
  })
}
