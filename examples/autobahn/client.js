// @ts-check
// An echo client for the fuzzing server of the Autobahn suite, through all its cases, one after another:
// node examples/autobahn/client.js --url ws://127.0.0.1:9001 --agent noio-ws

import { parseArgs } from 'node:util'
import { converse, echo } from './converse.js'
import { openUpgrade } from './upgrade.js'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:9001' },
    agent: { type: 'string', default: 'noio-ws' },
  },
})

/**
 * @param {string} path
 * @param {Parameters<typeof converse>[3]} answer
 */
async function visit(path, answer) {
  const { socket, head } = await openUpgrade(new URL(path, values.url))
  await converse('CLIENT', socket, head, answer)
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
