// The table of figures in docs/ws.md shows what bench/results/ws says. Knows the document and the files; measures nothing.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type DropIn, linesOf, readResults, refreshed, table } from '../../bench/echo/drop-in.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(`${root}docs/ws.md`, 'utf8')

it('docs/ws.md has the figures of the results', () => {
  expect(text).toContain('<!-- figures: drop-in -->')
  expect(text, 'brought up to date by: npm run bench:echo -- --ws --docs').toBe(refreshed(text, readResults(root)))
})

describe('the figures', () => {
  const lines = linesOf([
    { name: 'chat', unit: 'us', values: { ws: [10, 30, 20], 'noio-ws/ws': [5, 10, 8] } },
    { name: 'idle connection', unit: 'B', values: { ws: [2600], 'noio-ws/ws': [2000] } },
  ])
  const results = (node: string): DropIn => ({
    about: { date: '2026-01-01', processor: 'P', system: 'S', node, loadAverage: '1', rounds: 3, versions: {} },
    lines,
  })
  const empty = '<!-- figures: drop-in -->\nold\n<!-- /figures -->'

  it('are medians, and ratios within a round', () => {
    expect(lines[0]).toMatchObject({ ws: { median: 20 }, 'noio-ws/ws': { median: 8 }, ratio: { median: 2.5 } })
    expect(table(lines)).toMatch(/chat: .+ 20 µs +8 µs +2\.5 +2\.0-3\.0\n.+ 2,600 B +2,000 B +1\.3/)
  })

  it('are those of Node 24 first, with the ratios of Node 20 next to them', () => {
    const both = refreshed(empty, new Map([20, 24].map((major) => [major, results(`${major}.1.0`)])))
    expect(both).toContain('|  | ws | noio-ws/ws | ws / noio-ws/ws, Node 24 | Node 20 |')
    expect(both).toMatch(/^\| chat: .+ \| 20 µs \| 8 µs \| 2\.5 \| 2\.5 \|$/m)
    expect(both).not.toContain('old')
    expect(refreshed(empty, new Map([[20, results('20.1.0')]]))).toContain('| ws / noio-ws/ws, Node 20 |\n')
  })
})
