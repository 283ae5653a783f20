// Any bytes in the place of an upgrade request. See scenario.ts for the terms.

import { connect, type Socket } from 'node:net'
import { Random } from '../../support/random.js'
import { bystander } from '../parts/bystander.js'
import { server } from '../parts/server.js'
import { scenario, sleep, until } from '../scenario.js'
import { BINARY, masked, RawClient, request } from '../wire.js'

const AT_ONCE = 100
const NAMES = [
  'Host',
  'Upgrade',
  'Connection',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Origin',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  '',
]
const VALUES = [
  'websocket',
  'WebSocket, h2c',
  'upgrade',
  'keep-alive, Upgrade',
  'close',
  '13',
  '8',
  '+13',
  '13, 8',
  'dGhlIHNhbXBsZSBub25jZQ==',
  'dGhlIHNhbXBsZSBub25jZQ',
  'chat, superchat',
  'chat,,chat',
  '"chat"',
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits; server_max_window_bits=9',
  'permessage-deflate; client_max_window_bits="15", permessage-deflate; server_no_context_takeover',
  'permessage-deflate; server_max_window_bits=999999999999999999999',
  'permessage-deflate; unknown; ; a="\\"\\\\"',
  '5',
  'chunked',
  '100-continue',
  '\u00e9\u00ff',
  '',
]
const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'PRI']
const TARGETS = ['/', '*', 'http://127.0.0.1/', '//', '/%', '/?a=b#c', '127.0.0.1:80', '/\u00e9']

/** A request that is nearly right, as bytes; or one that is right, with bytes changed. */
function mutated(random: Random): Buffer {
  const lines = request(random.once(2) ? 'permessage-deflate; client_max_window_bits' : '')
    .trimEnd()
    .split('\r\n')
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = 1 + random.below(lines.length - 1)
    const field = `${random.pick(NAMES)}: ${random.pick(VALUES)}`
    switch (random.below(8)) {
      case 0:
        lines.splice(at, 1)
        break
      case 1:
        lines.splice(at, 0, lines[at] ?? '')
        break
      case 2:
        lines[0] = `${random.pick(METHODS)} ${random.pick(TARGETS)} HTTP/${random.pick(['1.1', '1.0', '2.0', '0.9', '1'])}`
        break
      case 3:
        lines.splice(at, 0, `X-Long: ${'a'.repeat(random.below(20_000))}`)
        break
      case 4:
        lines[at] = `${(lines[at] ?? '').split(':')[0]}: ${random.pick(VALUES)}`
        break
      default:
        lines.splice(at, 0, field)
    }
  }
  let bytes = Buffer.from(`${lines.join(random.once(30) ? '\n' : '\r\n')}\r\n\r\n`, 'latin1')
  for (let changes = random.once(2) ? random.below(6) : 0; changes > 0; changes--) {
    const at = random.below(bytes.length)
    switch (random.below(4)) {
      case 0:
        bytes[at] = random.below(256)
        break
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
        break
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(16)), bytes.subarray(at)])
    }
    if (bytes.length === 0) break
  }
  // What comes behind the request: nothing, a frame, another request, or any bytes.
  const behind = [
    Buffer.alloc(0),
    masked(0x80 | BINARY, Buffer.from('hello')),
    Buffer.from(request()),
    Buffer.from(random.bytes(random.below(100))),
  ]
  return Buffer.concat([bytes, random.pick(behind)])
}

function fuzzer(_: unknown, { port, seed }: { port: number; seed: number }) {
  const random = new Random(seed)
  const statuses: Record<string, number> = {}
  let inputs = 0
  let bytesSent = 0
  let stuck: string | undefined
  const one = async (): Promise<void> => {
    const bytes = mutated(random)
    inputs++
    bytesSent += bytes.length
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    let answer = ''
    socket.on('data', (chunk) => {
      if (answer.length < 100) answer += chunk.toString('latin1')
    })
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    const cut = random.below(bytes.length + 1)
    socket.write(bytes.subarray(0, cut))
    if (random.once(2)) await sleep(1)
    socket.write(bytes.subarray(cut))
    // It is answered, or not, as it is not complete; then this side ends, in one of three ways.
    const end = random.below(3)
    if (end === 2) socket.resetAndDestroy()
    else socket.end()
    let isOver = false
    await Promise.race([
      closed.then(() => {
        isOver = true
      }),
      sleep(60_000),
    ])
    if (!isOver) stuck ??= bytes.toString('hex')
    socket.destroy()
    const status = /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? (answer === '' ? 'no answer' : 'other')
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return {
    run: async (seconds: number) => {
      const end = Date.now() + seconds * 1000
      const loop = async () => {
        while (Date.now() < end && stuck === undefined) await one()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, loop))
      return { inputs, bytesSent, statuses, stuck }
    },
    accepted: async () => {
      const peer = new RawClient(port)
      await peer.opened
      peer.socket.destroy()
      return peer.isAccepted
    },
  }
}

export const upgradeBytes = scenario({
  name: 'fuzzed upgrade requests',
  promises:
    'Any bytes in the place of an upgrade request, five minutes long: no exception, every socket is answered or closed, and well-formed clients are accepted meanwhile and afterwards.',
  parts: { server, fuzzer, bystander },
  async run({ size, minutes, random, start, check, tell }) {
    const seed = random.below(2 ** 31)
    const one = await start('server', {
      does: 'echo',
      http: { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 },
      options: { perMessageDeflate: true, closeTimeout: 2000 },
    })
    const port = await one.call('port')
    const others = size(10, 3)
    const beside = await start('bystander', { port, count: others }, 'ws')
    await beside.call('begin')
    const fuzz = await start('fuzzer', { port, seed })
    const { inputs, bytesSent, statuses, stuck } = await fuzz.call('run', (minutes * 60) / 2)
    check(stuck === undefined, `a socket was neither answered nor closed, the request in hex: ${stuck}`)
    check(statuses['101'] !== undefined && statuses['400'] !== undefined, `answers: ${JSON.stringify(statuses)}`)
    check(await fuzz.call('accepted'), 'a request that is right is not accepted afterwards')
    const { trips, closes } = await beside.call('end')
    check(closes === 0 && trips >= others, `others: ${trips} answers, ${closes} closed`)
    const isOver = await until(async () => (await one.call('counts')).sockets === others, 30)
    check(isOver, `${(await one.call('counts')).sockets - others} sockets are left`)
    const troubles = await one.troubles()
    check(troubles.length === 0, troubles.slice(0, 5).join('; '))
    tell('requests', inputs)
    tell('bytes', bytesSent, 'B')
    for (const [status, times] of Object.entries(statuses)) tell(status, times)
  },
})
