// noio-ws/streams in every runtime that has sockets or byte streams of its own, with the package as it is installed.

import { testWorker } from './edges.js'
import { bun, deno, execute, node } from './tools.js'

/** @import { Row } from './run.js' */

/** @param {string} version @param {string} output */
function report(version, output) {
  if (!output.includes('as it should be')) throw new Error(`it did not end: ${output}`)
  return { version, parts: 0, onImport: 0, compiled: 0, instances: 0, error: '' }
}

/** @param {() => Promise<string>} get @param {...string} args @returns {Row['run']} */
function terminal(get, ...args) {
  return async (folder) => {
    const binary = await get()
    const version = /\d+\.\d+\.\d+/.exec(await execute(binary, ['--version']))?.[0] ?? '?'
    return report(version, await execute(binary, args, folder))
  }
}

/** @type {readonly Row[]} */
export const STREAMS = [
  {
    name: 'streams-node-20',
    needs: ['node-20'],
    loaded: 'as an example',
    run: terminal(() => node('20'), 'streams-node.js'),
  },
  {
    name: 'streams-node-22',
    needs: ['node-22'],
    loaded: 'as an example',
    run: terminal(() => node('22'), 'streams-node.js'),
  },
  {
    name: 'streams-node-24',
    needs: ['node-24'],
    loaded: 'as an example',
    run: terminal(() => node('24'), 'streams-node.js'),
  },
  {
    // One of those that end a process where a stream is ended twice: node#64120.
    name: 'streams-node-26.5',
    needs: ['node-26.5'],
    loaded: 'as an example',
    run: terminal(() => node('26.5'), 'streams-node.js'),
  },
  {
    name: 'streams-node-26',
    needs: ['node-26'],
    loaded: 'as an example',
    run: terminal(() => node('26'), 'streams-node.js'),
  },
  {
    name: 'streams-deno',
    needs: ['deno'],
    loaded: 'as an example',
    run: terminal(deno, 'run', '--no-prompt', '--allow-net', 'streams-deno.js'),
  },
  { name: 'streams-bun', needs: ['bun'], loaded: 'as an example', run: terminal(bun, 'streams-bun.js') },
  {
    name: 'streams-worker',
    needs: ['workerd'],
    loaded: 'as an example',
    run: async (folder) => {
      const { version, output } = await testWorker(folder, 'streams-worker.js')
      return report(version, output)
    },
  },
]
