// The tables of the documents: which results they show. Knows the rows' names; where they go is figures.ts's.

import { CODECS, type CodecName } from './codecs/codec.js'
import type { Sources, Use } from './figures.js'
import { type Cell, REFERENCE, type Results } from './report.js'
import { numberText, ratioText, timeText } from './units.js'

/** What the end-to-end benchmark writes. */
export interface Echo {
  readonly date: string
  readonly processor: string
  readonly node: string
  readonly rows: readonly {
    readonly payload: number
    readonly inFlight: number
    readonly connections: number
    /** µs of the server's processor time per message. */
    readonly servers: Readonly<Record<string, { readonly us?: number }>>
  }[]
}

interface Table {
  readonly codecs: readonly CodecName[]
  /** What the columns are called, where not as the codecs. */
  readonly headings?: readonly string[]
  /** A sentence before it, which goes where the table has no line. */
  readonly before?: string
  /** What a line is called, and the row it shows. */
  readonly rows: Readonly<Record<string, string>>
}

const TABLES: Readonly<Record<string, Table>> = {
  'key-rows': {
    codecs: ['noio-take', 'noio-copy', 'ws', 'js', 'memcpy'],
    rows: {
      'receive masked, 16 B': 'decode masked binary 16 B',
      'receive masked, 125 B': 'decode masked binary 125 B',
      'receive masked, 1 KiB': 'decode masked binary 1 KiB',
      'receive masked, 4 KiB': 'decode masked binary 4 KiB',
      'receive masked, 16 KiB': 'decode masked binary 16 KiB',
      'receive masked, 64 KiB': 'decode masked binary 64 KiB',
      'receive masked, 1 MiB': 'decode masked binary 1 MiB',
      'receive unmasked, 16 B': 'decode unmasked binary 16 B',
      'receive unmasked, 1 KiB': 'decode unmasked binary 1 KiB',
      'one masked frame of 16 B per read, 1,000 connections':
        'decode masked binary 16 B, one per recv, 1,000 connections',
      'text as strings, ASCII, 125 B': 'decode masked ASCII 125 B as strings',
      'text as strings, CJK, 125 B': 'decode masked CJK 125 B as strings',
      'client sends 16 B, `send`': 'encode client binary 16 B, frame',
      'client sends 125 B, `send`': 'encode client binary 125 B, frame',
      'client sends 125 B, `sendInto`': 'encode client binary 125 B, frame into a buffer',
      'server sends 1 KiB, `sendParts`': 'encode server binary 1 KiB, parts',
    },
  },
  'small-frames': {
    codecs: ['noio-take', 'ws', 'js'],
    rows: {
      'masked, 0 B': 'decode masked binary 0 B',
      'masked, 16 B': 'decode masked binary 16 B',
      'masked, 16 B, chunks of 16 KiB': 'decode masked binary 16 B, chunks of 16 KiB',
      'masked, 16 B, chunks of 1,460 B': 'decode masked binary 16 B, chunks of 1,460 B',
      'masked, 16 B, chunks of 100 B': 'decode masked binary 16 B, chunks of 100 B',
      'masked, 16 B, one per chunk': 'decode masked binary 16 B, one per recv, 1 connection',
      'masked, 16 B, chunks of 1 B': 'decode masked binary 16 B, chunks of 1 B',
    },
  },
  unmasked: {
    codecs: ['noio-take', 'ws', 'js', 'memcpy'],
    rows: {
      '16 B': 'decode unmasked binary 16 B',
      '125 B': 'decode unmasked binary 125 B',
      '1 KiB': 'decode unmasked binary 1 KiB',
      '4 KiB': 'decode unmasked binary 4 KiB',
      '16 KiB': 'decode unmasked binary 16 KiB',
    },
  },
  buffers: {
    codecs: ['memcpy'],
    headings: ['time'],
    before: 'What the platform takes for the memory of a result, whichever codec asks for it:',
    rows: {
      'a view of a buffer that is there': 'a view of 64 B',
      '64 B into a new `Uint8Array`': 'copy 64 B to a new buffer',
      '65 B': 'copy 65 B to a new buffer',
      '1 KiB': 'copy 1 KiB to a new buffer',
      '16 KiB': 'copy 16 KiB to a new buffer',
    },
  },
  sending: {
    codecs: ['noio-take', 'ws', 'js'],
    rows: {
      'client, 16 B, `send`': 'encode client binary 16 B, frame',
      'client, 125 B, `send`': 'encode client binary 125 B, frame',
      'client, 125 B, `send`, `Data` made before': 'encode client binary 125 B, frame, Data ready',
      'client, 125 B, `send` of 16 frames': 'encode client binary 125 B, batch',
      'client, 125 B, `sendInto`': 'encode client binary 125 B, frame into a buffer',
      'client, 125 B, 16 times `sendInto`': 'encode client binary 125 B, batch into a buffer',
      'client, 1 KiB, `send`': 'encode client binary 1 KiB, frame',
      'client, 1 KiB, `sendInto`': 'encode client binary 1 KiB, frame into a buffer',
      'server, 125 B, `send`': 'encode server binary 125 B, contiguous frame',
      'server, 125 B, `sendInto`': 'encode server binary 125 B, frame into a buffer',
      'server, 125 B, `sendParts`': 'encode server binary 125 B, parts',
      'server, 16 KiB, `send`': 'encode server binary 16 KiB, contiguous frame',
      'server, 16 KiB, `sendParts`': 'encode server binary 16 KiB, parts',
      'broadcast, 125 B to 1,000, `sendParts`': 'broadcast 125 B to 1,000 connections',
      'broadcast, 16 KiB to 1,000, `sendParts`': 'broadcast 16 KiB to 1,000 connections',
    },
  },
  delivery: {
    codecs: ['noio-take', 'noio-copy', 'ws', 'js'],
    rows: {
      '1 KiB, chunks of 64 KiB': 'decode masked binary 1 KiB',
      '1 KiB, chunks of 1,460 B': 'decode masked binary 1 KiB, chunks of 1,460 B',
      '1 KiB in 8 fragments': 'decode masked binary 1 KiB in 8 fragments',
      '16 KiB': 'decode masked binary 16 KiB',
      '16 KiB, in pieces': 'decode masked binary 16 KiB, in pieces',
      '64 KiB': 'decode masked binary 64 KiB',
      '64 KiB, in pieces': 'decode masked binary 64 KiB, in pieces',
      '64 KiB, chunks of 1,460 B': 'decode masked binary 64 KiB, chunks of 1,460 B',
      '1 MiB': 'decode masked binary 1 MiB',
      '1 MiB, in pieces': 'decode masked binary 1 MiB, in pieces',
    },
  },
  settled: {
    codecs: ['noio-take', 'ws'],
    rows: {
      '16 KiB': 'decode masked binary 16 KiB, memory kept',
      '64 KiB': 'decode masked binary 64 KiB, memory kept',
      '1 MiB': 'decode masked binary 1 MiB, memory kept',
      '16 MiB': 'decode masked binary 16 MiB, memory kept',
    },
  },
  text: {
    codecs: ['noio-take', 'ws', 'js'],
    rows: {
      'ASCII, 16 B, as strings': 'decode masked ASCII 16 B as strings',
      'ASCII, 125 B, as bytes': 'decode masked ASCII 125 B as bytes',
      'ASCII, 125 B, as strings': 'decode masked ASCII 125 B as strings',
      'ASCII, 1 KiB, as strings': 'decode masked ASCII 1 KiB as strings',
      'CJK, 16 B, as strings': 'decode masked CJK 16 B as strings',
      'CJK, 125 B, as bytes': 'decode masked CJK 125 B as bytes',
      'CJK, 125 B, as strings': 'decode masked CJK 125 B as strings',
      'CJK, 1 KiB, as strings': 'decode masked CJK 1 KiB as strings',
      'a client sends ASCII, 125 B, `send`': 'encode client ASCII string 125 B, frame',
    },
  },
}

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

