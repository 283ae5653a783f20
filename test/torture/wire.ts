// Peers made of sockets and bytes, so that what is at the other end is alone put to the test. Knows RFC 6455; no
// implementation of it.

import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const

/** A frame as a client sends it: `first` is FIN, the reserved bits and the opcode. */
export function masked(first: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10
  const frame = Buffer.allocUnsafe(size + 4 + length)
  writeHead(frame, first, 0x80, length)
  frame.set(MASK, size)
  for (let i = 0; i < length; i++) frame[size + 4 + i] = (payload[i] as number) ^ (MASK[i & 3] as number)
  return frame
}

/** A frame as a server sends it. */
export function unmasked(first: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10
  const frame = Buffer.allocUnsafe(size + length)
  writeHead(frame, first, 0, length)
  frame.set(payload, size)
  return frame
}

function writeHead(frame: Buffer, first: number, mask: number, length: number): void {
  frame[0] = first
  if (length < 126) {
    frame[1] = mask | length
  } else if (length < 65536) {
    frame[1] = mask | 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = mask | 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
}

/** The payload of a close frame. */
export function closing(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return payload
}

/** A client's request. */
export function request(extensions = '', fields: readonly string[] = []): string {
  const lines = [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    ...fields,
  ]
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** A server's answer to a request. */
export function acceptance(head: string): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? ''
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Reads frames of either end as they come, keeping nothing but what control frames say. */
export class Frames {
  /** Frames that were complete, by opcode. */
  readonly counts: number[] = new Array(16).fill(0)
  /** The code of the close frame; 1005 where it has none. */
  closeCode: number | undefined
  onframe: ((opcode: number, payload: Buffer) => void) | undefined
  #head = Buffer.alloc(14)
  #have = 0
  #first = 0
  #key: Buffer | undefined
  #left = 0
  #inPayload = false
  #control: Buffer[] = []

  read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length || (this.#inPayload && this.#left === 0)) {
      if (this.#inPayload) {
        const size = Math.min(this.#left, chunk.length - at)
        if (this.#first & 8) this.#control.push(Buffer.from(chunk.subarray(at, at + size)))
        at += size
        this.#left -= size
        if (this.#left === 0) this.#complete()
        continue
      }
      this.#head[this.#have++] = chunk[at++] as number
      const second = this.#head[1] as number
      const length = second & 0x7f
      const size = this.#have < 2 ? 2 : 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
      if (this.#have < size) continue
      this.#first = this.#head[0] as number
      this.#left =
        length === 126 ? this.#head.readUInt16BE(2) : length === 127 ? Number(this.#head.readBigUInt64BE(2)) : length
      this.#key = second & 0x80 ? Buffer.from(this.#head.subarray(size - 4, size)) : undefined
      this.#have = 0
      this.#inPayload = true
    }
  }

  #complete(): void {
    this.#inPayload = false
    const opcode = this.#first & 15
    this.counts[opcode] = (this.counts[opcode] ?? 0) + 1
    const payload = opcode & 8 ? Buffer.concat(this.#control) : Buffer.alloc(0)
    const key = this.#key
    if (key !== undefined) for (let i = 0; i < payload.length; i++) payload[i] ^= key[i & 3] as number
    this.#control = []
    if (opcode === CLOSE) this.closeCode ??= payload.length >= 2 ? payload.readUInt16BE() : 1005
    this.onframe?.(opcode, payload)
  }
}

export interface RawOptions {
  /** The value of Sec-WebSocket-Extensions. */
  readonly extensions?: string
  /** Further fields of the request. */
  readonly fields?: readonly string[]
  /** Reads nothing at all, not even the answer to the request. */
  readonly isDeaf?: boolean
  /** Whether its own side stays open when the other has ended. Default false. */
  readonly staysHalfOpen?: boolean
}

/** A client. It answers nothing by itself. */
export class RawClient {
  readonly socket: Socket
  readonly frames = new Frames()
  /** The answer to the request, once it is there. */
  head = ''
  isEnded = false
  isClosed = false
  /** Fulfilled once the opening handshake is over, or the connection is. */
  readonly opened: Promise<void>
  readonly closed: Promise<void>

  constructor(port: number, options: RawOptions = {}) {
    const { extensions = '', fields = [], isDeaf = false, staysHalfOpen = false } = options
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket = socket
    if (isDeaf) socket.pause()
    socket.on('error', () => {})
    let open = () => {}
    this.opened = new Promise((resolve) => {
      open = resolve
      if (isDeaf) socket.on('connect', () => resolve())
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true
        open()
        resolve()
      })
    })
    socket.on('end', () => {
      this.isEnded = true
      if (!staysHalfOpen) socket.end()
    })
    if (!isDeaf) {
      socket.on('data', (chunk: Buffer) => {
        const end = this.head.indexOf('\r\n\r\n')
        if (end !== -1) {
          this.frames.read(chunk)
          return
        }
        const before = this.head.length
        this.head += chunk.toString('latin1')
        const at = this.head.indexOf('\r\n\r\n')
        if (at === -1) return
        this.head = this.head.slice(0, at + 4)
        open()
        this.frames.read(chunk.subarray(at + 4 - before))
      })
    }
    socket.write(request(extensions, fields))
  }

  get isAccepted(): boolean {
    return this.head.startsWith('HTTP/1.1 101')
  }

  /** Writes, and waits where the kernel does not take it; false where the connection is over. */
  async write(bytes: Uint8Array): Promise<boolean> {
    const { socket } = this
    if (socket.destroyed || !socket.writable) return false
    if (socket.write(bytes)) return true
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
    return !socket.destroyed
  }
}

/** Makes many, a few at a time, so that the queue of the listening socket is long enough. */
export async function openMany<T extends { opened: Promise<void> }>(
  count: number,
  make: (i: number) => T,
): Promise<T[]> {
  const all: T[] = []
  for (let i = 0; i < count; i++) {
    all.push(make(i))
    if (i % 100 === 99) await all[i - 50]?.opened
    if (i % 1000 === 999) await Promise.all(all.map(({ opened }) => opened))
  }
  await Promise.all(all.map(({ opened }) => opened))
  return all
}

/** Of each client: what came, and how it ended, as far as it reads. */
export function outcomes(clients: readonly RawClient[]) {
  return clients.map(({ frames, isEnded, isClosed }) => ({
    counts: frames.counts,
    code: frames.closeCode,
    isOver: isEnded || isClosed,
  }))
}

export function destroyAll(clients: readonly RawClient[]): void {
  for (const { socket } of clients) socket.destroy()
}
