// permessage-deflate in a connection: what becomes of messages in each delivery, and which violation a bad one is.
// Knows frames by hand; the payloads come from node:zlib.

import { constants, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { BINARY, CONTINUE, frame, join, masked, PING, TEXT, utf8 } from '../support/frames.js'
import { backends, json, parameters, same } from './pairs.js'

const MIB = 1 << 20
const compressed = (message: Uint8Array) =>
  new Uint8Array(deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH })).subarray(0, -4)

describe.each(backends)('%s', (_name, backend) => {
  const server = (options: ConnectionOptions = {}) => {
    const { extension } = permessageDeflate({ backend, threshold: 0 }).accept(parameters('')) ?? expect.fail()
    return new Connection('SERVER', { extensions: [extension], ...options })
  }
  const failure = (connection: ReturnType<typeof server>): RemoteProtocolError => {
    try {
      for (const _ of connection.messages());
    } catch (error) {
      return error as RemoteProtocolError
    }
    return expect.fail('no violation')
  }

  it.each(['frame', 'message', 'chunk'] as const)('decodes in %s delivery, in any cut', (delivery) => {
    const text = new TextDecoder().decode(json(3000))
    const payload = compressed(json(3000))
    const half = payload.length >> 1
    const bytes = join(
      masked({ fin: 0, rsv: 4, opcode: TEXT, payload: payload.subarray(0, half) }),
      masked({ opcode: PING }),
      masked({ opcode: CONTINUE, payload: payload.subarray(half) }),
      masked({ opcode: TEXT, payload: 'plain' }),
      masked({ rsv: 4, opcode: BINARY, payload: Uint8Array.of(0) }),
    )
    for (const size of [1, 7, 100, bytes.length]) {
      const connection = server({ delivery })
      const received: Message[] = []
      for (let at = 0; at < bytes.length; at += size) {
        connection.recv(bytes.subarray(at, at + size))
        received.push(...connection.messages())
      }
      const data = received.filter(({ type }) => type !== 'ping')
      expect(data.map((message) => new TextDecoder().decode(message.message)).join('')).toBe(`${text}plain`)
      if (delivery !== 'message') continue
      expect(data.map(({ type, reserved }) => [type, reserved[0]])).toEqual([
        ['text', 1],
        ['text', 0],
        ['binary', 1],
      ])
    }
  })

  it('fails with 1009 where a message becomes too long, and with 1007 where it is wrong', () => {
    const bomb = compressed(new Uint8Array(64 * MIB))
    const cases: [number, string, Uint8Array][] = [
      [1009, 'ERR_MESSAGE_TOO_BIG', masked({ rsv: 4, opcode: BINARY, payload: bomb })],
      [1007, 'ERR_INVALID_UTF8', masked({ rsv: 4, opcode: TEXT, payload: compressed(Uint8Array.of(0xc3, 0x28)) })],
      [1007, '', masked({ rsv: 4, opcode: TEXT, payload: 'not DEFLATE' })],
      [1007, '', masked({ rsv: 4, opcode: BINARY, payload: compressed(json(3000)).subarray(0, -3) })],
      [1007, '', masked({ rsv: 4, opcode: BINARY })],
      // RFC 7692 section 6: on the first frame of a message only.
      [
        1002,
        'ERR_RESERVED_BIT',
        join(masked({ fin: 0, opcode: TEXT, payload: 'a' }), masked({ rsv: 4, opcode: CONTINUE })),
      ],
      [1002, 'ERR_RESERVED_BIT', masked({ rsv: 4, opcode: PING })],
    ]
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      for (const [closeCode, code, bytes] of cases) {
        const connection = server({ delivery })
        connection.recv(bytes)
        const error = failure(connection)
        expect(error).toBeInstanceOf(RemoteProtocolError)
        expect([error.closeCode, code === '' ? '' : error.code]).toEqual([closeCode, code])
        expect(connection.send(error.response()).length).toBeGreaterThan(4)
        expect(connection.state).toBe('CLOSED')
      }
    }
  })

  it('releases what it keeps when the connection ends', () => {
    const released: string[] = []
    const negotiator = permessageDeflate({
      threshold: 0,
      backend: {
        deflater: (settings) => Object.assign(backend.deflater(settings), { release: () => released.push('deflater') }),
        inflater: (settings) => Object.assign(backend.inflater(settings), { release: () => released.push('inflater') }),
      },
    })
    const { extension } = negotiator.accept(new Map()) ?? expect.fail()
    const connection = new Connection('SERVER', { extensions: [extension] })
    connection.recv(masked({ rsv: 4, opcode: TEXT, payload: compressed(utf8('abc')) }))
    for (const message of connection.messages()) connection.send(new Data(message.message, 'text'))
    expect(released).toEqual([])
    connection.recvEof()
    connection.nextEvent()
    expect(connection.state).toBe('CLOSED')
    expect(released).toEqual(['deflater', 'inflater'])
  })

  it('sends with RSV1 on the first frame only, and small messages as they are', () => {
    const { extension } = permessageDeflate({ backend }).accept(new Map()) ?? expect.fail()
    const connection = new Connection('SERVER', { extensions: [extension] })
    const message = json(3000)
    const small = connection.send(new Data('small', 'text'))
    expect(same(small, frame({ opcode: TEXT, payload: 'small' }))).toBe(true)
    const whole = connection.send(new Data(message, 'text'))
    expect([whole[0], whole.length < 1000]).toEqual([0xc1, true])
    const first = connection.send(new Data(message, 'text', { fin: false }))
    const second = connection.send(new Data(message, 'continue'))
    expect([first[0], second[0]]).toEqual([0x41, 0x80])
    const client = new Connection('CLIENT', {
      delivery: 'message',
      extensions: [permessageDeflate().accepted(new Map())],
    })
    client.recv(join(small, whole, first, second))
    const received = [...client.messages()].map((one) => one.message.length)
    expect(received).toEqual([5, 3000, 6000])
  })
})
