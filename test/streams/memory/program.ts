// A slow reader and a fast peer that sends it 1 GiB over TCP; prints what the reader's process holds meanwhile, as JSON.
// node --expose-gc program.js: starts the peer, which is the same program with a port. Knows no test.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, Data, type Role } from '../../../bindings/index.js'
import { fromDuplex } from '../../../bindings/streams/index.js'

const TOTAL = 2 ** 30
const MIB = 2 ** 20

const [, , peerRole, port, size] = process.argv
if (port === undefined) await read(peerRole as Role, Number(process.env.SIZE))
else await send(peerRole as Role, Number(port), Number(size))

/** As fast as the socket takes it: the same frames again and again, as a real peer's would be. */
async function send(role: Role, to: number, bytes: number): Promise<void> {
  const socket = connect(to, '127.0.0.1')
  await once(socket, 'connect')
  const connection = new Connection(role)
  const message = new Data(new Uint8Array(bytes), 'binary')
  const block = connection.send(...Array.from({ length: Math.max(1, MIB / bytes) }, () => message))
  for (let sent = 0; sent < TOTAL; sent += Math.max(MIB, bytes)) {
    if (!socket.write(block)) await once(socket, 'drain')
  }
  socket.end(connection.send(new Data('', 'close', { statusCode: 1000 })))
  await once(socket.resume(), 'close')
}

async function read(role: Role, bytes: number): Promise<void> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = role === 'CLIENT' ? 'SERVER' : 'CLIENT'
  const { port } = server.address() as AddressInfo
  fork(process.argv[1], [peer, String(port), String(bytes)])
  const [socket] = (await once(server, 'connection')) as [Socket]
  const duplex = { readable: Readable.toWeb(socket), writable: Writable.toWeb(socket) }
  const stream = fromDuplex(duplex, { role })
  const held = { first: 0, most: 0 }
  const sample = async () => {
    // Memory outside of the heap is freed a moment after what held it was collected.
    globalThis.gc?.()
    await sleep(1)
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    held.most = Math.max(held.most, heapUsed + external)
    held.first ||= heapUsed + external
  }
  const reader = stream.readable.getReader()
  let received = 0
  for (let next = 16 * MIB; ; ) {
    const { done, value } = await reader.read()
    if (done) break
    received += (value as Uint8Array).length
    if (received < next) continue
    // Slow: the peer has time to fill whatever can be filled.
    await sleep(received > TOTAL / 2 && next < TOTAL / 2 + 32 * MIB ? 500 : 20)
    await sample()
    next += 16 * MIB
  }
  const { closeCode } = await stream.closed
  server.close()
  console.log(JSON.stringify({ received, closeCode, ...held }))
}
