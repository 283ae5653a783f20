// Checks the package as it would be published: its exports, its declarations under other compilers, its size, its files, what
// it says of itself, and that the README's lines install it.
//   npm run test:package
// Knows the tarball and the README.

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { inProject, pack, programOf } from '../runtimes/project.js'
import { execute, ROOT, tool } from '../runtimes/tools.js'

/** Bytes of dist/index.js, minified and compressed: what the core may cost a page. */
const SIZE_BUDGET = 16_000
/** All that may be in the tarball. */
const FILES =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|docs\/[a-z0-9]+\.md|bench\/results\/[a-z]+\.svg|dist\/(codec\.wasm|LICENSE-[a-z-]+\.txt|[a-z-]+\.js(\.map)?|types\/.+\.d\.ts))$/

/** The further entry points, and the bundle of each. */
const ENTRIES = Object.entries(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).exports)
  .filter(([name]) => name !== '.' && name !== './codec.wasm')
  .map(([name, { default: file }]) => ({ name: name.replace('.', 'noio-ws'), file }))

const COMPILERS = ['typescript@5.7', 'typescript@5.9', 'typescript@7']
const PLATFORMS = {
  'DOM only': { lib: ['es2022', 'dom'], types: [] },
  'Node only': { lib: ['es2022'], types: ['node'] },
}
const RESOLUTIONS = [{ module: 'nodenext' }, { module: 'esnext', moduleResolution: 'bundler' }]

/** @param {string} tarball */
async function files(tarball) {
  const list = (await execute('tar', ['-tzf', tarball])).trim().split('\n')
  const strange = list.map((file) => file.replace('package/', '')).filter((file) => !FILES.test(file))
  if (strange.length > 0) throw new Error(`not what a user needs: ${strange}`)
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const wanted = ['LICENSE', 'CHANGELOG.md', 'SECURITY.md', ...pages.map((name) => `docs/${name}`)]
  const missing = wanted.filter((file) => !list.includes(`package/${file}`))
  if (missing.length > 0) throw new Error(`not in the package: ${missing}`)
  const { dependencies, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => name in scripts)
  if (dependencies !== undefined || hooks.length > 0) throw new Error(`dependencies ${dependencies}, scripts ${hooks}`)
  return `${list.length} files, no run-time dependency, no install script`
}

/** What only the repository has, and pages may link to. */
const NOT_PACKED = /^(examples|bench|test|CONTRIBUTING\.md$)/

