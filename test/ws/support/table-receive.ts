// What a peer may send: messages in every form, and every way to break the protocol, in each role.

import { deflateRawSync } from 'node:zlib'
import { closePayload, type FrameFields } from '../../support/frames.js'
import { closed, type Scenario } from './scene.js'
import { both } from './table-data.js'

type Bytes = FrameFields | { readonly raw: readonly number[] }

function deflated(text: string): Uint8Array {
  return deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4)
}

const key = [1, 2, 3, 4] as const
const wrong: readonly { name: string; frames: readonly Bytes[]; options?: object; oneRole?: 'server' | 'client' }[] = [
  { name: 'RSV1', frames: [{ opcode: 1, rsv: 4, payload: 'x' }] },
  { name: 'RSV2', frames: [{ opcode: 1, rsv: 2, payload: 'x' }] },
  { name: 'RSV3', frames: [{ opcode: 2, rsv: 1, payload: 'x' }] },
  { name: 'all reserved bits', frames: [{ opcode: 2, rsv: 7, payload: 'x' }] },
  { name: 'RSV1 on a ping', frames: [{ opcode: 9, rsv: 4, payload: 'x' }] },
  { name: 'RSV2 on a close', frames: [{ opcode: 8, rsv: 2 }] },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    frames: [{ opcode, payload: 'x' }],
  })),
  { name: 'a continuation of nothing', frames: [{ opcode: 0, payload: 'x' }] },
  { name: 'a last continuation of nothing', frames: [{ opcode: 0, fin: 0, payload: 'x' } as const] },
  {
    name: 'text inside a message',
    frames: [{ opcode: 1, fin: 0, payload: 'a' } as const, { opcode: 1, payload: 'b' }],
  },
  {
    name: 'binary inside a message',
    frames: [{ opcode: 1, fin: 0, payload: 'a' } as const, { opcode: 2, payload: 'b' }],
  },
  {
    name: 'a continuation after a message',
    frames: [
      { opcode: 1, payload: 'a' },
      { opcode: 0, payload: 'b' },
    ],
  },
  { name: 'a ping in fragments', frames: [{ opcode: 9, fin: 0, payload: 'a' } as const] },
  { name: 'a close in fragments', frames: [{ opcode: 8, fin: 0 } as const] },
  { name: 'a pong in fragments', frames: [{ opcode: 10, fin: 0 } as const] },
  { name: 'a ping of 126 bytes', frames: [{ opcode: 9, payload: 'x'.repeat(126) }] },
  { name: 'a close of 126 bytes', frames: [{ opcode: 8, payload: closePayload(1000, 'x'.repeat(124)) }] },
  { name: 'a close of one byte', frames: [{ opcode: 8, payload: Uint8Array.of(3) }] },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) => ({
    name: `close code ${code}`,
    frames: [{ opcode: 8, payload: closePayload(code) }],
  })),
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code) => ({
    name: `close code ${code}, which is right`,
    frames: [{ opcode: 8, payload: closePayload(code, 'why') }],
  })),
  { name: 'a close reason that is not UTF-8', frames: [{ opcode: 8, payload: Uint8Array.of(3, 232, 0xff) }] },
  { name: 'text that is not UTF-8', frames: [{ opcode: 1, payload: Uint8Array.of(0x61, 0xff) }] },
  { name: 'text that ends inside a character', frames: [{ opcode: 1, payload: Uint8Array.of(0xc3) }] },
  {
    name: 'text of fragments that is not UTF-8',
    frames: [{ opcode: 1, fin: 0, payload: Uint8Array.of(0xc3) } as const, { opcode: 0, payload: Uint8Array.of(0x28) }],
  },
  {
    name: 'text cut inside a character',
    frames: [{ opcode: 1, fin: 0, payload: Uint8Array.of(0xc3) } as const, { opcode: 0, payload: Uint8Array.of(0xbc) }],
  },
  { name: 'a frame masked the other way (server)', frames: [{ raw: [0x81, 0x01, 0x61] }], oneRole: 'server' },
  { name: 'a frame masked the other way (client)', frames: [{ opcode: 1, payload: 'x', key }], oneRole: 'client' },
  {
    name: 'a length with its top bit on',
    frames: [{ raw: [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0] }],
    oneRole: 'server',
  },
  {
    name: 'a length over 2^53',
    frames: [{ raw: [0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }],
    oneRole: 'server',
  },
  {
    name: 'a length over maxPayload',
    frames: [{ raw: [0x82, 0xff, 0, 0, 0, 0, 0x06, 0x40, 0, 1, 0, 0, 0, 0] }],
    oneRole: 'server',
  },
  { name: 'a message of maxPayload', frames: [{ opcode: 2, payload: 'x'.repeat(20) }], options: { maxPayload: 20 } },
  { name: 'a message over maxPayload', frames: [{ opcode: 2, payload: 'x'.repeat(21) }], options: { maxPayload: 20 } },
  {
    name: 'fragments of maxPayload',
    frames: [{ opcode: 2, fin: 0, payload: 'x'.repeat(15) } as const, { opcode: 0, payload: 'x'.repeat(5) }],
    options: { maxPayload: 20 },
  },
  {
    name: 'fragments over maxPayload',
    frames: [{ opcode: 2, fin: 0, payload: 'x'.repeat(15) } as const, { opcode: 0, payload: 'x'.repeat(6) }],
    options: { maxPayload: 20 },
  },
  { name: 'maxPayload: 0 is none', frames: [{ opcode: 2, payload: 'x'.repeat(70_000) }], options: { maxPayload: 0 } },
  ...[20.7, -1, Number.NaN, 2 ** 31, 2 ** 32 + 5, '20', null].map((maxPayload) => ({
    name: `maxPayload ${maxPayload}`,
    frames: [20, 21].map((size) => ({ opcode: 2, payload: 'x'.repeat(size) })),
    options: { maxPayload },
  })),
  {
    name: 'a ping longer than maxPayload',
    frames: [{ opcode: 9, payload: 'x'.repeat(30) }],
    options: { maxPayload: 20 },
  },
  { name: 'an empty message', frames: [{ opcode: 1 }, { opcode: 2 }] },
  { name: 'an empty ping', frames: [{ opcode: 9 }] },
  { name: 'a pong that nobody asked for', frames: [{ opcode: 10, payload: 'pong' }] },
  {
    name: 'lengths of 125 to 65536',
    frames: [125, 126, 65535, 65536].map((size) => ({ opcode: 2, payload: 'y'.repeat(size) })),
  },
  {
    name: 'pings between fragments',
    frames: [
      { opcode: 1, fin: 0, payload: 'a' },
      { opcode: 9, payload: 'p' },
      { opcode: 0, fin: 0, payload: 'b' },
      { opcode: 10, payload: 'q' },
      { opcode: 0, payload: 'c' },
    ],
  },
  {
    name: 'many messages in one chunk',
    frames: Array.from({ length: 300 }, (_, i) => ({ opcode: 1, payload: `m${i}` })),
  },
  {
    name: 'messages, then a violation, in one chunk',
    frames: [{ opcode: 1, payload: 'a' }, { opcode: 2, payload: 'b' }, { opcode: 3 }],
  },
  {
    name: 'a close, then more',
    frames: [{ opcode: 8, payload: closePayload(1000) }, { opcode: 1, payload: 'x' }, { opcode: 3 }],
  },
]

