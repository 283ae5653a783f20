// WebSocketServer: takes upgrade requests of an HTTP server and makes WebSockets of them, with the options and events of ws.
// Knows HTTP servers and who is connected; what makes a request right is upgrade.ts.

import { EventEmitter } from 'node:events'
import { createServer, type Server as HttpServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkBeyond } from './care.js'
import { type Parameters, written } from './deflate.js'
import { compressionOf, DEFAULTS, deflateOptions } from './options.js'
import { readShutdown, type ShutdownOptions } from './shutdown.js'
import { isLinked } from './socket-events.js'
import type { AddressInfo, ConnectionOptions, ServerListening, ServerOptions } from './types.js'
import { checkUpgrade, type Refusal, refuse, responseHead } from './upgrade.js'
import { WebSocket } from './websocket.js'

const RUNNING = 0
const CLOSING = 1
const CLOSED = 2

type Done = (webSocket: WebSocket, request: IncomingMessage) => void

export interface WebSocketServer<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> {
  on: ServerListening<WebSocketServer<T>, this, InstanceType<T>, InstanceType<U>>
  once: ServerListening<WebSocketServer<T>, this, InstanceType<T>, InstanceType<U>>
  off: ServerListening<WebSocketServer<T>, this, InstanceType<T>, InstanceType<U>>
  addListener: ServerListening<WebSocketServer<T>, this, InstanceType<T>, InstanceType<U>>
  removeListener: ServerListening<WebSocketServer<T>, this, InstanceType<T>, InstanceType<U>>
}

