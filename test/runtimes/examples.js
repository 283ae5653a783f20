// The programs of examples/runtimes, each run for real with the package as it is installed.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { browse } from './browser.js'
import { testWorker } from './edges.js'
import { portOf, stopped } from './servers.js'
import { bun, deno, execute, node, ROOT } from './tools.js'

/** @import { Row } from './run.js' */

/** What the client prints of a conversation that went well. */
const CONVERSATION = 'text hello\npong ?\nclose 1000\nclosed with 1000\n'

/** @param {string} is @param {string} should */
function same(is, should) {
  if (is !== should) throw new Error(`printed ${JSON.stringify(is)}, not ${JSON.stringify(should)}`)
}

/** @param {string} folder */
const copy = (folder) => cpSync(join(ROOT, 'examples/runtimes'), folder, { recursive: true })

/** @param {string} version */
const good = (version) => ({ version, parts: 0, onImport: 0, compiled: 0, instances: 0, error: '' })

/** @param {string} binary */
const versionOf = async (binary) => /\d+\.\d+\.\d+/.exec(await execute(binary, ['--version']))?.[0] ?? '?'

/**
 * Runs the server on a free port while the client speaks to it.
 *
 * @param {() => Promise<string>} get
 * @param {...string} args
 * @returns {Row['run']}
 */
function server(get, ...args) {
  return async (folder) => {
    copy(folder)
    const binary = await get()
    return stopped(folder, binary, [...args, '0'], async (child) => {
      const port = await portOf(child)
      same(await execute(process.execPath, ['node-client.js', port], folder), CONVERSATION)
      await heads(port)
      return good(await versionOf(binary))
    })
  }
}

const REQUEST =
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
/** Masked with zeros: a text, and a close frame with 1000. */
const EARLY = '\x81\x85\0\0\0\0early\x88\x82\0\0\0\0\x03\xe8'

/** What the server says to these bytes, which come in two packets, until it ends. @param {string} port @param {string} bytes */
async function raw(port, bytes) {
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const all = Buffer.from(bytes, 'latin1')
  socket.write(all.subarray(0, 20))
  setTimeout(() => socket.write(all.subarray(20)), 20)
  const said = Buffer.concat(await socket.toArray()).toString('latin1')
  socket.end()
  return said
}

/** Frames right behind the request are answered, and what is no request is refused. @param {string} port */
async function heads(port) {
  const [head, frames] = (await raw(port, REQUEST + KEY + EARLY)).split('\r\n\r\n')
  if (!/^HTTP\/1\.1 101 .*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s.test(head)) throw new Error(`the response is ${head}`)
  same(frames, '\x81\x05early\x88\x02\x03\xe8')
  same((await raw(port, `${REQUEST}\r\n`)).slice(0, 12), 'HTTP/1.1 400')
}

/** Runs the client with a server whose frames come in one packet with its response; returns what it prints. @param {string} folder */
async function early(folder) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (chunk) => {
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(String(chunk))?.[1]
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
      const frames = Buffer.from('\x81\x05early\x8a\x01!', 'latin1')
      socket.write(Buffer.concat([Buffer.from(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`), frames]))
      // The answer to the close frame that the pong brings about.
      setTimeout(() => socket.write(Buffer.from('\x88\x02\x03\xe8', 'latin1')), 200)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  try {
    return await execute(process.execPath, ['node-client.js', String(port)], folder)
  } finally {
    server.close()
  }
}

/** A test of the Worker: a masked text and a close in two chunks, and the echo of both in the response. */
const WORKER_TEST = `import { Connection, Data, Message } from 'noio-ws'
import worker from './worker.js'

export default {
  async test() {
    const client = new Connection('CLIENT')
    const wire = client.send(new Data('hello', 'text'), new Data('', 'close', { statusCode: 1000 }))
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    writer.write(wire.slice(0, 7)).then(() => writer.write(wire.slice(7))).then(() => writer.close()).catch(() => {})
    const response = await worker.fetch(new Request('http://worker/', { method: 'POST', body: readable }))
    for await (const chunk of response.body) client.recv(chunk)
    const text = client.nextEvent()
    if (!(text instanceof Message) || text.text() !== 'hello') throw new Error('no echo')
    if (client.nextEvent().statusCode !== 1000 || client.closeCode !== 1000) throw new Error('not closed')
    console.log('as it should be')
  },
}
`

/** @type {readonly Row[]} */
export const EXAMPLES = [
  {
    name: 'example-node',
    needs: ['node-22'],
    loaded: 'as an example',
    run: server(() => node('22'), 'node-server.js'),
  },
  {
    name: 'example-deno',
    needs: ['deno'],
    loaded: 'as an example',
    run: server(deno, 'run', '--no-prompt', '--allow-net', 'deno-server.js'),
  },
  { name: 'example-bun', needs: ['bun'], loaded: 'as an example', run: server(bun, 'bun-server.js') },
  {
    name: 'example-client',
    needs: [],
    loaded: 'as an example',
    run: async (folder) => {
      copy(folder)
      same(await early(folder), 'text early\npong !\nclose 1000\nclosed with 1000\n')
      return good(process.versions.node)
    },
  },
  {
    name: 'example-worker',
    needs: ['workerd'],
    loaded: 'as an example',
    run: async (folder) => {
      copy(folder)
      writeFileSync(join(folder, 'worker-test.js'), WORKER_TEST)
      const { version, output } = await testWorker(folder, 'worker-test.js')
      if (!output.includes('as it should be')) throw new Error(output)
      return good(version)
    },
  },
  {
    name: 'example-threads',
    needs: ['node-22'],
    loaded: 'as an example',
    run: async (folder) => {
      copy(folder)
      const binary = await node('22')
      same(await execute(binary, ['threads.js'], folder), '4 threads decoded 1000 + 1000 + 1000 + 1000 messages\n')
      return good(await versionOf(binary))
    },
  },
  {
    name: 'example-page',
    needs: ['chromium'],
    loaded: 'as an example',
    run: async (folder) => {
      copy(folder)
      const [version, shown] = await browse(folder, '/page/', undefined, async (tab) => {
        await tab.fill('input', 'ünï')
        return tab.textContent('#message')
      })
      same(String(shown), 'text: ünï')
      return good(version)
    },
  },
]
