// websocket (WebSocket-Node): its frames and its list of buffers, used as its connection uses them, but one frame after
// another, where its connection waits for a setImmediate between two frames. Whole messages only.

import { createRequire } from 'node:module'
import type { Codec } from './codec.js'

interface BufferList {
  readonly length: number
  write(chunk: Buffer): void
}

interface WebSocketFrame {
  fin: boolean
  mask: boolean
  opcode: number
  binaryPayload: Buffer
  readonly protocolError: boolean
  readonly frameTooLarge: boolean
  addData(list: BufferList): boolean
  toBuffer(): Buffer
}

// No types are published for these.
const require = createRequire(import.meta.url)
const BufferList = require('websocket/vendor/FastBufferList') as new () => BufferList
const isValidUtf8 = require('utf-8-validate') as (bytes: Buffer) => boolean
const WebSocketFrame = require('websocket/lib/WebSocketFrame') as new (
  key: Buffer,
  header: Buffer,
  config: { maxReceivedFrameSize: number },
) => WebSocketFrame

const CONFIG = { maxReceivedFrameSize: 16 * 1024 * 1024 }
const TEXT = 1
const BINARY = 2

const codec: Codec = {
  decoder(_role, { strings }, sink) {
    const list = new BufferList()
    const key = Buffer.alloc(4)
    const header = Buffer.alloc(10)
    let frame = new WebSocketFrame(key, header, CONFIG)
    return (chunk) => {
      list.write(chunk)
      while (list.length > 0 && frame.addData(list)) {
        if (frame.protocolError || frame.frameTooLarge) throw new Error('a frame that may not be')
        if (frame.opcode === TEXT && !isValidUtf8(frame.binaryPayload)) throw new Error('text that is not UTF-8')
        if (strings) sink.text(frame.binaryPayload.toString('utf8'))
        else sink.bytes(frame.binaryPayload)
        frame = new WebSocketFrame(key, header, CONFIG)
      }
    }
  },
  encoder(role, _form, outlet) {
    const key = Buffer.alloc(4)
    const header = Buffer.alloc(10)
    return (payloads) => {
      for (const payload of payloads) {
        const isText = typeof payload === 'string'
        const frame = new WebSocketFrame(key, header, CONFIG)
        frame.opcode = isText ? TEXT : BINARY
        frame.binaryPayload = isText ? Buffer.from(payload, 'utf8') : payload
        frame.fin = true
        frame.mask = role === 'CLIENT'
        outlet.write(frame.toBuffer())
      }
    }
  },
}

export default codec
