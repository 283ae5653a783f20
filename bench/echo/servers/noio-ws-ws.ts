// noio-ws/ws: what ws.ts has, with the import changed.

import { createServer } from 'node:http'
import { WebSocketServer } from 'noio-ws/ws'
import { serve } from './lifetime.js'

const server = createServer()
const options = { server, perMessageDeflate: false, skipUTF8Validation: false, clientTracking: false }

new WebSocketServer(options).on('connection', (peer) => {
  peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }))
  peer.on('error', () => peer.terminate())
})

serve(server)
