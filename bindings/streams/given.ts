// What fromDuplex and fromNodeStream are given: that it is of the right kind, and that no option is unknown.
// Knows the names of the options; nothing of what they mean.

import { CONNECTION_OPTIONS, checkOptions } from '../base/options.js'
import { wrongType } from '../base/show.js'

const TRANSPORT = ['received', 'highWaterMark', 'closeTimeout', 'keepAlive', 'negotiated']
const EXISTING = ['connection', ...TRANSPORT]
const NEW = ['role', ...TRANSPORT, ...CONNECTION_OPTIONS]

/** TypeError where an option is not known; `isExisting`: whether there is a connection among them. */
export function checkStreamOptions(options: object, isExisting: boolean): void {
  checkOptions(options as Readonly<Record<string, unknown>>, isExisting ? EXISTING : NEW)
}

/** TypeError that says what to write, where `duplex` is no pair of byte streams. */
export function checkDuplex(duplex: unknown): void {
  if (isPair(duplex)) return
  if (!isNodeStream(duplex)) throw wrongType('duplex', 'a pair of byte streams, { readable, writable }', duplex)
  throw new TypeError('duplex is a stream of Node: write fromNodeStream(stream, …)')
}

/** TypeError that says what to write, where `stream` is no duplex stream of Node. */
export function checkNodeStream(stream: unknown): void {
  if (isNodeStream(stream)) return
  if (!isPair(stream)) throw wrongType('stream', 'a duplex stream of Node, such as a socket', stream)
  throw new TypeError('stream is a pair of byte streams: write fromDuplex(pair, …)')
}

function isPair(value: unknown): boolean {
  const { readable, writable } = Object(value)
  return typeof readable?.getReader === 'function' && typeof writable?.getWriter === 'function'
}

function isNodeStream(value: unknown): boolean {
  const { pipe, write, destroy } = Object(value)
  return [pipe, write, destroy].every((method) => typeof method === 'function')
}
