// What is made of the results: the charts, and the figures in the documents. Knows the files, and of which Node they are;
// what is shown is charts.ts's, figures.ts's and tables.ts's.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawCharts } from './charts.js'
import { readCompressed } from './compressed.js'
import { readResults } from './echo/drop-in.js'
import { refreshed } from './figures.js'
import type { Results } from './report.js'
import type { Echo, Sources } from './sources.js'

/** Documents with figures, as seen from the project's root. */
export const DOCUMENTS = ['docs/codec.md', 'docs/performance.md']
const RESULTS = 'bench/results/'
const ROOT = new URL('../../', import.meta.url)

/** The Node whose figures are shown where it was measured, and the one whose ratios stand next to them. */
const HEADLINE = 24
const BESIDE = 20

/** The files of a folder of results, by their names' beginning. */
function filesIn(folder: URL, isEcho: boolean): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.json') && file.startsWith('echo-') === isEcho)
}

function read<T>(folder: URL, file: string): T {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as T
}

/** The newest results of the end-to-end benchmark, if there are any; of two of one day, those of the newer Node. */
function readEcho(folder: URL): Echo | undefined {
  const all = filesIn(folder, true).map((file) => read<Echo>(folder, file))
  return all.sort((a, b) => `${b.date} ${b.node}`.localeCompare(`${a.date} ${a.node}`))[0]
}

/**
 * What figures are taken from: the results of the machine of this name ('amd-epyc-node24' means all of amd-epyc's), or of
 * the only one there is. `root`: the project's.
 */
export function readSources(root: URL, name: string): Sources {
  const folder = new URL(RESULTS, root)
  const found = filesIn(folder, false).flatMap((file) => {
    const [, machine, node] = /^(.+)-node(\d+)\.json$/.exec(file) ?? []
    return machine === undefined ? [] : [{ file, machine, node: Number(node) }]
  })
  const machines = new Set(found.map(({ machine }) => machine))
  const wanted = name.replace(/-node\d+$/, '')
  const own = found.filter(({ machine }) => machine === wanted || (!machines.has(wanted) && machines.size === 1))
  const order = own.sort((a, b) => Number(b.node === HEADLINE) - Number(a.node === HEADLINE) || b.node - a.node)
  const [headline, ...others] = order.map(({ file, node }) => ({ node, results: read<Results>(folder, file) }))
  if (headline === undefined) throw new Error(`there are no results of ${wanted} in ${RESULTS}; npm run bench`)
  const beside = others.find(({ node }) => node === BESIDE)
  const dropIn = existsSync(new URL('ws/', folder)) ? readResults(fileURLToPath(root)) : undefined
  const compressed = existsSync(new URL('compression/', folder)) ? readCompressed(folder) : undefined
  return { results: headline.results, beside: beside?.results, echo: readEcho(folder), dropIn, compressed }
}

/** Makes them all, from the results that are there for this machine; returns the files. */
export function writeDocuments(name: string): string[] {
  const sources = readSources(ROOT, name)
  const charts = Object.entries(drawCharts(sources)).map(([file, svg]) => {
    writeFileSync(new URL(RESULTS + file, ROOT), svg)
    return RESULTS + file
  })
  for (const document of DOCUMENTS) {
    const file = new URL(document, ROOT)
    writeFileSync(file, refreshed(readFileSync(file, 'utf8'), sources))
  }
  return [...charts, ...DOCUMENTS]
}
