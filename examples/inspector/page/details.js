// @ts-check
// The pane below the list: every header field of the selected row, and a dump of the bytes that were kept.
// Knows what a row holds; not the list.

import { clock, exactBytes, fromBase64, hexDump, packed, text, whole } from './format.js'
import { directionOf, payloadOf, plainOf } from './row.js'

/**
 * @import { FrameRow } from '../report.js'
 * @import { AnyRow } from './row.js'
 */

/** @param {HTMLElement} pane @param {AnyRow} row */
export function showDetails(pane, row) {
  const list = document.createElement('dl')
  for (const [name, value] of fieldsOf(row)) {
    const dt = document.createElement('dt')
    const dd = document.createElement('dd')
    dt.textContent = name
    dd.textContent = value
    list.append(dt, dd)
  }
  const box = document.createElement('div')
  box.className = 'dumps'
  for (const bytes of bytesOf(row)) box.append(...dump(bytes))
  pane.replaceChildren(list, box)
  pane.scrollTop = 0
}

/** @param {AnyRow} row @returns {[string, string][]} */
function fieldsOf(row) {
  /** @type {[string, string][]} */
  const common = [
    ['Time', clock(row.time)],
    ['Peer', row.peer],
  ]
  switch (row.kind) {
    case 'frame':
      return [...frameFields(row), ...common]
    case 'bytes':
      return [['Bytes', `${exactBytes(row.length)} from TCP, before the codec read them`], ...common]
    case 'error':
      return [
        ['Error', row.name],
        ['Code', row.code],
        ['Close code', row.closeCode === undefined ? 'none: nothing was sent' : String(row.closeCode)],
        ['Message', row.sentence],
        ...common,
      ]
    case 'note':
      return [['Codec', row.event], ...closeFields(row), ['Meaning', row.sentence], ...common]
    case 'page': {
      /** @type {[string, string][]} */
      const clean = row.wasClean === undefined ? [] : [['wasClean', String(row.wasClean)]]
      /** @type {[string, string][]} */
      const size = row.length === undefined ? [] : [['Message', `${exactBytes(row.length)}, all its fragments joined`]]
      return [['Browser', `${row.event} event`], ...closeFields(row), ...clean, ...size, ...common]
    }
    case 'gap':
      return [['Not listed', `${whole(row.frames)} frames came too fast to list; all were counted`], ...common]
    case 'summary':
      return [['Browser', `message event, ${whole(row.messages)} times`], ['Bytes', exactBytes(row.bytes)], ...common]
  }
}

/** @param {FrameRow} row @returns {[string, string][]} */
function frameFields(row) {
  const isIn = directionOf(row) === 'in'
  const opcode = `${row.opcode} (0x${row.opcode.toString(16).toUpperCase()}) ${row.type}`
  const reserved = Array.from(row.rsv, (bit, i) => (bit === '1' ? `RSV${i + 1}` : '')).filter(Boolean)
  /** @type {[string, string][]} */
  const message = row.message
    ? [['Message', `ends here: ${messageSize(row.message)} in ${whole(row.message.frames)} frames`]]
    : []
  /** @type {[string, string][]} */
  const plain = row.plain
    ? [['Plain', `${exactBytes(row.plain.length)}, ${percent(row.length, row.plain.length)}`]]
    : []
  return [
    ['Frame', `${whole(row.n)}, ${isIn ? 'received' : 'sent'}`],
    ['FIN', row.fin ? '1, last fragment' : '0, more fragments follow'],
    ['Reserved', `${row.rsv}, ${reserved.join(' ') || 'none'}${row.plain ? '; compressed' : ''}`],
    ['Opcode', opcode],
    ['Mask', isIn ? '1, unmasked by the codec' : '0, a server does not mask'],
    ['Length', `${exactBytes(row.length)} in ${lengthBits(row.length)} bits`],
    ...plain,
    ...closeFields(row),
    ...message,
  ]
}

/** @param {{ code?: number, reason?: string }} row @returns {[string, string][]} */
function closeFields({ code, reason }) {
  if (code === undefined) return []
  return [
    ['Close code', String(code)],
    ['Reason', reason ? reason : 'none'],
  ]
}

/** How long the length field is, section 5.2. @param {number} length */
function lengthBits(length) {
  if (length <= 125) return 7
  return length <= 65_535 ? '7 + 16' : '7 + 64'
}

/** @param {{ length: number, wire: number }} message */
function messageSize({ length, wire }) {
  return length === wire ? exactBytes(length) : packed(length, wire)
}

/** How much of its size compression leaves. @param {number} wire @param {number} plain */
function percent(wire, plain) {
  return plain === 0 ? 'nothing to compress' : `compressed to ${((100 * wire) / plain).toFixed(1)} %`
}

/**
 * @typedef {{ what: string, bytes: Uint8Array, length: number, isText?: boolean }} Bytes
 * @param {AnyRow} row
 * @returns {Bytes[]}
 */
function bytesOf(row) {
  const { length = 0 } = /** @type {{ length?: number }} */ (row)
  if (row.kind === 'frame' && row.plain !== undefined) {
    const { plain, isText } = row
    return [
      { what: 'Payload without compression', bytes: plainOf(row), length: plain.length, isText },
      { what: 'Payload on the wire', bytes: payloadOf(row), length },
    ]
  }
  if (row.kind === 'frame') return [{ what: 'Payload', bytes: payloadOf(row), length, isText: row.isText }]
  if (row.kind === 'bytes') return [{ what: 'Bytes on the wire', bytes: payloadOf(row), length }]
  if (row.kind === 'error' && row.head !== undefined) {
    return [{ what: 'Bytes on the wire', bytes: fromBase64(row.head), length }]
  }
  if (row.kind !== 'page' || row.payload === undefined) return []
  return [{ what: 'Payload', bytes: row.payload, length, isText: row.isText === true }]
}

/** @param {Bytes} bytes */
function dump({ what, bytes, length, isText }) {
  const heading = document.createElement('h3')
  const kept = bytes.length < length ? `first ${whole(bytes.length)} of ${exactBytes(length)}` : exactBytes(length)
  heading.textContent = length === 0 ? 'No payload' : `${what}, ${kept}`
  /** @type {HTMLElement[]} */
  const elements = [heading]
  if (isText && length > 0) {
    const paragraph = document.createElement('pre')
    paragraph.className = 'as-text'
    paragraph.textContent = text(bytes, bytes.length === length)
    elements.push(paragraph)
  }
  const lines = document.createElement('pre')
  lines.className = 'as-hex'
  lines.textContent = hexDump(bytes)
  elements.push(lines)
  return elements
}
