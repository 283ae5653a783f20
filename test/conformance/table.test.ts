// The conformance table put to the codec, but for its large messages; and that it has what it is meant to have.

import { describe, expect, it } from 'vitest'
import { CHAPTERS, SMALL } from './cases/index.js'
import { testChapters } from './chapters.js'

testChapters(SMALL)

describe('the table', () => {
  const all = CHAPTERS.flatMap(({ cases }) => cases)

  it('has every case of the Autobahn chapters 1 to 10, once', () => {
    const numbers = all.flatMap(({ autobahn }) => autobahn ?? [])
    const counts: Record<string, number> = {}
    for (const number of numbers) counts[number.split('.')[0]] = (counts[number.split('.')[0]] ?? 0) + 1
    expect(counts).toEqual({ 1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1 })
    expect(new Set(numbers).size).toBe(301)
  })

  it('names every case once', () => {
    const names = CHAPTERS.flatMap(({ title, cases }) => cases.map((one) => `${title}, ${one.autobahn} ${one.name}`))
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})
