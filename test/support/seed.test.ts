// That a test run gives the same result every time: all that is random in test/ comes from seed.ts, and no test asks
// a clock how fast it was. Knows the text of the tests; the fuzzer and the soak test, which run apart, are free.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seededRandom } from './seed.js'

const folder = new URL('../', import.meta.url)
const APART = /^(fuzz\/fuzz\.ts|(soak|torture|runtimes|package)\/)/
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !APART.test(path) && path !== 'support/seed.test.ts')

const FORBIDDEN: [string, RegExp, string?][] = [
  ['Math.random', /\bMath\.random\b/],
  [
    "random numbers of node:crypto or the platform's",
    /\b(randomBytes|randomInt|randomUUID|randomFill|getRandomValues\()/,
  ],
  [
    'a property that runs without seed.ts',
    /\bfc\.(assert|check|sample|statistics|configureGlobal)\b/,
    'support/seed.ts',
  ],
  ['a seed of its own', /\bnew Random\(\d|\bseed: \d/],
  ['a measured time', /\bperformance\.now\b|\bhrtime\b|\bcpuUsage\b|\bconsole\.time\b/],
  ['a time limit of its own', /\btestTimeout\b|\bhookTimeout\b|\{ timeout: [\d_]+ \}, (async )?\(/],
  ['a fixed port', /\.listen\([1-9]|Server\(\{[^}]*\bport: [1-9]/],
]

describe('no test has', () => {
  it.each(FORBIDDEN)('%s', (_, pattern, allowed) => {
    const found = files.filter((path) => path !== allowed && pattern.test(readFileSync(new URL(path, folder), 'utf8')))
    expect(found).toEqual([])
  })

  it('a file that was not looked at', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(files).toContain('support/seed.ts')
  })
})

describe('seededRandom', () => {
  it('gives the same numbers for the same stream, and other ones for another', () => {
    const [one, same, other] = [1, 1, 2].map((stream) => [...seededRandom(stream).bytes(100)])
    expect(one).toEqual(same)
    expect(one).not.toEqual(other)
  })
})
