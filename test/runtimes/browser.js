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
 * Opens a page of the folder and hands it to `look`; returns the browser's version and what that gave.
 *
 * @template T
 * @param {string} folder
 * @param {string} path
 * @param {string | undefined} policy The Content-Security-Policy.
 * @param {(tab: import('playwright-core').Page) => Promise<T>} look
 * @returns {Promise<[version: string, T]>}
 */
export async function browse(folder, path, policy, look) {
  const executablePath = await chromium()
  const server = createServer(async (request, response) => {
    const asked = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).replace(/\/$/, '/index.html')
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(asked))] ?? 'application/octet-stream'
    const body = await readFile(join(folder, asked)).catch(() => undefined)
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy)
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  /** @type {string[]} */
  const said = []
  let browser
  try {
    browser = await playwright.launch({ executablePath, args: ARGS.map((flag) => `--${flag}`) })
    const tab = await browser.newPage()
    tab.on('console', (message) => said.push(message.text()))
    tab.on('pageerror', (error) => said.push(String(error)))
    await tab.goto(`http://127.0.0.1:${port}${path}`)
    return [browser.version(), await look(tab)]
  } catch (error) {
    throw new Error(`${error}\n${said.join('\n')}`)
  } finally {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  }
}

/**
 * Opens index.html of the folder and waits for its report.
 *
 * @param {string} folder
 * @param {string} [policy]
 * @param {string} [path]
 * @returns {Promise<import('./project.js').Report & { version: string }>}
 */
export async function page(folder, policy, path = '/') {
  const [version, report] = await browse(folder, path, policy, async (tab) => {
    const there = () => /** @type {any} */ (globalThis).report
    return (await tab.waitForFunction(there, undefined, { timeout: 30_000, polling: 50 })).jsonValue()
  })
  return { version, ...report }
}
