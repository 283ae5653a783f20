// @ts-check
// How one row of the list looks, which filters it passes, and what its details are.
// Knows what each kind of row says; not the list.

import { clock, exactBytes, fromBase64, hex, packed, quoted, text, whole } from './format.js'

/**
 * @import { BytesRow, ErrorRow, FrameRow, Row } from '../report.js'
 * @import { PageRow } from './link.js'
 * @typedef {{ kind: 'gap', time: number, peer: string, frames: number }} GapRow Frames that were counted but not listed.
 * @typedef {{ kind: 'summary', time: number, peer: string, messages: number, bytes: number }} SummaryRow Messages that
 * the browser received in a rush.
 * @typedef {Row | PageRow | GapRow | SummaryRow} AnyRow
 * @typedef {{ text: string, direction: string, type: string }} Filter
 */

/** Bytes of payload in a row. */
const PREVIEW = 48
const CONTROL_OPCODE = 8

/** A row in the document, with what the list needs to know of it. */
export class RowView {
  /** @type {HTMLTableRowElement | undefined} */
  #element
  /** @type {string | undefined} */
  #haystack

  /** @param {AnyRow} row @param {number} id */
  constructor(row, id) {
    this.row = row
    this.id = `row-${id}`
  }

  get element() {
    this.#element ??= this.#build()
    return this.#element
  }

  /** @param {Filter} filter */
  passes(filter) {
    const { row } = this
    if (filter.direction !== 'all' && directionOf(row) !== filter.direction) return false
    if (!hasType(row, filter.type)) return false
    if (filter.text === '') return true
    this.#haystack ??= `${row.peer} ${badgeOf(row)} ${sizesOf(row)} ${previewOf(row)}`.toLowerCase()
    return this.#haystack.includes(filter.text)
  }

  #build() {
    const { row } = this
    const tr = document.createElement('tr')
    tr.id = this.id
    tr.className = `row ${row.kind}`
    tr.setAttribute('aria-selected', 'false')
    const [mark, where] = MARKS[row.kind === 'page' || row.kind === 'summary' ? 'page' : markOf(row)]
    const time = clock(row.time)
    // In a narrow window the hour and most of the word are left out.
    splitCell(tr, 'time', time.slice(0, 3), time.slice(3))
    const [word, number = ''] = row.peer.split(' ')
    splitCell(tr, 'peer', word, ` ${number}`).title = row.peer
    const direction = cell(tr, `direction ${directionOf(row)}`, '')
    span(direction, 'mark', mark).setAttribute('aria-hidden', 'true')
    direction.append(` ${where}`)
    span(cell(tr, 'type', ''), `badge ${badgeClass(row)}`, badgeOf(row))
    const isFrame = row.kind === 'frame'
    cell(tr, 'fin', isFrame ? (row.fin ? 'fin' : '…') : '').title = isFrame && !row.fin ? 'more fragments follow' : ''
    cell(tr, `rsv${isFrame && row.rsv !== '000' ? ' on' : ''}`, isFrame ? row.rsv : '')
    cell(tr, 'number', 'length' in row && row.length !== undefined ? whole(row.length) : '')
    const payload = cell(tr, 'payload', '')
    const sizes = sizesOf(row)
    if (sizes !== '') {
      span(payload, 'sizes', sizes).title = 'Bytes without compression → on the wire'
      payload.append(' ')
    }
    payload.append(previewOf(row))
    return tr
  }
}

/** @type {Readonly<Record<string, readonly [string, string]>>} */
const MARKS = {
  in: ['▼', 'in'],
  out: ['▲', 'out'],
  codec: ['●', 'codec'],
  page: ['◇', 'page'],
}

/** @param {AnyRow} row */
export function directionOf(row) {
  return 'direction' in row ? row.direction : row.kind
}

/** @param {AnyRow} row */
function markOf(row) {
  return 'direction' in row ? row.direction : 'codec'
}

/** @param {AnyRow} row @returns {string} */
function badgeOf(row) {
  if (row.kind === 'frame') return row.type
  if (row.kind === 'note' || row.kind === 'page') return row.event
  if (row.kind === 'summary') return 'messages'
  return row.kind
}

/** @param {AnyRow} row */
function badgeClass(row) {
  if (row.kind !== 'frame') return row.kind === 'error' ? 'error' : 'event'
  return ['text', 'binary', 'continue', 'close', 'ping', 'pong'].includes(row.type) ? row.type : 'custom'
}

