// A program that is typed against @types/ws, with 60 uses and more. with-noio-ws.ts is the same with another import.
// Compiled by `npm run test:types`, never run. A line under @ts-expect-error must not compile.

import { Agent, type ClientRequest, createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import WebSocketDefault, {
  type AddressInfo,
  type CertMeta,
  type ClientOptions,
  type CloseEvent,
  createWebSocketStream,
  type Data,
  type ErrorEvent,
  type Event,
  type FinishRequestCallback,
  type MessageEvent,
  type PerMessageDeflateOptions,
  type RawData,
  type Server,
  type ServerOptions,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
  WebSocket,
  WebSocketServer,
} from 'ws'

// Clients.
const url = new URL('ws://localhost')
const socket = new WebSocket('ws://localhost')
new WebSocket(url)
new WebSocket('ws://localhost', 'protocol')
new WebSocket('ws://localhost', ['a', 'b'])
new WebSocket('ws://localhost', { headers: { Cookie: 'a=b' } })
new WebSocket('ws://localhost', ['a'], { handshakeTimeout: 10, maxPayload: 5, perMessageDeflate: false })
new WebSocket('ws://localhost', undefined, { agent: new Agent(), origin: 'o', protocolVersion: 13 })
new WebSocket('ws://localhost', { followRedirects: true, maxRedirects: 3, skipUTF8Validation: true, autoPong: false })
new WebSocket('wss://localhost', {
  rejectUnauthorized: false,
  cert: 'c',
  key: 'k',
  ca: ['a'],
  checkServerIdentity: () => true,
})
new WebSocket(null)
const byDefault: WebSocketDefault = new WebSocketDefault('ws://localhost')
const same: typeof WebSocket = WebSocketDefault
// @ts-expect-error a number is no address
new WebSocket(5)
// @ts-expect-error nor is nothing
new WebSocket()

const options: ClientOptions = {
  generateMask(mask: Buffer) {
    mask.fill(0)
  },
  finishRequest(request: ClientRequest, webSocket: WebSocket) {
    request.end()
    webSocket.close()
  },
  allowSynchronousEvents: false,
  maxFragments: 1,
  maxBufferedChunks: 1,
  family: 4,
  localAddress: '127.0.0.1',
}
const finish: FinishRequestCallback = (request, webSocket) => void [request.end(), webSocket.terminate()]
new WebSocket('ws://localhost', { ...options, finishRequest: finish })

// Its properties.
const state: 0 | 1 | 2 | 3 = socket.readyState
const isOpen: boolean = socket.readyState === WebSocket.OPEN && socket.readyState === socket.OPEN
const states: [0, 1, 2, 3] = [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED]
const text: string = socket.url + socket.protocol + socket.extensions
const amount: number = socket.bufferedAmount
const paused: boolean = socket.isPaused
socket.binaryType = 'arraybuffer'
socket.binaryType = 'fragments'
socket.binaryType = 'nodebuffer'
// @ts-expect-error not a binary type
socket.binaryType = 'strings'
// @ts-expect-error read-only
socket.readyState = 1
// @ts-expect-error read-only
socket.protocol = ''

// Sending.
socket.send('text')
socket.send(Buffer.from('x'), (error) => error?.message)
socket.send(new Uint8Array(1), { binary: true, compress: false, fin: true, mask: false })
socket.send(new ArrayBuffer(1), { compress: true }, (error?: Error) => void error)
socket.send(new DataView(new ArrayBuffer(1)))
socket.send(5)
socket.send([1, 2, 3])
socket.send(new Blob([]))
socket.send(new SharedArrayBuffer(1))
socket.send({ valueOf: () => 'x' })
// @ts-expect-error no such option
socket.send('x', { binery: true })
socket.ping()
socket.ping('x', true, (error: Error) => void error)
socket.pong(Buffer.from('x'), false)
socket.close()
socket.close(1000, 'reason')
socket.close(1000, Buffer.from('reason'))
// @ts-expect-error a code is a number
socket.close('1000')
socket.terminate()
socket.pause()
socket.resume()

// Listening.
socket.on('open', function () {
  this.ping()
})
socket.on('message', (data: RawData, isBinary: boolean) => [data.toString(), isBinary])
socket.on('message', (data) => {
  if (Array.isArray(data)) Buffer.concat(data)
  else if (data instanceof ArrayBuffer) data.slice(0)
  else data.readUInt8(0)
})
socket.on('close', (code, reason) => [code.toFixed(), reason.toString('utf8')])
socket.on('error', (error) => error.message)
socket.on('ping', (data) => data.length)
socket.once('pong', (data: Buffer) => data.length)
socket.on('upgrade', (request: IncomingMessage) => request.headers)
socket.on('redirect', (to, request) => [to.length, request.setHeader('a', 'b')])
socket.on('unexpected-response', (request, response) => [request.path, response.statusCode])
socket.on('anything', (...args: unknown[]) => args)
socket.off('open', () => {})
socket.addListener('message', (data, isBinary) => [data, isBinary]).removeListener('close', (code) => code)
socket.removeAllListeners('close').once('close', () => {})
socket.onopen = (event: Event) => event.type
socket.onmessage = (event: MessageEvent) => event.data
socket.onclose = (event: CloseEvent) => [event.code, event.reason, event.wasClean]
socket.onerror = (event: ErrorEvent) => [event.error, event.message, event.target.url]
socket.onmessage = null
socket.addEventListener('message', ({ data, target }) => [data, target.readyState])
socket.addEventListener('close', { handleEvent: ({ code }) => void code }, { once: true })
socket.addEventListener('open', () => {}, { once: true })
socket.removeEventListener('error', ({ error }) => error)
// @ts-expect-error no event of the web's
socket.addEventListener('ping', () => {})
const message: Data = 'text'
const raw: RawData = Buffer.alloc(0)

// Servers.
const server = new WebSocketServer({ port: 0 }, () => {})
new WebSocketServer({ server: createServer(), path: '/' })
new WebSocketServer({ server: createSecureServer() })
new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: 5, backlog: 5, host: 'h' })
new WebSocketServer({
  port: 0,
  verifyClient: ({ origin, secure, req }: { origin: string; secure: boolean; req: IncomingMessage }) =>
    origin === '' && secure && req.url === '',
})
new WebSocketServer({
  port: 0,
  verifyClient: (info: { origin: string; secure: boolean; req: IncomingMessage }, done) =>
    done(info.secure, 401, 'no', { a: 'b' }),
})
new WebSocketServer({
  port: 0,
  handleProtocols: (protocols, request) => (request.url ? ([...protocols][0] ?? false) : false),
})
const sync: VerifyClientCallbackSync = (info) => info.secure
const asynchronous: VerifyClientCallbackAsync = (info, callback) => callback(info.secure)
const deflate: PerMessageDeflateOptions = {
  zlibDeflateOptions: { level: 3, memLevel: 7, chunkSize: 1024 },
  zlibInflateOptions: { chunkSize: 10 * 1024 },
  clientNoContextTakeover: true,
  serverNoContextTakeover: true,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 10,
  concurrencyLimit: 10,
  threshold: 1024,
}
const serverOptions: ServerOptions = { port: 0, perMessageDeflate: deflate, verifyClient: sync, WebSocket }
new WebSocketServer({ ...serverOptions, verifyClient: asynchronous, perMessageDeflate: true })
// @ts-expect-error no such option
new WebSocketServer({ prot: 0 })

