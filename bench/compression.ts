// What permessage-deflate costs, and what it saves: npm run bench:compression. Each message goes from a server to a client, each
// way to compress in turn, and CPU is counted. Knows the package; how its table is written is compressed.ts's.

import { Connection, Data } from 'noio-ws'
import { acceptUpgrade, requestUpgrade } from 'noio-ws/handshake'
import { type PermessageDeflateOptions, permessageDeflate } from 'noio-ws/permessage-deflate'
import { nodeZlib } from 'noio-ws/permessage-deflate/node'
import { type Compressed, printTable, writeResults } from './compressed.js'
import { writeDocuments } from './documents.js'
import { describeMachine } from './machine.js'
import { ranInOtherNode } from './node.js'
import { spread } from './stats.js'

const NO_TAKEOVER = { serverNoContextTakeover: true, clientNoContextTakeover: true }

/** Each way, by the name that the table has for it; undefined: without the extension. */
const WAYS: Readonly<Record<string, PermessageDeflateOptions | undefined>> = {
  'no compression': undefined,
  'pako, as it is': {},
  'pako, windows of 12 bits, `memLevel: 5`': { serverMaxWindowBits: 12, clientMaxWindowBits: 12, memLevel: 5 },
  'pako, no context takeover': NO_TAKEOVER,
  '`nodeZlib`': { backend: nodeZlib },
  '`nodeZlib`, no context takeover': { backend: nodeZlib, ...NO_TAKEOVER },
}
/** Payload bytes of the messages, about: whole records. */
const SIZES = [128, 1024, 16 * 1024, 128 * 1024]
const ROUNDS = 5
/** Of CPU, for each measurement, in ms; and before it. */
const TIME = 80
const WARM_UP = 40

/** Bytes of messages before the first one comes again: many times what a window of 32 KiB remembers. */
const DISTINCT = 512 * 1024

/** Messages of JSON, as programs send them: records that are alike and not the same. */
function messages(size: number): string[] {
  let id = 0
  return Array.from({ length: Math.ceil(DISTINCT / size) }, () => {
    const records: object[] = []
    for (let length = 2; length < size; length += JSON.stringify(records.at(-1)).length + 1) {
      id++
      const price = ((id * 7919) % 100_000) / 100
      records.push({ id, symbol: `S${(id * 31) % 500}`, price, at: 1_790_000_000_000 + id * 137, up: id % 3 === 0 })
    }
    return JSON.stringify(records)
  })
}

/** A server and a client that have agreed on this. */
function pair(options: PermessageDeflateOptions | undefined) {
  const extensions = options === undefined ? [] : [permessageDeflate({ threshold: 0, ...options })]
  const request = requestUpgrade('ws://localhost/', { extensions })
  const answer = acceptUpgrade({ method: 'GET', url: '/', headers: request.headers }, { extensions })
  if (!answer.ok) throw new Error(answer.reason)
  const agreed = request.verify(answer.response)
  if (!agreed.ok) throw agreed.error
  const how = { delivery: 'message', ownership: 'take' } as const
  return {
    server: new Connection('SERVER', { ...answer.connectionOptions, ...how }),
    client: new Connection('CLIENT', { ...agreed.connectionOptions, ...how }),
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** ns of CPU for each message, both ends, and bytes on the wire for each. */
function measure(options: PermessageDeflateOptions | undefined, texts: readonly string[]) {
  const { server, client } = pair(options)
  const run = (ms: number) => {
    const start = cpu()
    let count = 0
    let bytes = 0
    while (count < texts.length || cpu() - start < ms * 1000) {
      for (const end = count + Math.min(16, texts.length); count < end; count++) {
        const text = texts[count % texts.length]
        const frame = server.send(new Data(text, 'text'))
        bytes += frame.length
        client.recv(frame)
        for (const message of client.messages()) if (message.text() !== text) throw new Error('not the same')
      }
    }
    return { ns: ((cpu() - start) * 1000) / count, bytes: bytes / count }
  }
  run(WARM_UP)
  return run(TIME)
}

async function main(): Promise<void> {
  if (await ranInOtherNode()) return
  const all = SIZES.map((size) => ({ size, texts: messages(size) }))
  const times = new Map<string, number[]>()
  const sent = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const { size, texts } of all) {
      for (const [name, options] of Object.entries(WAYS)) {
        const key = `${name} ${size}`
        const { ns, bytes } = measure(options, texts)
        times.set(key, [...(times.get(key) ?? []), ns])
        sent.set(key, bytes)
      }
    }
  }
  const rows = Object.keys(WAYS).map((name) => ({
    name,
    cells: SIZES.map((size) => ({
      size,
      ns: Number(spread(times.get(`${name} ${size}`) ?? []).median.toPrecision(3)),
      bytes: Math.round(sent.get(`${name} ${size}`) ?? 0),
    })),
  }))
  const results: Compressed = { machine: describeMachine(['noio-take']), rounds: ROUNDS, rows }
  printTable(results)
  if (!process.argv.includes('--no-write')) {
    console.log(`\n${[writeResults(results), ...writeDocuments(results.machine.name)].join('\n')}`)
  }
}

await main()
