// noio-ws/ws behaves as ws does: both play the same scenarios, and their traces are compared.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DIFFERENCES, type Difference } from './differences.js'
import { type Comparison, compare } from './support/compare.js'
import { TABLES } from './support/scenarios.js'

/** Lines that are in one of the traces only. */
function onlyInOne({ theirs, ours }: Comparison): string[] {
  const rest = theirs.split('\n')
  const only: string[] = []
  for (const line of ours.split('\n')) {
    const at = rest.indexOf(line)
    if (at === -1) only.push(line)
    else rest.splice(at, 1)
  }
  return [...only, ...rest]
}

const found = new Set<Difference>()

/** Whether the traces differ only as the list says. */
function isWanted(comparison: Comparison): boolean {
  if (comparison.theirs === comparison.ours) return true
  const wanted = DIFFERENCES.find(({ scenarios }) => scenarios?.test(comparison.name))
  if (wanted === undefined || !onlyInOne(comparison).every((line) => wanted.lines?.test(line))) return false
  found.add(wanted)
  return true
}

const LIMIT = 300_000

describe('ws and noio-ws/ws do the same', () => {
  for (const [table, scenarios] of Object.entries(TABLES)) {
    it(`${table}: ${scenarios.length} scenarios`, { timeout: LIMIT }, async () => {
      const names = scenarios.map(({ name }) => name)
      expect(new Set(names).size, 'names are unique').toBe(names.length)
      const others = (await compare(scenarios)).filter((comparison) => !isWanted(comparison))
      expect(others.map(({ ours }) => ours)).toEqual(others.map(({ theirs }) => theirs))
      expect(others.map(({ name }) => name)).toEqual([])
    })
  }

  it('has no difference in its list that is none any more', () => {
    const stale = DIFFERENCES.filter((one) => one.scenarios !== undefined && !found.has(one))
    expect(stale.map(({ ws }) => ws)).toEqual([])
  })

  it('has 250 scenarios or more', () => {
    expect(Object.values(TABLES).flat().length).toBeGreaterThan(250)
  })
})

describe('docs/ws.md', () => {
  const page = readFileSync(new URL('../../docs/ws.md', import.meta.url), 'utf8')

  it.each(DIFFERENCES.map((one) => [one.ws, one]))('has the difference: %s', (_, { ws, ours, why }) => {
    expect(page).toContain(`| ${ws} | ${ours} | ${why} |`)
  })
})

describe('types', () => {
  it('are tried by the same program', () => {
    const read = (name: string) => readFileSync(new URL(`types/${name}.ts`, import.meta.url), 'utf8')
    expect(read('with-noio-ws')).toBe(read('with-ws').replace("from 'ws'", "from 'noio-ws/ws'"))
  })
})
