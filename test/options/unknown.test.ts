// An option that is not known is a TypeError that names it and the nearest known one, in every function that takes options.
// Knows the public API of each entry point; nothing of how the options are checked.

import { describe, expect, it } from 'vitest'
import {
  acceptUpgrade,
  parseRequestHead,
  RequestHeadReader,
  ResponseHeadReader,
  requestUpgrade,
} from '../../bindings/handshake/index.js'
import { Connection, Data } from '../../bindings/index.js'
import { KeepAlive } from '../../bindings/keepalive/index.js'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { fromDuplex } from '../../bindings/streams/index.js'
import { WebSocket, WebSocketServer } from '../../bindings/ws/index.js'

type Options = Record<string, unknown>

const request = {
  method: 'GET',
  url: '/',
  headers: {
    host: 'example.com',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  },
}
const pipes = () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, writable }
}
const server = (options: Options) => new WebSocketServer({ noServer: true, ...options })

/** Options that a Connection has, and a connection over streams. */
const connectionOptions: Options = {
  reservedBits: [0, 0, 0],
  extensions: [],
  maxFrameSize: 5,
  maxMessageSize: 5,
  acceptUnmasked: true,
  maskKey: () => 1,
  now: Date.now,
}

/** Every function that takes options: how it is called, all the options that it knows, and what a wrong one is taken for. */
const functions: [name: string, call: (options: Options) => unknown, known: Options, mistakes: [string, string][]][] = [
  [
    'Connection',
    (options) => new Connection('SERVER', options),
    {
      opcodeNonControlMod: { mine: 3 },
      opcodeControlMod: { order: 11 },
      delivery: 'message',
      ownership: 'take',
      ...connectionOptions,
    },
    [
      ['maxPayload', 'maxMessageSize'],
      ['max_message_size', 'maxMessageSize'],
      ['maxFramesize', 'maxFrameSize'],
      ['masKey', 'maskKey'],
      ['generateMask', 'maskKey'],
      ['perMessageDeflate', 'extensions'],
      ['extension', 'extensions'],
      ['reserved', 'reservedBits'],
    ],
  ],
  [
    'Data',
    (options) => new Data('', 'close', options),
    { fin: true, statusCode: 1000, rsv1: 0, rsv2: 0, rsv3: 0 },
    [
      ['final', 'fin'],
      ['code', 'statusCode'],
      ['status_code', 'statusCode'],
      ['rsv_1', 'rsv1'],
    ],
  ],
  [
    'acceptUpgrade',
    (options) => acceptUpgrade(request, options),
    { subprotocols: [], extensions: [], origin: [undefined], headers: {} },
    [
      ['protocols', 'subprotocols'],
      ['handleProtocols', 'subprotocols'],
      ['origins', 'origin'],
    ],
  ],
  [
    'requestUpgrade',
    (options) => requestUpgrade('ws://example.com', options),
    { subprotocols: [], extensions: [], origin: 'https://example.com', headers: {}, http2: false },
    [
      ['protocol', 'subprotocols'],
      ['perMessageDeflate', 'extensions'],
      ['header', 'headers'],
    ],
  ],
  [
    'permessageDeflate',
    (options) => permessageDeflate(options),
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 9,
      threshold: 0,
      level: 1,
      memLevel: 1,
      backend: undefined,
    },
    [
      ['treshold', 'threshold'],
      ['server_max_window_bits', 'serverMaxWindowBits'],
    ],
  ],
  [
    'fromDuplex with a role',
    (options) => fromDuplex(pipes(), { role: 'SERVER', ...options }),
    {
      received: new Uint8Array(0),
      closeTimeout: 5,
      keepAlive: false,
      negotiated: {},
      ...connectionOptions,
    },
    [
      ['closeTimout', 'closeTimeout'],
      ['keepalive', 'keepAlive'],
      ['maxPayload', 'maxMessageSize'],
    ],
  ],
  [
    'fromDuplex with a connection',
    (options) => fromDuplex(pipes(), { connection: new Connection('SERVER', { delivery: 'message' }), ...options }),
    { received: new Uint8Array(0), closeTimeout: 5, keepAlive: true, negotiated: {} },
    [['timeout', 'closeTimeout']],
  ],
  [
    'keepAlive of fromDuplex',
    (options) => fromDuplex(pipes(), { role: 'SERVER', keepAlive: options }),
    { interval: 5, timeout: 5 },
    [['intervall', 'interval']],
  ],
  [
    'KeepAlive',
    (options) => new KeepAlive(0, options),
    { interval: 5, timeout: 5 },
    [
      ['pingInterval', 'interval'],
      ['pingTimeout', 'timeout'],
    ],
  ],
  ...[RequestHeadReader, ResponseHeadReader].map((Reader): (typeof functions)[number] => [
    Reader.name,
    (options) => new Reader(options),
    { maxLineLength: 5, maxHeaders: 5, maxHeadSize: 5 },
    [
      ['headSize', 'maxHeadSize'],
      ['maxHeader', 'maxHeaders'],
    ],
  ]),
  [
    'parseRequestHead',
    (options) => parseRequestHead(new Uint8Array(0), options),
    { maxLineLength: 5, maxHeaders: 5, maxHeadSize: 5 },
    [['maxHeadsize', 'maxHeadSize']],
  ],
  [
    'heartbeat of noio-ws/ws',
    (options) => server({ heartbeat: options }),
    { interval: 5, timeout: 5 },
    [['idleTimeout', 'timeout']],
  ],
  [
    'shutdown of noio-ws/ws',
    // The promise is fulfilled when the server has ended.
    (options) => void server({}).shutdown(options).then(),
    { code: 1001, reason: '', timeout: 5 },
    [['timeOut', 'timeout']],
  ],
]

