// What an idle connection holds of heap in a server with streams, with ws next to it, and what of it is the platform's:
// npm run soak:streams -- --connections 2000. Clients are another process, each connection has echoed one message, and each
// kind of server is a process of its own. Exit code 1 where one with streams holds more than LIMIT beyond the platform's.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { acceptUpgrade } from '../../bindings/handshake/index.js'
import { Connection, Data } from '../../bindings/index.js'
import { fromDuplex, fromNodeStream, type WebSocketDuplex } from '../../bindings/streams/index.js'
import { memory, printRow } from './memory.js'

/** In bytes, on top of a bare socket and the pair of streams that a program holds. */
const LIMIT = 4096

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '2000' }, kind: { type: 'string' }, port: { type: 'string' } },
})
const count = Number(values.connections)

/** What a server does with a connection, behind the answer to its opening handshake; gives what it keeps. */
type Serve = (socket: Socket, head: Buffer) => unknown

async function echo({ readable, writable }: Pick<WebSocketDuplex, 'readable' | 'writable'>): Promise<void> {
  const reader = readable.getReader()
  const writer = writable.getWriter()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await writer.write(next.value)
  } catch {
    // The clients are ended without a close frame.
  }
}

const options = { role: 'SERVER', closeTimeout: Number.POSITIVE_INFINITY } as const

/** The streams of messages alone, each with one message through it: what only the platform can make smaller. */
function streams(socket: Socket): unknown {
  let source: ReadableStreamDefaultController<string> | undefined
  const readable = new ReadableStream<string>({
    start(controller) {
      source = controller
    },
    pull() {},
    cancel() {},
  })
  const writable = new WritableStream<string>({
    start: ({ signal }) => signal.addEventListener('abort', () => {}),
    write() {},
    close() {},
    abort() {},
  })
  void echo({ readable, writable } as never)
  bare(socket)
  socket.once('data', () => source?.enqueue('hello'))
  return [readable, writable]
}

/** Sends the first message back as it is wanted, with a connection that is then gone. */
function bare(socket: Socket): void {
  socket.once('data', (chunk) => {
    const connection = new Connection('SERVER')
    connection.recv(chunk)
    for (const message of connection.messages()) socket.write(connection.send(new Data(message.message, 'text')))
  })
}

const PLATFORM = 'and a ReadableStream and a WritableStream of the platform'

const KINDS: Record<string, Serve> = {
  'a bare socket': bare,
  [PLATFORM]: streams,
  fromNodeStream: (socket, received) => void echo(fromNodeStream(socket, { ...options, received })),
  'fromNodeStream with keepAlive': (socket, received) =>
    void echo(fromNodeStream(socket, { ...options, received, keepAlive: true })),
  'fromDuplex(Duplex.toWeb(socket))': (socket, received) => {
    socket.allowHalfOpen = false
    void echo(fromDuplex(Duplex.toWeb(socket), { ...options, received }))
  },
}

if (values.port !== undefined) await load(Number(values.port))
else if (values.kind !== undefined) await serve(values.kind)
else await compare()

/** Opens the connections, and keeps them open until this process is ended. */
async function load(port: number): Promise<void> {
  const head = ['GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  const request = `${head.join('\r\n')}\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`
  const message = new Connection('CLIENT').send(new Data('hello', 'text'))
  for (let index = 0; index < count; index++) {
    const socket = connect(port, '127.0.0.1')
    socket.write(request)
    await once(socket, 'data')
    socket.write(message)
    await once(socket, 'data')
  }
  process.send?.('open')
}

/** Tells its parent the heap of a connection, in bytes. */
async function serve(kind: string): Promise<void> {
  const kept: unknown[] = []
  const server = createServer()
  const webSockets = new WebSocketServer({ noServer: true })
  webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
  server.on('upgrade', (request, stream, head) => {
    if (kind === 'ws') {
      webSockets.handleUpgrade(request, stream, head, (socket) => webSockets.emit('connection', socket, request))
      return
    }
    const answer = acceptUpgrade(request)
    if (!answer.ok) throw new Error(answer.reason)
    stream.write(answer.responseBytes)
    stream.on('error', () => {})
    kept.push(KINDS[kind](stream as Socket, head))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  const open = async (connections: number) => {
    const client = fork(process.argv[1], ['--port', port, '--connections', String(connections)])
    await once(client, 'message')
    return client
  }
  // What is made once is made by then.
  const first = await open(100)
  const before = await memory()
  const rest = await open(count)
  const after = await memory()
  if (kept.length === 0 && kind !== 'ws') throw new Error('nothing was kept')
  for (const client of [first, rest]) client.kill()
  process.send?.((after.heap - before.heap) / count, () => process.exit())
}

async function compare(): Promise<void> {
  const heap = new Map<string, number>()
  const widths = [60, 12]
  printRow([`${count} idle connections, Node ${process.versions.node}`, 'bytes each'], widths)
  for (const kind of ['ws', ...Object.keys(KINDS)]) {
    const child = fork(process.argv[1], ['--kind', kind, '--connections', String(count)], { execArgv: ['--expose-gc'] })
    child.on('exit', (code) => {
      if (!heap.has(kind)) throw new Error(`the server for '${kind}' has ended with ${code}`)
    })
    const [bytes] = await once(child, 'message')
    heap.set(kind, bytes)
    printRow([kind, bytes], widths)
  }
  const own = (heap.get('fromNodeStream') ?? 0) - (heap.get(PLATFORM) ?? 0)
  if (own > LIMIT) {
    console.log(`WRONG: streams hold ${Math.round(own)} bytes beyond the platform's, more than ${LIMIT}`)
    process.exitCode = 1
  }
}
