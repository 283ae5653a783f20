// What each package costs a program that ships it: bundled by esbuild, minified, compressed. Runs none of their code.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What is bundled; the addons are left out, and Node's own modules are not counted. */
const BUNDLES: Readonly<Record<string, string>> = {
  'noio-ws, wasm included': "export * from './dist/index.js'",
  "ws's Receiver and Sender":
    "export * as receiver from './node_modules/ws/lib/receiver.js'; export * as sender from './node_modules/ws/lib/sender.js'",
  ws: "export * from 'ws'",
  'websocket-driver': "export * from 'websocket-driver'",
  websocket: "export * from 'websocket'",
}
const ADDONS = ['bufferutil', 'utf-8-validate']

export interface Size {
  readonly minified: number
  readonly compressed: number
}

export async function packageSizes(): Promise<Record<string, Size>> {
  const sizes: Record<string, Size> = {}
  for (const [name, contents] of Object.entries(BUNDLES)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: ROOT },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'node',
      external: ADDONS,
      legalComments: 'none',
      logLevel: 'silent',
    })
    const code = outputFiles[0].contents
    sizes[name] = { minified: code.length, compressed: gzipSync(code, { level: 9 }).length }
  }
  return sizes
}
