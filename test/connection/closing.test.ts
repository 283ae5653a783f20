// The closing handshake (RFC 6455 section 7) from either side, the end of the network, and close frames' payloads.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, Information, LocalProtocolError, type Message } from '../../bindings/index.js'
import { CLOSE, CONTINUE, closePayload, events, frame, join, masked, PING, show, TEXT } from '../support/frames.js'

const hello = masked({ opcode: TEXT, payload: 'hello' })
const bye = masked({ opcode: CLOSE, payload: closePayload(1000, 'bye') })
const close = new Data('', 'close', { statusCode: 1001 })
const { NEED_DATA, SEND_CLOSE, CONNECTION_CLOSED } = Information

/** A server that has received `chunk`, and given all its events. */
function serverAfter(chunk: Uint8Array): Connection {
  const connection = new Connection('SERVER')
  connection.recv(chunk)
  events(connection)
  return connection
}

describe('a close from the peer', () => {
  it('is delivered, then SEND_CLOSE until a close is sent, then CONNECTION_CLOSED', () => {
    const connection = new Connection('SERVER')
    connection.recv(bye)
    const message = connection.nextEvent() as Message
    expect([message.type, message.statusCode, message.reason]).toEqual(['close', 1000, 'bye'])
    expect(connection.state).toBe('CLOSING')
    expect([connection.nextEvent(), connection.nextEvent()]).toEqual([SEND_CLOSE, SEND_CLOSE])
    expect(connection.closeCode).toBeUndefined()
    const reply = connection.send(message.response() as Data<'close'>)
    expect(reply).toEqual(frame({ opcode: CLOSE, payload: closePayload(1000) }))
    expect(connection.state).toBe('CLOSED')
    expect([connection.nextEvent(), connection.nextEvent()]).toEqual([CONNECTION_CLOSED, CONNECTION_CLOSED])
    expect([connection.closeCode, connection.closeReason]).toEqual([1000, 'bye'])
  })

  it('discards what comes after it, in the same chunk and in later ones, even a violation', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(hello, bye, hello, new Uint8Array([0xff, 0xff])))
    connection.recv(hello)
    expect(events(connection).map((event) => event.split(' ')[0])).toEqual(['text', 'close', SEND_CLOSE])
    connection.recv(hello)
    expect(connection.nextEvent()).toBe(SEND_CLOSE)
    connection.send(close)
    connection.recv(hello)
    expect(connection.nextEvent()).toBe(CONNECTION_CLOSED)
  })

  it('leaves only the rest of the message in progress, and a close, to be sent', () => {
    const connection = new Connection('SERVER')
    connection.send(new Data('begun ', 'text', { fin: false }))
    connection.recv(bye)
    events(connection)
    for (const type of ['text', 'ping', 'pong']) {
      expect(() => connection.send(new Data('', type as 'text'))).toThrow(LocalProtocolError)
    }
    connection.send(new Data('ended', 'continue'))
    expect(() => connection.send(new Data('', 'continue'))).toThrow(LocalProtocolError)
    expect(connection.state).toBe('CLOSING')
    connection.send(close)
    expect(connection.state).toBe('CLOSED')
  })

  it('does not count before nextEvent has given it', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(hello, bye))
    expect(connection.state).toBe('OPEN')
    expect((connection.nextEvent() as Message).type).toBe('text')
    connection.send(new Data('still open', 'text'))
    expect((connection.nextEvent() as Message).type).toBe('close')
    expect(connection.state).toBe('CLOSING')
  })
})

describe('a close from this side', () => {
  it('moves to CLOSING, delivers what still arrives, and ends with the peer’s close', () => {
    const connection = new Connection('SERVER')
    connection.send(close)
    expect(connection.state).toBe('CLOSING')
    expect(connection.nextEvent()).toBe(NEED_DATA)
    connection.recv(join(hello, masked({ opcode: PING, payload: 'p' })))
    connection.recv(join(hello, bye))
    expect(events(connection).map((event) => event.split(' ')[0])).toEqual([
      'text',
      'ping',
      'text',
      'close',
      CONNECTION_CLOSED,
    ])
    expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 1000, 'bye'])
  })

  it('lets nothing more be sent, nor asks for replies', () => {
    const connection = new Connection('SERVER')
    connection.send(close)
    connection.recv(join(masked({ opcode: PING }), bye))
    expect((connection.nextEvent() as Message).response()).toBeUndefined()
    for (const type of ['text', 'pong', 'close'] as const) {
      expect(() => connection.send(new Data('', type))).toThrow(/may not be sent: a close frame was sent \(/)
    }
    expect((connection.nextEvent() as Message).response()).toBeUndefined()
    expect(() => connection.send(close)).toThrow(/the connection is closed/)
  })

  it('asks for no reply to a ping that comes byte by byte', () => {
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      const connection = new Connection('SERVER', { delivery })
      connection.send(close)
      const pings: Message[] = []
      for (const byte of masked({ opcode: PING, payload: 'still there?' })) {
        connection.recv(Uint8Array.of(byte))
        pings.push(...connection.messages())
      }
      expect(pings.map((ping) => [ping.text(), ping.response()])).toEqual([['still there?', undefined]])
    }
  })

  it('may be last in one send with other frames, but not before them', () => {
    const connection = new Connection('SERVER')
    expect(() => connection.send(close, new Data('late', 'text'))).toThrow(LocalProtocolError)
    expect(connection.state).toBe('OPEN')
    connection.send(new Data('early', 'text'), close)
    expect(connection.state).toBe('CLOSING')
  })
})

