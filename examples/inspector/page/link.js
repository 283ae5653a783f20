// @ts-check
// The browser's own WebSocket, the one under observation: connects, reconnects, and tells what the browser saw.
// Knows the WebSocket API; not how its events are shown.

/**
 * What the browser saw, as a row of the list.
 * @typedef {object} PageRow
 * @property {'page'} kind
 * @property {number} time
 * @property {string} peer
 * @property {string} event
 * @property {string} sentence
 * @property {number} [length]
 * @property {Uint8Array} [payload] The beginning of a message.
 * @property {boolean} [isText]
 * @property {number} [code]
 * @property {string} [reason]
 * @property {boolean} [wasClean]
 *
 * @typedef {'connecting' | 'open' | 'closing' | 'closed' | 'waiting'} State
 */

/** How long after an end that nobody asked for the browser connects again, in ms. */
const PAUSE = 1200
const encoder = new TextEncoder()
const HEAD_SIZE = 256

export class Link {
  /** Whether to connect again after a close that the browser did not ask for. */
  reconnects = true
  /** Connections so far, which number the peers as the server does. */
  count = 0
  /** Whether the user wants a connection. */
  wanted = true
  /** Whether the next connection is to be one with permessage-deflate, which a browser always offers. */
  deflates = false
  /** Whether another connection is to follow at once. */
  #renews = false
  #url
  #onState
  #onRow
  /** @type {WebSocket | undefined} */
  #socket
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /**
   * @param {string} url
   * @param {(state: State, sentence: string) => void} onState
   * @param {(row: PageRow) => void} onRow
   */
  constructor(url, onState, onRow) {
    this.#url = url
    this.#onState = onState
    this.#onRow = onRow
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Whether there is a connection, or one is on its way. */
  get isUp() {
    return this.#socket !== undefined || this.#timer !== undefined
  }

  /** What browser and server agreed upon, as the browser says it. */
  get extensions() {
    return this.#socket?.extensions ?? ''
  }

  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0
  }

  connect() {
    this.wanted = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#socket !== undefined) return
    this.#onState('connecting', 'Connecting')
    const socket = new WebSocket(this.deflates ? `${this.#url}&deflate` : this.#url)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    let opened = false
    socket.onopen = () => {
      opened = true
      this.count++
      this.#onState('open', 'Open')
      this.#row('open', "The browser's WebSocket is open.", {})
    }
    socket.onmessage = ({ data }) => {
      const isText = typeof data === 'string'
      const payload = isText ? encoder.encode(data) : new Uint8Array(data)
      const { length } = payload
      this.#row('message', '', { length, isText, payload: payload.slice(0, HEAD_SIZE) })
    }
    socket.onclose = ({ code, reason, wasClean }) => {
      if (this.#socket === socket) this.#socket = undefined
      const sentence = opened ? `wasClean: ${wasClean}` : 'The browser could not connect.'
      this.#row('close', sentence, { code, reason, wasClean })
      this.#afterClose(code, opened)
    }
  }

  /** The user's own wish: no reconnection follows. */
  disconnect() {
    this.wanted = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#socket === undefined) return this.#onState('closed', 'Disconnected')
    this.#onState('closing', 'Closing')
    this.#socket.close(1000)
  }

  /** Puts a new connection in the place of the one there is, if any: extensions are agreed upon in the handshake. */
  renew() {
    if (this.#socket === undefined || !this.wanted) return
    this.#renews = true
    this.#onState('closing', 'Closing')
    this.#socket.close(1000)
  }

  /**
   * Closes with a code of the user's choice; a browser takes 1000 and 3000 to 4999 only.
   * @param {number | undefined} code
   * @param {string} reason
   * @returns {string | undefined} Why the browser refuses to.
   */
  close(code, reason) {
    try {
      if (code === undefined) this.#socket?.close()
      else this.#socket?.close(code, reason)
      return undefined
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error)
      this.#row('refused', sentence, {})
      return sentence
    }
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  send(data) {
    this.#socket?.send(data)
  }

  /** @param {number} code @param {boolean} wasOpen */
  #afterClose(code, wasOpen) {
    const renews = this.#renews
    this.#renews = false
    if (renews && this.wanted) return this.connect()
    // Where nobody answers, the feed says when the server is back.
    if (!wasOpen) return this.#onState('closed', 'No connection')
    if (!this.wanted || !this.reconnects) return this.#onState('closed', `Closed ${code}`)
    this.#onState('waiting', `Closed ${code}, retrying`)
    this.#timer = setTimeout(() => this.connect(), PAUSE)
  }

  /** @param {string} event @param {string} sentence @param {Partial<PageRow>} fields */
  #row(event, sentence, fields) {
    this.#onRow({ kind: 'page', time: Date.now(), peer: `browser ${this.count}`, event, sentence, ...fields })
  }
}
