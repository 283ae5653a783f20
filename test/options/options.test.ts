// Options and opcode maps: what is accepted, and what the refusal of everything else says.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data, type Role } from '../../bindings/index.js'
import { decode, events, frame, masked, PING, TEXT } from '../support/frames.js'

describe('opcode maps', () => {
  const options = { opcodeNonControlMod: { 'latin-1': 3, utf16: 7 }, opcodeControlMod: { compare: 11, order: 15 } }

  it('name the opcodes of frames that are sent and received', () => {
    const connection = new Connection('SERVER', options)
    expect(connection.send(new Data('x', 'latin-1'), new Data('y', 'compare'))).toEqual(
      Uint8Array.of(0x83, 1, 0x78, 0x8b, 1, 0x79),
    )
    const client = new Connection('CLIENT', options)
    const stream = Uint8Array.of(0x83, 0, 0x87, 0, 0x8b, 0, 0x8f, 0)
    expect(decode(client, [stream]).map((event) => event.split(' ')[0])).toEqual([
      'latin-1',
      'utf16',
      'compare',
      'order',
      'NEED_DATA',
    ])
  })

  it('of two connections do not touch each other', () => {
    const one = new Connection('SERVER', { opcodeNonControlMod: { mine: 3 } })
    const two = new Connection('SERVER', { opcodeNonControlMod: { yours: 3 } })
    const none = new Connection('SERVER')
    const bytes = masked({ opcode: 3 })
    for (const connection of [one, two, none]) connection.recv(bytes)
    expect([one, two, none].map((connection) => events(connection)[0])).toEqual([
      'mine 000 []',
      'yours 000 []',
      'error ERR_UNKNOWN_OPCODE 1002',
    ])
    expect(() => two.send(new Data('', 'mine' as 'yours'))).toThrow(/'mine' is not registered/)
  })

  it('are read once: changing the object later changes nothing', () => {
    const opcodeNonControlMod: Record<string, number> = { mine: 3 }
    const connection = new Connection('SERVER', { opcodeNonControlMod })
    opcodeNonControlMod.mine = 4
    expect(connection.send(new Data('', 'mine'))).toEqual(Uint8Array.of(0x83, 0))
    const other = new Connection('SERVER', { opcodeNonControlMod })
    expect(other.send(new Data('', 'mine'))).toEqual(Uint8Array.of(0x84, 0))
  })

  it('may use names that objects have already', () => {
    const opcodeNonControlMod: Record<'__proto__' | 'toString', number> = JSON.parse('{"__proto__": 3, "toString": 4}')
    const connection = new Connection('SERVER', { opcodeNonControlMod })
    expect(connection.send(new Data('', '__proto__'), new Data('', 'toString'))).toEqual(
      Uint8Array.of(0x83, 0, 0x84, 0),
    )
  })

  it.each([
    [{ opcodeNonControlMod: { a: 2 } }, /opcodeNonControlMod\["a"\] is 2; whole numbers from 3 to 7 are allowed/],
    [{ opcodeNonControlMod: { a: 8 } }, /is 8; .* 3 to 7 are allowed \(RFC 6455 section 5\.2\)/],
    [{ opcodeNonControlMod: { a: 3.5 } }, /is 3\.5/],
    [{ opcodeNonControlMod: { a: -3 } }, /is -3/],
    [{ opcodeControlMod: { a: 10 } }, /opcodeControlMod\["a"\] is 10; whole numbers from 11 to 15 are allowed/],
    [{ opcodeControlMod: { a: 16 } }, /is 16/],
    [{ opcodeControlMod: { a: Number.NaN } }, /is NaN/],
    [{ opcodeNonControlMod: { a: 3, b: 3 } }, /\["b"\]: opcode 3 is 'a' already/],
    [
      { opcodeNonControlMod: { a: 3 }, opcodeControlMod: { a: 11 } },
      /\["a"\]: opcode 3 is 'a' already; a name has one opcode, an opcode one name/,
    ],
    [{ opcodeNonControlMod: { text: 3 } }, /\["text"\]: opcode 1 is 'text' already/],
    [{ opcodeControlMod: { ping: 11 } }, /\["ping"\]: opcode 9 is 'ping' already/],
  ])('%o is a RangeError', (wrong, message) => {
    expect(() => new Connection('SERVER', wrong as ConnectionOptions)).toThrow(RangeError)
    expect(() => new Connection('SERVER', wrong as ConnectionOptions)).toThrow(message)
  })

  it.each([
    [{ opcodeNonControlMod: { a: '3' } }, /\["a"\] must be a number, not "3"/],
    [{ opcodeNonControlMod: [3] }, /opcodeNonControlMod must be an object, not an Array/],
    [{ opcodeControlMod: 11 }, /not 11/],
    [{ opcodeControlMod: null }, /not null/],
  ])('%o is a TypeError', (wrong, message) => {
    expect(() => new Connection('SERVER', wrong as unknown as ConnectionOptions)).toThrow(TypeError)
    expect(() => new Connection('SERVER', wrong as unknown as ConnectionOptions)).toThrow(message)
  })
})

