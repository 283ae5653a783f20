// Heads compared with Node's parser, llhttp: whatever is taken here is taken there, and read the same. Two recipients that
// differ in where a head ends, or what is in it, can be played against each other (RFC 9112 section 11.2).

import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseRequestHead } from '../../bindings/handshake/index.js'
import { checkAsync } from '../support/seed.js'
import { listen } from '../support/transports.js'

const server = createServer((request, response) => {
  seen = request
  response.end()
})
let seen: IncomingMessage | undefined
let port: number

beforeAll(async () => {
  server.on('upgrade', (request, socket) => {
    seen = request
    socket.end()
  })
  server.on('clientError', (_, socket) => socket.destroy())
  port = await listen(server)
})

afterAll(() => {
  server.close()
})

/** What Node makes of the bytes. */
function asked(bytes: Uint8Array): Promise<IncomingMessage | undefined> {
  seen = undefined
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(seen)).resume()
  })
}

// Mostly what is right, so that some heads are; llhttp knows methods by name, of which these are some.
const line = fc.oneof(
  { weight: 4, arbitrary: fc.constant('GET / HTTP/1.1') },
  fc.constantFrom(
    ...[
      '\r\nGET / HTTP/1.1',
      'POST /a?b HTTP/1.1',
      'GET http://a/ HTTP/1.1',
      'GET ws://a/b HTTP/1.1',
      'GET //a HTTP/1.1',
    ],
    ...[
      'GET  / HTTP/1.1',
      'GET / HTTP/1.2',
      'GET /\xe9 HTTP/1.1',
      'GET /\x7f HTTP/1.1',
      'GET /# HTTP/1.1',
      'GET / HTTP/1.1 ',
    ],
  ),
)
const end = fc.oneof({ weight: 9, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r', '\r\r\n', '\n\r\n'))
const name = fc.oneof(
  { weight: 2, arbitrary: fc.constant('X') },
  fc.constantFrom(
    ...['Host', 'Upgrade', 'Connection', 'Content-Length', 'Transfer-Encoding'],
    ...['X-Y', 'X ', ' X', '\tX', '', 'X\0', 'X\t', '"X"', '\xe9', 'X\x7f', ':protocol', '__proto__'],
  ),
)
const value = fc.constantFrom(
  ...['a', '', 'a b', 'a\tb', ' a ', '\xe9', 'a:b', '0', 'websocket', 'upgrade', 'close'],
  ...['a\0', 'a\rb', 'a\nb', 'a\r\n b', 'a\x7f', '\x01', '5', 'chunked', '+0', '0, 0'],
)
// A field of nothing but CRLF would be the empty line that ends the head, with the rest of the bytes after it.
const field = fc
  .tuple(name, fc.constantFrom(':', ': ', ':\t', ' :', ''), value, end)
  .map((parts) => parts.join(''))
  .filter((bytes) => bytes !== '\r\n')
const heads = fc
  .tuple(line, end, fc.constantFrom('Host: a\r\n', 'Host: a\r\n', ''), fc.array(field, { maxLength: 3 }))
  .map(([start, first, host, fields]) => Buffer.from(`${start}${first}${host}${fields.join('')}\r\n`, 'latin1'))

it('what is taken, Node takes too, and reads the same', async () => {
  let taken = 0
  await checkAsync(
    fc.asyncProperty(heads, async (bytes) => {
      const result = parseRequestHead(bytes)
      if (result.state !== 'DONE') return
      const request = await asked(bytes)
      expect(request?.method).toBe(result.head.method)
      expect(request?.url).toBe(result.head.url)
      expect(request?.rawHeaders).toEqual(result.head.headers.flat())
      expect(result.rest.length).toBe(0)
      taken++
    }),
    1000,
  )
  expect(taken).toBeGreaterThan(50)
})

it.each([
  ['a line feed alone', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
  ['a line feed alone after a field', 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n'],
  ['a carriage return alone', 'GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n'],
  ['a folded field', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'],
  ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
  ['a blank in a name', 'GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n'],
  ['no name', 'GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n'],
  ['no colon', 'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n'],
  ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n'],
  ['a control character in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n'],
  ['two Content-Lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n'],
  ['a length that is none', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n'],
  ['a length and chunks', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['a version that is none', 'GET / HTTP/9.9.9\r\nHost: a\r\n\r\n'],
  ['no HTTP', 'hello\r\n\r\n'],
])('%s is refused here and there', async (_, head) => {
  const bytes = Buffer.from(head, 'latin1')
  expect(parseRequestHead(bytes).state).toBe('ERROR')
  expect(await asked(bytes)).toBe(undefined)
})
