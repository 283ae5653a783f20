// Links lead somewhere, and tables have a row for every error code, option and entry point that there is.
// Knows the pages' text, the tables of error codes and the declarations of options.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REQUEST_CODES, RESPONSE_CODES } from '../../bindings/handshake/problems.js'
import { localCodes, remoteCodes } from '../../bindings/model/errors.js'
import { optionsIn, root } from '../support/programs.js'

const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8')
const PAGES = readdirSync(new URL('docs', root)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))
const EXAMPLES = readdirSync(new URL('examples', root)).flatMap((name) => {
  const path = `examples/${name}/README.md`
  return existsSync(new URL(path, root)) ? [path] : []
})

describe('the links', () => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'bench/README.md', ...EXAMPLES, ...PAGES]

  /** The fragments of a page's headings, as GitHub makes them. */
  const fragmentsOf = (text: string) =>
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    )

  it.each(pages)('of %s lead somewhere', (path) => {
    const links = Array.from(textOf(path).matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link)
    for (const link of links.filter((link) => !link.startsWith('https:'))) {
      const [file, fragment] = link.split('#')
      const target = file === '' ? new URL(path, root) : new URL(file, new URL(path, root))
      expect(existsSync(target), link).toBe(true)
      if (fragment !== undefined) expect(fragmentsOf(readFileSync(target, 'utf8')), link).toContain(fragment)
    }
  })
})

describe('the tables', () => {
  it('have a row for every error code, with its close code and section', () => {
    const text = textOf('docs/codec.md')
    for (const { code, closeCode, section } of remoteCodes()) {
      expect(text).toContain(`| \`${code}\` | ${closeCode} | ${section} |`)
    }
    for (const [code, section] of localCodes()) expect(text).toContain(`| \`${code}\` | ${section} |`)
    expect(text.match(/^\| `ERR_/gm)).toHaveLength(remoteCodes().length + localCodes().length)
  })

  it('have a row for every error code of the handshake, with its status and section', () => {
    const requests = Object.entries(REQUEST_CODES)
    const responses = Object.entries(RESPONSE_CODES)
    const text = textOf('docs/handshake.md')
    for (const [code, { status, section }] of requests) {
      expect(text).toContain(`| \`${code}\` | ${status} | ${section.replace(' section', '')} |`)
    }
    for (const [code, section] of responses)
      expect(text).toContain(`| \`${code}\` | ${section.replace(' section', '')} |`)
    expect(text.match(/^\| `ERR_/gm)).toHaveLength(requests.length + responses.length)
  })

  it.each([
    ['docs/codec.md', 'bindings/options/settings.ts', 'ConnectionOptions'],
    ['docs/handshake.md', 'bindings/handshake/accept.ts', 'AcceptOptions'],
    ['docs/handshake.md', 'bindings/handshake/request.ts', 'RequestOptions'],
    ['docs/handshake.md', 'bindings/handshake/reader.ts', 'HeadLimits'],
    ['docs/compression.md', 'bindings/permessage-deflate/options.ts', 'PermessageDeflateOptions'],
    ['docs/streams.md', 'bindings/streams/options.ts', 'TransportOptions'],
    ['docs/streams.md', 'bindings/keepalive/index.ts', 'KeepAliveOptions'],
  ])('%s: a row for every option in %s, %s', (document, file, name) => {
    const options = optionsIn(file, name)
    expect(options.length).toBeGreaterThan(1)
    for (const option of options) expect(textOf(document)).toContain(`| \`${option}\` |`)
  })

  it('of the README have a row for every entry point', () => {
    const readme = textOf('README.md')
    const names = Object.keys(JSON.parse(textOf('package.json')).exports)
    for (const name of names) expect(readme).toContain(`| \`noio-ws${name.slice(1)}\` |`)
    expect(readme.match(/^\| `noio-ws/gm)).toHaveLength(names.length)
  })
})
