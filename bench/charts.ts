// The charts of the README and of docs/performance.md: which results they show. Knows the rows' names; drawing is chart.ts's.

import { nodeName } from './blocks.js'
import { type Bar, type Chart, drawChart } from './chart.js'
import { CODECS, type CodecName } from './codecs/codec.js'
import { type DropIn, headline } from './echo/drop-in.js'
import { cellOf } from './figures.js'
import type { Sources } from './sources.js'
import { bytesText, numberText, ratioText, timeText } from './units.js'

const COLOURS: Readonly<Partial<Record<CodecName, string>>> = {
  'noio-take': '#1f7ae0',
  'noio-copy': '#6aaef5',
  js: '#c98a12',
  ws: '#6e7781',
  'ws-js': '#a5afb9',
  'websocket-driver': '#a371f7',
  websocket: '#d25f9a',
}

interface Choice {
  readonly file: string
  readonly title: string
  readonly codecs: readonly CodecName[]
  /** The groups' labels, and the rows they show. */
  readonly groups: Readonly<Record<string, string>>
}

const CHOICES: readonly Choice[] = [
  {
    file: 'decode.svg',
    title: 'Decoding masked binary frames, in chunks of 64 KiB',
    codecs: ['noio-take', 'noio-copy', 'js', 'ws', 'ws-js', 'websocket-driver', 'websocket'],
    groups: {
      '16 B': 'decode masked binary 16 B',
      '125 B': 'decode masked binary 125 B',
      '1 KiB': 'decode masked binary 1 KiB',
      '16 KiB': 'decode masked binary 16 KiB',
    },
  },
  {
    file: 'other.svg',
    title: 'Text, small chunks, and encoding',
    codecs: ['noio-take', 'js', 'ws'],
    groups: {
      'ASCII as strings, 125 B': 'decode masked ASCII 125 B as strings',
      'CJK as strings, 125 B': 'decode masked CJK 125 B as strings',
      'one frame of 16 B per chunk': 'decode masked binary 16 B, one per recv, 1,000 connections',
      '1 KiB in chunks of 1,460 B': 'decode masked binary 1 KiB, chunks of 1,460 B',
      'encode masked, 125 B': 'encode client binary 125 B, frame',
      '... 16 frames per call': 'encode client binary 125 B, batch',
      'encode unmasked, 1 KiB': 'encode server binary 1 KiB, parts',
    },
  },
]

function chartOf({ title, codecs, groups }: Choice, { results: { machine, rows }, beside }: Sources): Chart {
  const last = beside === undefined ? '. More is better.' : `; last, times as fast in ${nodeName(beside)}.`
  return {
    title,
    subtitle: `Times as fast as ws + bufferutil, and the time per message${last} ${machine.cpu}, Node ${machine.node}.`,
    series: codecs.map((name) => ({ label: CODECS[name].label, colour: COLOURS[name] ?? '#6e7781' })),
    groups: Object.entries(groups).map(([label, name]) => {
      const cells = rows.find((row) => row.name === name)?.codecs
      if (cells === undefined) throw new Error(`the results have no row '${name}'`)
      const bars = codecs.flatMap((codec, series): Bar[] => {
        const cell = cells[codec]
        if (cell?.ratio === undefined) return []
        const { median } = cell.ratio
        const labels = [`${numberText(median)}×`, timeText(cell.median)]
        const other = beside && cellOf(beside, { row: name, codec })?.cell.ratio
        if (other !== undefined) labels.push(`${numberText(other.median)}×`)
        else if (beside !== undefined) labels.push('')
        return [{ series, value: median, labels }]
      })
      return { label, bars }
    }),
    mark: 1,
  }
}

/** Lines of the whole servers' results that are shown, and what they are called here. */
const SERVERS: Readonly<Record<string, string>> = {
  'echo of 16 B, 1 in flight on each of 64 connections': 'echo, 16 B, 1 in flight',
  'echo of 16 B, 64 in flight on each of 64 connections': 'echo, 16 B, 64 in flight',
  'echo of 1 KiB, 64 in flight on each of 64 connections': 'echo, 1 KiB, 64 in flight',
  'echo of 16 KiB, 64 in flight on each of 64 connections': 'echo, 16 KiB, 64 in flight',
  'echo of 256 KiB, 1 in flight on each of 64 connections': 'echo, 256 KiB, 1 in flight',
  chat: 'chat, 200 clients',
  'chat, with permessage-deflate': 'chat, compressed',
  accept: 'opening handshake',
  'idle connection': 'memory when idle',
}

/** The same program on ws and on noio-ws/ws: how many times as much ws takes. */
function serversChart({ about, lines }: DropIn): Chart {
  const amount = ({ median }: { median: number }, unit: string) =>
    unit === 'B' ? bytesText(median) : timeText(median * 1000)
  return {
    title: 'The same server program on ws and on noio-ws/ws',
    subtitle: `Server CPU, or memory, on ws over that on noio-ws/ws; then that on ws, and on noio-ws/ws. ${about.processor}, Node ${about.node}.`,
    series: [{ label: 'ws / noio-ws/ws: more is better', colour: COLOURS['noio-take'] ?? '' }],
    groups: lines.flatMap(({ name, unit, ratio, ...of }) => {
      if (SERVERS[name] === undefined) return []
      const labels = [`${ratioText(ratio.median)}×`, amount(of.ws, unit), amount(of['noio-ws/ws'], unit)]
      return [{ label: SERVERS[name], bars: [{ series: 0, value: ratio.median, labels }] }]
    }),
    mark: 1,
  }
}

/** All of them, by the names of their files. */
export function drawCharts(sources: Sources): Readonly<Record<string, string>> {
  const charts = CHOICES.map((choice) => [choice.file, drawChart(chartOf(choice, sources))])
  const servers = sources.dropIn && headline(sources.dropIn)
  if (servers !== undefined) charts.push(['servers.svg', drawChart(serversChart(servers))])
  return Object.fromEntries(charts)
}
