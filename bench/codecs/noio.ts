// noio-ws as its README has it: delivery 'message', or 'chunk' for pieces, no reserved bits, the default limits and
// masking keys. Knows only the public API, so that builds of different versions can be measured.

import { pathToFileURL } from 'node:url'
import type { Connection, ConnectionOptions, Data } from 'noio-ws'
import { BATCH, type Codec, type Encode, type Form, type Outlet, type Payload } from './codec.js'

type Frame = Data<'text' | 'binary'>
/** The Data for a payload, made now or before. */
type FrameAt = (payloads: readonly Payload[], index: number) => Frame

/** More than 16 frames of the largest payload that is put into a buffer. */
const TARGET_SIZE = 64 * 1024

/** What a build of noio-ws exports, of which this is used. */
type Build = Pick<typeof import('noio-ws'), 'Connection' | 'Data'>

/** Where --against finds another build; from there, its path is inherited by every process that measures. */
export const OTHER_BUILD = 'NOIO_WS_OTHER_BUILD'

export async function otherBuild(): Promise<Build> {
  const path = process.env[OTHER_BUILD]
  if (path === undefined) throw new Error(`${OTHER_BUILD} is not set`)
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Build
}

export function noio({ Connection, Data }: Build, ownership: 'copy' | 'take'): Codec {
  const data = (payload: Payload): Frame => new Data(payload, typeof payload === 'string' ? 'text' : 'binary')
  const options: ConnectionOptions<never, never> = { delivery: 'message', ownership, reservedBits: [0, 0, 0] }
  return {
    decoder(role, { strings, pieces }, sink) {
      const connection = new Connection(role, pieces ? { ...options, delivery: 'chunk' } : options)
      if (pieces) {
        return (chunk) => {
          connection.recv(chunk)
          for (let event = connection.nextEvent(); typeof event !== 'string'; event = connection.nextEvent()) {
            sink.piece(event.message, event.fin && !event.partial)
          }
        }
      }
      return (chunk) => {
        connection.recv(chunk)
        for (let event = connection.nextEvent(); typeof event !== 'string'; event = connection.nextEvent()) {
          if (strings) sink.text(event.text())
          else sink.bytes(event.message)
        }
      }
    },
    encoder(role, form, outlet, ready) {
      const connection = new Connection(role, options)
      if (!ready) return encoderOf(connection, form, outlet, (payloads, index) => data(payloads[index]))
      // Made once, so that in each pass the same are sent again.
      let made: readonly Frame[] | undefined
      const encode = encoderOf(connection, form, outlet, (_, index) => (made as readonly Frame[])[index])
      const prepare = (payloads: readonly Payload[]) => {
        made ??= payloads.map(data)
      }
      return Object.assign(encode, { prepare })
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

function encoderOf(connection: Connection, form: Form, outlet: Outlet, frameAt: FrameAt): Encode {
  switch (form) {
    case 'frame':
    case 'contiguous frame':
      return (payloads) => {
        for (let i = 0; i < payloads.length; i++) outlet.write(connection.send(frameAt(payloads, i)))
      }
    case 'parts':
      return (payloads) => {
        for (let i = 0; i < payloads.length; i++) {
          for (const part of connection.sendParts(frameAt(payloads, i))) outlet.write(part)
        }
      }
    case 'batch':
    case 'contiguous batch':
      return (payloads) => {
        for (let at = 0; at < payloads.length; at += BATCH) {
          const frames: Frame[] = []
          for (let i = at; i < at + BATCH; i++) frames.push(frameAt(payloads, i))
          outlet.write(connection.send(...frames))
        }
      }
    default: {
      const target = new Uint8Array(TARGET_SIZE)
      const count = form === 'batch into a buffer' ? BATCH : 1
      return (payloads) => {
        for (let at = 0; at < payloads.length; at += count) {
          let end = 0
          for (let i = at; i < at + count; i++) end = connection.sendInto(frameAt(payloads, i), target, end)
          outlet.writeFrom(target, end)
        }
      }
    }
  }
}