describe.each(functions)('%s', (_name, call, known, mistakes) => {
  it('takes every option that it knows, at once and each undefined', () => {
    call(known)
    call(Object.fromEntries(Object.keys(known).map((name) => [name, undefined])))
  })

  it.each(mistakes)('names %s, and %s as the one that may be meant', (wrong, right) => {
    expect(() => call({ [wrong]: 1 })).toThrow(TypeError)
    expect(() => call({ [wrong]: 1 })).toThrow(`unknown option '${wrong}'; did you mean ${right}?`)
    // Among others that are right.
    expect(() => call({ ...known, [wrong]: 1 })).toThrow(`unknown option '${wrong}'`)
  })

  it('names all that it knows where none is like it', () => {
    for (const wrong of ['zzz', '', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(1000)]) {
      expect(() => call({ [wrong]: 1 })).toThrow(TypeError)
      expect(() => call({ [wrong]: 1 })).toThrow(/^unknown option '.{0,41}'; known: /)
      for (const name of Object.keys(known)) expect(() => call({ [wrong]: 1 })).toThrow(name)
    }
    expect(() => call(JSON.parse('{"__proto__": 1}'))).toThrow(/unknown option '__proto__'/)
  })

  it('takes no array for options', () => {
    expect(() => call([1] as unknown as Options)).toThrow(TypeError)
  })

  it('passes over what is undefined, inherited, not enumerable or no string', () => {
    call({ zzz: undefined })
    call(Object.create({ zzz: 1 }))
    call(Object.create(null))
    call(Object.defineProperty({}, 'zzz', { value: 1, enumerable: false }))
    call({ [Symbol('zzz')]: 1 })
  })
})

it('an option may be inherited, as from an object that holds the defaults of a program', () => {
  expect(new Data('', 'close', Object.create({ statusCode: 1000 })).statusCode).toBe(1000)
  expect(() => new Connection('SERVER', Object.create({ maxMessageSize: -1 }))).toThrow(/maxMessageSize is -1/)
})

it('options of noio-ws/ws that ws takes, too, are not looked at: they may be those of http and tls', () => {
  const options = { noServer: true, rejectUnauthorized: false, zzz: 1, maxMessageSize: 5 } as object
  expect(new WebSocketServer(options).options).toMatchObject(options)
  const client = new WebSocket('ws://127.0.0.1:1', { zzz: 1, rejectUnauthorized: false } as object)
  client.on('error', () => {})
  client.terminate()
})
