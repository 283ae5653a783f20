// A WebSocket that connects again when its connection is lost, with back-off. Uses the web's WebSocket only, so it runs in
// browsers, Deno, Bun and Node, there also on the WebSocket of noio-ws/ws. Knows nothing of what is sent.

/** What is used of the web's WebSocket. */
export interface Socket {
  binaryType: string
  readonly readyState: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  onopen: unknown
  onmessage: unknown
  onclose: unknown
}

export interface Options {
  /** Makes a WebSocket. Default: the platform's own. */
  readonly create?: (url: string) => Socket
  /** The longest wait before the first attempt, in ms; it doubles with each failure. Default 500. */
  readonly shortest?: number
  /** The longest wait of all, in ms. Default 30,000. */
  readonly longest?: number
  /** How long a connection must last to count as one that works, in ms. Default 10,000. */
  readonly stable?: number
  /** Whether to stay away after a close with this code. Default: 1000, 1008, and 4000 to 4999. */
  readonly isFinal?: (code: number) => boolean
}

/** What the program wants to know; each may be left out. */
export interface Handlers {
  /** Connected, for the first time or again: say here what the server must know of you. */
  open?(send: Reconnecting['send']): void
  message?(data: string | ArrayBuffer): void
  /** Not connected; `next`: ms until the next attempt, undefined where there is none. */
  lost?(code: number, next: number | undefined): void
}

const isFinal = (code: number) => code === 1000 || code === 1008 || (code >= 4000 && code <= 4999)
const create = (url: string) => new WebSocket(url)

export class Reconnecting {
  readonly #url: string
  readonly #handlers: Handlers
  readonly #options: Required<Options>
  #socket: Socket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #ended = false

  constructor(url: string, handlers: Handlers, options: Options = {}) {
    this.#url = url
    this.#handlers = handlers
    this.#options = { create, shortest: 500, longest: 30_000, stable: 10_000, isFinal, ...options }
    this.#connect()
  }

  /** Sends, and returns true, or returns false where there is no connection. What was sent may still be lost with it. */
  readonly send = (data: string | Uint8Array<ArrayBuffer>): boolean => {
    if (this.#socket?.readyState !== 1) return false
    this.#socket.send(data)
    return true
  }

  /** Closes, and does not connect again. */
  close(code = 1000, reason = ''): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#socket?.close(code, reason)
  }

  #connect(): void {
    const socket = this.#options.create(this.#url)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.#timer = setTimeout(() => {
        this.#failures = 0
      }, this.#options.stable)
      this.#handlers.open?.(this.send)
    }
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => this.#handlers.message?.(data)
    // An 'error' says nothing in a browser, and a close follows it.
    socket.onclose = ({ code }: { code: number }) => this.#lost(code)
  }

  #lost(code: number): void {
    clearTimeout(this.#timer)
    this.#socket = undefined
    if (this.#ended || this.#options.isFinal(code)) {
      this.#handlers.lost?.(code, undefined)
      return
    }
    const { shortest, longest } = this.#options
    const most = Math.min(longest, shortest * 2 ** this.#failures++)
    // At random, so that the clients of a server that restarts do not all come at once.
    const next = most / 2 + (Math.random() * most) / 2
    this.#timer = setTimeout(() => this.#connect(), next)
    this.#handlers.lost?.(code, next)
  }
}
