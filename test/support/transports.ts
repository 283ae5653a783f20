// A connection over a stream of Node's, for tests with real peers. Knows no handshake.

import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Connection, Data, type Message } from '../../bindings/index.js'

/** Sends every message back, answers pings and closes, and ends the stream when the connection is over. */
export function echo(connection: Connection, stream: Duplex, first: Uint8Array): void {
  each(connection, stream, first, ({ type, message }) => {
    if (type === 'text' || type === 'binary') stream.write(connection.send(new Data(message, type)))
  })
}

/** Calls `take` with every message, answers pings and closes, and ends the stream when the connection is over. */
export function each(
  connection: Connection,
  stream: Duplex,
  first: Uint8Array,
  take: (message: Message) => void,
): void {
  const read = (chunk: Uint8Array) => {
    connection.recv(chunk)
    for (const message of connection.messages()) {
      const reply = message.response()
      if (reply !== undefined && connection.state !== 'CLOSED') stream.write(connection.send(reply))
      take(message)
    }
    if (connection.state === 'CLOSED') stream.end()
  }
  read(first)
  stream.on('data', read)
  stream.on('end', () => connection.recvEof())
  stream.on('error', () => stream.destroy())
}

/** Listens on a port of this machine that is free; returns the port. */
export async function listen(server: Pick<Server, 'listen' | 'address'> & NodeJS.EventEmitter): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
