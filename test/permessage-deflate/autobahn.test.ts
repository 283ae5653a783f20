// The messages of Autobahn's groups 12.* and 13.*, all 216 cases, between two ends and with ws's own extension as the peer.
// Knows no frame and no transport; the endpoints that the suite itself is for are in endpoint-*.test.ts.

import { describe, expect, it } from 'vitest'
import type { ExtensionParameters } from '../../bindings/index.js'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { decodeMessage, encodeMessage, parameters, same } from './pairs.js'
import { answer, count, GROUPS, messages, offers, SIZES } from './suite.js'
import { WsDeflate } from './ws-deflate.js'

const negotiator = permessageDeflate({ threshold: 0 })

/** The first offer that a server of ours accepts, as the handshake does it. */
function serve(offered: readonly string[]) {
  for (const offer of offered) {
    const accepted = negotiator.accept(parameters(offer))
    if (accepted !== undefined) return accepted
  }
  throw new Error('every offer declined')
}

describe.each(GROUPS)('$name', (group) => {
  it.each(SIZES)('%i bytes in fragments of %i', async (size, fragment) => {
    // Autobahn as the client, then as the server: ws takes its place. What we send goes through both.
    const served = serve(offers(group))
    const answered: ExtensionParameters = parameters(answer(group))
    for (const [ours, peer] of [
      [served.extension, new WsDeflate('CLIENT', served.parameters)],
      [negotiator.accepted(answered), new WsDeflate('SERVER', answered)],
    ] as const) {
      for (const message of messages(group.data, size, count(size, 500))) {
        const received = decodeMessage(ours, await compress(peer, message, fragment), size)
        expect(same(received, message)).toBe(true)
        const echoed = await decompress(peer, encodeMessage(ours, received))
        expect(same(echoed, message)).toBe(true)
      }
      peer.cleanup()
    }
  })
})

async function compress(ws: WsDeflate, message: Uint8Array, fragment: number): Promise<Uint8Array[]> {
  const fragments: Uint8Array[] = []
  const step = fragment === 0 ? message.length : fragment
  for (let at = 0; at < message.length; at += step) {
    fragments.push(await ws.compress(message.subarray(at, at + step), at + step >= message.length))
  }
  return fragments
}

async function decompress(ws: WsDeflate, fragments: readonly Uint8Array[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (const [index, fragment] of fragments.entries()) {
    pieces.push(await ws.decompress(fragment, index === fragments.length - 1))
  }
  return new Uint8Array(Buffer.concat(pieces))
}
