// The events of a socket, for the link that it has: one set of listeners for all sockets, as a set for each would cost memory.
// Knows the names of events; not what a link does about them.

import type { Duplex } from 'node:stream'

/** Who is told of the events of a socket. */
export interface SocketListener {
  socketRead(chunk: Buffer): void
  socketDrained(): void
  /** Nothing more will be read. */
  socketEnded(): void
  socketFailed(): void
  socketClosed(): void
}

const LINK = Symbol('noio-ws link')
type LinkedSocket = Duplex & { [LINK]?: SocketListener | undefined }

/** Whether a socket was given to a WebSocket, be it at its end or not. */
export function isLinked(socket: Duplex): boolean {
  return LINK in socket
}

/** Makes `link` that of the socket; its events are told from {@link listen} on. */
export function attach(socket: Duplex, link: SocketListener): void {
  ;(socket as LinkedSocket)[LINK] = link
}

export function listen(socket: Duplex): void {
  socket.on('close', closed)
  socket.on('data', read)
  socket.on('end', ended)
  socket.on('error', failed)
}

/** Bytes are of no interest any more. */
export function stopReading(socket: Duplex): void {
  socket.removeListener('data', read)
}

/** Tells of the next 'drain', and of no other. */
export function listenForDrain(socket: Duplex): void {
  socket.once('drain', drained)
}

/** The socket is closed: it has no link any more. */
export function detach(socket: Duplex): void {
  socket.removeListener('close', closed)
  socket.removeListener('data', read)
  socket.removeListener('end', ended)
  ;(socket as LinkedSocket)[LINK] = undefined
}

function read(this: LinkedSocket, chunk: Buffer): void {
  this[LINK]?.socketRead(chunk)
}

function drained(this: LinkedSocket): void {
  this[LINK]?.socketDrained()
}

function ended(this: LinkedSocket): void {
  this[LINK]?.socketEnded()
}

function closed(this: LinkedSocket): void {
  this[LINK]?.socketClosed()
}

/** A second error is of no interest. */
function failed(this: LinkedSocket): void {
  this.removeListener('error', failed)
  this.on('error', ignore)
  this[LINK]?.socketFailed()
}

function ignore(): void {}
