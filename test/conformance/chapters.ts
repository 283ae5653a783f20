// Chapters of the conformance table as tests, one for each case.

import { describe, it } from 'vitest'
import type { Chapter } from './case.js'
import { check } from './runner.js'

export function testChapters(chapters: readonly Chapter[]): void {
  for (const { title, cases } of chapters) {
    describe(title, () => {
      for (const one of cases) {
        it(`${one.autobahn ?? ''} ${one.name} (${one.section})`.trim(), () => check(one))
      }
    })
  }
}
