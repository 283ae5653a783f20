// An echo server over node:net with noio-ws: whole messages ('message' delivery), all answers of a read in one write.
// Knows only the public API.

import { createServer, type Socket } from 'node:net'
import { type BuiltInType, Connection, Data, type Message, RemoteProtocolError } from 'noio-ws'
import { headEnd, responseTo } from '../handshake.js'
import { serve } from './lifetime.js'

const OPTIONS = { delivery: 'message', ownership: 'take', reservedBits: [0, 0, 0] } as const

/** A payload over this size, in bytes, is not copied beside others, but written as it is behind its header. */
const COPIED = 16 * 1024
/** Answers to so many bytes are written at once, at the latest. */
const MOST_GATHERED = 256 * 1024
/** Reading pauses while more than this waits to be written, in bytes. */
const MOST_UNSENT = 16 * 1024 * 1024
const LONGEST_HEAD = 8192

/**
 * Small answers are copied here: where a socket's writableLength is 0 after the write, the kernel has them all, and
 * the buffer may be used again, by any connection.
 */
const SMALL = 64
let small = Buffer.allocUnsafeSlow(SMALL)

class Peer {
  readonly #socket: Socket
  readonly #connection = new Connection('SERVER', OPTIONS)
  #answers: Data<BuiltInType>[] = []
  #gathered = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  read(chunk: Buffer): void {
    const connection = this.#connection
    connection.recv(chunk)
    try {
      for (let event = connection.nextEvent(); typeof event !== 'string'; event = connection.nextEvent()) {
        this.#answer(event)
      }
      if (this.#answers.length > 0) this.#flush(connection)
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      this.#rescue()
      if (connection.state === 'CLOSING') this.#socket.write(connection.send(error.response()))
    }
    if (connection.state === 'CLOSED') this.#socket.end()
    else if (this.#socket.writableLength > MOST_UNSENT) this.#socket.pause()
  }

  #answer(message: Message<BuiltInType>): void {
    const { type } = message
    if (type === 'text' || type === 'binary') {
      const payload = message.message
      const data = new Data(payload, type)
      if (payload.length > COPIED) {
        this.#writeLarge(data)
      } else {
        this.#answers.push(data)
        this.#gathered += payload.length
        if (this.#gathered > MOST_GATHERED) this.#flush(this.#connection)
      }
      return
    }
    const response = message.response()
    if (response === undefined) return
    if (type === 'close') this.#rescue()
    this.#answers.push(response)
  }

  #flush(connection: Connection): void {
    const answers = this.#answers
    const bytes = answers.length === 1 ? connection.send(answers[0]) : connection.send(...answers)
    answers.length = 0
    this.#gathered = 0
    if (bytes.length > SMALL) {
      this.#socket.write(bytes)
      return
    }
    small.set(bytes)
    this.#socket.write(small.subarray(0, bytes.length))
    if (this.#socket.writableLength > 0) small = Buffer.allocUnsafeSlow(SMALL)
  }

  #writeLarge(data: Data<BuiltInType>): void {
    if (this.#answers.length > 0) this.#flush(this.#connection)
    this.#socket.cork()
    for (const part of this.#connection.sendParts(data)) this.#socket.write(part)
    this.#socket.uncork()
  }

  /** After the peer's close, or a violation, the connection sends only a close: what came before is still answered. */
  #rescue(): void {
    if (this.#answers.length > 0) this.#flush(new Connection('SERVER'))
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
