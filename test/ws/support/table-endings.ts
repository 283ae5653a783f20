// Each option, in each role, with each ending.

import { once } from 'node:events'
import { ENDINGS, end } from './endings.js'
import { type Any, type Scenario, turns, until } from './scene.js'

/** Options that have to do with a connection that is open. */
const OPTIONS: readonly { name: string; options: object; prepare?(webSocket: Any): void }[] = [
  { name: 'no options', options: {} },
  { name: 'perMessageDeflate', options: { perMessageDeflate: true } },
  {
    name: 'perMessageDeflate without context',
    options: { perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 10 } },
  },
  { name: 'allowSynchronousEvents: false', options: { allowSynchronousEvents: false } },
  { name: 'autoPong: false', options: { autoPong: false } },
  { name: 'maxPayload: 20', options: { maxPayload: 20 } },
  { name: 'skipUTF8Validation', options: { skipUTF8Validation: true } },
  { name: 'clientTracking: false', options: { clientTracking: false } },
  {
    name: 'paused for a while',
    options: {},
    prepare(webSocket) {
      webSocket.pause()
      turns().then(() => webSocket.resume())
    },
  },
  {
    name: "binaryType 'arraybuffer'",
    options: {},
    prepare(webSocket) {
      webSocket.binaryType = 'arraybuffer'
    },
  },
]

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'

/** What happens before the ending. */
async function talk(webSocket: Any, peer: Any): Promise<void> {
  peer.write({ opcode: 1, payload: 'hello' })
  peer.write({ opcode: 9, payload: 'ping' })
  peer.write({ opcode: 2, payload: 'bytes' })
  webSocket.send('an answer of some length, an answer of some length')
  webSocket.send(Buffer.from('binary'))
}

export const endings: readonly Scenario[] = OPTIONS.flatMap(({ name, options, prepare }) =>
  ENDINGS.flatMap((ending): Scenario[] => [
    {
      name: `server, ${name}: ${ending.name}`,
      async play(scene) {
        let webSocket: Any
        const server = await scene.server({ closeTimeout: 1000, ...options }, (one) => {
          webSocket = one
          prepare?.(one)
        })
        const peer = await scene.peer(server, [OFFER])
        await until(() => webSocket !== undefined)
        await talk(webSocket, peer)
        await peer.sees('autoPong' in options ? 2 : 3)
        await end(ending, webSocket, peer, scene, 'server')
        scene.note('server', 'clients', String(server.clients?.size))
      },
    },
    {
      name: `client, ${name}: ${ending.name}`,
      async play(scene) {
        const deflate = (options as { perMessageDeflate?: unknown }).perMessageDeflate
        const headers =
          deflate === undefined
            ? []
            : ['Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover']
        const server = await scene.rawServer({ headers })
        const client = scene.client(server.url, { closeTimeout: 1000, ...options })
        await once(client, 'open')
        prepare?.(client)
        const peer = await server.peer()
        await talk(client, peer)
        await peer.sees('autoPong' in options ? 2 : 3)
        await end(ending, client, peer, scene, 'client')
      },
    },
  ]),
)
