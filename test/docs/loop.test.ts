// The loop of docs/codec.md tells each end of a connection as it was, over TCP with a bare peer.
// Knows the loop's arguments; no other program of the page.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { Connection, type Data, type Message } from '../../bindings/index.js'
import { CLOSE, closePayload, join, masked, TEXT } from '../support/frames.js'
import { Page, root } from '../support/programs.js'

type Send = (data: Data) => void
type Run = (
  connection: Connection,
  stream: Duplex,
  first: Uint8Array,
  onMessage: (message: Message, send: Send) => void,
  onEnd: (code: number, reason: string, error: Error | undefined) => void,
) => Send

let run: Run

beforeAll(async () => {
  new Page('docs/codec.md').write()
  ;({ run } = await import(/* @vite-ignore */ new URL('build/programs/docs-codec-md/run.js', root).href))
})
afterEach(() => {
  vi.useRealTimers()
})

/** A server with the loop, and its peer. */
async function start(onMessage: (message: Message, send: Send) => void = () => {}) {
  // The loop imports the package as it was built: its class is another one.
  const core: typeof import('../../bindings/index.js') = await import('noio-ws' as string)
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  peer.on('error', () => {})
  const [socket] = await accepted
  server.close()
  const chunks: Buffer[] = []
  peer.on('data', (chunk) => chunks.push(chunk))
  let send: Send = () => {}
  const end = new Promise<[number, string, string | undefined]>((resolve) => {
    const connection = new core.Connection('SERVER', { delivery: 'message' })
    send = run(connection, socket, new Uint8Array(0), onMessage, (code, reason, error) =>
      resolve([code, reason, error?.message]),
    )
  })
  const close = (code: number) => send(new core.Data('', 'close', { statusCode: code }))
  /** The status code of the close frame that the peer has received. */
  const closed = () => {
    const connection = new Connection('CLIENT')
    connection.recv(join(...chunks))
    return [...connection.messages()].at(-1)?.statusCode
  }
  return { peer, socket, end, close, closed }
}

const text = masked({ opcode: TEXT, payload: 'hello' })

it('tells a clean close', async () => {
  const { peer, end } = await start()
  peer.end(masked({ opcode: CLOSE, payload: closePayload(4000, 'bye') }))
  expect(await end).toEqual([4000, 'bye', undefined])
})

it('tells a reset', async () => {
  const { peer, end } = await start(() => peer.resetAndDestroy())
  peer.write(text)
  const [code, reason, error] = await end
  expect([code, reason]).toEqual([1006, ''])
  expect(error).toMatch(/ECONNRESET/)
})

it('tells an end without a close frame', async () => {
  const { peer, end } = await start()
  peer.end(text)
  expect(await end).toEqual([1006, '', 'the peer has ended the connection without a close frame'])
})

it('tells a violation, and answers it', async () => {
  const { peer, end, closed } = await start()
  peer.on('end', () => peer.end())
  peer.write(Uint8Array.of(0x81, 0))
  const [code, , error] = await end
  expect(code).toBe(1006)
  expect(error).toMatch(/not masked/)
  expect(closed()).toBe(1002)
})

it('tells an error of its listener, and closes with 1011', async () => {
  const { peer, end, closed } = await start(() => {
    throw new Error('the program has failed')
  })
  peer.write(text)
  await once(peer, 'data')
  expect(closed()).toBe(1011)
  peer.end(masked({ opcode: CLOSE, payload: closePayload(1011) }))
  expect(await end).toEqual([1011, '', 'the program has failed'])
})

it('has a deadline for a close that is sent from anywhere, and tells it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { end, close } = await start()
  close(1000)
  vi.advanceTimersByTime(5000)
  expect(await end).toEqual([1006, '', 'the peer did not end the connection within 5 s'])
})

it('tells that the program has destroyed the stream', async () => {
  const { socket, end } = await start()
  socket.destroy()
  expect(await end).toEqual([1006, '', undefined])
})
