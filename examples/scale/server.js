// @ts-check
// A chat room served by two processes on one port: PORT=8080 REDIS_URL=redis://127.0.0.1:6379 node server.js
// The first process takes connections and gives each client to one of the two; what is said in a room reaches clients of
// both through Redis. An ordinary program of socket.io, with noio-ws/ws as its engine.

import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { setupMaster, setupWorker } from '@socket.io/sticky'
import { WebSocketServer } from 'noio-ws/ws'
import { createClient } from 'redis'
import { Server } from 'socket.io'

const PROCESSES = 2

function primary() {
  // The first bytes of a connection go to the other process with it, as bytes and not as JSON.
  cluster.setupPrimary({ serialization: 'advanced' })
  const server = createServer()
  // A client that polls makes many requests, which must all reach the process that knows it.
  setupMaster(server, { loadBalancingMethod: 'least-connection' })
  // A new client goes to the process whose count is the smallest. One that is still starting would lose it.
  const start = () => Object.assign(cluster.fork(), { clientsCount: Number.POSITIVE_INFINITY })
  let isStopping = false
  cluster.on('exit', (worker, code, signal) => {
    if (isStopping) return
    console.log(`process ${worker.process.pid} ended (${signal ?? code})`)
    start()
  })
  cluster.on('message', (worker, message) => {
    if (message !== 'ready') return
    Object.assign(worker, { clientsCount: 0 })
    console.log(`process ${worker.process.pid} is ready`)
  })
  for (let i = 0; i < PROCESSES; i++) start()
  server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
    const address = server.address()
    console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/`)
  })
  process.once('SIGTERM', () => {
    isStopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
    // Sockets that a process was given are open here, too, until it ends.
    cluster.disconnect(() => process.exit())
  })
}

async function worker() {
  const publisher = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })
  const subscriber = publisher.duplicate()
  for (const client of [publisher, subscriber]) client.on('error', (error) => console.error(`Redis: ${error.message}`))
  await Promise.all([publisher.connect(), subscriber.connect()])

  const io = new Server(createServer(), {
    wsEngine: WebSocketServer,
    adapter: createAdapter(publisher, subscriber),
    perMessageDeflate: { threshold: 1024 },
    // A connection that was on its way to a process that is killed stays open: the client must notice by itself.
    pingInterval: 10_000,
    pingTimeout: 5_000,
  })
  setupWorker(io)
  io.on('connection', (socket) => {
    socket.on('join', async (room, joined) => {
      await socket.join(String(room))
      joined(process.pid)
    })
    socket.on('say', (room, text) => io.to(String(room)).emit('said', text, process.pid))
  })
  process.once('SIGTERM', () => io.close(() => process.exit()))
  process.send?.('ready')
}

if (cluster.isPrimary) primary()
else await worker()
