// One compiled module posted to four threads, each of which runs the smoke program with it.

import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

if (isMainThread) {
  const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('noio-ws/codec.wasm'))))
  const reports = await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: module })
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    }),
  )
  const report = { parts: 0, onImport: 0, compiled: 0, instances: 0, error: '' }
  for (const one of reports) {
    for (const name of /** @type {const} */ (['parts', 'onImport', 'compiled', 'instances'])) report[name] += one[name]
    report.error ||= one.error
  }
  console.log(`report ${JSON.stringify({ ...report, file: import.meta.resolve('noio-ws') })}`)
} else {
  const { run } = await import('./program.js')
  parentPort?.postMessage(run(workerData))
}
