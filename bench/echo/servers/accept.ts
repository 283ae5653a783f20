// A server whose connections do nothing: node --expose-gc accept.js MODULE, where the module is ws or noio-ws/ws. On SIGUSR2
// it prints what it holds in memory.

import { createServer } from 'node:http'
import { serve } from './lifetime.js'

const [, , module = 'ws'] = process.argv
const { WebSocketServer } = (await import(module)) as typeof import('ws')
const server = createServer()

new WebSocketServer({ server }).on('connection', (peer) => {
  peer.on('message', (data) => peer.send(data))
  peer.on('error', () => peer.terminate())
})

process.on('SIGUSR2', () => {
  // Twice, as what has a finaliser goes with the second.
  for (let i = 0; i < 2; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  console.log(`memory ${heapUsed + external}`)
})

serve(server)
