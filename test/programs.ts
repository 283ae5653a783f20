// The programs that a page of documentation shows: its blocks of JavaScript, as files that run, and what they promise.
// Knows Markdown's fences; not what any program does.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = new URL('../', import.meta.url)

/** A block of JavaScript that begins with a comment, its file's name. */
export interface Program {
  readonly name: string
  readonly code: string
  /** The block of text between it and the next program; undefined where there is none. */
  readonly prints: string | undefined
}

/** A page: its text, its programs, and how many blocks of JavaScript it has. */
export class Page {
  readonly text: string
  readonly programs: readonly Program[]
  readonly blocks: number
  // Inside the package, where Node resolves 'noio-ws' to the package itself.
  readonly #folder: URL

  /** `path`: from the root of the repository. */
  constructor(path: string) {
    this.text = readFileSync(new URL(path, root), 'utf8')
    this.#folder = new URL(`build/programs/${path.replace(/\W+/g, '-').toLowerCase()}/`, root)
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
    mkdirSync(this.#folder, { recursive: true })
    for (const { name, code } of this.programs) writeFileSync(new URL(name, this.#folder), code)
  }

  /** Starts one of them. */
  run(name: string, ...args: string[]): ChildProcess {
    return spawn(process.execPath, [fileURLToPath(new URL(name, this.#folder)), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    })
  }
}

/** All that a program prints until it ends. */
export async function output(child: ChildProcess): Promise<string> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      text += data
    })
  }
  await once(child, 'close')
  return text
}
