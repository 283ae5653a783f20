// Peers of the implementations that are compared: sockets, and frames read and written by hand.
// Knows RFC 6455 and, for compressed messages, zlib; no implementation.

import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { constants, inflateRawSync } from 'node:zlib'
import { type FrameFields, frame, masked } from '../../support/frames.js'

type Note = (...what: string[]) => void

const NAMES = ['continue', 'text', 'binary', '3', '4', '5', '6', '7', 'close', 'ping', 'pong']
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TAIL = Buffer.of(0, 0, 0xff, 0xff)

export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64')
}

/** Fields of a head that are the same in every run. */
function stable(head: string): string {
  return head
    .split('\r\n')
    .filter((line) => !/^(date|keep-alive):/i.test(line))
    .map((line) =>
      line.replace(/^(sec-websocket-key|sec-websocket-accept): .*/i, '$1: *').replace(/127\.0\.0\.1:\d+/, 'HOST'),
    )
    .join(' | ')
}

/** One end of a connection that notes what it is sent: a head, then frames; bytes that are none as they are. */
abstract class RawPeer {
  readonly socket: Socket
  readonly note: Note
  /** Frames that came. */
  frames = 0
  isEnded = false
  isClosed = false
  #buffer = Buffer.alloc(0)
  readonly #chunks: Buffer[] = []
  #came = 0
  /** Bytes that are missing of the frame that has begun. */
  #needed = 0
  #hasHead = false
  #compressed: Buffer[] | undefined
  #last = ''
  /** What compressed messages had before, as later ones may refer to it. */
  #window = Buffer.alloc(0)
  /** Answers a close frame with one, and the end of the stream with the end of this side. */
  answersClose = true

