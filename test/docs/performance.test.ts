// Documents and charts show what the results file says: figures, tables, and the sentences that compare two figures.
// Knows the documents and bench/results; measures nothing.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { drawCharts } from '../../bench/charts.js'
import { DOCUMENTS, readSources } from '../../bench/documents.js'
import { falseClaims, refreshed, uses } from '../../bench/figures.js'
import type { Results } from '../../bench/report.js'
import { ROWS } from '../../bench/rows.js'

const root = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')

/** The machine that a document says it is from. */
const machine = /\.\.\/bench\/results\/([\w-]+)\.json\)/.exec(read('docs/performance.md'))?.[1] ?? ''
const sources = readSources(root, machine)
const hint = 'npm run bench -- --charts'

describe.each(DOCUMENTS)('%s', (file) => {
  const text = read(file)

  it('has the figures of the results file', () => {
    expect(text, `brought up to date by: ${hint}`).toBe(refreshed(text, sources))
  })

  it('names only rows that the benchmark has, and codecs that are measured in them', () => {
    expect(uses(text).length).toBeGreaterThan(0)
    for (const { row, codec } of uses(text)) {
      expect(ROWS.find(({ name }) => name === row)?.codecs, `the row '${row}'`).toContain(codec)
    }
  })

  it('compares figures as they are', () => {
    expect(falseClaims(text, sources)).toEqual([])
  })

  it('has above each table the command that repeats it', () => {
    const sections = text.split(/^<!-- figures: (?!machine)(\S+) -->$/m)
    const commands: Record<string, RegExp> = {
      servers: /^npm run bench:echo -- --ws\b/m,
      'end-to-end': /^npm run bench:echo -- --install\b/m,
      compression: /^npm run bench:compression\b/m,
    }
    for (let i = 1; i < sections.length; i += 2) {
      const block = /```sh\n(.*)\n```\n\n$/.exec(sections[i - 1])?.[1]
      expect(block, sections[i]).toMatch(commands[sections[i]] ?? `npm run bench -- --table ${sections[i]}`)
    }
  })

  it('has no time that was written by hand', () => {
    const byHand = text.replace(/<!-- (figures?): [^>]+ -->[\s\S]*?<!-- \/\1 -->/g, '')
    expect(byHand.match(/\d (ns|µs|ms)\b/g)).toBeNull()
  })
})

it('charts are those of the results file', () => {
  for (const [file, svg] of Object.entries(drawCharts(sources))) {
    expect(read(`bench/results/${file}`) === svg, `${file} is brought up to date by: ${hint}`).toBe(true)
  }
})

