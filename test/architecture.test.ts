// That imports go one way, and that module-level state is only where a reason is given. Knows the text of bindings/ and
// assembly/; runs none of it.

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, it } from 'vitest'

/** The core: each imports only its own files and what is above it. Everything may import assembly/layout.ts. */
const CORE = ['base/', 'memory/', 'model/', 'options/', 'receive/', 'send/', 'connection.ts', 'index.ts']

/** Each entry point imports index.ts, base/ (functions without state, see scripts/bundle.js), its own files, and these. */
const ENTRIES: Record<string, RegExp> = {
  'handshake/': /^@noble\/hashes\/legacy\.js$/,
  'permessage-deflate/': /^(pako|node:zlib)$/,
  'keepalive/': /^$/,
  'streams/': /^bindings\/keepalive\/index\.ts$/,
  'ws/': /^(node:.+|bindings\/(handshake\/index|permessage-deflate\/(index|node)|keepalive\/index)\.ts)$/,
}

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

const root = new URL('../', import.meta.url)
const files = ['assembly/', 'bindings/'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => folder + path.replaceAll('\\', '/')),
)
const texts = new Map(files.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]))
const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]))

/** What a file imports or exports from elsewhere, types included: files of the repository by path, packages by name. */
function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => {
    if (!name.startsWith('.')) return name
    const path = posix.join(posix.dirname(file), name).replace(/\.js$/, '.ts')
    return texts.has(`${path}.ts`) ? `${path}.ts` : path
  })
}

function mayImport(file: string, target: string): boolean {
  if (file === 'assembly/layout.ts') return false
  if (file.startsWith('assembly/')) return target.startsWith('assembly/') && texts.has(target)
  if (target === 'assembly/layout.ts') return true
  const own = file.replace('bindings/', '')
  const other = target.replace('bindings/', '')
  const level = CORE.findIndex((part) => own.startsWith(part))
  if (level >= 0) {
    if (own.startsWith('memory/load/') && /\/codec\.wasm(\?module)?$/.test(target)) return true
    return texts.has(target) && CORE.slice(0, level + 1).some((part) => other.startsWith(part))
  }
  const entry = Object.keys(ENTRIES).find((part) => own.startsWith(part))
  if (entry === undefined) return false
  if (ENTRIES[entry].test(target)) return true
  return texts.has(target) && (other === 'index.ts' || other.startsWith('base/') || other.startsWith(entry))
}

it('imports only what is above it', () => {
  const pairs = files.flatMap((file) => imports.get(file)?.map((target) => [file, target]) ?? [])
  expect(pairs.length).toBeGreaterThan(200)
  expect(pairs.filter(([file, target]) => !mayImport(file, target))).toEqual([])
})

it('has no circle of imports, types included', () => {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    const circle = (imports.get(file) ?? [])
      .map((target) => visit(target, [...path, file]))
      .find((one) => one.length > 0)
    done.add(file)
    return circle ?? []
  }
  expect(files.map((file) => visit(file, [])).find((circle) => circle.length > 0) ?? []).toEqual([])
})

it('keeps module-level state only where a reason is given', () => {
  expect(files.filter((file) => MUTABLE.test(texts.get(file) ?? '')).sort()).toEqual(Object.keys(STATE).sort())
})
