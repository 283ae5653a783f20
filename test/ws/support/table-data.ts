// Each kind of data, with each option of send, in each role.

import { once } from 'node:events'
import { closePayload } from '../../support/frames.js'
import { type Any, type Scenario, type Scene, until } from './scene.js'

const DATA: readonly { name: string; make(): unknown }[] = [
  { name: 'a short string', make: () => 'hi' },
  { name: 'a string with ünicode', make: () => 'ünicode 😀 \ud800' },
  { name: 'a string of 126 bytes', make: () => 'x'.repeat(126) },
  { name: 'a string of 5,000 characters', make: () => 'äb'.repeat(2500) },
  { name: 'a string of 70,000 characters', make: () => 'x'.repeat(70_000) },
  { name: 'an empty string', make: () => '' },
  { name: 'a Buffer', make: () => Buffer.from('bytes') },
  { name: 'a Buffer of 5,000 bytes', make: () => Buffer.alloc(5000, 7) },
  { name: 'a Buffer of 70,000 bytes', make: () => Buffer.alloc(70_000, 'abc') },
  { name: 'an empty Buffer', make: () => Buffer.alloc(0) },
  { name: 'a Buffer that is not UTF-8', make: () => Buffer.of(0xff, 0xfe, 0x80) },
  { name: 'a Uint8Array', make: () => Uint8Array.of(1, 2, 3) },
  { name: 'a Float32Array', make: () => Float32Array.of(1.5, 2.5) },
  { name: 'part of a Uint16Array', make: () => Uint16Array.of(1, 2, 3, 4).subarray(1, 3) },
  { name: 'a DataView', make: () => new DataView(Uint8Array.of(9, 8, 7, 6).buffer, 1, 2) },
  { name: 'an ArrayBuffer', make: () => Uint8Array.of(4, 5, 6).buffer },
  { name: 'a SharedArrayBuffer', make: () => new SharedArrayBuffer(3) },
  { name: 'an array', make: () => [1, 2, 300] },
  { name: 'a number', make: () => 42 },
  { name: 'zero', make: () => 0 },
  { name: 'a Date', make: () => new Date(0) },
  { name: 'a String object', make: () => new String('boxed') },
  { name: 'null', make: () => null },
  { name: 'undefined', make: () => undefined },
  { name: 'false', make: () => false },
  { name: 'true', make: () => true },
  { name: 'an object', make: () => ({ a: 1 }) },
  { name: 'a Blob', make: () => new Blob(['a blob']) },
  { name: 'an empty Blob', make: () => new Blob([]) },
]

const OPTIONS: readonly { name: string; options?: object; callback?: boolean }[] = [
  { name: 'alone' },
  { name: 'with a callback', callback: true },
  { name: 'binary: true', options: { binary: true } },
  { name: 'binary: false', options: { binary: false }, callback: true },
  { name: 'compress: false', options: { compress: false } },
  { name: 'compress: true', options: { compress: true }, callback: true },
  { name: 'mask the other way', options: { mask: 'other' } },
]

const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate'

/** A connection in each role, in which a WebSocket under test talks to a raw peer. */
function both(
  name: string,
  options: object,
  play: (webSocket: Any, peer: Any, scene: Scene, role: string) => unknown,
): Scenario[] {
  const isCompressed = 'perMessageDeflate' in options
  return [
    {
      name: `server, ${name}`,
      async play(scene) {
        let webSocket: Any
        const server = await scene.server(options, (one) => {
          webSocket = one
        })
        const peer = await scene.peer(server, isCompressed ? [EXTENSION] : [])
        await until(() => webSocket !== undefined)
        await play(webSocket, peer, scene, 'server')
      },
    },
    {
      name: `client, ${name}`,
      async play(scene) {
        const server = await scene.rawServer({ headers: isCompressed ? [EXTENSION] : [] })
        const client = scene.client(server.url, { perMessageDeflate: false, ...options })
        await once(client, 'open')
        await play(client, await server.peer(), scene, 'client')
      },
    },
  ]
}

export { both }

async function finish(webSocket: Any, peer: Any): Promise<void> {
  const over = new Promise((resolve) => webSocket.once('close', resolve))
  peer.write({ opcode: 8, payload: closePayload(1000) })
  await over
  await peer.closes()
}

export const data: readonly Scenario[] = DATA.flatMap(({ name, make }) =>
  OPTIONS.flatMap(({ name: how, options, callback }) =>
    [{}, { perMessageDeflate: { threshold: 64 } }].flatMap((connection) =>
      both(
        `send ${name} ${how}${'perMessageDeflate' in connection ? ' under permessage-deflate' : ''}`,
        connection,
        async (webSocket, peer, scene, role) => {
          const given: Record<string, unknown> = { ...options }
          if (given.mask === 'other') given.mask = role === 'server'
          const done = callback ? [scene.callback(role, 'send')] : []
          const rest = options === undefined ? done : [given, ...done]
          scene.call(role, 'send', () => webSocket.send(make(), ...rest))
          scene.call(role, 'send the last', () => webSocket.send('the last', scene.callback(role, 'the last')))
          await peer.sees(1)
          await until(() => peer.lastIs('the last'))
          scene.note(role, `bufferedAmount ${webSocket.bufferedAmount}`)
          await finish(webSocket, peer)
        },
      ),
    ),
  ),
)