describe('figures', () => {
  const spread = (median: number) => ({ median, min: median, max: median })
  const cell = (median: number, ratio: number) => ({ ...spread(median), ratio: spread(ratio) })
  const few = {
    ...sources.results,
    rows: [
      { name: 'fast', unit: 'ns', codecs: { 'noio-take': cell(51.6, 5.94), ws: cell(306, 1) } },
      { name: 'slow', unit: 'ns', codecs: { 'noio-take': cell(1234, 0.5), 'noio-copy': cell(1234, 1.05) } },
    ],
  } as Results
  const show = (text: string) => refreshed(text, { results: few }).replace(/<!--.*?-->/gs, '')

  it('are written with two digits, in words, and as quotients', () => {
    expect(show('x <!-- figure: fast; noio-take; time --><!-- /figure -->')).toBe('x 52 ns')
    expect(show('x <!-- figure: slow; noio-take; time -->old<!-- /figure -->')).toBe('x 1.2 µs')
    expect(show('x <!-- figure: fast; noio-take; ratio -->9<!-- /figure -->')).toBe('x 5.9')
    expect(show('x <!-- figure: fast; noio-take; words --><!-- /figure -->')).toBe('x 5.9 times as fast as ws')
    expect(show('x <!-- figure: slow; noio-take; words --><!-- /figure -->')).toBe(
      'x slower than ws, by a factor of 2.0',
    )
    expect(show('x <!-- figure: slow; noio-copy; words --><!-- /figure -->')).toBe('x about as fast as ws')
    expect(show('x <!-- figure: slow; noio-take / fast; noio-take --><!-- /figure -->')).toBe('x 24')
  })

  it('are left out where they were not measured', () => {
    expect(show('x <!-- figure: other; noio-take; time -->9<!-- /figure -->')).toBe('x ')
    expect(show('<!-- figures: text -->\n| 9 |\n<!-- /figures -->')).toBe('\n')
    expect(show('<!-- figures: end-to-end -->\n## 9\n<!-- /figures -->')).toBe('\n')
    expect(show('<!-- figures: servers -->\n| 9 |\n<!-- /figures -->')).toBe('\n')
    expect(falseClaims('<!-- claim: 2 < other; noio-take; ratio -->', { results: few })).toEqual([])
  })

  it('have the ratios of another Node next to them, where it was measured', () => {
    const results = (node: string, ratio: number) => {
      const rows = [{ name: 'decode masked binary 16 B', unit: 'ns', codecs: { 'noio-take': cell(50, ratio) } }]
      return { ...few, machine: { ...few.machine, node }, rows } as Results
    }
    const text = '<!-- figures: key-rows -->\n<!-- /figures -->'
    const both = refreshed(text, { results: results('v24.1.0', 4), beside: results('v20.1.0', 5) })
    expect(both).toContain(
      "|  | noio-ws 'take' | Node 20 |\n|---|---:|---:|\n| receive masked, 16 B | 50 ns (4.0) | 5.0 |",
    )
    expect(refreshed(text, { results: results('v24.1.0', 4) })).not.toContain('Node 20')
  })

  it('are those of Node 24 and, next to it, Node 20, of one machine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'noio-ws-results-'))
    mkdirSync(join(folder, 'bench/results'), { recursive: true })
    const put = (name: string) => writeFileSync(join(folder, `bench/results/${name}.json`), JSON.stringify({ name }))
    const shown = () => {
      const { results, beside } = readSources(pathToFileURL(`${folder}/`), 'a-node22')
      return [results, beside]
    }
    put('a-node20')
    expect(shown()).toEqual([{ name: 'a-node20' }, undefined])
    for (const name of ['b-node24', 'a-node26', 'a-node24', 'echo-a-node-24']) put(name)
    expect(shown()).toEqual([{ name: 'a-node24' }, { name: 'a-node20' }])
    rmSync(folder, { recursive: true })
  })

  it('are the same when they are written again', () => {
    const text =
      'x <!-- figure: fast; noio-take; time --><!-- /figure -->\n<!-- figures: machine -->\n<!-- /figures -->'
    const once = refreshed(text, { results: few })
    expect(refreshed(once, { results: few })).toBe(once)
  })

  it('have claims that can fail', () => {
    expect(falseClaims('<!-- claim: 6 < fast; noio-take; ratio -->', { results: few })).toHaveLength(1)
    expect(falseClaims('<!-- claim: slow; noio-take; time < fast; ws; time -->', { results: few })).toHaveLength(1)
    expect(falseClaims('<!-- claim: 2 < slow; noio-take / fast; noio-take -->', { results: few })).toEqual([])
  })

  it.each([
    'x <!-- figure: fast; noio-take; time -->9',
    'x <!-- figure: fast; noio-take; time --> <!-- figure: fast; ws; time -->9<!-- /figure -->',
    'x <!-- figure: fast; noio-take -->9<!-- /figure -->',
    'x <!-- figure: fast; no-codec; time -->9<!-- /figure -->',
    '<!-- figures: no-table -->\n<!-- /figures -->',
    '<!-- figure: fast; noio-take; time -->52 ns<!-- /figure -->, a line that begins with a comment',
  ])('must be well formed: %s', (text) => {
    expect(() => show(text)).toThrow()
  })

  it('show the end-to-end benchmark where there is one', () => {
    const row = { payload: 16, inFlight: 64, connections: 64, servers: { 'noio-ws': { us: 0.164 }, ws: { us: 4.3 } } }
    const echo = { date: '2026-01-01', processor: 'P', node: '20', rows: [row] }
    const text = refreshed('<!-- figures: end-to-end -->\n<!-- /figures -->', { results: few, echo })
    expect(text).toContain('| payload, in flight | noio-ws | ws |\n|---|---:|---:|\n| 16 B, 64 | 0.16 | 4.3 |\n')
  })
})
