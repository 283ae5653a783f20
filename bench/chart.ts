// Draws groups of horizontal bars as SVG. Knows no results.
// GitHub shows an SVG as an image, whose prefers-color-scheme is the system's, not the page's: every colour here has to do
// on white and on black.

export interface Bar {
  /** Which series it belongs to, and with that its colour. */
  readonly series: number
  readonly value: number
  /** What stands at the end of its line, in columns. */
  readonly labels: readonly string[]
}

export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly series: readonly { readonly label: string; readonly colour: string }[]
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[]
  /** A value that bars are compared with; a line is drawn at it. */
  readonly mark: number
}

const WIDTH = 830
const LEFT = 190
const COLUMN = 62
const BAR = 13
const GAP = 2
const GROUP_GAP = 14
const LEGEND_LINE = 20
const TEXT = '#737d87'
/** About what a character is wide, at 12 pixels. */
const CHARACTER = 6.3

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>`
}

export function drawChart({ title, subtitle, series, groups, mark }: Chart): string {
  const most = Math.max(mark, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const columns = Math.max(...groups.flatMap(({ bars }) => bars.map(({ labels }) => labels.length)))
  const scale = (WIDTH - LEFT - columns * COLUMN) / most
  const parts = [text(0, 18, title, ' class="title"'), text(0, 38, subtitle)]

  let x = 0
  let y = 62
  for (const { label, colour } of series) {
    const width = 18 + label.length * CHARACTER + 14
    if (x + width > WIDTH) {
      x = 0
      y += LEGEND_LINE
    }
    parts.push(`<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${colour}"/>`, text(x + 18, y, label))
    x += width
  }

  const top = y + 16
  y = top
  for (const { label, bars } of groups) {
    const height = bars.length * (BAR + GAP) - GAP
    parts.push(text(LEFT - 12, y + height / 2 + 4, label, ' text-anchor="end"'))
    for (const bar of bars) {
      const width = Math.max(1, Math.round(bar.value * scale * 10) / 10)
      parts.push(`<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${series[bar.series].colour}"/>`)
      for (const [i, label] of bar.labels.entries()) {
        const right = WIDTH - (bar.labels.length - 1 - i) * COLUMN
        parts.push(text(right, y + BAR - 2.5, label, ' class="value" text-anchor="end"'))
      }
      y += BAR + GAP
    }
    y += GROUP_GAP
  }
  const bottom = y - GROUP_GAP + 4
  const line = LEFT + Math.round(mark * scale * 10) / 10
  parts.push(`<path d="M${line} ${top - 6}V${bottom}" stroke="${TEXT}" stroke-dasharray="3 3"/>`)

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 6}" viewBox="0 0 ${WIDTH} ${bottom + 6}" role="img">
<title>${escaped(title)}</title>
<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: ${TEXT} }
.title { font-size: 16px; font-weight: 600 }
.value { font-size: 11px }
</style>
${parts.join('\n')}
</svg>
`
}
