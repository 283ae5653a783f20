// Checks the package as it would be published: its exports, its declarations under other compilers, its size, its files.
//   npm run test:package
// Knows the tarball; runs none of its code.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { inProject, pack } from '../runtimes/project.js'
import { execute, ROOT, tool } from '../runtimes/tools.js'

/** Bytes of dist/index.js, minified and compressed: what the core may cost a page. */
const SIZE_BUDGET = 16_000
/** All that may be in the tarball. */
const FILES =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(codec\.wasm|LICENSE-[a-z-]+\.txt|[a-z-]+\.js(\.map)?|types\/.+\.d\.ts))$/

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
  const { dependencies, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => name in scripts)
  if (dependencies !== undefined || hooks.length > 0) throw new Error(`dependencies ${dependencies}, scripts ${hooks}`)
  return `${list.length} files, no run-time dependency, no install script`
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
for (const [name, check] of Object.entries({ files, publint, attw, declarations, size, oneCore, shaking })) {
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
