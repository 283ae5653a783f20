// The package in Chromium, as it is and under policies, and in bundles by esbuild, vite, webpack and rollup.

import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, version as esbuildVersion } from 'esbuild'
import { page } from './browser.js'
import { reportIn } from './project.js'
import { execute, TOOLS } from './tools.js'

/** @import { Row } from './run.js' */

const INLINED = 'inlined bytes'

/** @param {string} folder @param {string} script @param {string} [more] */
function writePage(folder, script, more = '') {
  const head = `<meta charset="utf-8"><title>noio-ws</title><link rel="icon" href="data:,">${more}`
  writeFileSync(join(folder, 'index.html'), `<!doctype html>${head}<script type="module" src="${script}"></script>`)
}

/** @param {string} folder @param {import('esbuild').BuildOptions} options */
const esbuild = (folder, options) =>
  build({ absWorkingDir: folder, entryPoints: ['bundled.js'], bundle: true, logLevel: 'silent', ...options })

/** @param {string} policy @returns {Row['run']} */
function underPolicy(policy) {
  return async (folder) => {
    await esbuild(folder, { outfile: 'out.js', format: 'esm' })
    writePage(folder, '/out.js')
    return page(folder, policy)
  }
}

/**
 * A bundler's own command with its default configuration. It resolves what it needs from the project.
 *
 * @param {string} folder
 * @param {'vite' | 'webpack' | 'rollup'} name
 * @param {string} command
 * @param {readonly string[]} args
 * @param {...string} links What the project must have of its packages.
 */
async function bundler(folder, name, command, args, ...links) {
  const tools = await TOOLS[name]()
  for (const one of links) symlinkSync(join(tools, 'node_modules', one), join(folder, 'node_modules', one))
  await execute(process.execPath, [join(tools, 'node_modules', command), ...args], folder)
  return JSON.parse(readFileSync(join(tools, 'node_modules', name, 'package.json'), 'utf8')).version
}

/** @type {readonly Row[]} */
export const BUNDLES = [
  {
    name: 'chromium-import-map',
    needs: ['chromium'],
    loaded: INLINED,
    run: async (folder) => {
      const dist = '/node_modules/noio-ws/dist'
      const entries = ['handshake', 'keepalive', 'permessage-deflate', 'streams']
      const others = Object.fromEntries(entries.map((name) => [`noio-ws/${name}`, `${dist}/${name}.js`]))
      const map = JSON.stringify({ imports: { 'noio-ws': `${dist}/index.js`, ...others } })
      writePage(folder, '/bundled.js', `<script type="importmap">${map}</script>`)
      return page(folder)
    },
  },
  {
    name: 'chromium-wasm-unsafe-eval',
    needs: ['chromium'],
    loaded: INLINED,
    run: underPolicy("script-src 'self' 'wasm-unsafe-eval'"),
  },
  { name: 'chromium-strict', needs: ['chromium'], loaded: 'refused', run: underPolicy("script-src 'self'") },
  {
    name: 'esbuild-browser',
    needs: ['chromium'],
    loaded: INLINED,
    run: async (folder) => {
      await esbuild(folder, { outfile: 'out.js', platform: 'browser' })
      writePage(folder, '/out.js')
      return { ...(await page(folder)), version: esbuildVersion }
    },
  },
  ...['esm', 'cjs'].map((format) => ({
    name: `esbuild-node-${format}`,
    needs: [],
    loaded: INLINED,
    run: async (/** @type {string} */ folder) => {
      const outfile = `out.${format === 'esm' ? 'mjs' : 'cjs'}`
      await esbuild(folder, { outfile, platform: 'node', format: /** @type {'esm' | 'cjs'} */ (format) })
      return { version: esbuildVersion, ...reportIn(await execute(process.execPath, [outfile], folder)) }
    },
  })),
  {
    name: 'vite',
    needs: ['vite', 'chromium'],
    loaded: INLINED,
    run: async (folder) => {
      writePage(folder, '/bundled.js')
      const version = await bundler(folder, 'vite', 'vite/bin/vite.js', ['build'])
      return { ...(await page(join(folder, 'dist'))), version }
    },
  },
  {
    name: 'webpack',
    needs: ['webpack', 'chromium'],
    loaded: INLINED,
    run: async (folder) => {
      const args = ['--entry', './bundled.js', '--mode', 'production']
      const version = await bundler(folder, 'webpack', 'webpack-cli/bin/cli.js', args, 'webpack-cli')
      writePage(join(folder, 'dist'), '/main.js')
      return { ...(await page(join(folder, 'dist'))), version }
    },
  },
  {
    name: 'rollup',
    needs: ['rollup'],
    loaded: INLINED,
    run: async (folder) => {
      const args = ['bundled.js', '--file', 'out.js', '--format', 'es', '--plugin', 'node-resolve']
      const version = await bundler(folder, 'rollup', 'rollup/dist/bin/rollup', args, '@rollup')
      return { version, ...reportIn(await execute(process.execPath, ['out.js'], folder)) }
    },
  },
]
