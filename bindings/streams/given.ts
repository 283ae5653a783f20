// What fromDuplex is given: that it is a pair of byte streams, and that no option is unknown.
// Knows the names of the options; nothing of what they mean.

import { checkOptions } from '../base/options.js'
import { wrongType } from '../base/show.js'

const TRANSPORT = ['received', 'closeTimeout', 'keepAlive', 'negotiated']
const EXISTING = ['connection', ...TRANSPORT]
const NEW = [
  'role',
  ...TRANSPORT,
  'reservedBits',
  'extensions',
  'maxFrameSize',
  'maxMessageSize',
  'acceptUnmasked',
  'maskKey',
  'now',
]

/** TypeError where an option is not known. */
export function checkStreamOptions(options: object): void {
  checkOptions(options as Readonly<Record<string, unknown>>, 'connection' in options ? EXISTING : NEW)
}

/** TypeError that says what to write, where `duplex` is no pair of byte streams. */
export function checkDuplex(duplex: unknown): void {
  const { readable, writable, pipe } = Object(duplex)
  if (typeof readable?.getReader === 'function' && typeof writable?.getWriter === 'function') return
  if (typeof pipe !== 'function') throw wrongType('duplex', 'a pair of byte streams, { readable, writable }', duplex)
  throw new TypeError(
    'duplex is a stream of Node: write fromDuplex(Duplex.toWeb(stream), …), with Duplex of node:stream',
  )
}
