// Messages of all sizes through a proxy that cuts and delays what it passes on. See scenario.ts for the terms.

import { createHash, type Hash } from 'node:crypto'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createProxy, type Socket } from 'node:net'
import { Random, randomText } from '../../support/random.js'
import { checkTroubles } from '../checks.js'
import type { Engine, WebSocket } from '../engine.js'
import { scenario, sleep, until } from '../scenario.js'

const LARGEST = 4 * 2 ** 20
/** What may wait in a WebSocket before its sender waits. */
const WAITING = 2 ** 20

/** Bytes and text that messages are cut from: half without a pattern, half with one that compresses. */
function pools(random: Random): { bytes: Buffer; text: string } {
  const noise = Buffer.from(random.bytes(2 ** 20))
  const words = Buffer.from(randomText(random, 4096, 'mostly ASCII'))
  const pattern = Buffer.alloc(2 ** 20, words)
  return {
    bytes: Buffer.concat([noise, pattern, noise, pattern, noise, pattern]),
    text: Buffer.from(randomText(random, 2 ** 20, 'mixed')).toString(),
  }
}

/** One direction at one end: how many messages there were, and the hash of them all. */
class Sum {
  count = 0
  bytes = 0
  readonly #hash: Hash = createHash('sha256')

  /** The length and the kind are hashed too, so that no border between two messages can move. */
  add(data: Buffer, isBinary: boolean): void {
    this.count++
    this.bytes += data.length
    this.#hash.update(`${isBinary ? 'b' : 't'}${data.length} `).update(data)
  }

  /** So far. */
  get value(): string {
    return `${this.count} ${this.#hash.copy().digest('hex')}`
  }
}

/** Either end: sends messages until it is told to rest, and sums what it sends and receives. */
class End {
  readonly sent = new Sum()
  readonly received = new Sum()
  readonly #webSocket: WebSocket
  isDone = false
  isClosed = false

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket
    webSocket.on('message', (data: Buffer, isBinary) => this.received.add(data, isBinary))
    webSocket.on('error', () => {})
    webSocket.on('close', () => {
      this.isClosed = true
    })
  }

  async send(random: Random, { bytes, text }: ReturnType<typeof pools>, isOver: () => boolean): Promise<void> {
    const webSocket = this.#webSocket
    while (!isOver() && !this.isClosed) {
      // As many of each magnitude, and some of nothing and of the largest size.
      const size = random.once(20) ? random.pick([0, LARGEST]) : Math.floor(2 ** (random.below(22_000) / 1000))
      const isBinary = !random.once(3) || size > 2 ** 19
      const at = random.below(isBinary ? bytes.length - size + 1 : text.length - size + 1)
      const data = isBinary ? bytes.subarray(at, at + size) : Buffer.from(text.slice(at, at + size))
      this.sent.add(data, isBinary)
      const how = { binary: isBinary, compress: !random.once(4) }
      if (size > 0 && random.once(8)) {
        const cut = random.below(size)
        webSocket.send(data.subarray(0, cut), { ...how, fin: false })
        webSocket.send(data.subarray(cut), how)
      } else {
        webSocket.send(isBinary || random.once(2) ? data : data.toString(), how)
      }
      if (random.once(30)) webSocket.ping()
      while (webSocket.bufferedAmount > WAITING && !this.isClosed) await sleep(5)
      if (random.once(3)) await sleep(random.below(60))
    }
    this.isDone = true
  }
}

function all(ends: ReadonlyMap<string, End>) {
  let isOver = false
  return {
    end: () => {
      isOver = true
    },
    isOver: () => isOver,
    areDone: () => [...ends.values()].every(({ isDone }) => isDone),
    sums: () => {
      const list = [...ends].map(([name, { sent, received }]) => [name, [sent.value, received.value]] as const)
      return new Map<string, readonly string[]>(list)
    },
    totals: () =>
      [...ends.values()].reduce(
        (total, { sent, isClosed }) => ({
          messages: total.messages + sent.count,
          bytes: total.bytes + sent.bytes,
          closed: total.closed + Number(isClosed),
        }),
        { messages: 0, bytes: 0, closed: 0 },
      ),
  }
}

/** Half of the connections are compressed: those with an even number. */
function isCompressed(i: number): boolean {
  return i % 2 === 0
}

