// @ts-check
// An echo server for the fuzzing client of the Autobahn suite: node examples/autobahn/server.js --port 9001
// Port 0 takes a free one; the address is printed.

import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { converse, echo } from './converse.js'
import { answerUpgrade } from './upgrade.js'

const { values } = parseArgs({ options: { port: { type: 'string', default: '9001' } } })

const server = createServer((_, response) => {
  response.writeHead(426, { Connection: 'close' }).end()
})

server.on('upgrade', (request, socket, head) => {
  const { accepted, head: answer } = answerUpgrade(request)
  if (accepted) {
    socket.write(answer)
    converse('SERVER', /** @type {import('node:net').Socket} */ (socket), head, echo)
  } else {
    socket.on('error', () => socket.destroy())
    socket.end(answer)
  }
})

server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on ws://127.0.0.1:${port}`)
})
