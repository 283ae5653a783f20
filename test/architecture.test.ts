// That imports go one way. Knows which files import which; runs none of them.

import { expect, it } from 'vitest'
import { files, imports } from './support/sources.js'

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

function mayImport(file: string, target: string): boolean {
  if (file === 'assembly/layout.ts') return false
  if (file.startsWith('assembly/')) return target.startsWith('assembly/') && files.includes(target)
  if (target === 'assembly/layout.ts') return true
  const own = file.replace('bindings/', '')
  const other = target.replace('bindings/', '')
  const level = CORE.findIndex((part) => own.startsWith(part))
  if (level >= 0) {
    if (own.startsWith('memory/load/') && /\/codec\.wasm(\?module)?$/.test(target)) return true
    return files.includes(target) && CORE.slice(0, level + 1).some((part) => other.startsWith(part))
  }
  const entry = Object.keys(ENTRIES).find((part) => own.startsWith(part))
  if (entry === undefined) return false
  if (ENTRIES[entry].test(target)) return true
  return files.includes(target) && (other === 'index.ts' || other.startsWith('base/') || other.startsWith(entry))
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
