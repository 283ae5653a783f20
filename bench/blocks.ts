// What stands between two markers of a document: a table of tables.ts, the machine, the end-to-end benchmark. Knows how
// they are written; where they go is figures.ts's.

import { CODECS, type CodecName } from './codecs/codec.js'
import { document as compressedText } from './compressed.js'
import { document as dropInText } from './echo/drop-in.js'
import { type Cell, REFERENCE, type Results } from './report.js'
import type { Echo, Sources, Use } from './sources.js'
import { type Table, tableOf } from './tables.js'
import { bytesText, numberText, ratioText, timeText } from './units.js'

/** Those whose ratios in another Node are shown. */
const OURS: readonly CodecName[] = ['noio-take', 'noio-copy']

/** From this spread of a ratio on, its median is marked as rough. */
const ROUGH = 1.5

function lines(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  // A column in which nothing was measured is left out.
  const shown = heading.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''))
  const line = (cells: readonly string[]) => `| ${cells.filter((_, column) => shown[column]).join(' | ')} |`
  const rule = heading.map((_, column) => (column === 0 ? '---' : '---:'))
  return ['', line(heading), `|${rule.filter((_, column) => shown[column]).join('|')}|`, ...rows.map(line), ''].join(
    '\n',
  )
}

type RowResults = Results['rows'][number]

function rowOf(results: Results | undefined, name: string): RowResults | undefined {
  return results?.rows.find((row) => row.name === name)
}

function ratioOf(codec: CodecName, cell: Cell | undefined): string {
  // The floor has no frames, and its ratios say nothing.
  if (cell?.ratio === undefined || codec === REFERENCE || codec === 'memcpy') return ''
  const { median, min, max } = cell.ratio
  return `${max / min > ROUGH ? '~' : ''}${ratioText(median)}`
}

function cellText({ unit, codecs }: RowResults, codec: CodecName): string {
  const cell = codecs[codec]
  if (cell === undefined) return ''
  if (unit === 'B') return bytesText(cell.median)
  const ratio = ratioOf(codec, cell)
  return `${timeText(cell.median)}${ratio === '' ? '' : ` (${ratio})`}`
}

/** Its Node's major version is enough to tell it from another's. */
export function nodeName({ machine }: Results): string {
  return `Node ${/\d+/.exec(machine.node)?.[0]}`
}

function tableText(table: Table, { results, beside }: Sources): string {
  const { codecs, headings, before, rows } = table
  // A column in which nothing was measured is left out, and so is that of a Node that was not measured.
  const isDouble = (codec: CodecName): boolean => table.beside === true && OURS.includes(codec)
  const body = Object.entries(rows).flatMap(([label, name]) => {
    const row = rowOf(results, name)
    if (row === undefined) return []
    const other = rowOf(beside, name)
    const cells = codecs.flatMap((codec) => {
      const text = cellText(row, codec)
      return isDouble(codec) ? [text, text === '' ? '' : ratioOf(codec, other?.codecs[codec])] : [text]
    })
    return [[label, ...cells]]
  })
  const names = codecs.flatMap((codec, i) => {
    const name = headings?.[i] ?? CODECS[codec].label
    return isDouble(codec) ? [name, beside === undefined ? '' : nodeName(beside)] : [name]
  })
  const text = lines(['', ...names], body)
  if (text === '') return ''
  return `${before === undefined ? '' : `\n${before}\n`}${text}`
}

function machineText({ results, beside }: Sources): string {
  const { cpu, cores, platform, versions } = results.machine
  const list = Object.entries(versions).map(([codec, version]) => `${codec} ${version}`)
  const run = ({ machine: { name, node, date, loadAverage } }: Results): string =>
    `Node ${node}, ${date}, load average ${loadAverage}; all rows and their spread: [${name}.json](../bench/results/${name}.json)`
  const text = [
    '',
    `${cpu}, ${cores} cores, ${platform}; ${list.join(', ')}.`,
    '',
    `- Figures are those of ${run(results)}.`,
  ]
  if (beside !== undefined) text.push(`- In a column "${nodeName(beside)}" are the ratios in ${run(beside)}.`)
  return [...text, ''].join('\n')
}

/** Connections of the rows of the end-to-end benchmark that are shown. */
const ECHO_CONNECTIONS = 64

/** The servers that are shown, as the columns are called. */
const ECHO_SERVERS: Readonly<Record<string, string>> = {
  'noio-ws': 'noio-ws',
  ws: 'ws',
  'ws-corked': 'ws, one write per read',
  'websocket-driver': 'websocket-driver',
  bun: 'Bun',
  deno: 'Deno',
  raw: 'no protocol',
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
}

function echoText(echo: Echo | undefined): string {
  const rows = (echo?.rows ?? []).filter(({ connections }) => connections === ECHO_CONNECTIONS)
  const body = rows.map(({ payload, inFlight, servers }) => {
    const times = Object.keys(ECHO_SERVERS).map((name) => servers[name]?.us)
    return [`${sizeText(payload)}, ${inFlight}`, ...times.map((us) => (us === undefined ? '' : numberText(us)))]
  })
  if (echo === undefined || body.length === 0) return ''
  return `${lines(['payload, in flight', ...Object.values(ECHO_SERVERS)], body)}
${echo.processor}, Node ${echo.node}, ${echo.date}.
`
}

/** What stands in a document between the markers of this name. */
export function blockText(name: string, sources: Sources): string {
  if (name === 'machine') return machineText(sources)
  if (name === 'end-to-end') return echoText(sources.echo)
  if (name === 'servers') return sources.dropIn === undefined ? '' : dropInText(sources.dropIn)
  if (name === 'compression') return sources.compressed === undefined ? '' : compressedText(sources.compressed)
  return tableText(tableOf(name), sources)
}

/** The rows and codecs that it shows. */
export function blockUses(name: string): Use[] {
  if (['machine', 'end-to-end', 'servers', 'compression'].includes(name)) return []
  // The first codec is what the line is about; another may have no part in it.
  const { codecs, rows } = tableOf(name)
  return Object.values(rows).map((row) => ({ row, codec: codecs[0] }))
}