describe('simultaneous closes', () => {
  it('end both sides without a reply', () => {
    const client = new Connection('CLIENT')
    const server = new Connection('SERVER')
    const fromClient = client.send(new Data('c', 'close', { statusCode: 1000 }))
    const fromServer = server.send(new Data('s', 'close', { statusCode: 1001 }))
    client.recv(fromServer)
    server.recv(fromClient)
    for (const connection of [client, server]) {
      const message = connection.nextEvent() as Message
      expect(message.type).toBe('close')
      expect(message.response()).toBeUndefined()
      expect(connection.nextEvent()).toBe(CONNECTION_CLOSED)
      expect(connection.state).toBe('CLOSED')
    }
    expect([client.closeCode, client.closeReason]).toEqual([1001, 's'])
    expect([server.closeCode, server.closeReason]).toEqual([1000, 'c'])
  })
})

describe('recvEof', () => {
  it('in OPEN ends the connection as 1006', () => {
    const connection = new Connection('SERVER')
    connection.recvEof()
    expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 1006, ''])
    expect(connection.nextEvent()).toBe(CONNECTION_CLOSED)
    expect(() => connection.send(close)).toThrow(LocalProtocolError)
  })

  it('in OPEN first lets everything be delivered that came before it, but not half a frame', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(hello, hello, hello.slice(0, 8)))
    connection.recvEof()
    expect(connection.state).toBe('OPEN')
    expect(events(connection).map((event) => event.split(' ')[0])).toEqual(['text', 'text', CONNECTION_CLOSED])
    expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
  })

  it('before the last whole frame was asked for ends the connection after it', () => {
    for (const chunks of [[join(hello, hello)], [hello, hello], [hello.slice(0, 3), hello.slice(3), hello]]) {
      const connection = new Connection('SERVER')
      for (const chunk of chunks) connection.recv(chunk)
      connection.recvEof()
      expect(events(connection).map((event) => event.split(' ')[0])).toEqual(['text', 'text', CONNECTION_CLOSED])
      expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
    }
  })

  it('in the middle of a frame or message ends the connection at once', () => {
    for (const half of [hello.slice(0, 1), hello.slice(0, 8), masked({ opcode: TEXT, fin: 0, payload: 'half' })]) {
      const connection = serverAfter(half)
      connection.recvEof()
      expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
    }
  })

  it('after a close was sent, and before the peer’s, ends it as 1006', () => {
    const connection = new Connection('SERVER')
    connection.send(close)
    connection.recvEof()
    expect([connection.state, connection.closeCode, connection.nextEvent()]).toEqual([
      'CLOSED',
      1006,
      CONNECTION_CLOSED,
    ])
  })

  it('right behind the peer’s close leaves that close its code, and a reply to send', () => {
    for (const eofFirst of [true, false]) {
      const connection = new Connection('SERVER')
      connection.recv(bye)
      if (eofFirst) connection.recvEof()
      const message = connection.nextEvent() as Message
      connection.recvEof()
      expect(connection.nextEvent()).toBe(SEND_CLOSE)
      connection.send(message.response() as Data<'close'>)
      expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 1000, 'bye'])
    }
  })

  it('after both closes changes nothing', () => {
    const connection = serverAfter(bye)
    connection.send(close)
    connection.recvEof()
    connection.recvEof()
    expect([connection.state, connection.closeCode, connection.nextEvent()]).toEqual([
      'CLOSED',
      1000,
      CONNECTION_CLOSED,
    ])
  })

  it('after a violation leaves the error and the close to send', () => {
    const connection = serverAfter(new Uint8Array([0x83, 0x80]))
    connection.recvEof()
    expect(events(connection)).toEqual(['error ERR_UNKNOWN_OPCODE 1002'])
    connection.send(close)
    expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
  })

  it('discards what comes after it', () => {
    const connection = new Connection('SERVER')
    connection.recvEof()
    connection.recv(hello)
    expect(connection.nextEvent()).toBe(CONNECTION_CLOSED)
  })
})