/** Links of its pages, and the README's images, lead to files that it has. @param {string} tarball */
async function links(tarball) {
  const list = (await execute('tar', ['-tzf', tarball])).trim().split('\n')
  const files = list.map((file) => file.replace('package/', ''))
  let count = 0
  for (const page of files.filter((file) => file.endsWith('.md'))) {
    for (const [, image, link] of readFileSync(join(ROOT, page), 'utf8')
      .replace(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/(!?)\[[^\]]*\]\(([^)#\s]+)[^)]*\)/g)) {
      if (link.startsWith('https:')) continue
      const target = normalize(join(dirname(page), link))
      const packed = files.includes(target)
      if (!packed && (image !== '' || !NOT_PACKED.test(target))) throw new Error(`${page} links to ${target}`)
      count++
    }
  }
  return `${count} links`
}

/** What a registry shows of it. */
async function manifest() {
  const { author, description, keywords, license, name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const text = readFileSync(join(ROOT, 'LICENSE'), 'utf8')
  if (!text.startsWith(`${license} License`) || !text.includes(author))
    throw new Error(`LICENSE is not ${license} by ${author}`)
  if (new Set(keywords).size !== keywords.length || keywords.length < 10) throw new Error(`keywords: ${keywords}`)
  if (description.length > 140) throw new Error(`a description of ${description.length} characters`)
  return `${name}: ${license}, by ${author}, ${keywords.length} keywords`
}

/** The README's lines for installing, as they stand there, in a copy of this clone and a project next to it. */
async function installed() {
  const [, block = ''] =
    /^## Install$[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  const [inClone, inProject] = block.trim().split('\n')
  if (inProject === undefined) throw new Error('the README has no two lines')
  const folder = mkdtempSync(join(tmpdir(), 'noio-ws-'))
  const [clone, project] = [join(folder, 'noio-ws'), join(folder, 'project')]
  try {
    const skipped = /^(node_modules|build|dist|\.git|docs\/api)$/
    cpSync(ROOT, clone, { recursive: true, filter: (file) => !skipped.test(relative(ROOT, file)) })
    mkdirSync(project)
    await execute('sh', ['-c', inClone], clone, 600_000)
    await execute('npm', ['init', '-y'], project)
    await execute('npm', ['pkg', 'set', 'type=module'], project)
    await execute('sh', ['-c', inProject], project)
    writeFileSync(join(project, 'first.js'), programOf('README.md', 'first.js'))
    const said = await execute(process.execPath, ['first.js'], project)
    if (said !== 'text hello\n') throw new Error(`first.js says ${said}`)
    if (!existsSync(join(project, 'node_modules/noio-ws/docs/codec.md')))
      throw new Error('the documentation is not there')
    return 'and first.js runs in the project'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} tarball */
async function publint(tarball) {
  const folder = await tool('publint', 'publint@0.3')
  await execute(process.execPath, [join(folder, 'node_modules/publint/src/cli.js'), 'run', tarball, '--strict'])
  return 'no suggestion, warning or error'
}

/** @param {string} tarball */
async function attw(tarball) {
  const folder = await tool('attw', '@arethetypeswrong/cli@0.18')
  const command = join(folder, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  // The module has no types: its user has a bundler or a runtime that says what that gives.
  const args = ['--profile', 'esm-only', '--exclude-entrypoints', './codec.wasm', '--format', 'ascii']
  await execute(process.execPath, [command, tarball, ...args])
  return 'no problem'
}

/** @param {string} tarball */
async function declarations(tarball) {
  let count = 0
  await inProject(tarball, async (folder) => {
    await execute('npm', ['install', '--no-package-lock', '--loglevel=error', '@types/node@20'], folder)
    copyFileSync(join(ROOT, 'test/package/use.ts'), join(folder, 'use.ts'))
    for (const compiler of COMPILERS) {
      const tools = await tool(compiler, compiler)
      for (const [platform, { lib, types }] of Object.entries(PLATFORMS)) {
        for (const resolution of RESOLUTIONS) {
          const options = {
            ...resolution,
            lib,
            types,
            target: 'es2022',
            strict: true,
            skipLibCheck: false,
            noEmit: true,
          }
          writeFileSync(
            join(folder, 'tsconfig.json'),
            JSON.stringify({ compilerOptions: { ...options, exactOptionalPropertyTypes: true }, files: ['use.ts'] }),
          )
          await execute(process.execPath, [join(tools, 'node_modules/typescript/bin/tsc')], folder).catch((error) => {
            throw new Error(`${compiler}, ${platform}, ${resolution.module}: ${error.message}`)
          })
          count++
        }
      }
    }
  })
  return `${count} compilations: ${COMPILERS.join(', ')}; ${Object.keys(PLATFORMS).join(', ')}`
}

/**
 * Bytes of a bundle as a page would get it.
 *
 * @param {string} file
 */
async function minified(file) {
  const { code } = await transform(readFileSync(join(ROOT, file), 'utf8'), { minify: true, format: 'esm' })
  return { code: code.length, bytes: gzipSync(code, { level: 9 }).length }
}

async function size() {
  const { code, bytes } = await minified('dist/index.js')
  const figure = `${bytes} bytes min+gzip of at most ${SIZE_BUDGET} (${code} minified)`
  const others = await Promise.all(
    ENTRIES.map(async ({ name, file }) => `\n  ${name}: ${(await minified(file)).bytes}`),
  )
  const figures = `${figure}; in addition${others.join('')}`
  if (bytes > SIZE_BUDGET) throw new Error(figures)
  for (const { name, file } of [{ name: 'noio-ws', file: 'dist/index.js' }, ...ENTRIES]) {
    const row = readFileSync(join(ROOT, 'README.md'), 'utf8').match(
      new RegExp(`^\\| \`${name}\` \\|.* ([\\d.]+) \\|$`, 'm'),
    )
    const kilobytes = (await minified(file)).bytes / 1000
    if (!(Math.abs(Number(row?.[1]) - kilobytes) <= 0.5)) throw new Error(`${figures}; the README's row: ${row?.[0]}`)
  }
  return figures
}

/**
 * The core that an entry point uses is the one that its user imports: the core is in no other bundle.
 */
async function oneCore() {
  for (const { name, file } of ENTRIES) {
    if (readFileSync(join(ROOT, file), 'utf8').includes('class Connection'))
      throw new Error(`${name} has a core of its own`)
  }
  return `in none of ${ENTRIES.length} further entry points`
}

/** @param {string} tarball */
async function shaking(tarball) {
  return inProject(tarball, async (folder) => {
    // What is imported for what it does leaves just that.
    const names = ENTRIES.map((entry) => entry.name).filter((name) => !name.endsWith('/register'))
    for (const name of ['noio-ws', ...names]) {
      /** @type {import('esbuild').BuildOptions} */
      const quiet = { bundle: true, format: 'esm', write: false, logLevel: 'silent' }
      const stdin = { contents: `import * as unused from '${name}'`, resolveDir: folder }
      // What an entry point for Node imports of Node is not there in a bundle for a page.
      const { outputFiles = [] } = await build({ ...quiet, stdin, external: ['node:*'] })
      const left = outputFiles[0].text.trim().length
      if (left > 0) throw new Error(`an unused import of ${name} leaves ${left} bytes`)
    }
    return 'an unused import leaves nothing'
  })
}

const tarball = await pack()
const count = { passed: 0, failed: 0 }
for (const [name, check] of Object.entries({
  files,
  links,
  manifest,
  installed,
  publint,
  attw,
  declarations,
  size,
  oneCore,
  shaking,
})) {
  try {
    console.log(`${name}: ${await check(tarball)}`)
    count.passed++
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : error}`)
    count.failed++
  }
}
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed === 0 ? 0 : 1