const FRAGMENTS: readonly { name: string; sends: readonly [unknown, object?][] }[] = [
  {
    name: 'two strings',
    sends: [
      ['one', { fin: false }],
      ['two', { fin: true }],
    ],
  },
  { name: 'two Buffers', sends: [[Buffer.from('one'), { fin: false }], [Buffer.from('two')]] },
  { name: 'a Buffer, then a string', sends: [[Buffer.from('one'), { fin: false }], ['two']] },
  {
    name: 'text cut inside a character',
    sends: [
      [Buffer.of(0xc3), { fin: false, binary: false }],
      [Buffer.of(0xbc), { binary: false }],
    ],
  },
  {
    name: 'text that is not UTF-8',
    sends: [[Buffer.of(0xff), { fin: false, binary: false }], ['x', { fin: false }], ['']],
  },
  {
    name: 'compress on the first only',
    sends: [
      ['one', { fin: false, compress: true }],
      ['two', { compress: false }],
    ],
  },
  {
    name: 'compress on the last only',
    sends: [
      ['one', { fin: false, compress: false }],
      ['two', { compress: true }],
    ],
  },
  {
    name: 'an empty last one',
    sends: [
      ['one', { fin: false }],
      ['', { fin: true }],
    ],
  },
  { name: 'empty ones only', sends: [['', { fin: false }], ['', { fin: false }], ['']] },
  {
    name: 'large ones',
    sends: [[Buffer.alloc(70_000, 'a'), { fin: false }], [Buffer.alloc(5000, 'b'), { fin: false }], ['']],
  },
  { name: 'a Blob first', sends: [[new Blob(['one']), { fin: false }], ['two']] },
]

const IN_BETWEEN: readonly { name: string; act?(webSocket: Any, scene: Scene, role: string): void }[] = [
  { name: '' },
  { name: ', a ping between', act: (webSocket) => webSocket.ping('between') },
  {
    name: ', a callback between',
    act: (webSocket, scene, role) => webSocket.pong('', undefined, scene.callback(role, 'pong')),
  },
]

export const fragments: readonly Scenario[] = FRAGMENTS.flatMap(({ name, sends }) =>
  IN_BETWEEN.flatMap(({ name: between, act }) =>
    [{}, { perMessageDeflate: {} }].flatMap((connection) =>
      both(
        `fragments: ${name}${between}${'perMessageDeflate' in connection ? ' under permessage-deflate' : ''}`,
        connection,
        async (webSocket, peer, scene, role) => {
          for (const [payload, options] of sends) {
            scene.call(role, 'send', () => webSocket.send(payload, options, scene.callback(role, 'send')))
            act?.(webSocket, scene, role)
          }
          scene.call(role, 'send the last', () => webSocket.send('the last'))
          await until(() => peer.lastIs('the last'))
          await finish(webSocket, peer)
        },
      ),
    ),
  ),
)

const CONTROLS: readonly unknown[][] = [
  [],
  ['payload'],
  [Buffer.from('bytes')],
  [Uint8Array.of(1, 2)],
  [5],
  ['x'.repeat(125)],
  ['x'.repeat(126)],
  [Buffer.alloc(126)],
  ['ü'.repeat(63)],
  [{}],
  [null],
  ['masked', true],
  ['not masked', false],
  [new Blob(['blob'])],
  [new Blob(['x'.repeat(126)])],
]

export const controls: readonly Scenario[] = (['ping', 'pong'] as const).flatMap((type) =>
  CONTROLS.flatMap((args, i) =>
    both(`${type} ${i}: ${JSON.stringify(args).slice(0, 40)}`, {}, async (webSocket, peer, scene, role) => {
      scene.call(role, type, () => webSocket[type](...args))
      const withMask = args.length === 1 ? [...args, undefined] : args
      scene.call(role, type, () => webSocket[type](...withMask, scene.callback(role, type)))
      webSocket.send('the last')
      await until(() => peer.lastIs('the last'))
      await finish(webSocket, peer)
    }),
  ),
)

const CLOSES: readonly unknown[][] = [
  [1000],
  [1000, 'reason'],
  [1000, Buffer.from('bytes')],
  [1000, ''],
  [undefined, 'reason'],
  [1003, 'x'.repeat(123)],
  [1003, 'x'.repeat(124)],
  [1003, 'ü'.repeat(62)],
  [999],
  [1004],
  [1005],
  [1006],
  [1014],
  [1015],
  [2999],
  [3000],
  [4999],
  [5000],
  ['1000'],
  [null],
  [Number.NaN],
  [1000.5],
  [1000, null],
  [1001, 5],
  [1001, {}],
  [3000, []],
  [3000, ['a']],
  [3000, new Uint8Array([0x41, 0x42])],
  [3000, new Uint16Array([0x41, 0x42])],
]

export const closes: readonly Scenario[] = CLOSES.flatMap((args) =>
  both(
    `close ${CLOSES.indexOf(args)}: ${JSON.stringify(args).slice(0, 30)}`,
    {},
    async (webSocket, peer, scene, role) => {
      scene.call(role, 'close', () => webSocket.close(...args))
      scene.note(role, `readyState ${webSocket.readyState}`)
      scene.call(role, 'close again', () => webSocket.close(1000))
      const over = new Promise((resolve) =>
        webSocket.readyState === 3 ? resolve(0) : webSocket.once('close', resolve),
      )
      await over
      await peer.closes()
    },
  ),
)