async function server(engine: Engine, { seed }: { seed: number }) {
  const random = new Random(seed)
  const pool = pools(random)
  const ends = new Map<string, End>()
  const handlers = all(ends)
  const http = createServer()
  const options = { server: http, perMessageDeflate: { threshold: 100 }, maxPayload: LARGEST }
  new engine.WebSocketServer(options).on('connection', (webSocket, { url = '' }) => {
    const end = new End(webSocket)
    ends.set(url, end)
    void end.send(random, pool, handlers.isOver)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return { ...handlers, port: () => (http.address() as AddressInfo).port }
}

/** `first`: the number of the first of them, which is its path. */
function clients(engine: Engine, { port, first, count, seed }: Record<'port' | 'first' | 'count' | 'seed', number>) {
  const random = new Random(seed)
  const pool = pools(random)
  const ends = new Map<string, End>()
  const handlers = all(ends)
  for (let i = first; i < first + count; i++) {
    const perMessageDeflate = isCompressed(i) && { threshold: 100 }
    const webSocket = new engine.WebSocket(`ws://127.0.0.1:${port}/${i}`, { perMessageDeflate, maxPayload: LARGEST })
    const end = new End(webSocket)
    ends.set(`/${i}`, end)
    webSocket.on('open', () => void end.send(random, pool, handlers.isOver))
  }
  return handlers
}

/** Passes bytes on, in pieces of any size and with pauses in between. */
async function proxy(_: unknown, { port, seed }: { port: number; seed: number }) {
  const random = new Random(seed)
  let pieces = 0
  const pass = (from: Socket, to: Socket) => {
    from.on('data', async (chunk) => {
      from.pause()
      for (let at = 0; at < chunk.length && !to.destroyed; ) {
        // Pieces of few bytes where a frame may begin, or all of it.
        const size = random.once(3) ? chunk.length : 1 + random.below(random.pick([8, 300, 20_000]))
        pieces++
        if (!to.write(chunk.subarray(at, at + size)))
          await new Promise<void>((resolve) => {
            const goOn = () => {
              to.off('drain', goOn).off('close', goOn)
              resolve()
            }
            to.on('drain', goOn).on('close', goOn)
          })
        at += size
        if (random.once(8)) await sleep(random.below(random.once(20) ? 200 : 10))
        // Small pieces go on for a while only, or nothing would come through.
        if (random.once(6)) {
          to.write(chunk.subarray(at))
          break
        }
      }
      from.resume()
    })
    from.on('end', () => to.end())
    from.on('close', () => to.destroy())
    from.on('error', () => {})
  }
  const accept = createProxy({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const other = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    pass(socket, other)
    pass(other, socket)
  })
  await new Promise<void>((resolve) => accept.listen(0, '127.0.0.1', resolve))
  return { port: () => (accept.address() as AddressInfo).port, pieces: () => pieces }
}

export const nothingLost = scenario({
  name: 'nothing is lost',
  promises:
    '200 connections, half of them compressed, messages of 0 B to 4 MB in both directions, whole and in fragments, through a proxy that cuts and delays: every message arrives once, whole and in order (SHA-256 of each direction).',
  parts: { server, clients, proxy },
  async run({ target, size, minutes, random, start, check, tell }) {
    const count = size(200, 20)
    const seed = random.below(2 ** 31)
    const one = await start('server', { seed })
    const between = await start('proxy', { port: await one.call('port'), seed: seed + 1 })
    const port = await between.call('port')
    // Half of the clients are ws, the other half is put to the test.
    const others = await start('clients', { port, first: 0, count: count / 2, seed: seed + 2 }, 'ws')
    const own = await start('clients', { port, first: count / 2, count: count / 2, seed: seed + 3 }, target)
    const parts = [one, others, own]
    await sleep(minutes * 60_000)
    for (const part of parts) await part.call('end')
    const areDone = async () => (await Promise.all(parts.map((part) => part.call('areDone')))).every(Boolean)
    check(await until(areDone, 120), 'some cannot send what they have')
    const sumsOfClients = async () => new Map([...(await others.call('sums')), ...(await own.call('sums'))])
    const differing = async () => {
      const [theirs, ours] = [await one.call('sums'), await sumsOfClients()]
      return [...ours].filter(([name, [sent, received]]) => {
        const [back, there] = theirs.get(name) ?? []
        return sent !== there || received !== back
      })
    }
    const agrees = await until(async () => (await differing()).length === 0, 120)
    check(
      agrees,
      `${(await differing()).length} of ${count} have not received what was sent: ${(await differing())[0]}`,
    )
    const totals = await Promise.all(parts.map((part) => part.call('totals')))
    check(
      totals.every(({ closed }) => closed === 0),
      `${totals.map(({ closed }) => closed)} were closed`,
    )
    for (const part of parts) {
      await checkTroubles(check, part)
    }
    tell(
      'messages',
      totals.reduce((sum, { messages }) => sum + messages, 0),
    )
    tell(
      'sent',
      totals.reduce((sum, { bytes }) => sum + bytes, 0),
      'B',
    )
    tell('pieces', await between.call('pieces'))
  },
})
