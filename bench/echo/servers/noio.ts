// An echo server over node:net with noio-ws: whole messages, and all answers of a read in one write.
// Knows only the public API.

import { createServer, type Socket } from 'node:net'
import { type BuiltInType, Connection, Data, type Message, RemoteProtocolError } from 'noio-ws'
import { headEnd, responseTo } from '../handshake.js'
import { Batch } from './batch.js'
import { serve } from './lifetime.js'

const OPTIONS = { delivery: 'message', ownership: 'take', reservedBits: [0, 0, 0] } as const

/** A payload over this size, in bytes, is written as it is; a smaller one is copied next to the others. */
const COPIED = 16 * 1024
/** Reading pauses while more than this waits to be written, in bytes. */
const MOST_UNSENT = 16 * 1024 * 1024
const LONGEST_HEAD = 8192

const batch = new Batch()

class Peer {
  readonly #socket: Socket
  readonly #connection = new Connection('SERVER', OPTIONS)

  constructor(socket: Socket) {
    this.#socket = socket
  }

  read(chunk: Buffer): void {
    const connection = this.#connection
    const socket = this.#socket
    connection.recv(chunk)
    try {
      for (let event = connection.nextEvent(); typeof event !== 'string'; event = connection.nextEvent()) {
        this.#take(event)
      }
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      if (connection.state === 'CLOSING') this.#answer(error.response())
    }
    batch.flush(socket)
    if (connection.state === 'CLOSED') socket.end()
    else if (socket.writableLength > MOST_UNSENT) socket.pause()
  }

  #take(message: Message<BuiltInType>): void {
    const { type } = message
    if (type !== 'text' && type !== 'binary') {
      const response = message.response()
      if (response !== undefined) this.#answer(response)
      return
    }
    const data = new Data(message.message, type)
    if (message.message.length <= COPIED) this.#answer(data)
    else batch.writeThrough(this.#socket, this.#connection.sendParts(data))
  }

  #answer(data: Data<BuiltInType>): void {
    let end = this.#connection.sendInto(data, batch.bytes, batch.used)
    if (end === -1) {
      batch.flush(this.#socket)
      end = this.#connection.sendInto(data, batch.bytes)
    }
    batch.used = end
  }
}

/** Reads the request, answers it, and leaves what follows to a {@link Peer}. */
function accept(socket: Socket): void {
  let head = Buffer.alloc(0)
  const request = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = headEnd(head)
    if (end === -1 && head.length < LONGEST_HEAD) return
    const response = end === -1 ? undefined : responseTo(head.subarray(0, end))
    if (response === undefined) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    socket.write(response)
    const peer = new Peer(socket)
    socket.off('data', request)
    socket.on('data', (chunk) => peer.read(chunk))
    socket.on('drain', () => socket.resume())
    if (end < head.length) peer.read(head.subarray(end))
  }
  socket.on('data', request)
  socket.on('error', () => socket.destroy())
}

serve(createServer({ noDelay: true }, accept))