function cellText(codec: CodecName, cell: Cell | undefined): string {
  if (cell === undefined) return ''
  const time = timeText(cell.median)
  // The floor has no frames, and its ratios say nothing.
  if (cell.ratio === undefined || codec === REFERENCE || codec === 'memcpy') return time
  const { median, min, max } = cell.ratio
  return `${time} (${max / min > ROUGH ? '~' : ''}${ratioText(median)})`
}

function tableText({ codecs, headings, before, rows }: Table, results: Results): string {
  const body = Object.entries(rows).flatMap(([label, name]) => {
    const cells = results.rows.find((row) => row.name === name)?.codecs
    return cells === undefined ? [] : [[label, ...codecs.map((codec) => cellText(codec, cells[codec]))]]
  })
  const table = lines(['', ...(headings ?? codecs.map((codec) => CODECS[codec].label))], body)
  return table === '' || before === undefined ? table : `\n${before}\n${table}`
}

function machineText({ machine }: Results): string {
  const { name, cpu, cores, platform, node, date, loadAverage, versions } = machine
  const list = Object.entries(versions).map(([codec, version]) => `${codec} ${version}`)
  return [
    '',
    `${cpu}, ${cores} cores, ${platform}, Node ${node}, ${date}, load average ${loadAverage}; ${list.join(', ')}.`,
    `All rows and their spread: [bench/results/${name}.json](../bench/results/${name}.json).`,
    '',
  ].join('\n')
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
  return `
## End to end

A codec is a part of a server. This is processor time of a whole echo server, all its threads, in µs per message, over
loopback TCP with ${ECHO_CONNECTIONS} connections: payload, and messages in flight on each connection.
${lines(['payload, in flight', ...Object.values(ECHO_SERVERS)], body)}
With one message in flight, reading from and writing to the socket is nearly all of it, and the codec hardly matters. With
many in flight, what counts first is that all answers to one read go out in one write, and only then the codec: compare
ws with ws that writes once per read. The server of noio-ws puts answers together with \`sendInto\`. The last column
sends back the bytes that came, without a look at them. ${echo.processor}, Node ${echo.node}, ${echo.date}.
`
}

/** What stands in a document between the markers of this name. */
export function blockText(name: string, { results, echo }: Sources): string {
  if (name === 'machine') return machineText(results)
  if (name === 'end-to-end') return echoText(echo)
  return tableText(tableOf(name), results)
}

/** The rows and codecs that it shows. */
export function blockUses(name: string): Use[] {
  if (name === 'machine' || name === 'end-to-end') return []
  // The first codec is what the line is about; another may have no part in it.
  const { codecs, rows } = tableOf(name)
  return Object.values(rows).map((row) => ({ row, codec: codecs[0] }))
}

function tableOf(name: string): Table {
  const table = TABLES[name]
  if (table === undefined) throw new Error(`there is no table '${name}'; there are ${Object.keys(TABLES).join(', ')}`)
  return table
}
