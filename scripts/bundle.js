// @ts-check
// Bundles bindings/ into dist/: one bundle for each way to load the module, the module itself, and a bundle for each further
// entry point. Knows the exports of package.json; nothing of the library.

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const bindings = fileURLToPath(new URL('bindings/', root))

/** The bundle's name, and the file that loads the module in it. */
const BUNDLES = [
  { name: 'index', loader: 'inlined.ts' },
  { name: 'workerd', loader: 'workerd.ts' },
  { name: 'edge-light', loader: 'edge-light.ts' },
]

/**
 * A package that a bundle may contain, and its licence, which asks to be handed on. The core contains none: it instantiates
 * the module itself, because @assemblyscript/loader would be 2 KB of its 18 KB, minified and gzipped.
 */
const BUNDLED = [
  { name: '@noble/hashes', licence: 'MIT License' },
  { name: 'pako', licence: 'MIT and Zlib Licenses' },
].map((one) => ({
  ...one,
  file: `${one.name}/LICENSE`,
  copy: `LICENSE-${one.name.replace('@', '').replace('/', '-')}.txt`,
}))

/** Further entry points: bindings/NAME/index.ts is noio-ws/NAME, bindings/NAME/OTHER.ts noio-ws/NAME/OTHER. */
const ENTRIES = [
  'handshake/index.ts',
  'permessage-deflate/index.ts',
  'permessage-deflate/node.ts',
  'streams/index.ts',
  'keepalive/index.ts',
  'ws/index.ts',
  'ws/register.ts',
]
  .filter((source) => existsSync(join(bindings, source)))
  .map((source) => ({ source, name: source.replace(/(\/index)?\.ts$/, '') }))

/**
 * Puts another loader in the place of inlined.ts, and leaves its import of the module to the bundle's users.
 *
 * @param {string} loader
 * @returns {import('esbuild').Plugin}
 */
function loadBy(loader) {
  return {
    name: 'load-by',
    setup({ onResolve }) {
      const path = fileURLToPath(new URL(`bindings/memory/load/${loader}`, root))
      onResolve({ filter: /^\.\/load\/inlined\.js$/ }, () => ({ path, sideEffects: false }))
      onResolve({ filter: /^\.\/codec\.wasm(\?module)?$/ }, (args) => ({ path: args.path, external: true }))
    },
  }
}

/** The characters that are most frequent in a minified bundle: gzip has short codes for them already. */
const DIGITS = 'etir sn=,o().haf'

/**
 * Inlines the module as digits, two for each byte. Base64 is shorter, but hides from gzip where bytes are repeated, and
 * costs a page 0.8 KB more.
 *
 * @type {import('esbuild').Plugin}
 */
const inlinedModule = {
  name: 'inlined-module',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => {
      const digits = Array.from(readFileSync(path), (byte) => DIGITS[byte >> 4] + DIGITS[byte & 15]).join('')
      const value = (/** @type {number} */ at) => `'${DIGITS}'.indexOf(pair[${at}])`
      const contents = `export default Uint8Array.from('${digits}'.match(/../g), (pair) => ${value(0)} * 16 + ${value(1)})`
      return { contents }
    })
  },
}

/** What of the core may be in several bundles: functions without state. test/architecture.test.ts says the same. */
const SHARED = 'base/'

/**
 * Lets an entry point find the core, and the other entry points, by their public names: were they in its bundle too, there
 * would be two of each class, and `instanceof` false.
 *
 * @param {string} source
 * @returns {import('esbuild').Plugin}
 */
function withoutTheCore(source) {
  const folder = dirname(join(bindings, source))
  return {
    name: 'without-the-core',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = relative(bindings, join(resolveDir, path)).replace(/\.js$/, '.ts')
        if (!resolveDir.startsWith(bindings) || join(bindings, file) === join(bindings, source)) return undefined
        if (file === 'index.ts') return { path: 'noio-ws', external: true }
        const entry = ENTRIES.find((other) => other.source === file)
        if (entry !== undefined) return { path: `noio-ws/${entry.name}`, external: true }
        if (file.startsWith(SHARED) || dirname(join(bindings, file)).startsWith(folder)) return undefined
        return { errors: [{ text: `bindings/${source} may import the core by '../index.js' only, not ${path}` }] }
      })
    },
  }
}

/**
 * One bundle, with a banner that names what it contains of others; built twice, as only then that is known. Puts their
 * licences into the same folder.
 *
 * @param {string} entry
 * @param {string} name
 * @param {import('esbuild').Plugin} plugin
 */
async function bundle(entry, name, plugin) {
  /** @type {import('esbuild').BuildOptions & { metafile: true }} */
  const options = {
    absWorkingDir: fileURLToPath(root),
    entryPoints: [`bindings/${entry}`],
    outfile: `dist/${name}.js`,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // noio-ws/permessage-deflate/node and noio-ws/ws are for Node.
    external: ['node:*'],
    // With a newer target, esbuild inlines bytes by Uint8Array.fromBase64, which Node has only from 25 on.
    target: 'es2022',
    // Constants go where they are used. Else not minified: stack traces and steps in a debugger are readable as they are,
    // and the bundler of a page minifies.
    minifySyntax: true,
    sourcemap: true,
    logLevel: 'warning',
    metafile: true,
    plugins: [plugin, inlinedModule],
  }
  const { metafile } = await build({ ...options, write: false })
  const inputs = Object.keys(metafile.inputs)
  /** @type {(one: { name: string }, input: string) => boolean} */
  const contains = (one, input) => input.includes(`node_modules/${one.name}/`)
  const strange = inputs.filter(
    (input) => input.includes('node_modules/') && !BUNDLED.some((one) => contains(one, input)),
  )
  if (strange.length > 0) throw new Error(`dist/${name}.js contains what BUNDLED does not name: ${strange}`)
  const contained = BUNDLED.filter((one) => inputs.some((input) => contains(one, input)))
  const js = contained.map((one) => `/*! ${one.name}, ${one.licence}: ${one.copy} */`).join('\n')
  await build({ ...options, banner: { js } })
  for (const { file, copy } of contained) {
    copyFileSync(new URL(`node_modules/${file}`, root), new URL(`dist/${copy}`, root))
  }
}

mkdirSync(new URL('dist/', root), { recursive: true })
copyFileSync(new URL('build/codec.wasm', root), new URL('dist/codec.wasm', root))
for (const { name, loader } of BUNDLES) await bundle('index.ts', name, loadBy(loader))
for (const { source, name } of ENTRIES) await bundle(source, name.replaceAll('/', '-'), withoutTheCore(source))