  constructor(socket: Socket, note: Note) {
    this.socket = socket
    this.note = note
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#came += chunk.length
      // A long frame is put together once.
      if (this.#came < this.#needed) return
      this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks.splice(0)])
      this.#came = 0
      this.#needed = 0
      this.#read()
    })
    socket.on('end', () => {
      this.isEnded = true
      note('the stream ends')
      socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  abstract write(fields: FrameFields): void
  protected abstract received(head: string): boolean

  #read(): void {
    if (!this.#hasHead) {
      const end = this.#buffer.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = this.#buffer.subarray(0, end).toString('latin1')
      this.#buffer = this.#buffer.subarray(end + 4)
      this.#hasHead = true
      this.note(stable(head))
      if (!this.received(head)) {
        this.#hasHead = false
        return
      }
    }
    for (let size = this.#frame(); size > 0; size = this.#frame()) this.#buffer = this.#buffer.subarray(size)
  }

  #frame(): number {
    const buffer = this.#buffer
    if (buffer.length < 2) return 0
    const [first, second] = buffer as unknown as [number, number]
    const isMasked = (second & 0x80) !== 0
    let length = second & 0x7f
    let at = 2
    if (length === 126) {
      if (buffer.length < 4) return 0
      length = buffer.readUInt16BE(2)
      at = 4
    } else if (length === 127) {
      if (buffer.length < 10) return 0
      length = Number(buffer.readBigUInt64BE(2))
      at = 10
    }
    const key = isMasked ? buffer.subarray(at, at + 4) : undefined
    if (isMasked) at += 4
    if (buffer.length < at + length) {
      this.#needed = at + length - buffer.length
      return 0
    }
    const payload = Buffer.from(buffer.subarray(at, at + length))
    if (key !== undefined) for (let i = 0; i < length; i++) payload[i] ^= key[i & 3] as number
    this.#noteFrame(first, isMasked, payload)
    return at + length
  }

  #noteFrame(first: number, isMasked: boolean, payload: Buffer): void {
    const opcode = first & 15
    const fin = (first & 0x80) !== 0
    const rsv = (first >> 4) & 7
    const flags = `${fin ? '' : ' fin=0'}${rsv === 0 ? '' : ` rsv=${rsv}`}${isMasked ? ' masked' : ''}`
    const body =
      payload.length > 100 ? `${payload.length} bytes ${sum(payload)}` : JSON.stringify(payload.toString('latin1'))
    // How a message is compressed is not compared, but what it is.
    const isCompressed = rsv === 4 || (opcode === 0 && this.#compressed !== undefined)
    this.note(`frame ${NAMES[opcode] ?? opcode}${flags}${isCompressed ? '' : ` ${body}`}`)
    if (isCompressed) this.#inflate(payload, fin)
    else this.#last = payload.toString('latin1')
    this.frames++
    if (opcode === 8 && this.answersClose) {
      this.answersClose = false
      this.write({ opcode: 8, payload: payload.subarray(0, 2) })
    }
  }

  #inflate(payload: Buffer, fin: boolean): void {
    this.#compressed ??= []
    this.#compressed.push(payload)
    if (!fin) return
    const deflated = Buffer.concat([...this.#compressed, TAIL])
    this.#compressed = undefined
    const options = { finishFlush: constants.Z_SYNC_FLUSH, dictionary: this.#window }
    const inflated = inflateRawSync(deflated, this.#window.length > 0 ? options : { finishFlush: options.finishFlush })
    this.#last = inflated.toString('latin1')
    this.#window = Buffer.concat([this.#window, inflated]).subarray(-32768)
    this.note(
      `inflated ${inflated.length > 100 ? `${inflated.length} bytes ${sum(inflated)}` : JSON.stringify(inflated.toString('latin1'))}`,
    )
  }

  /** Whether this is the last message that came. */
  lastIs(text: string): boolean {
    return this.isClosed || this.#last === text
  }

  async sees(count: number): Promise<void> {
    while (this.frames < count && !this.isClosed) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  async closes(): Promise<void> {
    while (!this.isClosed) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function sum(value: Buffer): number {
  return value.reduce((total, byte) => (total * 31 + byte) >>> 0, 7)
}

/** A client of a server under test. */
export class RawClient extends RawPeer {
  readonly ready: Promise<void>
  #resolve: () => void = () => {}

  constructor(port: number, note: Note, headers: readonly string[], line = 'GET / HTTP/1.1') {
    super(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), note)
    this.ready = new Promise((resolve) => {
      this.#resolve = resolve
    })
    const fields = new Map<string, string>()
    for (const field of [
      'Host: example.com',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
      ...headers,
    ]) {
      const [name = '', ...value] = field.split(': ')
      // A field without a value is left out.
      if (value.length === 0) fields.delete(name.toLowerCase())
      else fields.set(name.toLowerCase(), field)
    }
    this.socket.write([line, ...fields.values(), '\r\n'].join('\r\n'))
    this.socket.on('close', () => this.#resolve())
  }

  protected received(): boolean {
    this.#resolve()
    return true
  }

  write(fields: FrameFields): void {
    if (this.socket.writable) this.socket.write(masked(fields))
  }
}

export interface Answer {
  /** The whole answer; default: an acceptance. */
  head?(request: string, key: string): string | undefined
  /** Further fields of an acceptance. */
  readonly headers?: readonly string[]
}

/** The first connection of a server for a client under test, and its listening socket. */
class Accepted extends RawPeer {
  readonly #answer: Answer

  constructor(socket: Socket, note: Note, answer: Answer) {
    super(socket, note)
    this.#answer = answer
  }

  protected received(request: string): boolean {
    const key = /sec-websocket-key: (.*)/i.exec(request)?.[1]?.trim() ?? ''
    const accepted = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(key)}`,
      ...(this.#answer.headers ?? []),
      '\r\n',
    ].join('\r\n')
    const head = this.#answer.head?.(request, key) ?? accepted
    this.socket.write(head)
    return head.startsWith('HTTP/1.1 101')
  }

  write(fields: FrameFields): void {
    if (this.socket.writable) this.socket.write(frame(fields))
  }
}

export class RawServer {
  readonly ready: Promise<void>
  readonly #server: Server
  readonly #peers: Accepted[] = []

  constructor(note: Note, answer: Answer = {}) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#peers.push(new Accepted(socket, note, answer))
    })
    this.ready = new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`
  }

  /** The peer of the only connection, once there is one. */
  async peer(): Promise<RawPeer> {
    while (this.#peers.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    return this.#peers[0] as RawPeer
  }

  close(): void {
    for (const { socket } of this.#peers) socket.destroy()
    this.#server.close()
  }
}

export type { RawPeer }
