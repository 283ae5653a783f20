// Pages in Chromium: a server of a folder's files on 127.0.0.1, and the report that a page leaves.
// Knows no test.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { chromium as playwright } from 'playwright-core'
import { chromium } from './tools.js'

const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' }
const ARGS = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking']
ARGS.push('disable-component-update', 'disable-sync')

/**
 * Opens index.html of the folder and waits for its report.
 *
 * @param {string} folder
 * @param {string} [policy] The Content-Security-Policy.
 * @returns {Promise<import('./project.js').Report & { version: string }>}
 */
export async function page(folder, policy) {
  const executablePath = chromium()
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).replace(/\/$/, '/index.html')
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(path))] ?? 'application/octet-stream'
    const body = await readFile(join(folder, path)).catch(() => undefined)
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy)
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  let browser
  try {
    browser = await playwright.launch({ executablePath, args: ARGS.map((flag) => `--${flag}`) })
    const tab = await browser.newPage()
    /** @type {string[]} */
    const said = []
    tab.on('console', (message) => said.push(message.text()))
    tab.on('pageerror', (error) => said.push(String(error)))
    await tab.goto(`http://127.0.0.1:${port}/`)
    const report = await tab
      .waitForFunction(() => /** @type {any} */ (globalThis).report, undefined, { timeout: 30_000, polling: 50 })
      .then((handle) => handle.jsonValue())
      .catch((error) => {
        throw new Error(`${error}\n${said.join('\n')}`)
      })
    return { version: browser.version(), ...report }
  } finally {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  }
}
