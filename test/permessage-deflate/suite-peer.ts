// A peer like the Autobahn suite, over TCP, after the handshake: frames by hand, payloads compressed by zlib's streams.
// A message is compressed whole, and what came of it is cut into fragments. Knows no encoder of the project's.

import type { Socket } from 'node:net'
import type { ExtensionParameters } from '../../bindings/index.js'
import { frame, KEY } from '../support/frames.js'
import { WsDeflate } from './ws-deflate.js'

export interface Frame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly payload: Buffer
}

export class SuitePeer {
  readonly deflate: WsDeflate
  readonly #socket: Socket
  readonly #role: 'CLIENT' | 'SERVER'
  readonly #mayEnd: boolean
  #unread: Buffer[] = []
  #size = 0
  #ended = false
  #wake = () => {}

  /**
   * `role`: the peer's own. `head`: what came behind the handshake. `parameters`: the handshake's answer. `mayEnd`: whether a
   * client may end TCP before the server, as that of ws does.
   */
  constructor(
    role: 'CLIENT' | 'SERVER',
    socket: Socket,
    head: Buffer,
    parameters: ExtensionParameters,
    mayEnd = false,
  ) {
    this.deflate = new WsDeflate(role, parameters)
    this.#socket = socket
    this.#role = role
    this.#mayEnd = mayEnd
    const take = (chunk: Buffer) => {
      this.#unread.push(chunk)
      this.#size += chunk.length
      this.#wake()
    }
    take(head)
    socket.setNoDelay(true)
    socket.on('data', take)
    socket.on('end', () => {
      this.#ended = true
      this.#wake()
    })
    socket.on('error', (error) => socket.destroy(error))
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  write(opcode: number, payload: Uint8Array, fin = true, rsv = 0): void {
    const key = this.#role === 'CLIENT' ? { key: KEY } : {}
    this.#socket.write(frame({ fin: fin ? 1 : 0, rsv, opcode, payload, ...key }))
  }

  /** Sends a message; `fragment`: the most bytes of a frame's payload, 0 for one frame. */
  async send(message: Uint8Array, opcode: number, fragment = 0): Promise<void> {
    const whole = await this.deflate.compress(message, true)
    const step = fragment === 0 ? whole.length : fragment
    this.#socket.cork()
    for (let at = 0; at < whole.length; at += step) {
      const first = at === 0
      this.write(first ? opcode : 0, whole.subarray(at, at + step), at + step >= whole.length, first ? 4 : 0)
    }
    this.#socket.uncork()
  }

  /** The echo of a message: what comes next, which must be one compressed frame of the type. */
  async receive(opcode: number): Promise<Buffer> {
    const { payload, ...got } = await this.frame()
    const asExpected = got.fin && got.rsv === 4 && got.opcode === opcode
    if (!asExpected) throw new Error(`expected a compressed message of opcode ${opcode}, got ${JSON.stringify(got)}`)
    return this.deflate.decompress(payload, true)
  }

  /** Sends each message once the one before it came back, as the suite does. */
  async exchange(messages: Iterable<Uint8Array>, opcode: number, fragment: number): Promise<void> {
    for (const message of messages) {
      await this.send(message, opcode, fragment)
      const echoed = await this.receive(opcode)
      if (!echoed.equals(message)) throw new Error(`${message.length} bytes came back as ${echoed.length} others`)
    }
  }

  /** The closing handshake, begun here, up to the end of TCP, which is the server's to begin (RFC 6455 section 7.1.1). */
  async close(): Promise<void> {
    this.write(8, Uint8Array.of(0x03, 0xe8))
    await this.closed(1000)
  }

  /** Awaits the peer's close frame with this code, and the end of TCP. */
  async closed(code: number): Promise<void> {
    const { opcode, payload } = await this.frame()
    const got = opcode === 8 && payload.length >= 2 ? payload.readUInt16BE() : undefined
    if (got !== code) throw new Error(`opcode ${opcode}, code ${got}; expected a close frame with ${code}`)
    if (this.#role === 'SERVER') {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#ended && !this.#mayEnd) throw new Error('the client ended TCP before the server')
      this.#socket.end()
    }
    while (!this.#ended) await this.#more()
    if (this.#socket.errored) throw this.#socket.errored
    if (this.#size > 0) throw new Error(`${this.#size} bytes follow the close frame`)
    this.#socket.end()
    this.deflate.cleanup()
  }

  async frame(): Promise<Frame> {
    const head = await this.#peek(2)
    const short = head[1] & 0x7f
    const masked = (head[1] & 0x80) !== 0
    if (masked !== (this.#role === 'SERVER')) throw new Error(`a frame that is ${masked ? '' : 'not '}masked`)
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0
    const start = 2 + extended + (masked ? 4 : 0)
    const header = await this.#peek(start)
    const length = extended === 2 ? header.readUInt16BE(2) : extended === 8 ? Number(header.readBigUInt64BE(2)) : short
    const all = await this.#peek(start + length)
    const payload = Buffer.from(all.subarray(start, start + length))
    if (masked) for (let i = 0; i < length; i++) payload[i] ^= all[start - 4 + (i & 3)]
    this.#unread = [all.subarray(start + length)]
    this.#size -= start + length
    return { fin: head[0] >= 0x80, rsv: (head[0] >> 4) & 7, opcode: head[0] & 15, payload }
  }

  /** What has come and is not yet read, `size` bytes at least. */
  async #peek(size: number): Promise<Buffer> {
    while (this.#size < size) {
      if (this.#ended) throw new Error(`TCP ended ${size - this.#size} bytes too early`)
      await this.#more()
    }
    if (this.#unread.length > 1) this.#unread = [Buffer.concat(this.#unread)]
    return this.#unread[0]
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
