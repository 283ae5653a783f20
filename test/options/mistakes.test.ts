// Common mistakes of a new user: each is an error that says what to write.
// Knows the public API; the words are what a user reads.

import { createServer, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { acceptUpgrade, requestUpgrade } from '../../bindings/handshake/index.js'
import { Connection, Data, type Extension, type ExtensionNegotiator, Message, type Role } from '../../bindings/index.js'
import { permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { type ByteDuplex, fromDuplex } from '../../bindings/streams/index.js'
import { requestFields } from '../handshake/samples.js'
import { ROLES } from '../memory/results.js'
import { agree } from '../permessage-deflate/pairs.js'
import { decode, utf8 } from '../support/frames.js'

const request = { method: 'GET', headers: requestFields() }

function thrown(action: () => unknown): TypeError {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return error as TypeError
  }
  return expect.fail('nothing was thrown')
}

describe('permessageDeflate that is not called', () => {
  const extensions = [permessageDeflate as unknown as ExtensionNegotiator]

  it('is refused by a server and by a client', () => {
    const words = 'extensions must be an array of ExtensionNegotiator: call permessageDeflate()'
    expect(thrown(() => acceptUpgrade(request, { extensions })).message).toBe(words)
    expect(thrown(() => requestUpgrade('ws://a', { extensions })).message).toBe(words)
    const unnamed = [(() => {}) as unknown as ExtensionNegotiator]
    expect(thrown(() => acceptUpgrade(request, { extensions: unnamed })).message).toMatch(/call the function\(\)$/)
  })

  it('is refused by a connection', () => {
    const agreed = extensions as unknown as Extension[]
    expect(thrown(() => new Connection('SERVER', { extensions: agreed })).message).toBe(
      'extensions[0] must be an extension that acceptUpgrade or verify agreed on, not a Function',
    )
  })
})

describe('what is agreed upon and what negotiates, each in the place of the other', () => {
  it.each(ROLES)('a negotiator is refused by a connection (%s)', (role) => {
    const extensions = [permessageDeflate() as unknown as Extension]
    expect(thrown(() => new Connection(role, { extensions })).message).toBe(
      'extensions[0] must be an extension that acceptUpgrade or verify agreed on, not an Object',
    )
  })

  it('an agreed extension is refused by the handshake', () => {
    const extensions = [agree({}, {}).server as unknown as ExtensionNegotiator]
    const words = 'extensions must be an array of ExtensionNegotiator, not of object'
    expect(thrown(() => acceptUpgrade(request, { extensions })).message).toBe(words)
    expect(thrown(() => requestUpgrade('ws://a', { extensions })).message).toBe(words)
  })

  it('a second connection with what one was agreed upon for is refused: once per connection', () => {
    const { server } = agree({}, {})
    new Connection('SERVER', { extensions: [server] })
    const again = thrown(() => new Connection('SERVER', { extensions: [server] }))
    expect(again.message).toBe('extensions[0] is in use; agree on an extension once per connection')
  })
})

describe('fromDuplex', () => {
  const call = (duplex: unknown) => thrown(() => fromDuplex(duplex as ByteDuplex, { role: 'SERVER' })).message

  it('says what to write for a stream of Node', () => {
    for (const stream of [new Socket(), new Duplex({ read() {}, write() {} })]) {
      expect(call(stream)).toBe('duplex is a stream of Node: write fromNodeStream(stream, …)')
      stream.destroy()
    }
  })

  it('says what a pair of streams is', () => {
    const words = 'duplex must be a pair of byte streams, { readable, writable }, not '
    const { readable, writable } = new TransformStream()
    expect(call({ readable })).toBe(`${words}an Object`)
    expect(call({ writable })).toBe(`${words}an Object`)
    expect(call({ readable, writable: readable })).toBe(`${words}an Object`)
    expect(call(readable)).toBe(`${words}a ReadableStream`)
    expect(call(createServer())).toBe(`${words}an Object`)
    expect(call('ws://a')).toBe(`${words}"ws://a"`)
    expect(call(undefined)).toBe(`${words}undefined`)
    expect(call(null)).toBe(`${words}null`)
  })
})

describe('the text of a message with reserved bits on', () => {
  const compressed = () => {
    const { client } = agree({ threshold: 0 }, {})
    return new Connection('CLIENT', { extensions: [client] }).send(new Data('{"a":[1,2,3]}'.repeat(20), 'text'))
  }

  it('is an error that says so, where no extension decoded it', () => {
    const connection = new Connection('SERVER')
    connection.recv(compressed())
    const message = connection.nextEvent() as Message
    for (const read of [() => message.text(), () => message.json()]) {
      expect(read).toThrow(new Error('reserved bits 100; no extension decoded the message'))
    }
    expect(message.message.length).toBeGreaterThan(0)
    expect(String(message)).toContain('rsv=100')
    expect(() => new Message(utf8('a'), 'text', [0, 0, 1]).text()).toThrow(/reserved bits 001/)
  })

  it('is the text, where an extension decoded it', () => {
    for (const delivery of ['frame', 'message'] as const) {
      const { client, server } = agree({ threshold: 0 }, {})
      const from = new Connection('CLIENT', { extensions: [client] })
      const to = new Connection('SERVER', { extensions: [server], delivery })
      to.recv(from.send(new Data('[1]', 'text')))
      const message = to.nextEvent() as Message
      expect([message.reserved, message.text(), message.json()]).toEqual([[1, 0, 0], '[1]', [1]])
    }
  })

  it('is an error, where an extension decoded it, but a bit is on that is nobody’s', () => {
    const { client, server } = agree({ threshold: 0 }, {})
    const from = new Connection('CLIENT', { extensions: [client] })
    const to = new Connection('SERVER', { extensions: [server], reservedBits: [0, 1, 0] })
    to.recv(from.send(new Data('[1]', 'text', { rsv2: 1 })))
    expect(() => (to.nextEvent() as Message).text()).toThrow(/reserved bits 110/)
  })

  it('needs no look with reservedBits [0, 0, 0]: the peer has broken the protocol', () => {
    expect(decode(new Connection('SERVER', { reservedBits: [0, 0, 0] }), [compressed()])).toEqual([
      'error ERR_RESERVED_BIT 1002',
    ])
  })
})

describe.each(ROLES)('a payload that was transferred before it is sent by a %s', (role: Role) => {
  const ways: [string, (connection: Connection, data: Data) => unknown][] = [
    ['send', (connection, data) => connection.send(data as Data<'binary'>)],
    ['send of two', (connection, data) => connection.send(new Data('', 'ping'), data as Data<'binary'>)],
    ['sendParts', (connection, data) => connection.sendParts(data as Data<'binary'>)],
    ['sendInto', (connection, data) => connection.sendInto(data as Data<'binary'>, new Uint8Array(10_000))],
  ]

  it.each(ways)('is a TypeError of %s, and nothing is sent', (_way, send) => {
    for (const size of [1, 20, 5000]) {
      for (const type of ['binary', 'text', 'ping'] as const) {
        if (type === 'ping' && size > 125) continue
        for (const build of [
          (bytes: Uint8Array<ArrayBuffer>) => bytes.buffer,
          (bytes: Uint8Array) => bytes.subarray(0),
        ]) {
          const bytes = new Uint8Array(size).fill(97)
          const data = new Data(build(bytes), type)
          const connection = new Connection(role)
          structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
          const { message } = thrown(() => send(connection, data))
          expect(message).toBe('bytes were transferred before they were sent; slice() a payload to transfer it')
          expect(connection.send(new Data('ok', 'text')).length).toBe(role === 'CLIENT' ? 8 : 4)
        }
      }
    }
  })

  it('is a TypeError where it was sent before, too, and where it is an empty part of what was transferred', () => {
    for (const part of [undefined, 0]) {
      const bytes = new Uint8Array(200)
      const data = new Data(bytes.subarray(0, part), 'binary')
      const connection = new Connection(role)
      for (const [, send] of ways) send(connection, data)
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
      for (const [, send] of ways) thrown(() => send(connection, data))
    }
  })

  it('an empty payload is sent', () => {
    const connection = new Connection(role)
    for (const empty of [new Uint8Array(0), new ArrayBuffer(0), '']) {
      for (const [, send] of ways) send(connection, new Data(empty, 'binary'))
    }
  })
})
