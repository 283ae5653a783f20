// The Autobahn client endpoints, compressed, against a server like the suite's: all 216 cases of groups 12.* and 13.*
// with fewer messages each, by hand and by ws.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { start } from '../support/autobahn-endpoints.js'
import { parameters } from './pairs.js'
import { answer, count, GROUPS, GROUPS_9, type Group, messages, SIZES } from './suite.js'
import { SuitePeer } from './suite-peer.js'
import { TALKS } from './suite-talks.js'

const NAME = 'permessage-deflate'

/** What is compressed with: the endpoint's backends, and the one of noio-ws/ws. */
const FORMS = { pako: ['--backend', 'pako'], node: ['--backend', 'node'], 'noio-ws/ws': ['--ws'] } as const
type Form = keyof typeof FORMS

let cleanUp: (() => void)[] = []

afterEach(() => {
  for (const action of cleanUp) action()
  cleanUp = []
})

/** One case of a server that stands in for the suite's. */
interface Visit {
  readonly name: string
  /** Has the socket once the client has asked to upgrade it; fulfilled when the case is over. */
  readonly run: (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>
}

/** Lets the endpoint visit all; returns what went wrong, and what it printed. */
async function visitAll(visits: readonly Visit[], form: Form) {
  const failures: string[] = []
  const seen = new Set<number>()
  const others = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  const server: Server = createServer().on('upgrade', (request, socket: Socket, head) => {
    const url = new URL(request.url ?? '', 'ws://localhost')
    const number = Number(url.searchParams.get('case'))
    const visit = visits[number - 1]
    if (url.pathname === '/runCase' && visit !== undefined) {
      seen.add(number)
      visit.run(request, socket, head).catch((error) => {
        failures.push(`${visit.name}: ${error.message}`)
        socket.destroy()
      })
      return
    }
    others.handleUpgrade(request, socket, head, (ws) => {
      if (url.pathname === '/getCaseCount') ws.send(String(visits.length))
      ws.close(1000)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.push(() => server.close())
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = start('client.js', '--url', url, ...FORMS[form])
  cleanUp.push(() => client.kill())
  let printed = ''
  client.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  const [status] = await once(client, 'exit')
  return { failures, result: `${printed.trim()}, status ${status}, ${seen.size} seen` }
}

/** Answers the handshake as the suite does, and hands the connection over. */
function byHand(form: Form, name: string, answered: string, run: (peer: SuitePeer) => Promise<void>): Visit {
  return {
    name,
    async run(request, socket, head) {
      const offer = request.headers['sec-websocket-extensions']
      // Both limits are the server's to choose: the suite's server takes client_no_context_takeover as always allowed.
      if (offer !== `${NAME}; client_max_window_bits`) throw new Error(`the client offers ${offer}`)
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      const extensions = [NAME, answered].filter(Boolean).join('; ')
      lines.push(`Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Extensions: ${extensions}`, '', '')
      socket.write(lines.join('\r\n'))
      await run(new SuitePeer('SERVER', socket, head, parameters(answered), form === 'noio-ws/ws'))
    },
  }
}

/** The cases of a group, by a function of each. */
const casesOf = (
  groups: readonly Group[],
  visit: (name: string, group: Group, size: number, fragment: number) => Visit,
) =>
  groups.flatMap((group) => SIZES.map(([size, fragment], i) => visit(`${group.name}.${i + 1}`, group, size, fragment)))

describe.each(Object.keys(FORMS) as Form[])('the client endpoint with %s, as the suite speaks to it', (form) => {
  it('echoes every case', async () => {
    const visits = casesOf(GROUPS, (name, group, size, fragment) =>
      byHand(form, name, answer(group), async (peer) => {
        await peer.exchange(
          messages(group.data, size, count(size, form === 'pako' ? 32 : 8)),
          group.text ? 1 : 2,
          fragment,
        )
        await peer.close()
      }),
    )
    const { failures, result } = await visitAll(visits, form)
    expect(failures).toEqual([])
    expect(result).toBe('216 cases run, status 0, 216 seen')
  })

  it('echoes large messages, and fails what is wrong', async () => {
    const { failures, result } = await visitAll(
      TALKS.map(({ name, run }) => byHand(form, name, '', run)),
      form,
    )
    expect(failures).toEqual([])
    expect(result).toBe(`${TALKS.length} cases run, status 0, ${TALKS.length} seen`)
  })
})

describe("the client endpoint with ws's server", () => {
  it('echoes every case', async () => {
    const visits = casesOf(GROUPS_9, (name, { data, text, wanted: [wanted] }, size, fragment) => ({
      name,
      run: async (request, socket, head) => {
        const server = new WebSocketServer({
          noServer: true,
          perMessageDeflate: {
            threshold: 0,
            clientNoContextTakeover: wanted.noContextTakeover,
            ...(wanted.maxWindowBits === 0 ? {} : { clientMaxWindowBits: wanted.maxWindowBits }),
          },
        })
        const ws = await new Promise<WebSocket>((resolve) => server.handleUpgrade(request, socket, head, resolve))
        if (ws.extensions !== NAME) throw new Error(`agreed upon '${ws.extensions}'`)
        for (const message of messages(data, size, count(size, 4))) {
          const step = fragment === 0 ? size : fragment
          for (let at = 0; at < size; at += step) {
            ws.send(message.subarray(at, at + step), { binary: !text, fin: at + step >= size })
          }
          const [echoed, isBinary] = await once(ws, 'message')
          if (isBinary === text || Buffer.compare(echoed, message) !== 0)
            throw new Error(`${size} bytes came back as others`)
        }
        ws.close(1000)
        const [code] = await once(ws, 'close')
        if (code !== 1000) throw new Error(`closed with ${code}`)
      },
    }))
    const { failures, result } = await visitAll(visits, 'pako')
    expect(failures).toEqual([])
    expect(result).toBe('216 cases run, status 0, 216 seen')
  })
})
