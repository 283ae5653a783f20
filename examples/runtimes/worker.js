// A Worker: decodes the frames in a request's stream, and encodes the answers into the response's, as they come.
// The opening handshake is not its business: something in front of it holds the socket.

import { Connection } from 'noio-ws'
import { echo } from './session.js'

export default {
  /** @param {Request} request */
  async fetch(request) {
    if (request.body === null) return new Response('frames are missing', { status: 400 })
    const connection = new Connection('SERVER', { delivery: 'message', ownership: 'take' })
    const codec = new TransformStream({
      transform(chunk, controller) {
        connection.recv(chunk)
        const bytes = echo(connection)
        if (bytes.length > 0) controller.enqueue(bytes)
        if (connection.state === 'CLOSED') controller.terminate()
      },
    })
    return new Response(request.body.pipeThrough(codec))
  },
}
