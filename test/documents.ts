// The programs and the tables of README.md and docs/*.md, for tests of whether they are true.
// Knows how a program and a table stand in Markdown; not what any of them is about.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
/** Inside the package, where Node resolves 'noio-ws' to the package itself. */
export const folder = new URL('build/readme/', root)

export function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

const docs = existsSync(new URL('docs', root)) ? readdirSync(new URL('docs', root)) : []

/** Each document by its path. */
export const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)].map((path) => [
    path,
    textOf(path),
  ]),
)

/** The name and the code of each block of JavaScript that is a program: its first line is a comment with its name. */
export const PROGRAMS: readonly (readonly [name: string, code: string])[] = [...DOCUMENTS.values()].flatMap((text) =>
  Array.from(text.matchAll(/^```js\n\/\/ (\S+\.js)\n([\s\S]*?)^```$/gm), ([, name, code]) => [name, code] as const),
)

/** Writes all programs into {@link folder}, as a reader would who pastes them. */
export function writePrograms(): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, code] of PROGRAMS) writeFileSync(new URL(name, folder), code)
}

const started = new Set<ChildProcess>()

/** Starts a program; its output is to be read. `env`: beside this process's own. */
export function run(name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, folder)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    env: { ...process.env, ...env },
  })
  started.add(child)
  child.on('close', () => started.delete(child))
  return child
}

/** All that a program prints until it ends. */
export async function output(child: ReturnType<typeof run>): Promise<string> {
  let text = ''
  const add = (data: unknown) => {
    text += data
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  await once(child, 'close')
  return text
}

/** Starts a server of the documents on a free port; what it prints after its first line is added to `said`. */
export async function serve(name: string): Promise<{ port: string; said: () => string }> {
  const child = run(name, ['0'])
  let text = ''
  child.stderr.on('data', (data) => {
    text += data
  })
  const [line] = await once(child.stdout, 'data')
  return { port: String(line).match(/^port (\d+)\n$/)?.[1] ?? '', said: () => text }
}

/** Ends every program that still runs. */
export function endPrograms(): void {
  for (const child of started) child.kill()
}

/** The names of the options in an interface of `bindings`. */
export function optionsIn(path: string, name: string): string[] {
  const body = textOf(path).match(new RegExp(`export interface ${name}\\b[\\s\\S]*?\\n}`))?.[0] ?? ''
  return Array.from(body.matchAll(/^ {2}(\w+)\?:/gm), ([, option]) => option)
}
