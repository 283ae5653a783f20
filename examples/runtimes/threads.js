// @ts-check
// A pool of threads that share one compiled module, each of which decodes what it is given: node threads.js

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Connection, Data, initialise } from 'noio-ws'

const THREADS = 4

if (isMainThread) {
  // Compiled once; each thread only instantiates it.
  const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('noio-ws/codec.wasm'))))
  initialise(module)
  const pool = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url), { workerData: module }))
  const counts = pool.map(async (thread, index) => {
    const frames = Array.from({ length: 1000 }, () => new Data(`thread ${index}`, 'text'))
    const wire = new Connection('CLIENT').send(...frames)
    thread.postMessage(wire, [wire.buffer]) // send() gives a buffer that is the caller's own
    const [count] = await once(thread, 'message')
    await thread.terminate()
    return count
  })
  console.log(`${THREADS} threads decoded ${(await Promise.all(counts)).join(' + ')} messages`)
} else {
  initialise(workerData)
  parentPort?.on('message', (wire) => {
    const server = new Connection('SERVER', { ownership: 'take' })
    server.recv(wire)
    parentPort?.postMessage([...server.messages()].length)
  })
}