/** @param {AnyRow} row @param {string} type A value of the type filter. */
function hasType(row, type) {
  if (type === 'all') return true
  if (type === 'error') return row.kind === 'error'
  if (type === 'event') return row.kind === 'note' || row.kind === 'page' || row.kind === 'summary'
  if (row.kind !== 'frame') return false
  if (type === 'data') return row.opcode < CONTROL_OPCODE
  if (type === 'control') return row.opcode >= CONTROL_OPCODE
  return row.type === type
}

/** @param {AnyRow} row */
export function previewOf(row) {
  switch (row.kind) {
    case 'frame':
      return framePreview(row)
    case 'bytes':
      return cut(hex(fromBase64(row.head)), row.length > PREVIEW)
    case 'error':
      return errorPreview(row)
    case 'gap':
      return `${whole(row.frames)} frames counted, not listed`
    case 'summary':
      return `${whole(row.messages)} messages, ${exactBytes(row.bytes)} in all`
    case 'note':
      return `${codeAndReason(row)}${row.sentence}`
    case 'page':
      if (row.payload === undefined) return `${codeAndReason(row)}${row.sentence}`
      return payloadPreview(row.payload, row.length ?? 0, row.isText === true)
  }
}

/** What compression does to a frame, or to the message that ends with it; '' where there is none. @param {AnyRow} row */
function sizesOf(row) {
  if (row.kind !== 'frame' || row.plain === undefined) return ''
  const { message } = row
  if (message === undefined) return packed(row.plain.length, row.length)
  return `${packed(message.length, message.wire)} in ${whole(message.frames)} frames`
}

/** @param {FrameRow} row */
function framePreview(row) {
  const payload = plainOf(row)
  if (row.type === 'close') return row.code === undefined ? '' : codeAndReason(row).trimEnd()
  const { length } = row.plain ?? row
  const preview = payloadPreview(payload, length, row.isText || (row.opcode > 2 && isPrintable(payload)))
  if (row.message === undefined || row.plain !== undefined) return preview
  return `${preview}  ⟸ message of ${exactBytes(row.message.length)} in ${whole(row.message.frames)} frames`
}

/** @param {ErrorRow} row */
function errorPreview(row) {
  const answer = row.closeCode === undefined ? 'not sent' : `${row.closeCode}`
  return `${answer} ${row.code}: ${row.sentence}`
}

/** @param {{ code?: number, reason?: string }} row */
function codeAndReason({ code, reason }) {
  if (code === undefined) return ''
  return reason ? `${code} ${quoted(reason)}  ` : `${code}  `
}

/** @param {Uint8Array} payload @param {number} length @param {boolean} isText */
function payloadPreview(payload, length, isText) {
  if (length === 0) return ''
  // More than a row can show, so that a wide window is filled.
  if (isText) return cut(quoted(text(payload.subarray(0, 3 * PREVIEW), length <= 3 * PREVIEW)), length > 3 * PREVIEW)
  return cut(hex(payload.subarray(0, PREVIEW)), length > PREVIEW)
}

/** Control frames and custom opcodes often carry words, though nothing says so. @param {Uint8Array} payload */
function isPrintable(payload) {
  return payload.every((byte) => byte >= 0x20 && byte < 0x7f)
}

/** @param {string} preview @param {boolean} isCut */
function cut(preview, isCut) {
  return isCut ? `${preview} …` : preview
}

/** The bytes of the payload that were kept, as they were on the wire. @param {FrameRow | BytesRow} row */
export function payloadOf(row) {
  return fromBase64(row.head)
}

/** The same without compression. @param {FrameRow} row */
export function plainOf(row) {
  return fromBase64(row.plain?.head ?? row.head)
}

/** @param {HTMLElement} parent @param {string} className @param {string} first @param {string} rest */
function splitCell(parent, className, first, rest) {
  const td = cell(parent, className, '')
  span(td, 'first', first)
  td.append(rest)
  return td
}

/** @param {HTMLElement} parent @param {string} className @param {string} content */
function cell(parent, className, content) {
  const td = document.createElement('td')
  td.className = className
  td.textContent = content
  parent.append(td)
  return td
}

/** @param {HTMLElement} parent @param {string} className @param {string} content */
function span(parent, className, content) {
  const element = document.createElement('span')
  element.className = className
  element.textContent = content
  parent.append(element)
  return element
}
