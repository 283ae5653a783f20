// The pages of docs/ are true: every block of JavaScript runs, and prints the block of text that follows it, or is run by
// another test of this folder.
// Knows the pages' text and the built package.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { output, Page, root } from '../support/programs.js'

const folder = new URL('docs/', root)
const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : []

/** The tests that run programs of pages: those of this folder, and the one that needs a runtime. */
const tests = [
  ...readdirSync(new URL('test/docs/', root)).map((name) => `test/docs/${name}`),
  'test/runtimes/pages.js',
].map((path) => readFileSync(new URL(path, root), 'utf8'))

it('there is a page about extensions', () => {
  expect(names).toContain('extensions.md')
})

it.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...names.map((name) => `docs/${name}`)])(
  'every table of %s is whole: no row stands without its head',
  (name) => {
    const lines = readFileSync(new URL(name, root), 'utf8').split('\n')
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith('|') || lines[i - 1]?.startsWith('|')) continue
      expect(lines[i + 1], `line ${i + 1}: ${line}`).toMatch(/^\|(:?-+:?\|)+$/)
    }
  },
)

describe.each(names)('docs/%s', (name) => {
  const page = new Page(`docs/${name}`)
  const { programs } = page

  beforeAll(() => page.write())

  it('every block of JavaScript has a name, and promises what it prints, or is imported by another or run by a test', () => {
    expect(page.blocks).toBe(programs.length)
    const silent = programs.filter(({ prints }) => prints === undefined)
    for (const { name } of silent) {
      const imported = programs.some(({ code }) => code.includes(`'./${name}'`))
      expect(imported || tests.some((text) => text.includes(`'${name}'`)), name).toBe(true)
    }
  })

  for (const { name, prints } of programs) {
    if (prints === undefined) continue
    it(`${name} prints what it promises`, async () => {
      expect(await output(page.run(name))).toBe(prints)
    })
  }
})
