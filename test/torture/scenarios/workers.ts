// Worker threads with a server each, and one compiled module for all. See scenario.ts for the terms.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Engine, load, type Target } from '../engine.js'
import { clients } from '../parts/clients.js'
import { scenario, until } from '../scenario.js'

const THREADS = 4

interface WorkerData {
  readonly isTortureWorker: true
  readonly target: Target
  readonly module: unknown
}

/** Threads of one process. */
async function server(engine: Engine) {
  const { resolve } = import.meta
  const bytes = await readFile(new URL(resolve('noio-ws/codec.wasm')))
  const data: WorkerData = {
    isTortureWorker: true,
    target: engine.name,
    module: engine.name === 'ws' ? undefined : await WebAssembly.compile(bytes),
  }
  const workers: { worker: Worker; port: number; open: number; exit: number | undefined }[] = []
  const failures: string[] = []
  const messages = { total: 0 }
  for (let i = 0; i < THREADS; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: data })
    const one: (typeof workers)[number] = { worker, port: 0, open: 0, exit: undefined }
    worker.on('error', (error) => failures.push(`${error.stack}`))
    worker.on('exit', (code) => {
      one.exit = code
    })
    await new Promise<void>((resolve) => {
      worker.on('message', ({ port, open, received }: { port: number; open: number; received: number }) => {
        one.port = port
        one.open = open
        messages.total += received
        resolve()
      })
      worker.on('exit', () => resolve())
    })
    workers.push(one)
  }
  return {
    ports: () => workers.map(({ port }) => port),
    seen: () => ({ open: workers.map(({ open }) => open), failures, messages: messages.total }),
    /** Ends one in the midst of its work. */
    terminate: (i: number) => workers[i]?.worker.terminate(),
    end: async () => {
      for (const { worker } of workers) worker.postMessage('end')
      await until(() => workers.every(({ exit }) => exit !== undefined))
      return workers.map(({ exit }) => exit)
    },
  }
}

/** What runs in each of the threads. */
async function serve({ target, module }: WorkerData): Promise<void> {
  if (module !== undefined) {
    const { initialise } = await import('noio-ws')
    initialise(module as Parameters<typeof initialise>[0])
  }
  const engine = await load(target)
  const http = createServer()
  const webSockets = new engine.WebSocketServer({ server: http, perMessageDeflate: true })
  let received = 0
  webSockets.on('connection', (webSocket) => {
    webSocket.on('error', () => {})
    webSocket.on('message', (data, isBinary) => {
      received++
      webSocket.send(data, { binary: isBinary })
    })
  })
  http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await new Promise((resolve) => http.on('listening', resolve))
  const { port } = http.address() as AddressInfo
  const say = () => {
    parentPort?.postMessage({ port, open: webSockets.clients.size, received })
    received = 0
  }
  say()
  const timer = setInterval(say, 50)
  parentPort?.on('message', () => {
    clearInterval(timer)
    parentPort?.close()
    http.close()
    for (const client of webSockets.clients) client.close(1001)
  })
}

if (!isMainThread && (workerData as WorkerData | undefined)?.isTortureWorker) await serve(workerData as WorkerData)

export const workers = scenario({
  name: 'worker threads',
  promises:
    '4 worker threads share one compiled module and serve 1,000 busy connections each; one that is terminated does not disturb the others, and the others end by themselves.',
  parts: { server, clients },
  async run({ size, random, start, check, figure, tell }) {
    const count = size(1000, 50)
    const one = await start('server', undefined)
    const before = await one.memory()
    const ports = await one.call('ports')
    const argument = { count, seed: random.below(2 ** 31), most: 500, inFlight: 2 }
    const busy = await Promise.all(ports.map((port) => start('clients', { ...argument, port }, 'ws')))
    const opened = await Promise.all(busy.map((clients) => clients.call('open')))
    check(opened.every(Boolean), 'some were not served')
    const isOpen = async () => (await one.call('seen')).open.every((open) => open === count)
    check(await until(isOpen), `connected: ${(await one.call('seen')).open}`)
    const open = await one.memory()
    await one.call('terminate', 0)
    check(
      await until(async () => (await busy[0]?.call('counts'))?.closed === count),
      'clients of the ended thread are left',
    )
    const received = await Promise.all(busy.map(async (clients) => (await clients.call('counts')).received))
    const goOn = async () => {
      const now = await Promise.all(busy.map(async (clients) => (await clients.call('counts')).received))
      return now.slice(1).every((messages, i) => messages > (received[i + 1] ?? 0) + count)
    }
    check(await until(goOn), 'the other threads do not go on')
    const counts = await Promise.all(busy.slice(1).map((clients) => clients.call('counts')))
    check(
      counts.every(({ closed }) => closed === 0),
      'clients of other threads were closed',
    )
    const exits = await one.call('end')
    check(
      exits.slice(1).every((code) => code === 0),
      `exit codes of the threads: ${exits}`,
    )
    const { failures, messages } = await one.call('seen')
    check(failures.length === 0, failures.join('; '))
    const codes = await Promise.all(busy.slice(1).map(async (clients) => (await clients.call('counts')).codes[1001]))
    check(
      codes.every((seen) => seen === count),
      `1001 was seen by ${codes}`,
    )
    figure('RSS of a connection', (open.rss - before.rss) / (count * THREADS), 'B')
    tell('messages', messages)
  },
})