const compressed: readonly { name: string; frames: readonly Bytes[]; options?: object }[] = [
  { name: 'a message', frames: [{ opcode: 1, rsv: 4, payload: deflated('hello hello hello') }] },
  { name: 'a message that is not compressed', frames: [{ opcode: 1, payload: 'plain' }] },
  {
    name: 'a message in fragments',
    frames: [
      { opcode: 1, fin: 0, rsv: 4, payload: deflated('hello hello').subarray(0, 4) },
      { opcode: 9, payload: 'p' },
      { opcode: 0, payload: deflated('hello hello').subarray(4) },
    ],
  },
  {
    name: 'RSV1 on a continuation',
    frames: [
      { opcode: 1, fin: 0, rsv: 4, payload: deflated('x') },
      { opcode: 0, rsv: 4, payload: 'x' },
    ],
  },
  { name: 'RSV1 on a ping', frames: [{ opcode: 9, rsv: 4, payload: 'x' }] },
  { name: 'RSV2', frames: [{ opcode: 1, rsv: 6, payload: 'x' }] },
  { name: 'what is not DEFLATE', frames: [{ opcode: 1, rsv: 4, payload: Uint8Array.of(0xff, 0xff, 0xff) }] },
  { name: 'an invalid distance', frames: [{ opcode: 2, rsv: 4, payload: Uint8Array.of(0x4b, 0x04, 0x62, 0x01) }] },
  {
    name: 'text that is not UTF-8',
    frames: [{ opcode: 1, rsv: 4, payload: deflateRawSync(Buffer.of(0xff, 0x61), { finishFlush: 2 }).subarray(0, -4) }],
  },
  {
    name: 'more than maxPayload',
    frames: [{ opcode: 1, rsv: 4, payload: deflated('x'.repeat(1000)) }],
    options: { maxPayload: 999 },
  },
  {
    name: 'just maxPayload',
    frames: [{ opcode: 1, rsv: 4, payload: deflated('x'.repeat(1000)) }],
    options: { maxPayload: 1000 },
  },
  { name: 'an empty message', frames: [{ opcode: 2, rsv: 4, payload: Uint8Array.of(0) }] },
]

