// A temporary project with the package in it, installed from its tarball, and the programs.
// Knows npm; nothing of runtimes.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute, ROOT, WORK } from './tools.js'

/** Packs the package as it would be published; returns the tarball's path. */
export async function pack() {
  mkdirSync(WORK, { recursive: true })
  const [{ filename }] = JSON.parse(await execute('npm', ['pack', '--json', '--pack-destination', WORK]))
  return join(WORK, filename)
}

/**
 * Calls `use` with the project's folder, which is gone afterwards.
 *
 * @template T
 * @param {string} tarball
 * @param {(folder: string) => Promise<T>} use
 */
export async function inProject(tarball, use) {
  const folder = mkdtempSync(join(tmpdir(), 'noio-ws-'))
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    await execute('npm', ['install', ...quiet, tarball], folder)
    cpSync(join(ROOT, 'test/runtimes/programs'), folder, { recursive: true })
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The block of JavaScript of this name in a page. @param {string} page @param {string} name */
export function programOf(page, name) {
  const blocks = readFileSync(join(ROOT, page), 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)
  const found = Array.from(blocks, ([, code]) => code).find((code) => code.startsWith(`// ${name}\n`))
  if (found === undefined) throw new Error(`${page} has no ${name}`)
  return found
}

/**
 * The report in what a program printed.
 *
 * @param {string} output
 * @returns {Report}
 */
export function reportIn(output) {
  const found = /^.*?report (\{.*\})$/m.exec(output)
  if (found === null) throw new Error(`no report in: ${output}`)
  return JSON.parse(found[1])
}

/**
 * @typedef {object} Report
 * @property {number} parts Parts of the smoke program that held.
 * @property {number} onImport Modules compiled and instances made by the import alone.
 * @property {number} compiled
 * @property {number} instances
 * @property {string} error
 * @property {string} [file] The file of the package that was loaded.
 */
