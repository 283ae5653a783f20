// @ts-check
// A reverse proxy for WebSockets, which prints each frame that passes: node server.js [port] [ws://host:port]
// The two ends agree on subprotocols and extensions with each other: heads pass as they are, but for the Host and the
// client's address.

import { createServer } from 'node:http'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ResponseHeadReader } from 'noio-ws/handshake'
import { relay } from './relay.js'

const { protocol, hostname, port, host } = new URL(process.argv[3] ?? 'ws://127.0.0.1:9000')
const isSecure = protocol === 'wss:'

/** How long the backend's answer may take, in ms. */
const ANSWER_TIMEOUT = 10_000

/** The request as it is for the backend. @param {import('node:http').IncomingMessage} request */
function headOf({ url, rawHeaders, socket }) {
  const lines = [`GET ${url} HTTP/1.1`, `Host: ${host}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!/^(host|x-forwarded-for)$/i.test(rawHeaders[i])) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
    else if (!/^host$/i.test(rawHeaders[i])) lines.push(`X-Forwarded-For: ${rawHeaders[i + 1]}`)
  }
  return `${lines.join('\r\n')}\r\nX-Forwarded-For: ${socket.remoteAddress}\r\n\r\n`
}

function dial() {
  const options = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isSecure ? 443 : 80)) }
  return isSecure ? connectTls({ ...options, servername: isIP(options.host) ? '' : options.host }) : connect(options)
}

const server = createServer((_, response) => response.writeHead(426).end('This is a proxy for WebSockets.\n'))
server.on('upgrade', (request, stream, head) => {
  const client = /** @type {import('node:net').Socket} */ (stream)
  const backend = dial()
  let isAnswered = false
  const refuse = () => {
    backend.destroy()
    if (!isAnswered) client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    isAnswered = true
  }
  const deadline = setTimeout(refuse, ANSWER_TIMEOUT)
  client.on('error', (error) => console.error(`client: ${error.message}`)).on('close', () => backend.destroySoon())
  backend.on('error', (error) => console.error(`backend: ${error.message}`)).on('close', refuse)

  backend.write(headOf(request))
  const reader = new ResponseHeadReader()
  backend.on('data', function read(/** @type {Buffer} */ chunk) {
    const result = reader.push(chunk)
    if (result.state === 'ERROR') return refuse()
    isAnswered = true
    const rest = result.state === 'DONE' ? result.rest : new Uint8Array(0)
    client.write(chunk.subarray(0, chunk.length - rest.length))
    if (result.state !== 'DONE') return
    clearTimeout(deadline)
    backend.off('data', read)
    if (result.head.status === 101) return relay(client, head, backend, rest, console.log)
    client.write(rest)
    backend.pipe(client)
  })
})
server.listen(Number(process.argv[2] ?? 8081), '127.0.0.1', () => {
  console.log(`port ${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`)
})