describe('payloads of close frames', () => {
  const received = (payload: Uint8Array | string) => {
    const connection = new Connection('SERVER')
    connection.recv(masked({ opcode: CLOSE, payload }))
    return events(connection)[0]
  }

  it('without a status code are 1005 and no reason, and answered by an empty close', () => {
    const connection = new Connection('SERVER')
    connection.recv(masked({ opcode: CLOSE }))
    const message = connection.nextEvent() as Message
    expect([message.statusCode, message.reason]).toEqual([1005, ''])
    expect(connection.send(message.response() as Data<'close'>)).toEqual(frame({ opcode: CLOSE }))
    expect([connection.closeCode, connection.closeReason]).toEqual([1005, ''])
  })

  it('with a status code and a reason of 123 bytes are delivered', () => {
    expect(received(closePayload(4999, 'r'.repeat(123)))).toMatch(/^close/)
  })

  it('of 1 byte are a violation (1002)', () => {
    expect(received(new Uint8Array([3]))).toBe('error ERR_CLOSE_PAYLOAD_LENGTH 1002')
  })

  const allowed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
  const forbidden = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 65_535]

  it.each(allowed)('may have the status code %i', (statusCode) => {
    expect(received(closePayload(statusCode))).toMatch(/^close/)
    const connection = new Connection('SERVER')
    const sent = connection.send(new Data('why', 'close', { statusCode }))
    expect(sent).toEqual(frame({ opcode: CLOSE, payload: closePayload(statusCode, 'why') }))
  })

  it.each(forbidden)('must not have the status code %i', (statusCode) => {
    expect(received(closePayload(statusCode))).toBe('error ERR_CLOSE_CODE 1002')
    const connection = new Connection('SERVER')
    expect(() => connection.send(new Data('', 'close', { statusCode }))).toThrow(
      expect.objectContaining({ name: 'LocalProtocolError', code: 'ERR_SEND_CLOSE_CODE' }),
    )
    expect(connection.state).toBe('OPEN')
  })

  it('must have a reason that is UTF-8 (1007)', () => {
    const payload = join(closePayload(1000, 'ok'), new Uint8Array([0xc3]))
    expect(received(payload)).toBe('error ERR_CLOSE_REASON 1007')
  })
})

describe('a violation', () => {
  it('comes after the events before it, and again on each later call', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(hello, masked({ opcode: CONTINUE }), hello))
    expect(show(connection.nextEvent())).toMatch(/^text/)
    expect(() => connection.nextEvent()).toThrow(/continuation frame outside a message/)
    expect(() => connection.nextEvent()).toThrow(/continuation frame outside a message/)
    expect(connection.state).toBe('CLOSING')
    connection.recv(hello)
    expect(() => connection.nextEvent()).toThrow(/continuation frame outside a message/)
  })

  it('lets only a close be sent, which ends the connection', () => {
    const connection = serverAfter(new Uint8Array([0x83, 0x80]))
    expect(() => connection.send(new Data('', 'pong'))).toThrow(/only a close may follow/)
    try {
      connection.nextEvent()
      expect.unreachable()
    } catch (error) {
      const sent = connection.send((error as { response(): Data<'close'> }).response())
      expect(sent[0]).toBe(0x88)
      expect((sent[2] << 8) | sent[3]).toBe(1002)
    }
    expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 1006, ''])
  })

  it('after a close was sent ends the connection: a second close may not be sent', () => {
    const connection = new Connection('SERVER')
    connection.send(close)
    connection.recv(new Uint8Array([0x83, 0x80]))
    expect(events(connection)).toEqual(['error ERR_UNKNOWN_OPCODE 1002'])
    expect([connection.state, connection.closeCode]).toEqual(['CLOSED', 1006])
  })

  it('of one connection leaves the others as they were', () => {
    const bad = new Connection('SERVER')
    const good = new Connection('SERVER')
    good.recv(hello.slice(0, 9))
    good.nextEvent()
    bad.recv(new Uint8Array([0xf3, 0x01, 0x02]))
    expect(events(bad)[0]).toMatch(/^error/)
    good.recv(hello.slice(9))
    expect((good.nextEvent() as Message).text()).toBe('hello')
  })
})
