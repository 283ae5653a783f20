// The bytes themselves back, over node:net: what an echo costs where there is no protocol at all.

import { createServer } from 'node:net'
import { serve } from './lifetime.js'

serve(
  createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk))
    socket.on('error', () => socket.destroy())
  }),
)
