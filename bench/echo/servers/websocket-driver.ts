// websocket-driver, as its documentation puts it together with node:http.

import { createServer } from 'node:http'
import websocket from 'websocket-driver'
import { serve } from './lifetime.js'

const server = createServer()

server.on('upgrade', (request, socket, head) => {
  const driver = websocket.http(request)
  driver.io.write(head)
  socket.pipe(driver.io).pipe(socket)
  socket.on('error', () => socket.destroy())
  driver.messages.on('data', (message) => driver.messages.write(message))
  driver.start()
})

serve(server)
