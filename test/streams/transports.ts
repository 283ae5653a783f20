// The transports that streams are tested over: TransformStreams, TCP and HTTP/2, each with a bare other end that can do
// what a peer can do to it. Knows no frame.

import { once } from 'node:events'
import { connect, createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { fromDuplex, fromNodeStream, type StreamOptions, type WebSocketDuplex } from '../../bindings/streams/index.js'
import { pipes } from './pairs.js'

/** The bare other end of a transport. */
export interface Wire {
  write(bytes: Uint8Array): Promise<void>
  /** The next chunk; undefined where the stream under test has ended its direction, or all. */
  read(): Promise<Uint8Array | undefined>
  /** Ends this direction: a FIN, an END_STREAM. */
  end(): void
  /** Ends both directions at once: a RST, a RST_STREAM. */
  reset(): void
}

/** A stream under test, made of options, and the other end. */
export interface Link {
  open(options: StreamOptions): WebSocketDuplex
  readonly wire: Wire
  /** Resolves when nothing is left of the transport on the side of the stream under test. */
  readonly gone: Promise<unknown>
}

/** Makes links, until it is closed. */
export interface Transport {
  link(): Promise<Link>
  close(): Promise<void>
}

function wireOf(stream: Duplex, reset: () => void): Wire {
  stream.on('error', () => {})
  const chunks = stream.iterator({ destroyOnReturn: false })
  return {
    write: (bytes) => new Promise((resolve) => stream.write(bytes, () => resolve())),
    read: async () => {
      const { value } = await chunks.next().catch(() => ({ value: undefined }))
      return value
    },
    end: () => void stream.end(),
    reset,
  }
}

async function overTransformStreams(): Promise<Transport> {
  const link = async (): Promise<Link> => {
    const [mine, { readable, writable }] = pipes()
    const [reader, writer] = [readable.getReader(), writable.getWriter()]
    const wire: Wire = {
      write: (bytes) => writer.write(bytes).catch(() => {}),
      read: async () => (await reader.read().catch(() => undefined))?.value,
      end: () => void writer.close().catch(() => {}),
      reset() {
        writer.abort(new Error('reset')).catch(() => {})
        reader.cancel(new Error('reset')).catch(() => {})
      },
    }
    return {
      open: (options) => fromDuplex(mine, options),
      wire,
      gone: Promise.allSettled([writer.closed, reader.closed]),
    }
  }
  return { link, close: async () => {} }
}

/** `half`: whether the socket under test may be half open, as that of an 'upgrade' is. */
async function overTcp(half: boolean, open: (socket: Duplex, options: StreamOptions) => WebSocketDuplex) {
  const server: Server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const link = async (): Promise<Link> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const socket = connectTcp({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: half })
    const [peer] = await accepted
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    return { open: (options) => open(socket, options), wire: wireOf(peer, () => peer.resetAndDestroy()), gone }
  }
  return { link, close: async () => void server.close() }
}

async function overHttp2(role: 'CLIENT' | 'SERVER', open: (stream: Duplex, options: StreamOptions) => WebSocketDuplex) {
  const server: Http2Server = createHttp2Server({ settings: { enableConnectProtocol: true } })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(session, 'remoteSettings')
  const link = async (): Promise<Link> => {
    const accepted = once(server, 'stream') as Promise<[ServerHttp2Stream]>
    const client = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13' },
      { endStream: false },
    )
    const [stream] = await accepted
    stream.respond({ ':status': 200 })
    await once(client, 'response')
    const [mine, peer] = role === 'CLIENT' ? [client, stream] : [stream, client]
    mine.on('error', () => {})
    const gone = new Promise((resolve) => mine.once('close', resolve))
    return { open: (options) => open(mine, options), wire: wireOf(peer, () => peer.destroy(new Error('reset'))), gone }
  }
  const close = async () => {
    session.destroy()
    server.close()
  }
  return { link, close }
}

const toWeb = (stream: Duplex, options: StreamOptions) => {
  // Before Node 24, the readable does not end with the peer where the stream may be half open.
  stream.allowHalfOpen = false
  return fromDuplex(Duplex.toWeb(stream), options)
}

/** By name; `role`: that of the stream under test. */
export const TRANSPORTS: Readonly<Record<string, (role: 'CLIENT' | 'SERVER') => Promise<Transport>>> = {
  TransformStreams: overTransformStreams,
  'node:net': () => overTcp(false, fromNodeStream),
  'node:net, half open': () => overTcp(true, fromNodeStream),
  'node:net, as web streams': () => overTcp(false, toWeb),
  'node:http2': (role) => overHttp2(role, fromNodeStream),
  'node:http2, as web streams': (role) => overHttp2(role, toWeb),
}
