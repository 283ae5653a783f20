// A scene: one scenario played by one implementation of the API of ws, and the trace of all that can be seen of it.
// Knows the API that is compared; not what is right.

import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { RawClient, RawServer } from './raw.js'

// biome-ignore lint/suspicious/noExplicitAny: both implementations are driven alike, private members included.
export type Any = any

/** What is compared: the exports of `ws`, or ours. */
export interface Implementation {
  readonly WebSocket: Any
  readonly WebSocketServer: Any
  readonly createWebSocketStream: Any
  readonly Sender: Any
}

export interface Scenario {
  readonly name: string
  play(scene: Scene): Promise<void>
}

/** What the trace of a scenario says that does not end by itself. */
export const DOES_NOT_END = 'does not end'
/** After so many ms; generous, as the machine may be slow. */
const LIMIT = 60_000

export class Scene {
  readonly implementation: Implementation
  readonly #lines = new Map<string, string[]>()
  readonly #endings: (() => unknown)[] = []

  constructor(implementation: Implementation) {
    this.implementation = implementation
  }

  /** One more thing that `actor` saw or did; what different actors saw is not in an order that could be compared. */
  note(actor: string, ...what: unknown[]): void {
    const lines = this.#lines.get(actor) ?? []
    lines.push(what.map((one) => (typeof one === 'string' ? one : show(one))).join(' '))
    this.#lines.set(actor, lines)
  }

  /** What a call gives or throws. */
  call(actor: string, what: string, run: () => unknown): void {
    try {
      const value = run()
      this.note(actor, what, '->', show(value))
    } catch (error) {
      this.note(actor, what, 'throws', show(error))
    }
  }

  /** A callback that notes how it is called. */
  callback(actor: string, name: string): (...args: unknown[]) => void {
    return (...args) => this.note(actor, `callback ${name}`, ...args.map(show))
  }

  defer(ending: () => unknown): void {
    this.#endings.push(ending)
  }

  /** Notes every event of a WebSocket, and gives it back. */
  watch(actor: string, webSocket: Any): Any {
    for (const type of ['open', 'message', 'ping', 'pong', 'error', 'close', 'upgrade', 'redirect'] as const) {
      webSocket.on(type, (...args: unknown[]) => {
        const shown = type === 'upgrade' || type === 'redirect' ? [] : args.map(show)
        this.note(actor, `'${type}'`, ...shown, `state ${webSocket.readyState}`)
      })
    }
    this.defer(() => {
      if (webSocket.readyState !== 0) webSocket.terminate()
    })
    return webSocket
  }

  /** A server over a port of its own; `connected` gets each WebSocket, watched. */
  async server(
    options: object,
    connected: (webSocket: Any, request: Any, server: Any) => void = () => {},
  ): Promise<Any> {
    const server = new this.implementation.WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
    this.defer(() => {
      for (const client of server.clients ?? []) client.terminate()
      server.close()
    })
    server.on('connection', (webSocket: Any, request: Any) => {
      connected(this.watch('server', webSocket), request, server)
    })
    await once(server, 'listening')
    return server
  }

  async http(): Promise<HttpServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.defer(() => {
      server.closeAllConnections()
      server.close()
    })
    return server
  }

  /** A peer without a WebSocket implementation, connected to a server under test. */
  async peer(server: Any, headers: readonly string[] = [], line?: string): Promise<RawClient> {
    const { port } = server.address() as AddressInfo
    const peer = new RawClient(port, (...what) => this.note('peer', ...what), headers, line)
    this.defer(() => peer.socket.destroy())
    await peer.ready
    return peer
  }

  /** A server without a WebSocket implementation, for a client under test. */
  async rawServer(answer?: ConstructorParameters<typeof RawServer>[1]): Promise<RawServer> {
    const server = new RawServer((...what) => this.note('peer', ...what), answer)
    await server.ready
    this.defer(() => server.close())
    return server
  }

  /** A client under test, watched. */
  client(url: string | URL, ...rest: unknown[]): Any {
    return this.watch('client', new this.implementation.WebSocket(url, ...rest))
  }

  async end(): Promise<string> {
    for (const ending of this.#endings.reverse()) await ending()
    const actors = [...this.#lines].sort(([a], [b]) => (a < b ? -1 : 1))
    return actors.map(([actor, lines]) => `${actor}:\n${lines.map((line) => `  ${line}\n`).join('')}`).join('')
  }
}

/** Everything that can be seen of a scenario. */
export async function trace(implementation: Implementation, scenario: Scenario): Promise<string> {
  const scene = new Scene(implementation)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      scene.note('scene', DOES_NOT_END)
      resolve()
    }, LIMIT)
  })
  try {
    await Promise.race([scenario.play(scene), late])
  } catch (error) {
    scene.note('scene', 'throws', show(error))
  }
  clearTimeout(timer)
  return scene.end()
}

/** Until a condition holds; looked at in every turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/**
 * Some turns of the event loop: everything that was written is read by then, as both ends are in this process, and a write
 * is in the reader's buffer at once. A time would depend on what else the machine does.
 */
export async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** The end of a WebSocket. */
export async function closed(webSocket: Any): Promise<void> {
  if (webSocket.readyState !== 3) await new Promise((resolve) => webSocket.once('close', resolve))
}

/** A value without what differs from run to run. */
export function show(value: unknown): string {
  if (value instanceof Error) {
    const { code, name, message } = value as Error & { code?: string }
    return `${value.constructor.name} ${name} ${code ?? ''} "${message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')}"`
  }
  if (Buffer.isBuffer(value)) return `Buffer ${bytes(value)}`
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${bytes(Buffer.from(value))}`
  if (value instanceof Blob) return `Blob ${value.size}`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'string')
    return JSON.stringify(value.length > 100 ? `${value.slice(0, 50)}… ${value.length}` : value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object' && value !== null && value.constructor !== Object) return `a ${value.constructor?.name}`
  return inspect(value)
}

export function bytes(value: Buffer): string {
  if (value.length > 100) return `${value.length} bytes, sum ${value.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)}`
  return JSON.stringify(value.toString('latin1'))
}
