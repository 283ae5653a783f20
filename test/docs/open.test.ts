// open.js of docs/codec.md: what it throws tells a late answer from a wrong one, and a wrong one from another.
// Knows the page's program and the built package.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { acceptUpgrade, RequestHeadReader } from '../../bindings/handshake/index.js'
import { Page } from '../support/programs.js'
import { listen } from '../support/transports.js'

type Open = (url: string, options?: object) => Promise<{ socket: Socket; rest: Uint8Array; status: number }>

let open: Open
beforeAll(async () => {
  const page = new Page('docs/codec.md')
  page.write()
  const url = new URL('open.js', page.folder)
  open = (await import(/* @vite-ignore */ url.href)).open
})

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that does this with each connection. Returns its port. */
async function serve(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    answer(socket)
  })
  servers.push(server)
  return listen(server)
}

it.each([
  ['ws', 'the answer'],
  ['wss', 'TLS'],
])('%s: a server that says nothing is a TimeoutError that says it waited for %s', async (scheme, step) => {
  const ended: Promise<unknown>[] = []
  const port = await serve((socket) => {
    socket.resume()
    ended.push(once(socket, 'close'))
  })
  const opening = open(`${scheme}://127.0.0.1:${port}/`, { timeout: 200 })
  await expect(opening).rejects.toMatchObject({ name: 'TimeoutError', message: `waited 200 ms for ${step}` })
  await Promise.all(ended)
})

it.each([
  ['401 Unauthorized', 'WWW-Authenticate: Basic', { status: 401, headers: { 'www-authenticate': 'Basic' } }],
  ['302 Found', 'Location: /other', { status: 302, headers: { location: '/other' } }],
  ['503 Service Unavailable', 'Retry-After: 5', { status: 503, headers: { 'retry-after': '5' } }],
])('%s is a HandshakeError that says so', async (status, field, told) => {
  const port = await serve((socket) => socket.end(`HTTP/1.1 ${status}\r\n${field}\r\n\r\n`))
  await expect(open(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: 'HandshakeError', ...told })
})

it('an end without an answer is an error', async () => {
  const port = await serve((socket) => socket.end())
  await expect(open(`ws://127.0.0.1:${port}/`)).rejects.toThrow('the server has ended the connection')
})

it('the answer is the one behind a 103, and what follows it is handed on', async () => {
  const port = await serve(async (socket) => {
    const [chunk] = await once(socket, 'data')
    const asked = new RequestHeadReader().push(chunk)
    if (asked.state !== 'DONE') throw new Error('not a whole head')
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    socket.write(Buffer.concat([acceptUpgrade(asked.head).responseBytes, Uint8Array.of(0x81, 0)]))
  })
  const { socket, rest, status } = await open(`ws://127.0.0.1:${port}/`)
  expect(status).toBe(101)
  let length = rest.length
  while (length < 2) length += (await once(socket, 'data'))[0].length
  expect(length).toBe(2)
  socket.destroy()
})