server.on('connection', (client, request) => {
  client.send(request.url ?? '')
  server.clients.forEach((other) => {
    other.send('x')
  })
})
server.on('connection', function (client: WebSocket, request: IncomingMessage) {
  this.emit('connection', client, request)
})
server.on('headers', (headers, request) => [headers.push('a: b'), request.method])
server.on('listening', () => {})
server.once('close', () => {})
server.on('error', (error) => error.message)
server.on('wsClientError', (error, duplex, request) => [error.message, duplex.destroy(), request.url])
server.off('error', () => {})
server.addListener('listening', () => {}).removeListener('close', () => {})
const address: AddressInfo | string | null = server.address()
const port: number = (server.address() as AddressInfo).port
const size: number = server.clients.size
const path: string = server.path
server.close()
server.close((error) => error?.message)
createServer().on('upgrade', (request, duplex, head) => {
  if (!server.shouldHandle(request)) return
  server.handleUpgrade(request, duplex, head as Buffer, (client, from) => server.emit('connection', client, from))
})
server.options.maxPayload = 5
server.options.handleProtocols = () => false
server.shouldHandle = () => true
const typed: Server = server
const instance: WebSocketServer = server

// Classes of the program's own.
class Mine extends WebSocket {
  isAlive = true
}
const own = new WebSocketServer<typeof Mine>({ port: 0, WebSocket: Mine })
own.on('connection', (client) => {
  client.isAlive = false
})
for (const client of own.clients) client.isAlive = client.readyState === Mine.OPEN
class MyServer extends WebSocketServer {
  constructor() {
    super({ noServer: true })
  }
  override shouldHandle(request: IncomingMessage): boolean {
    return request.url === '/'
  }
}

// Streams.
const duplex: Duplex = createWebSocketStream(socket, { encoding: 'utf8', readableObjectMode: true })
createWebSocketStream(new Mine('ws://localhost')).pipe(duplex)

// Types on the class.
const data: WebSocketDefault.RawData = raw
const given: WebSocketDefault.ClientOptions = options
const certificate: CertMeta = ['c']
const listener: ((event: WebSocketDefault.MessageEvent) => void) | null = socket.onmessage

export {
  address,
  amount,
  byDefault,
  certificate,
  data,
  given,
  instance,
  isOpen,
  listener,
  MyServer,
  message,
  path,
  paused,
  port,
  same,
  size,
  state,
  states,
  text,
  typed,
}
