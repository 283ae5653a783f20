// ws, which masks and unmasks with bufferutil. With --corked, all that is written for one read goes out in one write:
// not what its users do, but what they could.

import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { serve } from './lifetime.js'

const corked = process.argv.includes('--corked')
const server = createServer()
const options = { server, perMessageDeflate: false, skipUTF8Validation: false, clientTracking: false }

new WebSocketServer(options).on('connection', (peer, { socket }: IncomingMessage) => {
  peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }))
  peer.on('error', () => peer.terminate())
  if (!corked) return
  // Before and after the listener of ws, which emits all messages of a chunk while it is called.
  socket.prependListener('data', () => socket.cork())
  socket.on('data', () => socket.uncork())
})

serve(server)
