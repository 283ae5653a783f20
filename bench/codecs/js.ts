// The codec of bench/plain.ts, with the limits of noio-ws.

import { encodePlain, PlainDecoder } from '../plain.js'
import type { Codec } from './codec.js'
import { broadcastLists, encodeLists } from './lists.js'

const MAX_LENGTH = 16 * 1024 * 1024

const codec: Codec = {
  decoder(role, { strings }, sink) {
    const onMessage = strings
      ? (_: number, payload: Buffer) => sink.text(payload.toString())
      : (_: number, payload: Buffer) => sink.bytes(payload)
    const decoder = new PlainDecoder(role, MAX_LENGTH, onMessage)
    return (chunk) => decoder.decode(chunk)
  },
  encoder(role, form, outlet) {
    const masked = role === 'CLIENT'
    return encodeLists((payload) => encodePlain(payload, masked), form, outlet)
  },
  broadcaster(connections, outlet) {
    return broadcastLists((payload) => encodePlain(payload, false), connections, outlet)
  },
  connection(chunk, sink) {
    const decoder = new PlainDecoder('SERVER', MAX_LENGTH, (_, payload) => sink.bytes(payload))
    decoder.decode(chunk)
    return decoder
  },
}

export default codec
