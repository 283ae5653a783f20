// Peers that send as many frames as they can of the kinds that cost most, while others go on. See scenario.ts for the terms.

import { checkRecovered } from '../checks.js'
import { bystander } from '../parts/bystander.js'
import { server } from '../parts/server.js'
import { scenario, until, YOUNG } from '../scenario.js'
import { BINARY, CLOSE, closing, destroyAll, masked, openMany, outcomes, PING, PONG, RawClient, TEXT } from '../wire.js'

const NOTHING = Buffer.alloc(0)
const ONE = Buffer.from('x')
const FIN = 0x80

/** `count` times the same bytes. */
function repeated(bytes: Buffer, count: number): Buffer {
  return Buffer.alloc(bytes.length * count, bytes)
}

interface Flood {
  readonly name: string
  readonly promises: string
  /** What each of them sends, over and over. */
  readonly unit: () => Buffer
  /** How often, in full size. */
  readonly times: number
  /** Sent before and behind it. */
  readonly first?: Buffer
  readonly last?: Buffer
  readonly isDeaf?: boolean
  /** One byte in each write. */
  readonly isSlow?: boolean
  /** What comes back where everything is answered: how many frames of which opcode. */
  readonly answers?: (times: number) => { opcode: number; count: number }
}

interface FloodersArgument extends Omit<Flood, 'unit' | 'answers' | 'name' | 'promises' | 'times'> {
  readonly port: number
  readonly unit: Buffer
  readonly times: number
  readonly count: number
}

async function flooders(_: unknown, { port, count, unit, times, first, last, isDeaf, isSlow }: FloodersArgument) {
  const all = await openMany(count, () => new RawClient(port, { isDeaf: isDeaf ?? false }))
  const perWrite = Math.max(1, Math.floor(65536 / unit.length))
  const flood = async (peer: RawClient) => {
    if (first) await peer.write(Buffer.from(first))
    for (let left = times; left > 0; left -= perWrite) {
      const bytes = repeated(Buffer.from(unit), Math.min(left, perWrite))
      if (isSlow) {
        for (let at = 0; at < bytes.length; at++) {
          await peer.write(bytes.subarray(at, at + 1))
          await new Promise((resolve) => setImmediate(resolve))
        }
      } else if (!(await peer.write(bytes))) {
        return
      }
    }
    if (last) await peer.write(Buffer.from(last))
    await peer.write(masked(FIN | CLOSE, closing(1000)))
  }
  return {
    flood: () => {
      for (const peer of all) void flood(peer)
    },
    seen: () => outcomes(all),
    end: () => destroyAll(all),
  }
}

function flood({ name, promises, unit, times, answers, ...how }: Flood) {
  return scenario({
    name: `flood: ${name}`,
    promises,
    parts: { server, flooders, bystander },
    async run({ size, start, check, figure, tell }) {
      const count = size(10, 2)
      const each = size(times, Math.ceil(times / 20))
      const one = await start('server', { does: 'echo', options: { maxPayload: 8 * 2 ** 20, closeTimeout: 3000 } })
      const port = await one.call('port')
      const others = size(10, 3)
      const beside = await start('bystander', { port, count: others }, 'ws')
      await beside.call('answers')
      const before = await one.memory()
      const peers = await start('flooders', { port, count, unit: unit(), times: each, ...how })
      await beside.call('begin')
      await peers.call('flood')
      const areOver = async () => (await one.call('counts')).open === others
      await until(areOver, 240)
      const { trips, median, closes } = await beside.call('end')
      const counts = await one.call('counts')
      check(counts.open === others, `${counts.open - others} of ${count} are still connected`)
      check(closes === 0, `${closes} others were closed`)
      check(trips >= others, 'others had no answers')
      const seen = await peers.call('seen')
      const expected = answers?.(each)
      const isServed = ({ counts }: (typeof seen)[number]) => expected && counts[expected.opcode] === expected.count
      const served = seen.filter((peer) => peer.code === 1000 && isServed(peer)).length
      const isEnded = ({ code, isOver }: (typeof seen)[number]) => isOver && code !== 1000
      const ended = how.isDeaf ? count - (counts.open - others) : seen.filter(isEnded).length
      check(served + ended === count, `${count - served - ended} were answered in part, and closed as if all was well`)
      await peers.call('end')
      await until(async () => (await one.call('counts')).sockets === others)
      const resident = await checkRecovered(check, one, before, { count: others, part: beside })
      check(resident < 400e6, `RSS grew by ${Math.round(resident / 1e6)} MB`)
      tell('answered', served, `of ${count}`)
      figure('RSS at most', Math.max(0, resident), 'B', { noise: YOUNG })
      tell('round trip of others', median, 'ms')
    },
  })
}

export const floods = [
  flood({
    name: 'pings',
    promises: 'Peers that send pings without end, and read the pongs, are answered or ended.',
    unit: () => masked(FIN | PING, NOTHING),
    times: 200_000,
    answers: (times) => ({ opcode: PONG, count: times }),
  }),
  flood({
    name: 'pings, pongs not read',
    promises: 'Peers that send pings without end, and read nothing, are ended.',
    unit: () => masked(FIN | PING, Buffer.alloc(125)),
    times: 200_000,
    isDeaf: true,
  }),
  flood({
    name: 'empty messages',
    promises: 'Peers that send empty messages without end are answered.',
    unit: () => masked(FIN | BINARY, NOTHING),
    times: 100_000,
    answers: (times) => ({ opcode: BINARY, count: times }),
  }),
  flood({
    name: 'empty fragments',
    promises:
      'A message with any number of empty fragments takes no memory for them: it arrives, or its sender is ended.',
    first: masked(TEXT, ONE),
    unit: () => masked(0, NOTHING),
    times: 400_000,
    last: masked(FIN, ONE),
    answers: () => ({ opcode: TEXT, count: 1 }),
  }),
  flood({
    name: 'fragments of one byte',
    promises:
      'A message in fragments of one byte takes no more memory than its bytes: it arrives, or its sender is ended.',
    first: masked(BINARY, ONE),
    unit: () => masked(0, ONE),
    times: 400_000,
    last: masked(FIN, ONE),
    answers: () => ({ opcode: BINARY, count: 1 }),
  }),
  flood({
    name: 'chunks of one byte',
    promises: 'Frames whose every byte comes by itself are answered.',
    unit: () => masked(FIN | BINARY, Buffer.alloc(500, 'x')),
    times: 20,
    isSlow: true,
    answers: (times) => ({ opcode: BINARY, count: times }),
  }),
]
