// Packs the package and runs one smoke program with it in every runtime and bundler it is for; prints a table.
//   npm run test:runtimes -- [--only name,name] [--allow-missing name,name]
// Knows how a report is judged; not how a runtime is run.

import { parseArgs } from 'node:util'
import { BUNDLES } from './bundles.js'
import { EDGES } from './edges.js'
import { EXAMPLES } from './examples.js'
import { PAGES } from './pages.js'
import { inProject, pack } from './project.js'
import { STREAMS } from './streams.js'
import { TERMINALS } from './terminals.js'
import { Missing, TOOLS } from './tools.js'
import { WEBSOCKETS } from './websocket.js'

/** @import { Report } from './project.js' */
/** @import { Tool } from './tools.js' */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {readonly Tool[]} needs What it cannot be run without.
 * @property {string} loaded How the module must be loaded here.
 * @property {(folder: string) => Promise<Report & { version: string }>} run In a project with the package and the programs.
 */

/**
 * What a report looks like for each way to load, and the file of the package, where the report tells it.
 *
 * @type {Record<string, Partial<Report>>}
 */
const WAYS = {
  'inlined bytes': { parts: 8, compiled: 1, instances: 1, file: 'index.js' },
  'module from a static import': { parts: 8, compiled: 0, instances: 1, file: 'workerd.js' },
  'module from a ?module import': { parts: 8, compiled: 0, instances: 1, file: 'edge-light.js' },
  'one module given to 4 threads': { parts: 32, compiled: 0, instances: 4, file: 'index.js' },
  'as an example': { parts: 0 },
  'against its own WebSocket': { parts: 7 },
  refused: { parts: 0, file: 'index.js' },
}
const REFUSAL = /^Error: noio-ws cannot compile its WebAssembly module here: .+wasm-unsafe-eval.+initialise\(\)/

/** Everything that is wrong. @param {Row} row @param {Report} report */
function faults({ loaded }, report) {
  const { file, ...counts } = WAYS[loaded]
  const wrong = []
  for (const [name, count] of Object.entries(counts)) {
    const is = report[/** @type {keyof Report} */ (name)]
    if (is !== count) wrong.push(`${name}: ${is}, not ${count}`)
  }
  if (report.onImport !== 0) wrong.push('the import alone compiles')
  if (report.file !== undefined && !report.file.endsWith(`noio-ws/dist/${file}`)) wrong.push(`loaded ${report.file}`)
  if (loaded === 'refused' ? !REFUSAL.test(report.error) : report.error !== '') wrong.push(`error: ${report.error}`)
  return wrong
}

const list = /** @type {const} */ ({ type: 'string', default: '' })
const { values } = parseArgs({ options: { only: list, 'allow-missing': list } })
const only = values.only.split(',').filter(Boolean)
const allowed = values['allow-missing'].split(',').filter(Boolean)
const rows = [...TERMINALS, ...EDGES, ...BUNDLES, ...EXAMPLES, ...STREAMS, ...WEBSOCKETS, ...PAGES]
const unknown = [...only, ...allowed].filter((name) => !rows.some((row) => row.name === name))
if (unknown.length > 0) throw new Error(`no runtime ${unknown}; there are ${rows.map(({ name }) => name).join(' ')}`)

/**
 * Gets all that these rows need; returns what cannot be had, and why.
 *
 * @param {readonly Row[]} rows
 */
async function get(rows) {
  /** @type {Map<Tool, string>} */
  const missing = new Map()
  for (const name of new Set(rows.flatMap(({ needs }) => needs))) {
    try {
      await TOOLS[name]()
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      missing.set(name, error.message)
    }
  }
  return missing
}

const chosen = rows.filter(({ name }) => only.length === 0 || only.includes(name))
// Before anything runs, and installing is quiet: what a reader must do is in the first line.
const missing = await get(chosen)
for (const [name, why] of missing) {
  const without = chosen.filter(({ needs }) => needs.includes(name)).map((row) => row.name)
  console.log(`MISSING ${name}, so that these cannot run: ${without.join(', ')}. ${why}`)
}
const tarball = await pack()
console.log(`packed ${tarball}`)
const table = []
const count = { passed: 0, failed: 0, skipped: 0 }
for (const row of chosen) {
  const line = { runtime: row.name, version: '', 'loaded how': row.loaded, passed: 'yes' }
  const lacks = row.needs.filter((name) => missing.has(name))
  if (lacks.length > 0) {
    line.passed = `no ${lacks.join(', ')}`
    count[allowed.includes(row.name) ? 'skipped' : 'failed']++
  } else {
    try {
      const report = await inProject(tarball, row.run)
      line.version = report.version
      const wrong = faults(row, report)
      if (wrong.length > 0) throw new Error(wrong.join('; '))
      count.passed++
    } catch (error) {
      line.passed = 'NO'
      count.failed++
      console.log(`${row.name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  table.push(line)
}
console.table(table)
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
