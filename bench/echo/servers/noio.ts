// An echo server over node:net with noio-ws: whole messages, and all answers of a read in one write.
// Knows only the public API. Under 'chunk' delivery, so that a message of several reads is put together in memory that
// is used again.

import { createServer, type Socket } from 'node:net'
import { type BuiltInType, Connection, Data, type Message, RemoteProtocolError } from 'noio-ws'
import { headEnd, responseTo } from '../handshake.js'
import { append, flush, writeThrough } from './batch.js'
import { Gathered } from './gather.js'
import { serve } from './lifetime.js'

const OPTIONS = { delivery: 'chunk', ownership: 'take', reservedBits: [0, 0, 0] } as const

/** From this size on, in bytes, sendParts gives a payload as it is. */
const PARTS = 4096
/** A payload over this size is written as it is; a smaller one is copied beside the others. */
const COPIED = 32 * 1024
/** A batch of frames over this size is written as it is, if there is nothing before it. */
const BATCH_COPIED = 4096
/** Payload bytes of the frames that are encoded at once. */
const MOST_ENCODED = 64 * 1024
/** Reading pauses while more than this waits to be written, in bytes. */
const MOST_UNSENT = 16 * 1024 * 1024
const LONGEST_HEAD = 8192

class Peer {
  readonly #socket: Socket
  readonly #connection = new Connection('SERVER', OPTIONS)
  /** Small answers that are not encoded yet, and their bytes. */
  #answers: Data<BuiltInType>[] = []
  #size = 0
  /** A message that is not complete. */
  #gathered: Gathered | undefined
  #type: BuiltInType = 'binary'

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
      this.#encode(connection)
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      this.#encode(new Connection('SERVER'))
      if (connection.state === 'CLOSING') append(socket, connection.send(error.response()))
    }
    flush(socket)
    if (connection.state === 'CLOSED') socket.end()
    else if (socket.writableLength > MOST_UNSENT) socket.pause()
  }

  #take(message: Message<BuiltInType>): void {
    const { type } = message
    if (type !== 'text' && type !== 'binary' && type !== 'continue') {
      this.#answerControl(message)
      return
    }
    const whole = message.fin && !message.partial
    const payload = message.message
    if (this.#gathered === undefined && whole) {
      this.#answer(new Data(payload, type), payload.length)
      return
    }
    if (this.#gathered === undefined) {
      this.#gathered = new Gathered()
      this.#type = type
    }
    this.#gathered.append(payload)
    if (whole) this.#answerGathered()
  }

  #answer(data: Data<BuiltInType>, size: number): void {
    if (size < PARTS) {
      this.#answers.push(data)
      this.#size += size
      if (this.#size > MOST_ENCODED) this.#encode(this.#connection)
      return
    }
    this.#encode(this.#connection)
    const [header, payload] = this.#connection.sendParts(data)
    if (size > COPIED) {
      writeThrough(this.#socket, [header, payload])
    } else {
      append(this.#socket, header)
      append(this.#socket, payload)
    }
  }

  #answerGathered(): void {
    const gathered = this.#gathered as Gathered
    this.#gathered = undefined
    this.#encode(this.#connection)
    const parts = this.#connection.sendParts(new Data(gathered.bytes, this.#type))
    writeThrough(this.#socket, parts, () => gathered.release())
  }

  #answerControl(message: Message<BuiltInType>): void {
    const response = message.response()
    if (response === undefined) return
    // After the peer's close this connection sends only a close: another one encodes what is owed for before it.
    if (message.type === 'close') this.#encode(new Connection('SERVER'))
    this.#answers.push(response)
  }

  #encode(connection: Connection): void {
    const answers = this.#answers
    if (answers.length === 0) return
    const bytes = answers.length === 1 ? connection.send(answers[0]) : connection.send(...answers)
    answers.length = 0
    this.#size = 0
    if (bytes.length <= BATCH_COPIED) append(this.#socket, bytes)
    else writeThrough(this.#socket, [bytes])
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
