// @ts-check
// Runs one socket through a Connection('SERVER'): bytes in, replies and commanded frames out, an orderly end.
// Knows sockets and the codec; rows are peer-log.js, and what to send is session.js.

import { Connection, LocalProtocolError, RemoteProtocolError } from 'noio-ws'
import { CUSTOM_OPCODES } from './peer-log.js'

/**
 * @import { BuiltInType, Data } from 'noio-ws'
 * @import { Duplex } from 'node:stream'
 * @import { PeerLog } from './peer-log.js'
 * @import { Tap } from './tap.js'
 * @typedef {BuiltInType | keyof typeof CUSTOM_OPCODES.nonControl | keyof typeof CUSTOM_OPCODES.control} Type
 */

/** How long a peer may take to answer a close frame, or to end its side of TCP, in ms. */
const CLOSING_TIME = 2000

/** One connection of the server. */
export class Peer {
  #connection
  #socket
  #log
  #showsBytes
  #failed = false
  #ended = false
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * @param {Duplex} socket
   * @param {PeerLog} log
   * @param {boolean} showsBytes Whether the bytes that arrive are rows too.
   * @param {Tap} [tap] The extension that was agreed upon.
   */
  constructor(socket, log, showsBytes, tap) {
    this.#connection = new Connection('SERVER', {
      opcodeNonControlMod: CUSTOM_OPCODES.nonControl,
      opcodeControlMod: CUSTOM_OPCODES.control,
      ownership: 'take',
      // Without an extension every reserved bit may be looked at; with one, the others break the protocol.
      ...(tap && { extensions: [tap] }),
    })
    this.#socket = socket
    this.#log = log
    this.#showsBytes = showsBytes
  }

  /** @param {Uint8Array} head What came along with the handshake. */
  start(head) {
    const socket = this.#socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('drain', () => socket.resume())
    socket.on('end', () => this.#eof())
    socket.on('error', (error) => this.#log.note('socket error', error.message))
    socket.on('close', () => {
      clearTimeout(this.#timer)
      this.#eof()
    })
    if (head.length > 0) this.#receive(head)
  }

  get isOpen() {
    return this.#connection.state === 'OPEN'
  }

  /**
   * Sends frames; where they may not be sent, the page sees why.
   * @param {Data<Type>[]} data
   * @returns {boolean} Whether more may be sent at once: false asks to wait for {@link drained}.
   */
  send(...data) {
    try {
      const bytes = this.#connection.send(...data)
      for (const frame of data) this.#log.sent(frame)
      if (data.some(({ type }) => type === 'close')) this.#limitClosing()
      const flows = this.#socket.write(bytes)
      // A peer that does not read its answers is not asked for more, so that they take bounded memory.
      if (!flows) this.#socket.pause()
      return flows
    } catch (error) {
      if (error instanceof LocalProtocolError) this.#log.error(error)
      throw error
    }
  }

  /** Until what was written has left, or cannot. @returns {Promise<void>} */
  drained() {
    const socket = this.#socket
    if (socket.closed || !socket.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  /** At the end of the session. */
  destroy() {
    this.#socket.destroy()
  }

  /** @param {Uint8Array} chunk */
  #receive(chunk) {
    if (this.#showsBytes) this.#log.bytes(chunk)
    this.#connection.recv(chunk)
    this.#handleEvents()
  }

  #eof() {
    this.#connection.recvEof()
    this.#handleEvents()
    this.#end()
  }

  #handleEvents() {
    if (this.#failed) return
    try {
      for (const message of this.#connection.messages()) {
        this.#log.received(message)
        const reply = message.response()
        if (reply !== undefined) this.send(reply)
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      this.#failed = true
      this.#log.error(error)
      if (this.#connection.state === 'CLOSING') this.send(error.response())
    }
    if (this.#connection.state === 'CLOSED') this.#end()
  }

  /** Section 7.1.1: of both ends, the server is the first to close TCP. */
  #end() {
    if (this.#ended) return
    this.#ended = true
    const { closeCode: code = 1006, closeReason: reason = '' } = this.#connection
    this.#log.note('closed', SENTENCES[code] ?? 'The closing handshake is complete.', { code, reason })
    this.#socket.end()
    // What still arrives is read and discarded: unread bytes would make TCP reset, and lose the close frame.
    this.#socket.resume()
    this.#limitClosing()
  }

  #limitClosing() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(), CLOSING_TIME)
  }
}

/** @type {Readonly<Record<number, string>>} */
const SENTENCES = {
  1005: 'The closing handshake is complete; the close frame received had no status code.',
  1006: 'No close frame was received.',
}
