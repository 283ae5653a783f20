// The package where programs may not compile: workerd, and the npm edge-runtime, which is Vercel's.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { reportIn } from './project.js'
import { execute, TOOLS, workerd } from './tools.js'

/** @import { Row } from './run.js' */

const CORE = /node_modules\/noio-ws\/dist\/(index|workerd|edge-light)\.js$/

/** The configuration of a Worker with a test; the date is the one from which on workerd must run it. */
const WORKER = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    modules = [(name = "worker", esModule = embed "bundle.js"), (name = "codec.wasm", wasm = embed "codec.wasm")],
    compatibilityDate = "2024-01-01",
  )),
  (name = "internet", network = (allow = ["private"])),
]);
`

/**
 * Bundles as the platform's own tools do, by its export condition; returns the file of the package that is in it.
 *
 * @param {string} folder
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(folder, options) {
  const { metafile } = await build({
    absWorkingDir: folder,
    outfile: join(folder, 'bundle.js'),
    bundle: true,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    ...options,
  })
  const inputs = Object.keys(metafile?.inputs ?? {})
  // The core is in it once: the other entry points find the one that the program has.
  return { file: inputs.filter((path) => CORE.test(path)).join() }
}

/** Runs the `test` of a Worker; throws where that throws. @param {string} folder @param {string} entry */
export async function testWorker(folder, entry) {
  const binary = await workerd()
  const { file } = await bundle(folder, {
    entryPoints: [entry],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm', 'cloudflare:*'],
  })
  copyFileSync(join(folder, 'node_modules/noio-ws/dist/codec.wasm'), join(folder, 'codec.wasm'))
  writeFileSync(join(folder, 'config.capnp'), WORKER)
  const version = (await execute(binary, ['--version'])).trim().replace('workerd ', '')
  return { version, file, output: await execute(binary, ['test', 'config.capnp'], folder) }
}

/** @type {readonly Row[]} */
export const EDGES = [
  {
    name: 'workerd',
    needs: ['workerd'],
    loaded: 'module from a static import',
    run: async (folder) => {
      const { version, file, output } = await testWorker(folder, 'worker.js')
      return { version, ...reportIn(output), file }
    },
  },
  {
    name: 'edge-runtime',
    needs: ['edge-runtime'],
    loaded: 'module from a ?module import',
    run: async (folder) => {
      const tools = await TOOLS['edge-runtime']()
      const require = createRequire(join(tools, 'package.json'))
      const { EdgeRuntime } = require(String('edge-runtime'))
      const { version } = JSON.parse(readFileSync(join(tools, 'node_modules/edge-runtime/package.json'), 'utf8'))
      const { file } = await bundle(folder, {
        entryPoints: ['edge.js'],
        conditions: ['edge-light'],
        format: 'iife',
        plugins: [moduleImports],
      })
      const bytes = readFileSync(join(folder, 'node_modules/noio-ws/dist/codec.wasm'))
      const runtime = new EdgeRuntime({
        initialCode: readFileSync(join(folder, 'bundle.js'), 'utf8'),
        // Compiled outside the sandbox, as the platform does it: a module of another realm.
        extend: (/** @type {object} */ context) =>
          Object.assign(context, { codecModule: new WebAssembly.Module(bytes) }),
      })
      return { version, ...JSON.parse(runtime.context.report), file }
    },
  },
]

/** What the platform's bundler does with `?module`: the compiled module comes from outside. @type {import('esbuild').Plugin} */
const moduleImports = {
  name: 'module-imports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'module' }))
    onLoad({ filter: /.*/, namespace: 'module' }, () => ({ contents: 'export default globalThis.codecModule' }))
  },
}
