// Programs of the pages that need a runtime or a library, as they stand there: the Worker of docs/workers.md in workerd,
// over a TCP socket of its own to a server of ws, and the recipe with express.

import { once } from 'node:events'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { build } from 'esbuild'
import { WebSocket, WebSocketServer } from 'ws'
import { testWorker } from './edges.js'
import { programOf } from './project.js'
import { portOf, stopped } from './servers.js'
import { ROOT, TOOLS } from './tools.js'

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

/** A certificate for localhost. @param {string} folder @returns {Promise<{ key: string, cert: string }>} */
async function certificate(folder) {
  const outfile = join(folder, 'certificate.mjs')
  await build({ entryPoints: [join(ROOT, 'test/docs/certificate.ts')], outfile, logLevel: 'silent' })
  return (await import(outfile)).certificate()
}

/** @type {readonly Row[]} */
export const PAGES = [
  {
    name: 'page-worker',
    needs: ['workerd'],
    loaded: 'as an example',
    run: async (folder) => {
      writeFileSync(join(folder, 'worker.js'), programOf('docs/workers.md', 'worker.js'))
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
  {
    name: 'page-express',
    needs: ['express'],
    loaded: 'as an example',
    run: async (folder) => {
      const express = join(await TOOLS.express(), 'node_modules/express')
      symlinkSync(express, join(folder, 'node_modules/express'))
      writeFileSync(join(folder, 'express.js'), programOf('docs/recipes.md', 'express.js'))
      const { key, cert } = await certificate(folder)
      writeFileSync(join(folder, 'key.pem'), key)
      writeFileSync(join(folder, 'cert.pem'), cert)
      return stopped(folder, process.execPath, ['express.js', '0'], async (child) => {
        const port = await portOf(child)
        const [response] = await once(get({ port, host: 'localhost', ca: cert, agent: false }), 'response')
        const page = String(Buffer.concat(await response.toArray()))
        if (page !== 'There is a WebSocket at /live.\n') throw new Error(page)
        const socket = new WebSocket(`wss://localhost:${port}/live`, { ca: cert })
        await once(socket, 'open')
        socket.send('hello')
        const [data] = await once(socket, 'message')
        if (String(data) !== 'hello') throw new Error(`echoed ${data}`)
        socket.close(1000)
        const [code] = await once(socket, 'close')
        if (code !== 1000) throw new Error(`closed with ${code}`)
        const { version } = JSON.parse(readFileSync(join(express, 'package.json'), 'utf8'))
        return { version, parts: 0, onImport: 0, compiled: 0, instances: 0, error: '' }
      })
    },
  },
]
