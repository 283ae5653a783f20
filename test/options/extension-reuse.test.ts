// An extension that was agreed upon is one connection's: a second one is refused, and a constructor that fails takes none.
// Knows the public API, toy extensions and permessage-deflate; nothing of how it is told that one was used.

import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data, type Extension, type Role } from '../../bindings/index.js'
import { ROLES } from '../memory/results.js'
import { agree } from '../permessage-deflate/pairs.js'
import { CLOSE, decode, masked } from '../support/frames.js'
import { bare, rotation } from './extensions/toys.js'

const open = (role: Role, extensions: readonly Extension[], options: ConnectionOptions = {}) =>
  new Connection(role, { ...options, extensions })

/** Says what is wrong, and what to do instead. */
function expectRefused(action: () => unknown): void {
  expect(action).toThrow(TypeError)
  expect(action).toThrow(/once per connection/)
}

describe('an extension is agreed upon once per connection:', () => {
  it.each(ROLES)('the same options for a second connection are a TypeError (%s)', (role) => {
    const options: ConnectionOptions = { extensions: [rotation()] }
    const first = new Connection(role, options)
    expectRefused(() => new Connection(role, options))
    expectRefused(() => new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT', options))
    expectRefused(() => open(role, [...(options.extensions ?? [])]))
    // The one that has it works on.
    expect(first.state).toBe('OPEN')
    expect(first.send(new Data('a', 'text'))[0]).toBe(0xc1)
  })

  it('the error names the extension, so that it can be found', () => {
    const extension = rotation()
    open('SERVER', [extension])
    expect(() => open('SERVER', [bare({ reserved: [0, 1, 0] }), extension])).toThrow(/extensions\[1\]|x-rotation/)
  })

  it('not even where the first connection has ended, or is forgotten', () => {
    const extension = rotation()
    const connection = open('SERVER', [extension])
    connection.recvEof()
    expect([connection.state, extension.released]).toEqual(['CLOSED', 1])
    expectRefused(() => open('SERVER', [extension]))
    expect(extension.released).toBe(1)
  })

  it('also one that is frozen, of a class, or claims no bit', () => {
    class Plain implements Extension {
      readonly name = 'x-plain'
      readonly reserved = [1, 0, 0] as const
      encodes = () => false
      encode = (payload: Uint8Array) => payload
      decode = (payload: Uint8Array) => payload
    }
    for (const extension of [Object.freeze(bare()), new Plain(), bare({ reserved: [0, 0, 0] })]) {
      open('SERVER', [extension])
      expectRefused(() => open('SERVER', [extension]))
    }
  })

  it('twice in one list is a TypeError, and uses it up for nobody', () => {
    for (const reserved of [[1, 0, 0] as const, [0, 0, 0] as const]) {
      const extension = bare({ reserved })
      expectRefused(() => open('SERVER', [extension, extension]))
      expectRefused(() => open('SERVER', [extension, bare({ reserved: [0, 0, 1] }), extension]))
      expect(open('SERVER', [extension]).state).toBe('OPEN')
    }
  })

  it('two of a kind are two', () => {
    const negotiated = () => bare({ reserved: [0, 0, 0] })
    expect(open('SERVER', [negotiated(), negotiated()]).state).toBe('OPEN')
    expect(open('SERVER', [rotation()]).state).toBe('OPEN')
    expect(open('SERVER', [rotation()]).state).toBe('OPEN')
  })

  it('permessage-deflate as the handshake gives it', () => {
    const { client, server } = agree({}, {})
    const [one, other] = [open('CLIENT', [client]), open('SERVER', [server])]
    expectRefused(() => open('CLIENT', [client]))
    expectRefused(() => open('SERVER', [server]))
    expectRefused(() => open('SERVER', [client]))
    const text = 'what was said before is what it is compressed with '.repeat(20)
    for (let i = 0; i < 3; i++) {
      other.recv(one.send(new Data(text, 'text')))
      expect(Array.from(other.messages(), (message) => message.text())).toEqual([text])
    }
    // The negotiator is for as many as there are.
    const again = agree({}, {})
    expect(open('CLIENT', [again.client]).state).toBe('OPEN')
  })
})

describe('a constructor that throws', () => {
  const wrong: Readonly<Record<string, ConnectionOptions>> = {
    maxFrameSize: { maxFrameSize: -1 },
    maxMessageSize: { maxMessageSize: 0.5 },
    delivery: { delivery: 'whole' as 'frame' },
    ownership: { ownership: 'give' as 'copy' },
    maskKey: { maskKey: 1 as unknown as () => number },
    now: { now: 'now' as unknown as () => number },
    acceptUnmasked: { acceptUnmasked: 1 as unknown as boolean },
    reservedBits: { reservedBits: [1, 2, 0] as unknown as [1, 0, 0] },
    opcodeControlMod: { opcodeControlMod: { compare: 3 } },
    opcodeNonControlMod: { opcodeNonControlMod: { text: 3 } },
  }
  it.each(Object.entries(wrong))('for a wrong %s leaves its extensions to another', (_, options) => {
    const extension = rotation()
    expect(() => open('SERVER', [extension], options)).toThrow()
    const connection = open('SERVER', [extension])
    expect(decode(connection, [masked({ opcode: CLOSE })])).toEqual(['close 000 []', 'SEND_CLOSE'])
    expectRefused(() => open('SERVER', [extension]))
  })

  it('for a wrong role, too', () => {
    const extension = rotation()
    expect(() => open('PEER' as Role, [extension])).toThrow(RangeError)
    expect(open('SERVER', [extension]).state).toBe('OPEN')
  })

  it('for another of its extensions, wherever that is in the list', () => {
    const used = bare({ reserved: [0, 1, 0] })
    open('SERVER', [used])
    const others: readonly unknown[] = [
      used,
      {},
      undefined,
      bare({ reserved: [2, 0, 0] as unknown as [1, 0, 0] }),
      bare(),
    ]
    for (const other of others) {
      for (const swap of [false, true]) {
        const extension = rotation()
        const list = [extension, other] as Extension[]
        expect(() => open('SERVER', swap ? list.reverse() : list)).toThrow()
        expect(open('SERVER', [extension]).state).toBe('OPEN')
        expect(extension.released).toBe(0)
      }
    }
  })
})
