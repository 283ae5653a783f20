// @ts-check
// One client of an echo server, from its handshake to its close: bytes in, bytes out.
// Knows no socket, so that every server here is only its runtime's own loop around it.

import { Connection, Data, RemoteProtocolError } from 'noio-ws'
import { acceptOf, Head, response } from './handshake.js'

/** @param {readonly Uint8Array[]} parts */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Answers the messages that are ready; returns the bytes to write. @param {Connection} connection */
export function echo(connection) {
  /** @type {Uint8Array[]} */
  const frames = []
  try {
    // Each is answered before the next is read: after a close that was read, nothing but a close may be sent.
    for (const message of connection.messages()) {
      const answer = message.response() // a pong for a ping, a close for a close
      if (answer !== undefined) frames.push(connection.send(answer))
      else if (message.type === 'text' || message.type === 'binary') {
        frames.push(connection.send(new Data(message.message, message.type)))
      }
    }
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error
    if (connection.state === 'CLOSING') frames.push(connection.send(error.response()))
  }
  return join(frames)
}

export class Session {
  #head = new Head()
  /** @type {Connection | undefined} */
  #connection

  /** Whether the server should end the socket, once all is written. */
  get over() {
    return this.#connection?.state === 'CLOSED'
  }

  /**
   * One chunk at a time, each after the one before it.
   *
   * @param {Uint8Array} chunk
   * @returns {Promise<Uint8Array>} The bytes to write.
   */
  async take(chunk) {
    if (this.#connection !== undefined) {
      this.#connection.recv(chunk)
      return echo(this.#connection)
    }
    const rest = this.#head.take(chunk)
    if (rest === undefined) return new Uint8Array(0)
    const key = this.#head.header('Sec-WebSocket-Key')
    if (key === undefined) throw new Error('the request has no Sec-WebSocket-Key')
    this.#connection = new Connection('SERVER', { delivery: 'message' })
    this.#connection.recv(rest) // frames may come right behind the request
    const head = response(await acceptOf(key))
    return join([head, echo(this.#connection)])
  }
}
