// Connections that do nothing, and what each of them costs. See scenario.ts for the terms.

import { server } from '../parts/server.js'
import { scenario, until } from '../scenario.js'
import { BINARY, CLOSE, closing, masked, openMany, RawClient } from '../wire.js'

const OFFER = 'permessage-deflate; client_max_window_bits'

function peers() {
  let all: RawClient[] = []
  return {
    open: async (port: number, count: number, isCompressed: boolean) => {
      all = await openMany(count, () => new RawClient(port, isCompressed ? { extensions: OFFER } : {}))
      const isAgreed = ({ head }: RawClient) => /permessage-deflate/.test(head) === isCompressed
      return all.filter((one) => one.isAccepted && isAgreed(one)).length
    },
    /** A third with a close frame, a third with the end of the stream, a third with a reset. */
    close: async () => {
      for (const [i, { socket }] of all.entries()) {
        if (i % 3 === 0) socket.end(masked(0x80 | CLOSE, closing(1000)))
        else if (i % 3 === 1) socket.end()
        else socket.resetAndDestroy()
      }
      await Promise.all(all.map(({ closed }) => closed))
      all = []
    },
    /** Small messages, so that a server has used what it uses. */
    talk: () => {
      for (const { socket } of all) socket.write(masked(0x80 | BINARY, Buffer.alloc(20)))
    },
  }
}

function idle(name: string, isCompressed: boolean) {
  return scenario({
    name,
    promises: `10,000 idle connections${isCompressed ? ' that agreed to compression' : ''} cost little, and once they are closed the memory is back to within 5 % of before.`,
    parts: { server, peers },
    async run({ size, start, check, figure, tell }) {
      const count = size(10_000, 500)
      const one = await start('server', { does: 'echo', options: { perMessageDeflate: isCompressed } })
      const clients = await start('peers', undefined)
      const port = await one.call('port')
      const isEmpty = () => until(async () => (await one.call('counts')).sockets === 0)
      // Code is compiled, tables grow and slabs are made for the first connections, and stay.
      for (let round = 0; round < 2; round++) {
        await clients.call('open', port, Math.ceil(count / 5), isCompressed)
        await clients.call('talk')
        await clients.call('close')
        check(await isEmpty(), 'sockets of the first connections are left')
      }
      const before = await one.memory()
      const agreed = await clients.call('open', port, count, isCompressed)
      check(agreed === count, `${count - agreed} of ${count} were not accepted as they asked`)
      const open = await one.memory()
      await clients.call('close')
      check(await isEmpty(), 'sockets are left')
      const after = await one.memory()
      const used = ({ heap, external }: typeof before) => heap + external
      const back = used(after) / used(before)
      check(back <= 1.05, `memory is ${((back - 1) * 100).toFixed(1)} % above that of before`)
      const { codes, closedTwice, closed } = await one.call('counts')
      check(closedTwice === 0, `${closedTwice} were closed twice`)
      check(closed === count + 2 * Math.ceil(count / 5), `${closed} have a 'close': ${JSON.stringify(codes)}`)
      // What is left of the first connections may be given back in between, or what the others grew may stay.
      const each = (kind: keyof typeof before) => (open[kind] - Math.min(before[kind], after[kind])) / count
      figure('heap', each('heap'), 'B')
      figure('external', each('external'), 'B', { noise: 16 })
      figure('RSS', each('rss'), 'B')
      tell('afterwards', back * 100, '%')
    },
  })
}

export const idleConnections = idle('idle connections', false)
export const idleCompressed = idle('idle connections, permessage-deflate', true)
