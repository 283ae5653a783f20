// @ts-check
// Runs a Connection over a TCP socket until both have ended: answers what is received, one write for each read.
// Knows nothing of the opening handshake, nor of what the answers say.

import { Connection, Data, RemoteProtocolError } from 'noio-ws'

/** How large a message may be, in bytes: the largest of the suite has 16 MiB. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024
/** Reading pauses while more than this waits to be written, in bytes. */
const MAX_UNSENT = 1024 * 1024
/** How long a peer has to end its side of TCP once our close frame is with the network, in ms. */
const CLOSE_TIMEOUT = 2_000

/** @typedef {import('noio-ws').BuiltInType} Type */

/**
 * Hears the payload of a text or binary message; returns whether the message is sent back.
 *
 * @typedef {(payload: Uint8Array) => boolean} Hear
 */

/**
 * @param {'CLIENT' | 'SERVER'} role
 * @param {import('node:net').Socket} socket Open, its opening handshake done.
 * @param {Uint8Array} head What came with the handshake.
 * @param {import('noio-ws/handshake').NegotiatedOptions} negotiated
 * @param {Hear} hear
 * @returns {Promise<void>} Fulfilled when the socket is closed.
 */
export function converse(role, socket, head, negotiated, hear) {
  const connection = new Connection(role, {
    ...negotiated,
    delivery: 'message',
    ownership: 'take',
    maxFrameSize: MAX_MESSAGE_SIZE,
    maxMessageSize: MAX_MESSAGE_SIZE,
  })

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let lingering = false

  /** @param {Data<Type> | undefined} data */
  function write(data) {
    if (data !== undefined) for (const part of connection.sendParts(data)) socket.write(part)
  }

  // Each answer is written before the next event is asked for: after the peer's close frame no echo may be sent.
  function answerAll() {
    try {
      for (const message of connection.messages()) {
        const isData = message.type === 'text' || message.type === 'binary'
        if (!isData) write(message.response())
        else if (hear(message.message)) write(new Data(message.message, message.type))
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      if (connection.state === 'CLOSING') write(error.response())
    }
  }

  // Section 7.1.1: the server closes TCP first; the client waits for it, but not for ever. Both go on reading, so that
  // bytes on their way do not reset the connection before the peer has read the close frame.
  function linger() {
    if (lingering) return
    lingering = true
    const sent = () => {
      if (!socket.destroyed) timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT)
    }
    if (role === 'SERVER') socket.end(sent)
    else socket.write(new Uint8Array(0), sent)
    socket.resume()
  }

  /** @param {Uint8Array} chunk */
  function read(chunk) {
    connection.recv(chunk)
    socket.cork()
    answerAll()
    socket.uncork()
    if (connection.state === 'CLOSED') linger()
    else if (socket.writableLength > MAX_UNSENT) socket.pause()
  }

  return new Promise((resolve) => {
    socket.setNoDelay(true)
    socket.on('data', read)
    socket.on('drain', () => socket.resume())
    socket.on('end', () => {
      connection.recvEof()
      socket.end()
    })
    // A peer that is gone is no failure of ours: 'close' follows.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    read(head)
  })
}
