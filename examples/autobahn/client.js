// @ts-check
// An echo client for the fuzzing server of the Autobahn suite, through all its cases, one after another:
// node examples/autobahn/client.js --url ws://127.0.0.1:9001 --agent noio-ws
// --backend node compresses with node:zlib instead of pako.

import { request } from 'node:http'
import { parseArgs } from 'node:util'
import { requestUpgrade } from 'noio-ws/handshake'
import { compression } from './compression.js'
import { converse, echo } from './converse.js'

/** @typedef {import('noio-ws/handshake').NegotiatedOptions} NegotiatedOptions */

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:9001' },
    agent: { type: 'string', default: 'noio-ws' },
    backend: { type: 'string', default: 'pako' },
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
 * @param {Parameters<typeof converse>[4]} answer
 */
async function visit(path, answer) {
  const { socket, head, options } = await open(new URL(path, values.url))
  await converse('CLIENT', socket, head, options, answer)
}

async function caseCount() {
  let count = Number.NaN
  await visit('/getCaseCount', (message) => {
    count = Number(message.text())
    return undefined
  })
  if (!Number.isInteger(count)) throw new Error('the server told no number of cases')
  return count
}

const agent = encodeURIComponent(values.agent)
const count = await caseCount()
for (let i = 1; i <= count; i++) await visit(`/runCase?case=${i}&agent=${agent}`, echo)
await visit(`/updateReports?agent=${agent}`, () => undefined)
console.log(`${count} cases run`)
