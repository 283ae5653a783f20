// Peers that read nothing, while others chat. See scenario.ts for the terms.

import { checkTroubles } from '../checks.js'
import { bystander } from '../parts/bystander.js'
import { server } from '../parts/server.js'
import { scenario, sleep, until } from '../scenario.js'
import { openMany, RawClient } from '../wire.js'

const CHATTING = 20
const MOST_BUFFERED = 512 * 1024
/** Each has the size of a page, so that the kernel's buffers fill. */
const MESSAGE = 4096
/** What the kernel may take for a peer, in messages, and what may wait besides. */
const MOST_MESSAGES = 2500

function peers() {
  const all: RawClient[] = []
  return {
    open: async (port: number, count: number, isDeaf: boolean) => {
      all.push(...(await openMany(count, () => new RawClient(port, { isDeaf }))))
    },
    close: () => {
      for (const { socket } of all) socket.destroy()
    },
  }
}

/** Says long messages one after another, each once the last has come back. */
function talker(engine: import('../engine.js').Engine, { port }: { port: number }) {
  const webSocket = new engine.WebSocket(`ws://127.0.0.1:${port}/`)
  webSocket.on('error', () => {})
  let isOn = false
  let said = 0
  let left = 0
  let text = ''
  const say = () => {
    if (!isOn || left-- <= 0) return
    text = `talker ${said++} `.padEnd(MESSAGE, '.')
    webSocket.send(text)
  }
  webSocket.on('message', (data) => {
    if (String(data) === text) setTimeout(say, 5)
  })
  return {
    begin: (most: number) => {
      isOn = true
      left = most
      say()
    },
    end: () => {
      isOn = false
      return said
    },
    isDone: () => left <= 0,
  }
}

export const slowReaders = scenario({
  name: 'peers that read nothing',
  promises:
    '1,000 peers that read nothing while others chat: nobody else takes more than twice as long, memory stays under connections × `maxBufferedAmount`, and each such peer is ended.',
  parts: { server, peers, bystander, talker },
  async run({ size, start, check, figure, tell }) {
    const count = size(1000, 40)
    const one = await start('server', {
      does: 'broadcast',
      options: { maxBufferedAmount: MOST_BUFFERED, closeTimeout: 2000 },
    })
    const port = await one.call('port')
    const chat = await start('bystander', { port, count: size(CHATTING, 5) }, 'ws')
    const talk = await start('talker', { port }, 'ws')
    const others = size(CHATTING, 5) + 1
    await until(async () => (await one.call('counts')).open === others)

    // As many peers that read: what the chat costs without anybody being slow.
    const readers = await start('peers', undefined)
    await readers.call('open', port, count, false)
    await chat.call('begin')
    await talk.call('begin', size(300, 60))
    await until(() => talk.call('isDone'), 300)
    const usual = await chat.call('end')
    await talk.call('end')
    await readers.kill()
    await until(async () => (await one.call('counts')).open === others)
    const before = await one.memory()

    const deaf = await start('peers', undefined)
    await deaf.call('open', port, count, true)
    await until(async () => (await one.call('counts')).open === others + count)
    await chat.call('begin')
    await talk.call('begin', MOST_MESSAGES)
    let peak = 0
    let waiting = 0
    const areEnded = async () => {
      const { heap, external } = await one.memory()
      peak = Math.max(peak, heap + external - before.heap - before.external)
      waiting = Math.max(waiting, await one.call('buffered'))
      const isOver = (await one.call('counts')).open === others
      if (!isOver) await sleep(500)
      return isOver || (await talk.call('isDone'))
    }
    await until(areEnded, 300)
    const slowed = await chat.call('end')
    await talk.call('end')
    // Those that were given up have as long as the server gives them to close.
    await until(async () => (await one.call('counts')).open === others, 10)
    const { open } = await one.call('counts')
    check(open === others, `${open - others} of ${count} peers that read nothing are still connected`)
    // A peer is ended by the message that is too much for it.
    const limit = count * (MOST_BUFFERED + 2 * MESSAGE)
    check(peak <= limit, `memory grew by ${Math.round(peak / 1e6)} MB, and ${Math.round(limit / 1e6)} MB may wait`)
    check(waiting <= limit, `${Math.round(waiting / 1e6)} MB waited, of ${Math.round(limit / 1e6)} MB`)
    const ratio = slowed.median / usual.median
    // Twice as long, and half as much again for a machine that does other things as well.
    check(ratio <= 3, `others took ${ratio.toFixed(1)} times as long as usual`)
    check(slowed.closes === 0, `${slowed.closes} of those who read were closed`)
    check((await chat.call('answers')) >= size(CHATTING, 5), 'those who read get no more answers')
    await checkTroubles(check, one)
    figure('memory', peak, 'B')
    figure('time of others, of usual', ratio, '×', { noise: 0.5 })
    tell('round trip', usual.median, 'ms')
    tell('ended', count - (open - others), `of ${count}`)
  },
})
