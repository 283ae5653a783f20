// noio-ws as its README has it: delivery 'message', no reserved bits, the default limits and masking keys.
// Knows only the public API.

import { Connection, type ConnectionOptions, Data } from 'noio-ws'
import { BATCH, type Codec, type Payload } from './codec.js'

function data(payload: Payload): Data<'text' | 'binary'> {
  return new Data(payload, typeof payload === 'string' ? 'text' : 'binary')
}

export function noio(ownership: 'copy' | 'take'): Codec {
  const options: ConnectionOptions = { delivery: 'message', ownership, reservedBits: [0, 0, 0] }
  return {
    decoder(role, strings, sink) {
      const connection = new Connection(role, options)
      return (chunk) => {
        connection.recv(chunk)
        for (let event = connection.nextEvent(); typeof event !== 'string'; event = connection.nextEvent()) {
          if (strings) sink.text(event.text())
          else sink.bytes(event.message)
        }
      }
    },
    encoder(role, form, outlet) {
      const connection = new Connection(role, options)
      if (form === 'frame' || form === 'contiguous frame') {
        return (payloads) => {
          for (const payload of payloads) outlet.write(connection.send(data(payload)))
        }
      }
      if (form === 'parts') {
        return (payloads) => {
          for (const payload of payloads) {
            for (const part of connection.sendParts(data(payload))) outlet.write(part)
          }
        }
      }
      return (payloads) => {
        for (let at = 0; at < payloads.length; at += BATCH) {
          const frames: Data<'text' | 'binary'>[] = []
          for (let i = at; i < at + BATCH; i++) frames.push(data(payloads[i]))
          outlet.write(connection.send(...frames))
        }
      }
    },
    broadcaster(count, outlet) {
      const connections = Array.from({ length: count }, () => new Connection('SERVER', options))
      return (payloads) => {
        for (const payload of payloads) {
          const frame = data(payload)
          for (const connection of connections) {
            for (const part of connection.sendParts(frame)) outlet.write(part)
          }
        }
      }
    },
    connection(chunk, sink) {
      const connection = new Connection('SERVER', options)
      connection.recv(chunk)
      for (const message of connection.messages()) sink.bytes(message.message)
      return connection
    },
  }
}