function play(name: string, frames: readonly Bytes[], options: object, how: 'one chunk' | 'byte by byte'): Scenario[] {
  return both(`receive ${name}, ${how}`, options, async (webSocket, peer) => {
    // What the peer under test breaks is answered by nothing but the end.
    const over = closed(webSocket)
    const chunks: Buffer[] = []
    const socket = peer.socket
    const write = socket.write
    socket.write = (chunk: Uint8Array) => chunks.push(Buffer.from(chunk))
    for (const frame of frames) {
      if ('raw' in frame) socket.write(Buffer.from(frame.raw))
      else peer.write(frame)
    }
    if (!frames.some((frame) => 'opcode' in frame && frame.opcode === 8))
      peer.write({ opcode: 8, payload: closePayload(1000) })
    socket.write = write
    const all = Buffer.concat(chunks)
    const size = how === 'one chunk' || all.length > 2000 ? all.length : 1
    for (let at = 0; at < all.length && !peer.isEnded; at += size) {
      socket.write(all.subarray(at, at + size))
      // So that each is a read of its own.
      if (size === 1) await new Promise((resolve) => setImmediate(resolve))
    }
    await over
    await peer.closes()
  })
}

export const receive: readonly Scenario[] = [
  ...wrong.flatMap(({ name, frames, options = {}, oneRole }) =>
    (['one chunk', 'byte by byte'] as const).flatMap((how) =>
      play(name, frames, options, how).filter((scenario) => oneRole === undefined || scenario.name.startsWith(oneRole)),
    ),
  ),
  ...compressed.flatMap(({ name, frames, options }) =>
    (['one chunk', 'byte by byte'] as const).flatMap((how) =>
      play(`${name}, compressed`, frames, { perMessageDeflate: true, ...options }, how),
    ),
  ),
]

/** Options that change how messages are given. */
const GIVEN: readonly { name: string; options: object; binaryType?: string }[] = [
  { name: 'nodebuffer', options: {}, binaryType: 'nodebuffer' },
  { name: 'arraybuffer', options: {}, binaryType: 'arraybuffer' },
  { name: 'fragments', options: {}, binaryType: 'fragments' },
  { name: 'blob', options: {}, binaryType: 'blob' },
  { name: 'an unknown type', options: {}, binaryType: 'strings' },
  { name: 'allowSynchronousEvents: false', options: { allowSynchronousEvents: false } },
  { name: 'autoPong: false', options: { autoPong: false } },
  { name: 'maxFragments: 2', options: { maxFragments: 2 } },
]

export const given: readonly Scenario[] = GIVEN.flatMap(({ name, options, binaryType }) =>
  both(`messages as ${name}`, options, async (webSocket, peer, scene, role) => {
    if (binaryType !== undefined) webSocket.binaryType = binaryType
    scene.note(role, `binaryType ${webSocket.binaryType}`)
    webSocket.on('message', () => {
      const turns = ['message']
      process.nextTick(() => turns.push('nextTick'))
      queueMicrotask(() => turns.push('microtask'))
    })
    webSocket.onmessage = (event: { data: unknown }) => scene.note(role, 'onmessage', typeof event.data)
    peer.socket.cork()
    for (const opcode of [1, 2]) {
      peer.write({ opcode, payload: 'whole' })
      peer.write({ opcode, fin: 0, payload: 'fra' })
      peer.write({ opcode: 9, payload: 'between' })
      peer.write({ opcode: 0, payload: 'gments' })
      peer.write({ opcode })
    }
    peer.write({ opcode: 8, payload: closePayload(1000) })
    peer.socket.uncork()
    await closed(webSocket)
    await peer.closes()
  }),
)
