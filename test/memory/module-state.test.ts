// That module-level state is only where a reason is given. Knows the text of the sources; runs none of it.

import { expect, it } from 'vitest'
import { files, texts } from '../support/sources.js'

/** State of a thread, by file, and why it is not a connection's. */
const STATE: Record<string, string> = {
  'bindings/memory/wasm-memory.ts': 'one instance of the module serves a thread, with views of its memory',
  'bindings/memory/arena.ts': 'slabs that the results of all connections share',
  'bindings/options/settings.ts': 'settings made last, which connections with the same options share',
  'bindings/options/extension-chain.ts': 'extensions in use: an object of the caller may be frozen, so not marked',
  'bindings/receive/event-table.ts': "whose rows are in the module's event table",
  'bindings/permessage-deflate/output.ts': 'a scratch buffer that is used within one call',
  'bindings/permessage-deflate/node.ts': 'what node:zlib was found to do',
  'bindings/ws/broadcast.ts': 'what was encoded for one connection, for the others that send the same Data',
  'bindings/ws/deflate.ts': 'deflaters without history, which all connections share',
  'bindings/ws/zlib.ts': 'what node:zlib was found to do',
  'assembly/table.ts': 'the end of the event table',
}
// Functions that a static block assigns, for access to private fields, are no state: `let headOf: (message: Message) =>`.
const MUTABLE =
  /^(export )?((let|var) \w+(?!: \(\w+: )\b|const \w+(: (?!readonly)[^=]+)? = (\[\]|Array\.from|new (Arena|(Weak)?(Map|Set))\b(?!\(\[)))/m

it('keeps module-level state only where a reason is given', () => {
  expect(files.filter((file) => MUTABLE.test(texts.get(file) ?? '')).sort()).toEqual(Object.keys(STATE).sort())
})
