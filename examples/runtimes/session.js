// @ts-check
// One client of an echo server, from its handshake to its close: bytes in, bytes out.
// Knows no socket, so that every server here is only its runtime's own loop around it.

import { Connection, Data, RemoteProtocolError } from 'noio-ws'
import { acceptUpgrade, RequestHeadReader } from 'noio-ws/handshake'

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
  #head = new RequestHeadReader()
  #refused = false
  /** @type {Connection | undefined} */
  #connection

  /** Whether the server should end the socket, once all is written. */
  get over() {
    return this.#refused || this.#connection?.state === 'CLOSED'
  }

  /**
   * @param {Uint8Array} chunk
   * @returns {Uint8Array} The bytes to write.
   */
  take(chunk) {
    if (this.#connection !== undefined) {
      this.#connection.recv(chunk)
      return echo(this.#connection)
    }
    const request = this.#head.push(chunk)
    if (request.state === 'NEED_DATA') return new Uint8Array(0)
    if (request.state === 'ERROR') return this.#refuse(request)
    const answer = acceptUpgrade(request.head)
    if (!answer.ok) return this.#refuse(answer)
    this.#connection = new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message' })
    this.#connection.recv(request.rest) // frames may come right behind the request
    return join([answer.responseBytes, echo(this.#connection)])
  }

  /** @param {import('noio-ws/handshake').UpgradeRefusal} refusal */
  #refuse(refusal) {
    this.#refused = true
    return refusal.responseBytes // a whole response, which says why
  }
}
