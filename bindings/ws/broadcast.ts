// What is sent to many in one turn of the event loop: the same string is encoded and compressed once.
// Knows the last string; a buffer could have changed in between, and is never compared.

import { type Connection, Data } from '../index.js'
import type { Compressed } from './deflate.js'
import { onTurnEnd } from './outgoing.js'

/** The string that was sent last, and what was made of it. At module level, because it is for all connections. */
const last: { text: string | undefined; frame: Uint8Array | undefined; compressed: Compressed | undefined } = {
  text: undefined,
  frame: undefined,
  compressed: undefined,
}

onTurnEnd(() => {
  last.text = undefined
  last.frame = undefined
  last.compressed = undefined
})

/** Whether the string was the last to be sent, too; remembers it. */
function isRepeated(text: string): boolean {
  if (text === last.text) return true
  last.text = text
  last.frame = undefined
  last.compressed = undefined
  return false
}

/** The frame of a text that a server sends without extensions, from the second time on. */
export function sharedFrame(text: string, connection: Connection): Uint8Array | undefined {
  if (!isRepeated(text)) return undefined
  last.frame ??= connection.send(new Data(text, 'text'))
  return last.frame
}

/** What was compressed of a text, from the second time on. */
export function sharedText(text: string): Compressed | undefined {
  if (!isRepeated(text)) return undefined
  last.compressed ??= new Map()
  return last.compressed
}

/** What was compressed of each Data, which does not change. */
const compressed = new WeakMap<Data, Compressed>()

export function sharedData(data: Data): Compressed {
  let found = compressed.get(data)
  if (found === undefined) {
    found = new Map()
    compressed.set(data, found)
  }
  return found
}
