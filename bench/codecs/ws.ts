// ws: its Receiver and the frames of its Sender, used as its WebSocket and WebSocketServer use them, without a socket.
// Without bufferutil where the environment has WS_NO_BUFFER_UTIL.

import { Duplex, type Writable } from 'node:stream'
import * as exported from 'ws'
import type { Codec, Payload, Role, Sink } from './codec.js'
import { broadcastLists, encodeLists } from './lists.js'

interface FrameOptions {
  fin: boolean
  generateMask: undefined
  mask: boolean
  maskBuffer: undefined
  opcode: number
  readOnly: boolean
  rsv1: boolean
}

// Exported by ws, but missing in its types.
const { Receiver, Sender } = exported as unknown as {
  Receiver: new (options: Record<string, boolean | number | string | object>) => Writable
  Sender: { new (socket: Duplex, extensions: object): unknown; frame(data: Payload, options: FrameOptions): Buffer[] }
}

/** What WebSocket gives it, with the defaults of WebSocketServer, but for maxPayload, which is noio-ws's. */
function receiver(role: Role): Writable {
  return new Receiver({
    allowSynchronousEvents: true,
    binaryType: 'nodebuffer',
    extensions: {},
    isServer: role === 'SERVER',
    maxBufferedChunks: 256 * 1024,
    maxFragments: 16 * 1024,
    maxPayload: 16 * 1024 * 1024,
    skipUTF8Validation: false,
  })
}

/** Sender.send does this, and more: this is what is left where nothing is compressed and nothing waits. */
function frame(payload: Payload, mask: boolean): Buffer[] {
  const isText = typeof payload === 'string'
  return Sender.frame(payload, {
    fin: true,
    generateMask: undefined,
    mask,
    maskBuffer: undefined,
    opcode: isText ? 1 : 2,
    readOnly: !isText,
    rsv1: false,
  })
}

/** One for all connections, which costs ws nothing; a real one has a socket each. */
const socket = new Duplex()

const codec: Codec = {
  decoder(role, { strings }, sink) {
    const one = receiver(role)
    one.on('error', (error) => {
      throw error
    })
    if (strings) one.on('message', (data: Buffer) => sink.text(data.toString()))
    else one.on('message', (data: Buffer) => sink.bytes(data))
    return (chunk) => {
      one.write(chunk)
    }
  },
  encoder(role, form, outlet) {
    const mask = role === 'CLIENT'
    return encodeLists((payload) => frame(payload, mask), form, outlet)
  },
  broadcaster(connections, outlet) {
    return broadcastLists((payload) => frame(payload, false), connections, outlet)
  },
  connection(chunk, sink) {
    const one = receiver('SERVER')
    one.on('message', listener(sink))
    one.write(chunk)
    return [one, new Sender(socket, {})]
  },
}

let shared: ((data: Buffer) => void) | undefined

/** As in ws, where connections share their listeners. */
function listener(sink: Sink): (data: Buffer) => void {
  shared ??= (data) => sink.bytes(data)
  return shared
}

export default codec
