// Figures in documents: a document names what it shows in HTML comments, which readers do not see, and what stands
// between them is written from the results. Knows the comments; what a table or another block has is blocks.ts's.
//
//   <!-- figure: decode masked binary 16 B; noio-take; ratio -->5.9<!-- /figure -->    one figure in running text
//   <!-- figures: key-rows -->…<!-- /figures -->                                      a table of tables.ts, or another block
//   <!-- claim: 2 < decode masked binary 16 B; noio-take; ratio -->                   what the text says, for the test:
//                                                                                    times, ratios, quotients, numbers
//
// A figure is 'row; codec; measure', where the measure is
//   time     the median, with its unit
//   ratio    how many times as fast as ws
//   words    the same in words, which go on after "is": 'is 5.9 times as fast as ws'
// or 'row; codec / row; codec', how many times as long the first one takes; or 'size; bundle', compressed. What was not
// measured is left out.

import { blockText, blockUses } from './blocks.js'
import { CODECS, type CodecName } from './codecs/codec.js'
import type { Cell, Results } from './report.js'
import type { Sources, Use } from './sources.js'
import { bytesText, numberText, ratioText, timeText } from './units.js'

const MARKER = /<!-- (figures?): ([^>]+?) -->([\s\S]*?)<!-- \/\1 -->/g
const CLAIM = /<!-- claim: (.+?) < (.+?) -->/g
const OPENING = /<!-- figures?: /g

/** A document with its figures as the results have them. */
export function refreshed(text: string, sources: Sources): string {
  checkMarkers(text)
  return text.replace(MARKER, (_, kind: string, name: string) => {
    const shown = kind === 'figure' ? figureText(name, sources) : blockText(name, sources)
    const space = kind === 'figure' ? '' : '\n'
    return `<!-- ${kind}: ${name} -->${space}${shown}${shown === '' ? '' : space}<!-- /${kind} -->`
  })
}

/** Every row and codec that a document names. */
export function uses(text: string): Use[] {
  const found: Use[] = []
  for (const [, kind, name] of text.matchAll(MARKER))
    found.push(...(kind === 'figure' ? usesOf(name) : blockUses(name)))
  for (const [, less, more] of text.matchAll(CLAIM)) found.push(...usesOf(less), ...usesOf(more))
  return found
}

/** The claims that the results do not bear out; those about what was not measured are passed over. */
export function falseClaims(text: string, { results }: Sources): string[] {
  return Array.from(text.matchAll(CLAIM)).flatMap(([, less, more]) => {
    const [a, b] = [numberOf(less, results), numberOf(more, results)]
    return a === undefined || b === undefined || a < b ? [] : [`not so: ${less} (${a}) < ${more} (${b})`]
  })
}

function checkMarkers(text: string): void {
  const closed = Array.from(text.matchAll(MARKER))
  const nested = closed.find(([, , , content]) => content.match(OPENING) !== null)
  if (nested !== undefined) throw new Error(`'${nested[2]}' is not closed before another marker`)
  if ((text.match(OPENING)?.length ?? 0) !== closed.length)
    throw new Error('a marker is not closed, or not well formed')
  // Markdown takes a comment at the beginning of a line for a block of HTML, which ends the paragraph.
  const first = /^ {0,3}<!-- figure: .*$/m.exec(text)
  if (first !== null) throw new Error(`a line begins with a figure: ${first[0]}`)
}

const isNumber = /^[\d.]+$/

function usesOf(name: string): Use[] {
  if (isNumber.test(name) || name.startsWith('size; ')) return []
  return name.split(' / ').map((one) => {
    const [row, codec] = one.split('; ')
    if (!(codec in CODECS)) throw new Error(`'${name}' names no codec; write 'row; codec; measure'`)
    return { row, codec: codec as CodecName }
  })
}

export function cellOf({ rows }: Results, { row, codec }: Use): { cell: Cell; unit: string } | undefined {
  const found = rows.find(({ name }) => name === row)
  const cell = found?.codecs[codec]
  return found === undefined || cell === undefined ? undefined : { cell, unit: found.unit }
}

function figureText(name: string, { results }: Sources): string {
  if (name.startsWith('size; ')) {
    const size = results.sizes[name.slice('size; '.length)]
    return size === undefined ? '' : `${(size.compressed / 1000).toFixed(1)} KB`
  }
  const [use, over] = usesOf(name)
  const found = cellOf(results, use)
  if (found === undefined) return ''
  const { cell, unit } = found
  if (over !== undefined) {
    const other = cellOf(results, over)
    return other === undefined ? '' : ratioText(cell.median / other.cell.median)
  }
  switch (name.split('; ')[2]) {
    case 'time':
      if (unit === 'ns') return timeText(cell.median)
      return unit === 'B' ? bytesText(cell.median) : `${numberText(cell.median)} ${unit}`
    case 'ratio':
      return cell.ratio === undefined ? '' : ratioText(cell.ratio.median)
    case 'words':
      return cell.ratio === undefined ? '' : inWords(cell.ratio)
    default:
      throw new Error(`'${name}' has no measure: time, ratio or words`)
  }
}

/** What measurements of the same thing differ by, and so no difference. */
const NOISE = 1.1

function inWords({ median, min, max }: NonNullable<Cell['ratio']>): string {
  if (max / min > NOISE ** 3 && min < 1 && max > 1) {
    return `sometimes faster and sometimes slower than ws (${ratioText(min)} to ${ratioText(max)} times as fast)`
  }
  if (median > NOISE) return `${ratioText(median)} times as fast as ws`
  if (median > 1 / NOISE) return 'about as fast as ws'
  return `slower than ws, by a factor of ${ratioText(1 / median)}`
}

function numberOf(name: string, results: Results): number | undefined {
  if (isNumber.test(name)) return Number(name)
  const [cell, over] = usesOf(name).map((use) => cellOf(results, use)?.cell)
  if (cell === undefined) return undefined
  if (name.includes(' / ')) return over === undefined ? undefined : cell.median / over.median
  if (!/; (time|ratio)$/.test(name)) throw new Error(`'${name}' cannot be compared: it is no time, ratio or quotient`)
  return name.endsWith('; ratio') ? cell.ratio?.median : cell.median
}