describe('other options', () => {
  it.each([
    ['client', {}, RangeError, /role is "client"; it must be 'CLIENT' or 'SERVER'/],
    [undefined, {}, TypeError, /role must be 'CLIENT' or 'SERVER', not undefined/],
    ['SERVER', 5, TypeError, /options must be an object, not 5/],
    ['SERVER', { delivery: 'stream' }, RangeError, /delivery is "stream"; it must be 'frame' or 'message' or 'chunk'/],
    ['SERVER', { ownership: 1 }, TypeError, /'copy' or 'take', not 1/],
    ['SERVER', { reservedBits: [1, 1] }, TypeError, /reservedBits must be three bits, as \[1, 0, 0\], not an Array/],
    ['SERVER', { reservedBits: [1, undefined, 1] }, TypeError, /reservedBits\[1\] must be a number, not undefined/],
    [
      'SERVER',
      { reservedBits: [1, 1, 2] },
      RangeError,
      /reservedBits\[2\] is 2; whole numbers from 0 to 1 are allowed/,
    ],
    ['SERVER', { reservedBits: 7 }, TypeError, /three bits, as \[1, 0, 0\], not 7/],
    [
      'SERVER',
      { maxFrameSize: -1 },
      RangeError,
      /maxFrameSize is -1; whole numbers from 0 to 9007199254740991 are allowed, and Infinity/,
    ],
    ['SERVER', { maxFrameSize: 1.5 }, RangeError, /is 1\.5/],
    ['SERVER', { maxMessageSize: Number.NaN }, RangeError, /maxMessageSize is NaN/],
    ['SERVER', { maxMessageSize: '1' }, TypeError, /maxMessageSize must be a number, not "1"/],
    ['SERVER', { acceptUnmasked: 1 }, TypeError, /acceptUnmasked must be a boolean, not 1/],
    ['CLIENT', { maskKey: 1 }, TypeError, /maskKey must be a function, not 1/],
    ['SERVER', { now: new Date(0) }, TypeError, /now must be a function, not a Date/],
  ])('%s %o is refused', (role, options, kind, message) => {
    expect(() => new Connection(role as Role, options as ConnectionOptions)).toThrow(kind)
    expect(() => new Connection(role as Role, options as ConnectionOptions)).toThrow(message)
  })

  it('may be undefined, each of them', () => {
    const options: ConnectionOptions = { delivery: undefined, reservedBits: undefined, now: undefined }
    expect(new Connection('SERVER', options).role).toBe('SERVER')
  })

  it('reservedBits: only those may be set by the peer', () => {
    const options = { reservedBits: [0, 1, 0] as [0, 1, 0] }
    expect(decode(new Connection('SERVER', options), [masked({ opcode: TEXT, rsv: 2 })])[0]).toMatch(/^text 010/)
    for (const rsv of [1, 4, 5, 7]) {
      const seen = decode(new Connection('SERVER', options), [masked({ opcode: PING, rsv })])
      expect(seen).toEqual(['error ERR_RESERVED_BIT 1002'])
    }
  })

  it('acceptUnmasked: a server takes both', () => {
    const both = [frame({ opcode: TEXT, payload: 'plain' }), masked({ opcode: TEXT, payload: 'masked' })]
    const connection = new Connection('SERVER', { acceptUnmasked: true })
    expect(decode(connection, both)).toHaveLength(3)
    expect(decode(new Connection('SERVER'), both)).toEqual(['error ERR_NOT_MASKED 1002'])
    expect(decode(new Connection('CLIENT', { acceptUnmasked: true }), [both[1]])).toEqual(['error ERR_MASKED 1002'])
  })

  it('now: is called without this, and may use the connection before its bytes count', () => {
    const seen: unknown[] = []
    const connection: Connection = new Connection('SERVER', {
      now(this: unknown) {
        seen.push(this)
        connection.recvEof()
        return 0
      },
    })
    connection.recv(masked({ opcode: TEXT, payload: 'too late' }))
    expect(seen).toEqual([undefined])
    expect(events(connection)).toEqual(['CONNECTION_CLOSED'])
  })

  it('now: must answer a number, and costs no chunk where it does not', () => {
    let time: unknown = 'noon'
    const connection = new Connection('SERVER', { now: () => time as number })
    const bytes = masked({ opcode: TEXT, payload: 'hi' })
    expect(() => connection.recv(bytes)).toThrow(/what now returned must be a number, not "noon"/)
    time = 1e20
    expect(() => connection.recv(bytes)).toThrow(RangeError)
    time = 5
    connection.recv(bytes)
    expect(events(connection)).toHaveLength(2)
  })
})
