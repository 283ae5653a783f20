// @ts-check
// The pane below the list: every header field of the selected row, and a dump of the bytes that were kept.
// Knows what a row holds; not the list.

import { clock, exactBytes, fromBase64, hexDump, text, whole } from './format.js'
import { directionOf, payloadOf } from './row.js'

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
  const bytes = bytesOf(row)
  const isRaw = row.kind === 'bytes' || row.kind === 'error'
  pane.replaceChildren(list, ...(bytes === undefined ? [] : [dumps(bytes, isRaw ? 'Bytes on the wire' : 'Payload')]))
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
    ? [['Message', `ends here: ${exactBytes(row.message.length)} in ${whole(row.message.frames)} frames`]]
    : []
  return [
    ['Frame', `${whole(row.n)}, ${isIn ? 'received' : 'sent'}`],
    ['FIN', row.fin ? '1, last fragment' : '0, more fragments follow'],
    ['Reserved', reserved.length === 0 ? '000, none' : `${row.rsv}, ${reserved.join(' ')}`],
    ['Opcode', opcode],
    ['Mask', isIn ? '1, unmasked by the codec' : '0, a server does not mask'],
    ['Length', `${exactBytes(row.length)} in ${lengthBits(row.length)} bits`],
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

/** @param {AnyRow} row @returns {{ bytes: Uint8Array, length: number, isText: boolean } | undefined} */
function bytesOf(row) {
  if (row.kind === 'frame') return { bytes: payloadOf(row), length: row.length, isText: row.isText }
  if (row.kind === 'bytes') return { bytes: payloadOf(row), length: row.length, isText: false }
  if (row.kind === 'error' && row.head !== undefined)
    return { bytes: fromBase64(row.head), length: row.length ?? 0, isText: false }
  if (row.kind !== 'page' || row.payload === undefined) return undefined
  return { bytes: row.payload, length: row.length ?? 0, isText: row.isText === true }
}

/** @param {{ bytes: Uint8Array, length: number, isText: boolean }} payload @param {string} what */
function dumps({ bytes, length, isText }, what) {
  const box = document.createElement('div')
  box.className = 'dumps'
  const heading = document.createElement('h3')
  const kept = bytes.length < length ? `first ${whole(bytes.length)} of ${exactBytes(length)}` : exactBytes(length)
  heading.textContent = length === 0 ? 'No payload' : `${what}, ${kept}`
  box.append(heading)
  if (isText && length > 0) {
    const paragraph = document.createElement('pre')
    paragraph.className = 'as-text'
    paragraph.textContent = text(bytes, bytes.length === length)
    box.append(paragraph)
  }
  const dump = document.createElement('pre')
  dump.className = 'as-hex'
  dump.textContent = hexDump(bytes)
  box.append(dump)
  return box
}
