// @ts-check
// The list of rows: bounded, filtered, following its end until someone looks back; selection by mouse and keyboard.
// Knows the document and RowView; not where rows come from.

import { whole } from './format.js'
import { RowView } from './row.js'

/**
 * @import { AnyRow, Filter } from './row.js'
 * @typedef {object} Elements
 * @property {HTMLElement} list The scrolling box.
 * @property {HTMLElement} grid
 * @property {HTMLElement} body
 * @property {HTMLElement} empty
 * @property {HTMLElement} count
 * @property {HTMLButtonElement} follow
 * @property {HTMLButtonElement} pause
 */

const MAX_ROWS = 2000
const PAGE_OF_ROWS = 15

export class FrameList {
  #elements
  #onSelect
  /** @type {RowView[]} */
  #views = []
  /** Rows that are not in the document yet. @type {AnyRow[]} */
  #queue = []
  #drawing = false
  #ids = 0
  #dropped = 0
  #hidden = 0
  #following = true
  #paused = false
  /** @type {Filter} */
  #filter = { text: '', direction: 'all', type: 'all' }
  /** @type {RowView | undefined} */
  #selected

  /** @param {Elements} elements @param {(row: AnyRow | undefined) => void} onSelect */
  constructor(elements, onSelect) {
    this.#elements = elements
    this.#onSelect = onSelect
    const { list, grid, body, follow, pause } = elements
    list.addEventListener('scroll', () => this.#follow(this.#isAtEnd()), { passive: true })
    new ResizeObserver(() => this.#scroll()).observe(list)
    follow.addEventListener('click', () => {
      this.#follow(!this.#following)
      this.#scroll()
    })
    pause.addEventListener('click', () => this.#pause(!this.#paused))
    body.addEventListener('click', (event) => {
      const id = event.target instanceof Element ? event.target.closest('tr')?.id : undefined
      this.#select(this.#views.find((view) => view.id === id))
    })
    grid.addEventListener('keydown', (event) => this.#key(event))
  }

  /** @param {AnyRow[]} rows In the order of time, but for rows of the page itself. */
  add(rows) {
    this.#queue.push(...rows)
    const excess = this.#queue.length - MAX_ROWS
    if (excess > 0) {
      this.#queue.splice(0, excess)
      this.#dropped += excess
    }
    this.#draw()
  }

  /** @param {Filter} filter */
  filter(filter) {
    this.#filter = filter
    this.#hidden = 0
    for (const view of this.#views) this.#hide(view)
    this.#showCount()
    this.#scroll()
  }

  clear() {
    this.#views = []
    this.#queue = []
    this.#dropped = 0
    this.#hidden = 0
    this.#elements.body.replaceChildren()
    this.#select(undefined)
    this.#showCount()
  }

  #draw() {
    this.#showCount()
    if (this.#drawing || this.#paused) return
    this.#drawing = true
    requestAnimationFrame(() => {
      this.#drawing = false
      if (this.#paused) return
      const queue = this.#queue
      this.#queue = []
      for (const row of queue) this.#insert(row)
      this.#trim()
      this.#showCount()
      this.#scroll()
    })
  }

  /** @param {AnyRow} row */
  #insert(row) {
    const view = new RowView(row, ++this.#ids)
    this.#hide(view)
    const views = this.#views
    let at = views.length
    // What the browser saw and what the server reports come by two ways, of which either may be late. Among reports the
    // server's order stands: a frame counts from its arrival, and may be handled after a later reply.
    while (at > 0 && comesBefore(row, views[at - 1].row)) at--
    this.#elements.body.insertBefore(view.element, views[at]?.element ?? null)
    views.splice(at, 0, view)
  }

  #trim() {
    const excess = this.#views.length - MAX_ROWS
    if (excess <= 0) return
    for (const view of this.#views.splice(0, excess)) {
      if (view.element.hidden) this.#hidden--
      view.element.remove()
    }
    this.#dropped += excess
  }

  /** @param {RowView} view */
  #hide(view) {
    const isHidden = !view.passes(this.#filter)
    view.element.hidden = isHidden
    if (isHidden) this.#hidden++
  }

  #showCount() {
    const { count, empty, grid } = this.#elements
    const total = this.#views.length
    const parts = [this.#hidden > 0 ? `${whole(total - this.#hidden)} of ${whole(total)} rows` : `${whole(total)} rows`]
    if (this.#dropped > 0) parts.push(`${whole(this.#dropped)} older dropped`)
    if (this.#paused) parts.unshift(`paused, ${whole(this.#queue.length)} waiting`)
    count.textContent = parts.join(' · ')
    empty.hidden = total > 0
    grid.setAttribute('aria-rowcount', String(total - this.#hidden + 1))
  }

  /** @param {boolean} isPaused */
  #pause(isPaused) {
    this.#paused = isPaused
    this.#elements.pause.setAttribute('aria-pressed', String(isPaused))
    this.#draw()
  }

  /** @param {boolean} isFollowing */
  #follow(isFollowing) {
    this.#following = isFollowing
    this.#elements.follow.setAttribute('aria-pressed', String(isFollowing))
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#elements.list
    return scrollHeight - scrollTop - clientHeight < 8
  }

  #scroll() {
    const { list } = this.#elements
    if (this.#following) list.scrollTop = list.scrollHeight
  }

  /** @param {RowView | undefined} view */
  #select(view) {
    this.#selected?.element.setAttribute('aria-selected', 'false')
    this.#selected = view
    const { grid } = this.#elements
    if (view === undefined) {
      grid.removeAttribute('aria-activedescendant')
      this.#follow(this.#isAtEnd())
      return this.#onSelect(undefined)
    }
    view.element.setAttribute('aria-selected', 'true')
    grid.setAttribute('aria-activedescendant', view.id)
    // Otherwise the next frame would take it out of sight.
    if (view !== this.#shown().at(-1)) this.#follow(false)
    view.element.scrollIntoView({ block: 'nearest' })
    this.#onSelect(view.row)
  }

  #shown() {
    return this.#views.filter((view) => !view.element.hidden)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const shown = this.#shown()
    const index = this.#selected === undefined ? -1 : shown.indexOf(this.#selected)
    const next = nextIndex(event.key, index, shown.length)
    if (event.key === 'Escape') this.#select(undefined)
    if (next === undefined || shown.length === 0) return
    event.preventDefault()
    if (index >= 0 || event.key !== 'ArrowDown')
      return this.#select(shown[Math.max(0, Math.min(next, shown.length - 1))])
    const { scrollTop } = this.#elements.list
    this.#select(shown.find((view) => view.element.offsetTop >= scrollTop) ?? shown[0])
  }
}

/** Whether a row belongs before one that is there; in the same ms the browser sees what the server has sent. @param {AnyRow} row @param {AnyRow} there */
function comesBefore(row, there) {
  if (!isOfPage(row) && !isOfPage(there)) return false
  return there.time > row.time || (there.time === row.time && isOfPage(there) && !isOfPage(row))
}

/** @param {AnyRow} row */
const isOfPage = (row) => row.kind === 'page' || row.kind === 'summary'

/** @param {string} key @param {number} index @param {number} length @returns {number | undefined} */
function nextIndex(key, index, length) {
  switch (key) {
    case 'ArrowDown':
      return index + 1
    case 'ArrowUp':
      return index < 0 ? length - 1 : index - 1
    case 'PageDown':
      return index + PAGE_OF_ROWS
    case 'PageUp':
      return index - PAGE_OF_ROWS
    case 'Home':
      return 0
    case 'End':
      return length - 1
    default:
      return undefined
  }
}
