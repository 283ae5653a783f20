// The programs that a page of documentation shows: its blocks of JavaScript, as files that run, and what they promise.
// Knows Markdown's fences; not what any program does.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export const root = new URL('../../', import.meta.url)

/** A block of JavaScript that begins with a comment, its file's name. */
export interface Program {
  readonly name: string
  readonly code: string
  /** The block of text between it and the next program; undefined where there is none. */
  readonly prints: string | undefined
}

/** A program that was started; its output is to be read. */
export type Running = ChildProcessByStdio<null, Readable, Readable>

/** A page: its text, its programs, and how many blocks of JavaScript it has. Its programs may import those of `others`. */
export class Page {
  readonly text: string
  readonly programs: readonly Program[]
  readonly blocks: number
  // Inside the package, where Node resolves 'noio-ws' to the package itself.
  readonly folder: URL
  readonly #others: readonly Page[]

  /** `path`: from the root of the repository. */
  constructor(path: string, ...others: readonly Page[]) {
    this.#others = others
    this.text = readFileSync(new URL(path, root), 'utf8')
    this.folder = new URL(`build/programs/${path.replace(/\W+/g, '-').toLowerCase()}/`, root)
    const blocks = [...this.text.matchAll(/^```(js|javascript|mjs|text)\n([\s\S]*?)^```$/gm)]
    this.blocks = blocks.filter(([, language]) => language !== 'text').length
    this.programs = blocks.flatMap(([, language, code], i) => {
      const name = language === 'text' ? undefined : code.match(/^\/\/ (\S+\.js)\n/)?.[1]
      const [, next, text] = blocks[i + 1] ?? []
      return name === undefined ? [] : [{ name, code, prints: next === 'text' ? text : undefined }]
    })
  }

  /** Writes the programs to files. */
  write(): void {
    mkdirSync(this.folder, { recursive: true })
    for (const { name, code } of [this, ...this.#others].flatMap(({ programs }) => programs)) {
      // At once, because another test file may be running the same program.
      const file = new URL(name, this.folder)
      const part = new URL(`${name}-${process.pid}`, this.folder)
      writeFileSync(part, code)
      renameSync(part, file)
    }
  }

  /** Starts one of them. `env`: in addition to this process's own. */
  run(name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Running {
    return spawn(process.execPath, [fileURLToPath(new URL(name, this.folder)), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ends a program that hangs.
      timeout: 240_000,
      env: { ...process.env, ...env },
    })
  }

  /** Starts one that is a server, on a free port, with further arguments. `said`: what it has complained about since. */
  async serve(name: string, ...args: string[]): Promise<{ server: Running; port: string; said: () => string }> {
    const server = this.run(name, ['0', ...args])
    let text = ''
    server.stderr.on('data', (data) => {
      text += data
    })
    const [line] = await once(server.stdout, 'data')
    return { server, port: String(line).match(/^port (\d+)\n$/)?.[1] ?? '', said: () => text }
  }
}

/** The names of the options in an interface of a file, by its path from the root. */
export function optionsIn(path: string, name: string): string[] {
  const text = readFileSync(new URL(path, root), 'utf8')
  const [body = ''] = text.match(new RegExp(`export interface ${name}\\b[\\s\\S]*?\\n}`)) ?? []
  return Array.from(body.matchAll(/^ {2}(\w+)\?:/gm), ([, option]) => option)
}

/** All that a program prints until it ends. */
export async function output(child: Running): Promise<string> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += data
    })
  }
  await once(child, 'close')
  return text
}
