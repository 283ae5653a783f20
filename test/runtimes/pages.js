// Programs of the pages that need a runtime or a library, as they stand there: the Worker of docs/workers.md in workerd,
// over a TCP socket of its own to a server of ws.

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { testWorker } from './edges.js'
import { ROOT } from './tools.js'

/** @import { Row } from './run.js' */

/** @param {number} port */
const test = (port) => `import worker from './worker.js'

const env = { BACKEND: 'ws://127.0.0.1:${port}/' }

async function answer(body) {
  const response = await worker.fetch(new Request('http://worker/', { method: 'POST', body }), env)
  return response.status + ' ' + (await response.text())
}

export default {
  async test() {
    for (const body of ['héllo', 'x'.repeat(100_000)]) {
      if ((await answer(body)) !== '200 ' + body) throw new Error('another answer')
    }
    env.BACKEND = 'ws://127.0.0.1:${port}/nowhere'
    const refused = await answer('')
    if (!refused.startsWith('502 ') || !refused.includes('it must be 101')) throw new Error(refused)
    console.log('as it should be')
  },
}
`

/** @type {readonly Row[]} */
export const PAGES = [
  {
    name: 'page-worker',
    loaded: 'as an example',
    run: async (folder) => {
      const [program] =
        readFileSync(join(ROOT, 'docs/workers.md'), 'utf8').match(/(?<=^```js\n)\/\/ worker\.js\n[\s\S]*?(?=^```$)/m) ??
        []
      if (program === undefined) throw new Error('the page has no worker.js')
      writeFileSync(join(folder, 'worker.js'), program)
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/' })
      try {
        await once(server, 'listening')
        /** @type {number[]} */
        const codes = []
        server.on('connection', (socket) => {
          socket.on('message', (data, binary) => socket.send(data, { binary }))
          socket.on('close', (code) => codes.push(code))
        })
        writeFileSync(
          join(folder, 'worker-test.js'),
          test(/** @type {import('node:net').AddressInfo} */ (server.address()).port),
        )
        const { version, output } = await testWorker(folder, 'worker-test.js')
        if (!output.includes('as it should be')) throw new Error(output)
        if (String(codes) !== '1000,1000') throw new Error(`closed with ${codes}`)
        return { version, parts: 0, onImport: 0, compiled: 0, instances: 0, error: '' }
      } finally {
        server.close()
      }
    },
  },
]
