// websocket-driver: its driver for RFC 6455, opened by a request that never was. It gives text as strings only.

import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Codec, Role, Sink } from './codec.js'

interface Driver {
  readonly io: EventEmitter
  on(event: 'message', listener: (event: { data: Buffer | string }) => void): void
  parse(chunk: Buffer): void
  text(message: string): boolean
  binary(message: Buffer): boolean
  start(): boolean
}

const REQUEST = {
  method: 'GET',
  headers: {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  },
}

// No types are published for it.
const Hybi = createRequire(import.meta.url)('websocket-driver/lib/websocket/driver/hybi') as new (
  request: typeof REQUEST,
  url: string,
  options: { masking: boolean; requireMasking: boolean; maxLength: number },
) => Driver

function open(role: Role): Driver {
  const isServer = role === 'SERVER'
  const options = { masking: !isServer, requireMasking: isServer, maxLength: 16 * 1024 * 1024 }
  const driver = new Hybi(REQUEST, 'ws://localhost/', options)
  driver.start()
  return driver
}

function receiving(role: Role, sink: Sink): Driver {
  const driver = open(role)
  driver.on('message', ({ data }) => {
    if (typeof data === 'string') sink.text(data)
    else sink.bytes(data)
  })
  return driver
}

const codec: Codec = {
  decoder(role, _choices, sink) {
    const driver = receiving(role, sink)
    return (chunk) => driver.parse(chunk)
  },
  encoder(role, _form, outlet) {
    const driver = open(role)
    driver.io.on('data', (bytes: Buffer) => outlet.write(bytes))
    return (payloads) => {
      for (const payload of payloads) {
        if (typeof payload === 'string') driver.text(payload)
        else driver.binary(payload)
      }
    }
  },
  connection(chunk, sink) {
    const driver = receiving('SERVER', sink)
    driver.parse(chunk)
    return driver
  },
}

export default codec
