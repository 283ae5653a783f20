// @ts-check
// Bundles bindings/ into dist/: one bundle for each way to load the module, and the module itself beside them.
// Knows the export conditions of package.json; nothing of the library.

import { copyFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)

const LOADER_LICENCE = 'LICENSE-assemblyscript-loader.txt'

/** The bundle's name, and the file that loads the module in it. */
const BUNDLES = [
  { name: 'index', loader: 'wasm-inlined.ts' },
  { name: 'workerd', loader: 'wasm-workerd.ts' },
  { name: 'edge-light', loader: 'wasm-edge-light.ts' },
]

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

mkdirSync(new URL('dist/', root), { recursive: true })
copyFileSync(new URL('build/codec.wasm', root), new URL('dist/codec.wasm', root))
// The bundles contain @assemblyscript/loader, whose licence is that of the compiler and asks to be handed on.
copyFileSync(new URL('node_modules/assemblyscript/LICENSE', root), new URL(`dist/${LOADER_LICENCE}`, root))

for (const { name, loader } of BUNDLES) {
  await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: ['bindings/index.ts'],
    outfile: `dist/${name}.js`,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // With a newer target, esbuild inlines bytes by Uint8Array.fromBase64, which Node has only from 25 on.
    target: 'es2022',
    loader: { '.wasm': 'binary' },
    // Not minified: stack traces and steps in a debugger are readable as they are, and whoever ships to a page minifies.
    sourcemap: true,
    banner: { js: `/*! Contains @assemblyscript/loader, Apache License 2.0: see ${LOADER_LICENCE} */` },
    logLevel: 'warning',
    plugins: [loadBy(loader)],
  })
}
