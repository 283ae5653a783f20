// @ts-check
// A client over node:net, which says hello, prints the echo and closes: node node-client.js 8081

import { connect } from 'node:net'
import { Connection, Data } from 'noio-ws'
import { acceptOf, Head, newKey, request } from './handshake.js'

const port = Number(process.argv[2] ?? 8081)
const socket = connect(port, '127.0.0.1')
const key = newKey()
socket.write(request(`127.0.0.1:${port}`, key))

const head = new Head()
const connection = new Connection('CLIENT', { delivery: 'message', ownership: 'take' })
let open = false
for await (const chunk of socket) {
  if (open) connection.recv(chunk)
  else {
    const rest = head.take(chunk)
    if (rest === undefined) continue
    if (head.header('Sec-WebSocket-Accept') !== (await acceptOf(key))) throw new Error('the server did not accept')
    open = true
    connection.recv(rest)
    socket.write(connection.send(new Data('hello', 'text'), new Data('?', 'ping')))
  }
  for (const message of connection.messages()) {
    console.log(`${message.type} ${message.type === 'close' ? message.statusCode : message.text()}`)
    if (message.type === 'pong') socket.write(connection.send(new Data('bye', 'close', { statusCode: 1000 })))
  }
  if (connection.state === 'CLOSED') break
}
socket.end()
console.log(`closed with ${connection.closeCode}`)
