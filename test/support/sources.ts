// The text of the sources, and what they import. Knows no rule for them.

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const root = new URL('../../', import.meta.url)
/** Paths of all files of assembly/ and bindings/, from the root of the repository. */
export const files = ['assembly/', 'bindings/'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => folder + path.replaceAll('\\', '/')),
)
export const texts = new Map(files.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]))
export const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]))

/** What a file imports or exports from elsewhere, types included: files of the repository by path, packages by name. */
function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => {
    if (!name.startsWith('.')) return name
    const path = posix.join(posix.dirname(file), name).replace(/\.js$/, '.ts')
    return texts.has(`${path}.ts`) ? `${path}.ts` : path
  })
}
