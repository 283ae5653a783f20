// The public API of noio-ws/ws: what `import` and `require` of it give. Knows nothing itself.

import { Sender } from './frame.js'
import { WebSocketServer } from './server.js'
import { createWebSocketStream } from './stream.js'
import { WebSocket } from './websocket.js'

// As ws: what there is, is on the class too, because `require` gives the class.
Object.assign(WebSocket, { createWebSocketStream, Sender, Server: WebSocketServer, WebSocket, WebSocketServer })

export { createWebSocketStream, Sender, WebSocket, WebSocketServer, WebSocketServer as Server }
export default WebSocket
// What `require` gives, from Node 20.19 on.
export { WebSocket as 'module.exports' }
