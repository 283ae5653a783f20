// What is said to an endpoint that has agreed upon permessage-deflate, in addition to the suite's groups 12.* and 13.*: large
// messages, control frames among fragments, text, and what must fail. Both roles are told the same.

import { closePayload, utf8 } from '../support/frames.js'
import { json, TAIL } from './pairs.js'
import type { SuitePeer } from './suite-peer.js'

export interface Talk {
  readonly name: string
  readonly run: (peer: SuitePeer) => Promise<void>
}

const MIB = 1 << 20

/** Sizes of the suite's groups 9.1 to 9.4; text and binary. The data do not fit into a window. */
const LARGE: readonly Talk[] = [
  ...[65_536, 262_144, MIB, 4 * MIB, 16 * MIB].map((size, i) => ({
    name: `9.${1 + (i % 2)}: ${size} bytes`,
    run: (peer: SuitePeer) => echoed(peer, json(size), 1 + (i % 2)),
  })),
  ...[64, 1024, 65_536].map((fragment, i) => ({
    name: `9.${3 + (i % 2)}: 4 MiB in fragments of ${fragment} compressed bytes`,
    run: (peer: SuitePeer) => echoed(peer, json(4 * MIB), 1 + (i % 2), fragment),
  })),
]

const ORDINARY: readonly Talk[] = [
  { name: 'an empty message', run: (peer) => echoed(peer, new Uint8Array(0), 1) },
  {
    name: 'a message that is not compressed',
    async run(peer) {
      peer.write(1, utf8('as it is'))
      same(String(await peer.receive(1)), 'as it is')
      await peer.close()
    },
  },
  {
    name: 'a ping between fragments, which cut a character',
    async run(peer) {
      const text = utf8('snow: ☃')
      peer.write(1, await peer.deflate.compress(text.subarray(0, 7), false), false, 4)
      peer.write(9, utf8('?'))
      peer.write(0, await peer.deflate.compress(text.subarray(7), true))
      const pong = await peer.frame()
      same(`${pong.opcode} ${pong.rsv} ${pong.payload}`, '10 0 ?')
      same(String(await peer.receive(1)), 'snow: ☃')
      await peer.close()
    },
  },
  {
    name: 'a close frame right behind a message',
    async run(peer) {
      await peer.send(utf8('last words'), 1)
      peer.write(8, closePayload(1000))
      same(String(await peer.receive(1)), 'last words')
      await peer.closed(1000)
    },
  },
]

/** What the endpoint must fail, with the code of its close frame. */
const VIOLATIONS: readonly Talk[] = [
  fails('text that is not UTF-8 once decompressed', 1007, (peer) => peer.send(Uint8Array.of(0xce, 0xba, 0xff), 1)),
  fails('text that ends within a character', 1007, (peer) => peer.send(Uint8Array.of(0x61, 0xe2, 0x98), 1)),
  fails('text in fragments that is not UTF-8', 1007, (peer) => peer.send(Uint8Array.of(0x61, 0xff, 0x61), 1, 1)),
  fails('bytes that are not DEFLATE', 1007, async (peer) => peer.write(2, Uint8Array.of(0xff, 0xff), true, 4)),
  fails('a message that ends within a block', 1007, async (peer) => peer.write(2, Uint8Array.of(0xf2), true, 4)),
  fails('RSV1 on a continuation frame', 1002, async (peer) => {
    peer.write(1, new Uint8Array([...(await peer.deflate.compress(utf8('one'), false)), ...TAIL]), false, 4)
    peer.write(0, Uint8Array.of(0), true, 4)
  }),
  fails('RSV1 on a ping', 1002, async (peer) => peer.write(9, utf8('?'), true, 4)),
  fails('RSV2', 1002, async (peer) => peer.write(1, utf8('x'), true, 2)),
  fails('more than the endpoints take, in few bytes', 1009, (peer) => peer.send(new Uint8Array(65 * MIB), 2)),
]

export const TALKS = [...LARGE, ...ORDINARY, ...VIOLATIONS]

async function echoed(peer: SuitePeer, message: Uint8Array, opcode: number, fragment = 0): Promise<void> {
  await peer.exchange([message], opcode, fragment)
  await peer.close()
}

function fails(name: string, code: number, send: (peer: SuitePeer) => Promise<void>): Talk {
  return {
    name,
    async run(peer) {
      await peer.exchange([utf8('all is well')], 1, 0)
      await send(peer)
      await peer.closed(code)
    },
  }
}

function same(is: string, should: string): void {
  if (is !== should) throw new Error(`got ${is}, not ${should}`)
}
