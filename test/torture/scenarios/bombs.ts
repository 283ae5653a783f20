// Compressed messages that are far larger than they look. See scenario.ts for the terms.

import { constants, deflateRawSync } from 'node:zlib'
import { checkRecovered } from '../checks.js'
import { bystander } from '../parts/bystander.js'
import { server } from '../parts/server.js'
import { scenario, until, YOUNG } from '../scenario.js'
import { BINARY, masked, RawClient } from '../wire.js'

const MEGABYTE = 2 ** 20
const SIZES = [MEGABYTE + 1, 4 * MEGABYTE, 64 * MEGABYTE, 256 * MEGABYTE, 1024 * MEGABYTE]

/** A compressed message of so many zeros: blocks that stand for a megabyte each, one after another. */
function bomb(size: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(MEGABYTE), { finishFlush: constants.Z_FULL_FLUSH })
  const rest = deflateRawSync(Buffer.alloc(size % MEGABYTE), { finishFlush: constants.Z_SYNC_FLUSH })
  const whole = Math.floor(size / MEGABYTE)
  return Buffer.concat([Buffer.alloc(block.length * whole, block), rest.subarray(0, -4)])
}

async function bombers(_: unknown, { port, times }: { port: number; times: number }) {
  const bytes = SIZES.map((size) => masked(0xc0 | BINARY, bomb(size)))
  const codes: (number | undefined)[] = []
  return {
    send: async () => {
      const one = async (frame: Buffer) => {
        const peer = new RawClient(port, { extensions: 'permessage-deflate' })
        await peer.opened
        await peer.write(frame)
        await peer.closed
        codes.push(peer.frames.closeCode)
      }
      for (let i = 0; i < times; i++) await Promise.all(bytes.map(one))
    },
    codes: () => codes,
  }
}

export const bombs = scenario({
  name: 'compressed bombs',
  promises:
    'Compressed messages of 1 MB to 1 GB, where 1 MB is allowed: each sender is ended, by 1009 if it still reads, and the memory is that of what is allowed.',
  parts: { server, bombers, bystander },
  async run({ size, start, check, figure, tell }) {
    const one = await start('server', {
      does: 'echo',
      options: { perMessageDeflate: true, maxPayload: MEGABYTE, closeTimeout: 3000 },
    })
    const port = await one.call('port')
    const others = size(10, 3)
    const beside = await start('bystander', { port, count: others }, 'ws')
    await beside.call('answers')
    const times = size(20, 2)
    const peers = await start('bombers', { port, times })
    const before = await one.memory()
    await beside.call('begin')
    await peers.call('send')
    const { trips, median, closes } = await beside.call('end')
    check(closes === 0 && trips >= others, `others: ${trips} answers, ${closes} closed`)
    const codes = await peers.call('codes')
    const told = codes.filter((code) => code === 1009).length
    const count = times * SIZES.length
    // The close frame is lost where the socket is reset, because the peer has sent more than was read.
    check(codes.length === count, `${codes.length} of ${count} were ended`)
    check(
      codes.every((code) => code === 1009 || code === undefined),
      `close codes ${[...new Set(codes)]}`,
    )
    await until(async () => (await one.call('counts')).sockets === others)
    const counts = await one.call('counts')
    check(counts.messages === trips + others, `${counts.messages - trips - others} bombs were delivered`)
    const resident = await checkRecovered(check, one, before, { count: others, part: beside })
    check(resident < 200e6, `RSS grew by ${Math.round(resident / 1e6)} MB`)
    tell('told 1009', told, `of ${count}`)
    figure('RSS at most', Math.max(0, resident), 'B', { noise: YOUNG })
    tell('round trip of others', median, 'ms')
  },
})
