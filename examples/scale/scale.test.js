// @ts-check
// The two processes, a Redis of their own, and clients that poll, upgrade or speak WebSocket from the beginning: what is
// said in a room reaches those of both processes, also after one process was killed and replaced. The clients use
// noio-ws/ws, too: vitest.config.js puts it in the place of ws.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

// The copy that socket.io-client has, not one that the test runner makes.
const { WebSocket } = createRequire(import.meta.url)('noio-ws/ws')

const ROOM = 'news'
/** @type {('polling' | 'websocket')[][]} */
const TRANSPORTS = [['websocket'], ['polling', 'websocket'], ['polling']]

/** @type {ChildProcess[]} */
const started = []
const folder = mkdtempSync(join(tmpdir(), 'noio-ws-redis-'))
let url = ''
/** @type {ReturnType<typeof watch>} */
let server

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  await new Promise((resolve) => probe.close(resolve))
  return String(port)
}

/**
 * A process, and a way to wait for what it prints.
 *
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 */
function watch(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  started.push(child)
  let text = ''
  let wake = () => {}
  child.stdout?.on('data', (data) => {
    text += data
    wake()
  })
  for (const event of ['exit', 'error']) child.on(event, () => wake())
  return {
    child,
    /** All matches so far, once there are `count`. @param {RegExp} pattern */
    async printed(pattern, count = 1) {
      for (;;) {
        const found = [...text.matchAll(pattern)].map((match) => match[1])
        if (found.length >= count) return found
        if (child.pid === undefined || child.exitCode !== null)
          throw new Error(`${command} has ended, and printed: ${text}`)
        await new Promise((resolve) => {
          wake = () => resolve(undefined)
        })
      }
    },
  }
}

beforeAll(async () => {
  const port = await freePort()
  const options = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  await watch('redis-server', options).printed(/(Ready to accept connections)/g)
  const program = fileURLToPath(new URL('server.js', import.meta.url))
  server = watch(process.execPath, [program], { PORT: '0', REDIS_URL: `redis://127.0.0.1:${port}` })
  ;[url] = await server.printed(/listening on (\S+)/g)
  await server.printed(/process (\d+) is ready/g, 2)
})

/** @type {Client[]} */
const clients = []

afterAll(async () => {
  for (const { socket } of clients) socket.close()
  for (const child of started.reverse()) {
    if (child.exitCode !== null || child.pid === undefined) continue
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
  rmSync(folder, { recursive: true })
})

/** A client in a room, which joins it again whenever it is connected again. */
class Client {
  /** The process it is connected to; undefined while it is to none. @type {number | undefined} */
  pid
  /** @type {string[]} */
  heard = []
  #wake = () => {}

  /** @param {string} room @param {('polling' | 'websocket')[]} transports */
  constructor(room, transports) {
    this.socket = io(url, { transports, forceNew: true, timeout: 5_000, reconnectionDelay: 100 })
    this.socket.on('connect', () => {
      this.socket.emit('join', room, (/** @type {number} */ pid) => {
        this.pid = pid
        this.#wake()
      })
    })
    this.socket.on('disconnect', () => {
      this.pid = undefined
    })
    this.socket.on('said', (text) => {
      this.heard.push(text)
      this.#wake()
    })
    clients.push(this)
  }

  /** @param {() => boolean} condition */
  async until(condition) {
    while (!condition()) {
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined)
      })
    }
  }

  async connected() {
    await this.until(() => this.pid !== undefined)
    return this
  }

  /** @param {string} text */
  heardOf(text) {
    return this.until(() => this.heard.includes(text))
  }
}

/** Has each client say something, and each in the room hear it once. @param {Client[]} inRoom @param {string} what */
async function everybodyHearsEverybody(inRoom, what) {
  const texts = inRoom.map((_, i) => `${what} ${i} ${'é'.repeat(i * 1000)}`)
  for (const [i, { socket }] of inRoom.entries()) socket.emit('say', ROOM, texts[i])
  for (const client of inRoom) {
    for (const text of texts) await client.heardOf(text)
    expect(client.heard.filter((text) => text.startsWith(what)).sort()).toEqual([...texts].sort())
  }
}

it('what is said in a room reaches clients of both processes, and again after one was killed', async () => {
  // One after another: each goes to the process that has fewer.
  /** @type {Client[]} */
  const inRoom = []
  for (const transports of TRANSPORTS) {
    for (let i = 0; i < 2; i++) inRoom.push(await new Client(ROOM, transports).connected())
  }
  const elsewhere = await new Client('weather', ['websocket']).connected()
  for (const { socket } of inRoom) {
    const { transport } = socket.io.engine
    if (transport.name === 'websocket') expect(/** @type {any} */ (transport).ws).toBeInstanceOf(WebSocket)
  }
  const pids = new Set(inRoom.map(({ pid }) => pid))
  expect(pids.size).toBe(2)
  await everybodyHearsEverybody(inRoom, 'before')

  const [victim, survivor] = [...pids]
  const lost = inRoom
    .filter(({ pid }) => pid === victim)
    .map(({ socket }) => new Promise((resolve) => socket.once('disconnect', resolve)))
  process.kill(Number(victim), 'SIGKILL')
  await Promise.all(lost)
  expect(await server.printed(/process (\d+) ended \(SIGKILL\)/g)).toEqual([String(victim)])
  const [, , replacement] = await server.printed(/process (\d+) is ready/g, 3)
  for (const client of inRoom) await client.connected()
  // Those that came back before the new process was ready are with the other one.
  while (!inRoom.some(({ pid }) => pid === Number(replacement))) {
    inRoom.push(await new Client(ROOM, ['websocket']).connected())
  }
  expect(new Set(inRoom.map(({ pid }) => pid))).toEqual(new Set([survivor, Number(replacement)]))
  await everybodyHearsEverybody(inRoom, 'after')
  expect(elsewhere.heard).toEqual([])
})
