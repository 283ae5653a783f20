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
import { Missing } from './tools.js'
import { WEBSOCKETS } from './websocket.js'

/** @import { Report } from './project.js' */

/**
 * @typedef {object} Row
 * @property {string} name
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

const tarball = await pack()
console.log(`packed ${tarball}`)
const table = []
const count = { passed: 0, failed: 0, skipped: 0 }
for (const row of rows) {
  if (only.length > 0 && !only.includes(row.name)) continue
  const line = { runtime: row.name, version: '', 'loaded how': row.loaded, passed: 'yes' }
  try {
    const report = await inProject(tarball, row.run)
    line.version = report.version
    const wrong = faults(row, report)
    if (wrong.length > 0) throw new Error(wrong.join('; '))
    count.passed++
  } catch (error) {
    const missing = error instanceof Missing
    line.passed = missing ? 'missing' : 'NO'
    count[missing && allowed.includes(row.name) ? 'skipped' : 'failed']++
    console.log(`${row.name}: ${error instanceof Error ? error.message : error}`)
  }
  table.push(line)
}
console.table(table)
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
