// @ts-check
// The inspector's start and end: arguments, the listening socket, signals. Run it with: node server.js [--port NUMBER]
// Knows no request and no frame: routes.js answers requests, peer.js runs WebSockets.

import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { Inspector } from './routes.js'

const HOST = '127.0.0.1'
const DEFAULT_PORT = 8080
/** How long open connections may take to end after a signal, in ms. */
const GRACE = 300

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}

function readPort() {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } })
    if (/^\d{1,5}$/.test(values.port) && Number(values.port) <= 65535) return Number(values.port)
    return fail(`--port must be a number from 0 to 65535, not ${JSON.stringify(values.port)}; 0 is any free port.`)
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    return fail(`${sentence}\nUsage: node server.js [--port NUMBER]`)
  }
}

/** @param {NodeJS.ErrnoException} error @param {number} port */
function whyNot(error, port) {
  const advice = 'Choose another one with --port NUMBER, or any free one with --port 0.'
  if (error.code === 'EADDRINUSE') return `Port ${port} of ${HOST} is taken by another program. ${advice}`
  if (error.code === 'EACCES') return `Port ${port} of ${HOST} may not be used without more rights. ${advice}`
  return `The server cannot listen on ${HOST}:${port}: ${error.message}. ${advice}`
}

const port = readPort()
const inspector = new Inspector()
const server = createServer((request, response) => inspector.request(request, response))
server.on('upgrade', (request, socket, head) => inspector.upgrade(request, socket, head))
server.once('error', (error) => fail(whyNot(error, port)))
server.listen(port, HOST, () => {
  const address = server.address()
  if (address === null || typeof address === 'string') return
  inspector.port = address.port
  console.log(`The inspector is at http://${HOST}:${address.port}/`)
})

function stop() {
  inspector.close()
  server.close(() => process.exit(0))
  setTimeout(() => process.exit(0), GRACE)
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
