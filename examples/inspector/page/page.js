// @ts-check
// The page's entry: joins the feed, the browser's WebSocket, the list and the counters.
// Knows which element is which; what each part does is in its own file.

import { listenToActions, offerChoices } from './actions.js'
import { showBurst } from './burst.js'
import { showDetails } from './details.js'
import { element } from './elements.js'
import { openFeed, session } from './feed.js'
import { packed, roughBytes } from './format.js'
import { FrameList } from './frames.js'
import { listenToKeys } from './keys.js'
import { Link } from './link.js'
import { Meter } from './meter.js'

/**
 * @import { Batch, Total } from '../report.js'
 * @import { PageRow } from './link.js'
 * @import { AnyRow } from './row.js'
 */

const state = element('state', HTMLElement)
const said = element('said', HTMLElement)
const details = element('details', HTMLElement)
const grid = element('grid', HTMLTableElement)
const connect = element('connect', HTMLButtonElement)
const noSelection = [...details.childNodes]

/** Tells the user, also one who does not see. @param {string} sentence */
function say(sentence) {
  said.textContent = sentence
  said.title = sentence
}

const list = new FrameList(
  {
    list: element('list', HTMLElement),
    grid,
    body: element('rows', HTMLElement),
    empty: element('empty', HTMLElement),
    count: element('count', HTMLElement),
    follow: element('follow', HTMLButtonElement),
    pause: element('pause', HTMLButtonElement),
  },
  (row) => {
    if (row === undefined) details.replaceChildren(...noSelection)
    else showDetails(details, row)
  },
)

// The browser's WebSocket

const address = new URL(`socket?session=${session}`, location.href)
address.protocol = 'ws:'
element('url', HTMLElement).textContent = `${address.origin}${address.pathname}`
document.body.dataset.session = session

const agreed = element('agreed', HTMLElement)

const link = new Link(
  address.href,
  (name, sentence) => {
    state.dataset.state = name
    state.textContent = sentence
    document.title = `${sentence} · noio-ws inspector`
    const label = /** @type {Text} */ (connect.firstChild)
    label.data = link.isUp ? 'Disconnect' : 'Connect'
    agreed.textContent = name === 'open' ? link.extensions || 'none agreed' : 'not connected'
    for (const button of document.querySelectorAll('[data-needs=open]')) {
      button.setAttribute('aria-disabled', String(name !== 'open'))
    }
  },
  addPageRow,
)

/** How long rows of the page wait for the reports of the same time, in ms, and how many messages it lists one by one. */
const PAGE_ROW_DELAY = 120
const MAX_MESSAGES = 20
/** @type {PageRow[]} */
let pageRows = []

/** @param {PageRow} row */
function addPageRow(row) {
  if (pageRows.length === 0) setTimeout(flushPageRows, PAGE_ROW_DELAY)
  pageRows.push(row)
}

function flushPageRows() {
  const rows = pageRows
  pageRows = []
  const messages = rows.filter(({ event }) => event === 'message')
  if (messages.length <= MAX_MESSAGES) return list.add(rows)
  const { time, peer } = messages[messages.length - 1]
  const bytes = messages.reduce((sum, { length = 0 }) => sum + length, 0)
  const others = rows.filter(({ event }) => event !== 'message')
  list.add([...others, { kind: 'summary', time, peer, messages: messages.length, bytes }])
}

// Reports

const meters = { in: new Meter(element('meter-in', HTMLElement)), out: new Meter(element('meter-out', HTMLElement)) }
const burstElements = {
  progress: element('burst-progress', HTMLProgressElement),
  count: element('burst-count', HTMLElement),
  time: element('burst-time', HTMLElement),
  rate: element('burst-rate', HTMLElement),
}
const packedIn = element('packed-in', HTMLElement)
const packedOut = element('packed-out', HTMLElement)
let lastFrame = 0

/** What compression did so far. @param {HTMLElement} output @param {string} mark @param {Total} total */
function showPacked(output, mark, { plain, compressed }) {
  output.textContent = `${mark} ${plain === 0 ? 'none' : packed(plain, compressed, roughBytes)}`
}

/** @param {Batch} batch */
function onReport({ rows, totals, burst }) {
  meters.in.set(totals.in)
  meters.out.set(totals.out)
  showPacked(packedIn, '▼', totals.in)
  showPacked(packedOut, '▲', totals.out)
  if (burst !== undefined) showBurst(burst, burstElements)
  /** @type {AnyRow[]} */
  const listed = []
  for (const row of rows) {
    if (row.kind === 'frame') {
      const missing = row.n - lastFrame - 1
      if (missing > 0) listed.push({ kind: 'gap', time: row.time, peer: '', frames: missing })
      lastFrame = row.n
    }
    listed.push(row)
  }
  list.add(listed)
}

openFeed({
  onHello: (hello) => {
    offerChoices(hello)
    lastFrame = hello.frames
    link.count = hello.browsers
    if (link.wanted) link.connect()
  },
  onReport,
  onLost: () => say('The server does not answer; trying again.'),
})
listenToActions(link, say)

connect.addEventListener('click', () => (link.isUp ? link.disconnect() : link.connect()))
const reconnect = element('reconnect', HTMLInputElement)
reconnect.addEventListener('change', () => {
  link.reconnects = reconnect.checked
})

const deflate = element('deflate', HTMLButtonElement)
deflate.addEventListener('click', () => {
  link.deflates = !link.deflates
  deflate.setAttribute('aria-checked', String(link.deflates))
  link.renew()
})

// The list's tools and keys

const filterText = element('filter', HTMLInputElement)
const filterType = element('type', HTMLSelectElement)
const directions = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name=direction]'))

function applyFilter() {
  const direction = Array.from(directions).find(({ checked }) => checked)?.value ?? 'all'
  list.filter({ text: filterText.value.trim().toLowerCase(), direction, type: filterType.value })
}
for (const control of [filterText, filterType, ...directions]) control.addEventListener('input', applyFilter)
filterText.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && filterText.value === '') grid.focus()
})
element('clear', HTMLButtonElement).addEventListener('click', () => list.clear())
element('rows', HTMLElement).addEventListener('click', () => grid.focus({ preventScroll: true }))
grid.addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') details.focus()
})
details.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') grid.focus()
})

const shortcuts = element('shortcuts', HTMLDialogElement)
element('help', HTMLButtonElement).addEventListener('click', () => shortcuts.showModal())
const singleKeys = element('keys', HTMLInputElement)
listenToKeys({
  isOn: () => singleKeys.checked,
  dialog: shortcuts,
  extra: {
    '/': { what: 'Filter the list', act: () => filterText.focus() },
    g: { what: 'Go to the list', act: () => grid.focus() },
  },
})