/** A server of WebSockets, over an HTTP server of its own or of the program's. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: these are EventEmitter's, with the types of their events.
export class WebSocketServer<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> extends EventEmitter {
  options: ServerOptions<T, U>
  declare path: string
  declare clients: Set<InstanceType<T>>
  #state = RUNNING
  #server: HttpServer | null = null
  #emitsCloseAtLast = false
  readonly #listeners = {
    listening: () => this.emit('listening'),
    error: (error: Error) => this.emit('error', error),
    upgrade: (request: InstanceType<U>, socket: Duplex, head: Buffer) => {
      this.handleUpgrade(request, socket, head, (webSocket, from) => this.emit('connection', webSocket, from))
    },
  }

  constructor(options: ServerOptions<T, U> = {}, callback?: () => void) {
    super()
    const given = {
      ...DEFAULTS,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      verifyClient: null,
      noServer: false,
      backlog: null,
      server: null,
      host: null,
      path: null,
      port: null,
      WebSocket,
      ...options,
    } as unknown as ServerOptions<T, U>
    const ways = [given.port != null, Boolean(given.server), Boolean(given.noServer)].filter(Boolean)
    if (ways.length !== 1) {
      throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified')
    }
    checkBeyond(given)
    if (given.perMessageDeflate === true) given.perMessageDeflate = {}
    this.options = given
    if (given.clientTracking) this.clients = new Set()
    if (given.port != null) {
      this.#server = createServer(upgradeRequired)
      this.#server.listen(given.port, given.host as string, given.backlog as number, callback)
    } else if (given.server) {
      this.#server = given.server as HttpServer
    }
    if (this.#server !== null)
      for (const [name, listener] of Object.entries(this.#listeners)) this.#server.on(name, listener)
  }

  /** The HTTP server. @internal */
  get _server(): HttpServer | null {
    return this.#server
  }

  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode')
    return this.#server?.address() ?? null
  }

  close(callback?: (error?: Error) => void): void {
    if (this.#state === CLOSED) {
      if (callback) this.once('close', () => callback(new Error('The server is not running')))
      process.nextTick(() => this.#emitClose())
      return
    }
    if (callback) this.once('close', callback)
    if (this.#state === CLOSING) return
    this.#state = CLOSING
    const server = this.#server
    if (server !== null) for (const [name, listener] of Object.entries(this.#listeners)) server.off(name, listener)
    this.#server = null
    if (!this.options.noServer && !this.options.server) {
      server?.close(() => this.#emitClose())
    } else if (this.clients?.size > 0) {
      this.#emitsCloseAtLast = true
    } else {
      process.nextTick(() => this.#emitClose())
    }
  }

  /**
   * Ends the server in order: takes no new connections, closes those there are, and terminates what is left of them after
   * `timeout` ms. Fulfilled once all of it is over. A server of the program's own goes on listening, as with close().
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { code, reason, timeout } = readShutdown(options)
    const { clients } = this
    if (!clients) throw new TypeError('shutdown() must know who is connected: leave clientTracking on')
    const endings = [new Promise<void>((resolve) => this.close(() => resolve()))]
    for (const client of clients) {
      endings.push(new Promise((resolve) => client.once('close', () => resolve())))
      client.close(code, reason)
    }
    const timer = setTimeout(() => {
      for (const client of clients) client.terminate()
    }, timeout)
    return Promise.all(endings).then(() => clearTimeout(timer))
  }

  #emitClose(): void {
    this.#state = CLOSED
    this.emit('close')
  }

  /** Whether a request is for this server; programs put a function of their own in its place. */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean> {
    const { path } = this.options
    if (!path) return true
    const url = request.url as string
    const end = url.indexOf('?')
    return (end === -1 ? url : url.slice(0, end)) === path
  }

  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    head: Buffer,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
  ): void {
    socket.on('error', destroyFailed)
    const isOurs = () => orDestroy(socket, () => this.shouldHandle(request))
    const asked = checkUpgrade(request, this.options as ConnectionOptions, isOurs)
    if ('status' in asked) {
      this.#refuse(request, socket, asked)
      return
    }
    const complete = () => {
      this.#complete(asked, request, socket, head, callback as unknown as Done)
    }
    const { verifyClient } = this.options as { verifyClient?: ((...args: unknown[]) => unknown) | null }
    if (!verifyClient) {
      complete()
      return
    }
    const { authorized, encrypted } = request.socket as { authorized?: boolean; encrypted?: boolean }
    const info = { origin: asked.origin, secure: Boolean(authorized || encrypted), req: request }
    if (verifyClient.length === 2) {
      // The peer may leave meanwhile; it has said nothing yet, so that the end is all there is to be read.
      socket.on('end', destroyFailed)
      const answer = (isVerified: boolean, code?: number, message?: string, headers?: object) => {
        socket.removeListener('end', destroyFailed)
        if (isVerified) complete()
        else refuse(socket, code || 401, message, headers)
      }
      orDestroy(socket, () => verifyClient.call(this.options, info, answer))
    } else if (orDestroy(socket, () => verifyClient.call(this.options, info))) {
      complete()
    } else {
      refuse(socket, 401)
    }
  }

  #refuse(request: IncomingMessage, socket: Duplex, { status, message, headers }: Refusal): void {
    if (message === undefined || this.listenerCount('wsClientError') === 0) {
      refuse(socket, status, message, headers)
      return
    }
    const error = new Error(message)
    Error.captureStackTrace(error, this.handleUpgrade)
    orDestroy(socket, () => this.emit('wsClientError', error, socket, request))
  }

  #complete(
    asked: { key: string; protocols: Set<string>; parameters: Parameters | undefined },
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: Done,
  ): void {
    // It may have gone while somebody looked at who it is.
    if (!socket.readable || !socket.writable) {
      socket.destroy()
      return
    }
    if (isLinked(socket)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      )
    }
    if (this.#state > RUNNING) {
      refuse(socket, 503)
      return
    }
    const { options } = this
    const deflate = deflateOptions(options.perMessageDeflate)
    const webSocket: WebSocket = new (options.WebSocket as typeof WebSocket)(null, undefined, options)
    const { protocols, parameters } = asked
    const choose = options.handleProtocols as
      | ((protocols: Set<string>, request: IncomingMessage) => string | false)
      | null
    const [first] = protocols
    const chosen = () => (choose ? choose.call(options, protocols, request) : first)
    const protocol = protocols.size === 0 ? undefined : orDestroy(socket, chosen)
    const headers = responseHead(asked.key, protocol || undefined, parameters && written(parameters))
    orDestroy(socket, () => this.emit('headers', headers, request))
    socket.write(headers.concat('\r\n').join('\r\n'))
    socket.removeListener('error', destroyFailed)
    const compression = compressionOf(parameters, deflate, true)
    webSocket.setSocket(socket, head, options, { protocol: protocol || '', compression })
    this.#track(webSocket)
    callback(webSocket, request)
  }

  #track(webSocket: WebSocket): void {
    if (!this.clients) return
    this.clients.add(webSocket as InstanceType<T>)
    webSocket.on('close', this.#forget)
  }

  /** One function for all of them: each of its own would cost memory. */
  readonly #forget = ((server: this) =>
    function forget(this: WebSocket): void {
      const { clients } = server
      clients.delete(this as InstanceType<T>)
      if (server.#emitsCloseAtLast && clients.size === 0) process.nextTick(() => server.#emitClose())
    })(this)
}

/** Calls a function of the program. Where it throws before there is a WebSocket, nobody else would end the socket. */
function orDestroy<Result>(socket: Duplex, call: () => Result): Result {
  try {
    return call()
  } catch (error) {
    if (!isLinked(socket)) socket.destroy()
    throw error
  }
}

/** A failure, or the end, before the socket has a WebSocket. */
function destroyFailed(this: Duplex): void {
  this.destroy()
}

/** What the server's own HTTP server says to any other request. */
function upgradeRequired(_request: unknown, response: import('node:http').ServerResponse): void {
  const body = STATUS_CODES[426] as string
  response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' })
  response.end(body)
}
