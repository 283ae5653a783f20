// The package in runtimes with a terminal: Node, Deno and Bun, by import and by require, and in threads.

import { reportIn } from './project.js'
import { bun, deno, execute, node } from './tools.js'

/** @import { Row } from './run.js' */

/** @param {'20' | '22' | '24' | '26'} major @returns {Row[]} */
const nodes = (major) => [
  {
    name: `node-${major}`,
    needs: [`node-${major}`],
    loaded: 'inlined bytes',
    run: terminal(() => node(major), ['terminal.js']),
  },
  {
    name: `node-${major}-require`,
    needs: [`node-${major}`],
    loaded: 'inlined bytes',
    run: terminal(() => node(major), ['required.cjs']),
  },
  {
    name: `node-${major}-threads`,
    needs: [`node-${major}`],
    loaded: 'one module given to 4 threads',
    run: terminal(() => node(major), ['threads.js']),
  },
]

/** @type {readonly Row[]} */
export const TERMINALS = [
  ...nodes('20'),
  ...nodes('22'),
  ...nodes('24'),
  ...nodes('26'),
  {
    name: 'node-24-jitless',
    needs: ['node-24'],
    loaded: 'refused',
    run: terminal(() => node('24'), ['--jitless', 'terminal.js']),
  },
  {
    name: 'deno',
    needs: ['deno'],
    loaded: 'inlined bytes',
    run: terminal(deno, ['run', '--no-prompt', 'terminal.js']),
  },
  {
    name: 'deno-require',
    needs: ['deno'],
    loaded: 'inlined bytes',
    run: terminal(deno, ['run', '--no-prompt', '--allow-read', 'required.cjs']),
  },
  { name: 'bun', needs: ['bun'], loaded: 'inlined bytes', run: terminal(bun, ['terminal.js']) },
  { name: 'bun-require', needs: ['bun'], loaded: 'inlined bytes', run: terminal(bun, ['required.cjs']) },
]

/**
 * @param {() => Promise<string>} get
 * @param {readonly string[]} args
 * @returns {Row['run']}
 */
function terminal(get, args) {
  return async (folder) => {
    const binary = await get()
    const version = /\d+\.\d+\.\d+/.exec(await execute(binary, ['--version']))?.[0] ?? '?'
    return { version, ...reportIn(await execute(binary, args, folder)) }
  }
}
