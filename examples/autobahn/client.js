// @ts-check
// An echo client for the fuzzing server of the Autobahn suite, through all its cases, one after another:
// node examples/autobahn/client.js --url ws://127.0.0.1:9001 --agent noio-ws
// --backend node compresses with node:zlib instead of pako; --ws is a client of noio-ws/ws instead.

import { request } from 'node:http'
import { parseArgs } from 'node:util'
import { requestUpgrade } from 'noio-ws/handshake'
import { compression } from './compression.js'
import { converse } from './converse.js'
import { visit as visitWithWs } from './ws.js'

/** @typedef {import('noio-ws/handshake').NegotiatedOptions} NegotiatedOptions */

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:9001' },
    agent: { type: 'string', default: 'noio-ws' },
    backend: { type: 'string', default: 'pako' },
    ws: { type: 'boolean', default: false },
  },
})
const extensions = [compression(values.backend)]

/**
 * The opening handshake.
 *
 * @param {URL} url
 * @returns {Promise<{ socket: import('node:net').Socket, head: Uint8Array, options: NegotiatedOptions }>} head: what
 * came after the response.
 */
function open(url) {
  const { host, port, path, headers, verify } = requestUpgrade(url, { extensions })
  return new Promise((resolve, reject) => {
    const asking = request({ host, port, path, headers, agent: false })
    asking.on('error', reject)
    asking.on('response', (response) => {
      response.resume()
      const answer = verify(response)
      reject(answer.ok ? new Error('the server does not switch protocols') : answer.error)
    })
    asking.on('upgrade', (response, socket, head) => {
      const answer = verify(response)
      if (answer.ok) {
        resolve({ socket: /** @type {import('node:net').Socket} */ (socket), head, options: answer.connectionOptions })
      } else {
        socket.destroy()
        reject(answer.error)
      }
    })
    asking.end()
  })
}

/**
 * @param {string} path
 * @param {import('./converse.js').Hear} hear
 */
async function visit(path, hear) {
  const url = new URL(path, values.url)
  if (values.ws) return visitWithWs(url, hear)
  const { socket, head, options } = await open(url)
  return converse('CLIENT', socket, head, options, hear)
}

async function caseCount() {
  let count = Number.NaN
  await visit('/getCaseCount', (payload) => {
    count = Number(new TextDecoder().decode(payload))
    return false
  })
  if (!Number.isInteger(count)) throw new Error('the server told no number of cases')
  return count
}

const agent = encodeURIComponent(values.agent)
const count = await caseCount()
for (let i = 1; i <= count; i++) await visit(`/runCase?case=${i}&agent=${agent}`, () => true)
await visit(`/updateReports?agent=${agent}`, () => false)
console.log(`${count} cases run`)
