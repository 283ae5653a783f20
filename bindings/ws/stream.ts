// createWebSocketStream: a Duplex of Node's over a WebSocket, with backpressure in both directions.
// Knows streams and the public face of a WebSocket; no frame.

import { Duplex, type DuplexOptions } from 'node:stream'
import { CLOSED, CONNECTING } from './session.js'
import type { WebSocket } from './websocket.js'

type Callback = (error?: Error | null) => void

/** A stream of what a WebSocket receives, and to what it sends. Ending it closes the WebSocket, and the other way round. */
export function createWebSocketStream(webSocket: WebSocket, options?: DuplexOptions): Duplex {
  // The WebSocket is told to close where the stream is destroyed, but not where it was the WebSocket that ended it.
  let endsWebSocket = true
  const opened = (then: () => void) => {
    if (webSocket.readyState === CONNECTING) webSocket.once('open', then)
    else then()
  }
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (webSocket.isPaused) webSocket.resume()
    },
    write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback) {
      opened(() => webSocket.send(chunk, callback as never))
    },
    final(callback: Callback) {
      opened(() => close(callback))
    },
    destroy(error: Error | null, callback: (error?: Error | null) => void) {
      if (webSocket.readyState === CLOSED) {
        callback(error)
        process.nextTick(emitClose)
        return
      }
      let hasFailed = false
      webSocket.once('error', (failure: Error) => {
        hasFailed = true
        callback(failure)
      })
      webSocket.once('close', () => {
        if (!hasFailed) callback(error)
        process.nextTick(emitClose)
      })
      if (endsWebSocket) webSocket.terminate()
    },
  })
  const emitClose = () => {
    duplex.emit('close')
  }
  const close = (callback: Callback) => {
    // Before it has a socket: it was destroyed in CONNECTING, and there will be none.
    const socket = webSocket._socket as ({ _writableState?: { finished: boolean } } & Duplex) | null
    if (socket === null) return
    if (socket.writableFinished) {
      callback()
      if (duplex.readableEnded) duplex.destroy()
      return
    }
    socket.once('finish', () => callback())
    webSocket.close()
  }

  webSocket.on('message', (message: Buffer, isBinary: boolean) => {
    const data = !isBinary && duplex.readableObjectMode ? message.toString() : message
    if (!duplex.push(data)) webSocket.pause()
  })
  webSocket.once('error', (error: Error) => {
    if (duplex.destroyed) return
    endsWebSocket = false
    duplex.destroy(error)
  })
  webSocket.once('close', () => {
    if (duplex.destroyed) return
    duplex.push(null)
  })
  // The stream closes once both directions are at their end.
  duplex.on('end', () => {
    if (!duplex.destroyed && duplex.writableFinished) duplex.destroy()
  })
  duplex.on('finish', () => {
    if (!duplex.destroyed && duplex.readableEnded) duplex.destroy()
  })
  duplex.on('error', destroyUnheard)
  return duplex

  /** Without another listener an error ends the process, as any stream's does. */
  function destroyUnheard(this: Duplex, error: Error): void {
    this.removeListener('error', destroyUnheard)
    this.destroy()
    if (this.listenerCount('error') === 0) this.emit('error', error)
  }
}
