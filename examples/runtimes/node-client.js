// @ts-check
// A client over node:net, which says hello, prints the echo and closes: node node-client.js 8081

import { connect } from 'node:net'
import { Connection, Data } from 'noio-ws'
import { ResponseHeadReader, requestUpgrade } from 'noio-ws/handshake'

const { host, port, requestBytes, verify } = requestUpgrade(`ws://127.0.0.1:${process.argv[2] ?? 8081}/`)
const socket = connect(port, host)
socket.write(requestBytes)

const head = new ResponseHeadReader()
/** @type {Connection | undefined} */
let connection
for await (const chunk of socket) {
  if (connection === undefined) {
    const response = head.push(chunk)
    if (response.state === 'NEED_DATA') continue
    if (response.state === 'ERROR') throw response.error
    const answer = verify(response.head)
    if (!answer.ok) throw answer.error
    connection = new Connection('CLIENT', { ...answer.connectionOptions, delivery: 'message', ownership: 'take' })
    connection.recv(response.rest) // frames may come right behind the response
    socket.write(connection.send(new Data('hello', 'text'), new Data('?', 'ping')))
  } else connection.recv(chunk)
  for (const message of connection.messages()) {
    console.log(`${message.type} ${message.type === 'close' ? message.statusCode : message.text()}`)
    if (message.type === 'pong') socket.write(connection.send(new Data('bye', 'close', { statusCode: 1000 })))
  }
  if (connection.state === 'CLOSED') break
}
socket.end()
console.log(`closed with ${connection?.closeCode}`)
