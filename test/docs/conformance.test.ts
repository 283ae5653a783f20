// docs/conformance.md names tests that there are: each file, and each title, of one test or of a group.
// Knows the page's tables; asks vitest for the titles.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { root } from '../support/programs.js'

const page = readFileSync(new URL('docs/conformance.md', root), 'utf8')
const rows = Array.from(
  page.matchAll(/^\|.*\| \[([^\]]+)\]\(\.\.\/test\/([^)]+)\) \| `(.+)` \|$/gm),
  ([, file, target, title]) => ({ file, target, title }),
)

/** The full titles of the tests in these files, each with its file. */
function titles(files: readonly string[]): { name: string; file: string }[] {
  const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))
  // In one thread, since the other tests are running. `--json` is last: a name behind it would be a file to write.
  const one = ['--no-isolate', '--pool=threads', '--maxWorkers=1', '--json']
  const given = ['list', ...files.map((file) => `test/${file}`), ...one]
  // As from a terminal: not as a part of the run that this test is in.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_ENV$/.test(name)))
  const options = { cwd: fileURLToPath(root), env, encoding: 'utf8', maxBuffer: 1 << 26 } as const
  return JSON.parse(execFileSync(process.execPath, [vitest, ...given], options))
}

it('has a row for each of many rules and faults', () => {
  expect(rows.length).toBeGreaterThan(60)
  expect(page.match(/\]\(\.\.\/test\//g)).toHaveLength(rows.length)
  for (const { file, target } of rows) expect(target).toBe(file)
})

it('names tests that there are', () => {
  const all = titles([...new Set(rows.map(({ file }) => file))])
  const missing = rows.filter(
    ({ file, title }) =>
      !all.some(
        (test) => test.file.endsWith(`/test/${file}`) && (test.name === title || test.name.startsWith(`${title} > `)),
      ),
  )
  expect(missing).toEqual([])
})
