// Encoding with a codec that gives each frame as a list of buffers. Knows no codec.

import { BATCH, type Encode, type Form, type Outlet, type Payload } from './codec.js'

export function encodeLists(frame: (payload: Payload) => Buffer[], form: Form, outlet: Outlet): Encode {
  switch (form) {
    case 'contiguous frame':
      return (payloads) => {
        for (const payload of payloads) {
          const parts = frame(payload)
          outlet.write(parts.length === 1 ? parts[0] : Buffer.concat(parts))
        }
      }
    case 'contiguous batch':
      return (payloads) => {
        for (let at = 0; at < payloads.length; at += BATCH) {
          const list: Buffer[] = []
          for (let i = at; i < at + BATCH; i++) for (const part of frame(payloads[i])) list.push(part)
          outlet.write(Buffer.concat(list))
        }
      }
    default:
      return (payloads) => {
        for (const payload of payloads) for (const part of frame(payload)) outlet.write(part)
      }
  }
}

/** The same for all connections: what it gives does not depend on them, but is made for each. */
export function broadcastLists(frame: (payload: Payload) => Buffer[], connections: number, outlet: Outlet): Encode {
  return (payloads) => {
    for (const payload of payloads) {
      for (let i = 0; i < connections; i++) for (const part of frame(payload)) outlet.write(part)
    }
  }
}
