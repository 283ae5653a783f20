// The Autobahn server endpoints, compressed, over TCP: all 216 cases of groups 12.* and 13.* as the suite's client runs
// them, with fewer messages each, by hand and by ws.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { portOf, start } from '../support/autobahn-endpoints.js'
import { parameters } from './pairs.js'
import { count, GROUPS, GROUPS_9, type Group, messages, offers, SIZES } from './suite.js'
import { SuitePeer } from './suite-peer.js'
import { TALKS } from './suite-talks.js'

const NAME = 'permessage-deflate'

/** What is compressed with: the endpoint's backends, and the one of noio-ws/ws. */
const FORMS = { pako: ['--backend', 'pako'], node: ['--backend', 'node'], 'noio-ws/ws': ['--ws'] } as const
const NAMES = Object.keys(FORMS) as (keyof typeof FORMS)[]

/** The endpoint in each form. */
const servers: ChildProcess[] = []
const ports: Record<string, number> = {}

beforeAll(async () => {
  for (const name of NAMES) {
    const server = start('server.js', '--port', '0', ...FORMS[name])
    servers.push(server)
    ports[name] = await portOf(server)
  }
})

afterAll(() => {
  for (const server of servers) server.kill()
})

/** Opens a connection with these offers; the peer, and what the server answered. */
async function open(port: number, offered: readonly string[]) {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Extensions': offered.map((offer) => `${NAME}; ${offer}`).join(', '),
  }
  const asking = request({ host: '127.0.0.1', port, headers, agent: false }).end()
  const [response, socket, head] = (await once(asking, 'upgrade')) as [IncomingMessage, Socket, Buffer]
  const extensions = String(response.headers['sec-websocket-extensions'])
  if (!extensions.startsWith(NAME)) throw new Error(`the server answers ${extensions}`)
  const answered = extensions.slice(NAME.length + 2)
  return { answered, peer: new SuitePeer('CLIENT', socket, head, parameters(answered)) }
}

/** What the server must answer: the first offer, the client's limits confirmed where they are no mere permission. */
function expected({ wanted: [{ noContextTakeover, maxWindowBits }] }: Group): string[] {
  const takeover = noContextTakeover ? ['server_no_context_takeover'] : []
  const bits = maxWindowBits === 0 ? [] : [`server_max_window_bits=${maxWindowBits}`]
  return [...takeover, 'client_no_context_takeover', ...bits]
}

describe.each(NAMES)('the server endpoint with %s, as the suite speaks to it', (form) => {
  // All of a group at once: the cases are connections of their own.
  it.each(GROUPS)('$name', async (group) => {
    const run = async ([size, fragment]: (typeof SIZES)[number]) => {
      const { answered, peer } = await open(ports[form], offers(group))
      expect(answered.split('; ').sort()).toEqual(expected(group).sort())
      await peer.exchange(
        messages(group.data, size, count(size, form === 'pako' ? 64 : 16)),
        group.text ? 1 : 2,
        fragment,
      )
      await peer.close()
    }
    await Promise.all(SIZES.map(run))
  })

  it.each(TALKS)('$name', async ({ run }) => {
    await run((await open(ports[form], ['client_max_window_bits'])).peer)
  })
})

describe("the server endpoint with ws's client", () => {
  it.each(GROUPS_9)('$name', async ({ data, text, wanted: [wanted] }) => {
    const run = async ([size, fragment]: (typeof SIZES)[number]) => {
      const socket = new WebSocket(`ws://127.0.0.1:${ports.pako}/`, {
        perMessageDeflate: {
          threshold: 0,
          clientNoContextTakeover: true,
          serverNoContextTakeover: wanted.noContextTakeover,
          ...(wanted.maxWindowBits === 0 ? {} : { serverMaxWindowBits: wanted.maxWindowBits }),
        },
      })
      await once(socket, 'open')
      expect(socket.extensions).toBe(NAME)
      for (const message of messages(data, size, count(size, 8))) {
        const step = fragment === 0 ? size : fragment
        for (let at = 0; at < size; at += step) {
          socket.send(message.subarray(at, at + step), { binary: !text, fin: at + step >= size })
        }
        const [echoed, isBinary] = await once(socket, 'message')
        expect(isBinary).toBe(!text)
        expect(Buffer.compare(echoed, message)).toBe(0)
      }
      socket.close(1000)
      expect((await once(socket, 'close'))[0]).toBe(1000)
    }
    await Promise.all(SIZES.map(run))
  })
})

describe('the server endpoint without compression', () => {
  it('declines an offer that is wrong, and speaks as it is', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${ports.pako}/`, { perMessageDeflate: false })
    await once(socket, 'open')
    socket.send('plain')
    expect(String((await once(socket, 'message'))[0])).toBe('plain')
    expect(socket.extensions).toBe('')
    socket.close(1000)
    await once(socket, 'close')
    await expect(open(ports.pako, ['server_max_window_bits=7'])).rejects.toThrow('the server answers undefined')
  })
})
