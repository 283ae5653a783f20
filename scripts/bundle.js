// @ts-check
// Bundles bindings/ into dist/: one bundle for each way to load the module, the module itself beside them, and a bundle
// for each further entry point. Knows the exports of package.json; nothing of the library.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const bindings = fileURLToPath(new URL('bindings/', root))

/** The bundle's name, and the file that loads the module in it. */
const BUNDLES = [
  { name: 'index', loader: 'wasm-inlined.ts' },
  { name: 'workerd', loader: 'wasm-workerd.ts' },
  { name: 'edge-light', loader: 'wasm-edge-light.ts' },
]

/** A package that a bundle may contain, and its licence, which asks to be handed on. */
const BUNDLED = [
  // The loader's is that of the compiler, which has the file.
  { name: '@assemblyscript/loader', licence: 'Apache License 2.0', file: 'assemblyscript/LICENSE' },
  { name: '@noble/hashes', licence: 'MIT License', file: '@noble/hashes/LICENSE' },
  { name: 'pako', licence: 'MIT and Zlib Licenses', file: 'pako/LICENSE' },
].map((one) => ({ ...one, copy: `LICENSE-${one.name.replace('@', '').replace('/', '-')}.txt` }))

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
 * Puts another loader in the place of wasm-inlined.ts, and leaves its import of the module to whoever runs the bundle.
 *
 * @param {string} loader
 * @returns {import('esbuild').Plugin}
 */
function loadBy(loader) {
  return {
    name: 'load-by',
    setup({ onResolve }) {
      const path = fileURLToPath(new URL(`bindings/${loader}`, root))
      onResolve({ filter: /^\.\/wasm-inlined\.js$/ }, () => ({ path, sideEffects: false }))
      onResolve({ filter: /^\.\/codec\.wasm(\?module)?$/ }, (args) => ({ path: args.path, external: true }))
    },
  }
}

/** Files of the core that may be in several bundles: functions only, neither classes nor state. */
const SHARED = ['bytes.ts']

/**
 * Lets an entry point find the core, and the other entry points, by their public names: were they in its bundle too, there
 * would be two of each class, and `instanceof` false.
 *
 * @param {string} source
 * @returns {import('esbuild').Plugin}
 */
function besideTheCore(source) {
  const folder = dirname(join(bindings, source))
  return {
    name: 'beside-the-core',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = relative(bindings, join(resolveDir, path)).replace(/\.js$/, '.ts')
        if (!resolveDir.startsWith(bindings) || join(bindings, file) === join(bindings, source)) return undefined
        if (file === 'index.ts') return { path: 'noio-ws', external: true }
        const entry = ENTRIES.find((other) => other.source === file)
        if (entry !== undefined) return { path: `noio-ws/${entry.name}`, external: true }
        if (SHARED.includes(file) || dirname(join(bindings, file)).startsWith(folder)) return undefined
        return { errors: [{ text: `bindings/${source} may import the core by '../index.js' only, not ${path}` }] }
      })
    },
  }
}

/**
 * One bundle, with a banner that names what it contains of others; built twice, as only then that is known. Puts their
 * licences beside it.
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
    loader: { '.wasm': 'binary' },
    // Not minified: stack traces and steps in a debugger are readable as they are, and whoever ships to a page minifies.
    sourcemap: true,
    logLevel: 'warning',
    metafile: true,
    plugins: [plugin],
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
  const js = contained.map((one) => `/*! Contains ${one.name}, ${one.licence}: see ${one.copy} */`).join('\n')
  await build({ ...options, banner: { js } })
  for (const { file, copy } of contained) {
    copyFileSync(new URL(`node_modules/${file}`, root), new URL(`dist/${copy}`, root))
  }
}

mkdirSync(new URL('dist/', root), { recursive: true })
copyFileSync(new URL('build/codec.wasm', root), new URL('dist/codec.wasm', root))
for (const { name, loader } of BUNDLES) await bundle('index.ts', name, loadBy(loader))
for (const { source, name } of ENTRIES) await bundle(source, name.replaceAll('/', '-'), besideTheCore(source))
