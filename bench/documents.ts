// What is made of the results: the charts, and the figures in the documents. Knows the files; what they show is
// charts.ts, figures.ts and tables.ts.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { drawCharts } from './charts.js'
import { refreshed } from './figures.js'
import type { Results } from './report.js'
import type { Echo } from './tables.js'

/** Documents with figures, as seen from the project's root. */
export const DOCUMENTS = ['README.md', 'docs/performance.md']
const RESULTS = 'bench/results/'
const ROOT = new URL('../../', import.meta.url)

/** The newest results of the end-to-end benchmark, if there are any. `root`: the project's. */
export function readEcho(root: URL): Echo | undefined {
  const folder = new URL(RESULTS, root)
  const files = readdirSync(folder).filter((file) => file.startsWith('echo-') && file.endsWith('.json'))
  const all = files.map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Echo)
  return all.sort((a, b) => b.date.localeCompare(a.date))[0]
}

/** Makes them all; returns the files. */
export function writeDocuments(results: Results): string[] {
  const charts = Object.entries(drawCharts(results)).map(([name, svg]) => {
    writeFileSync(new URL(RESULTS + name, ROOT), svg)
    return RESULTS + name
  })
  const sources = { results, echo: readEcho(ROOT) }
  for (const name of DOCUMENTS) {
    const file = new URL(name, ROOT)
    writeFileSync(file, refreshed(readFileSync(file, 'utf8'), sources))
  }
  return [...charts, ...DOCUMENTS]
}
