// Extensions from the option to their release: what is taken as one, whose it is, when it is let go, and what keeps it.
// Knows the public API, toy extensions and frames written by hand.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions, Data, type Extension, type Role } from '../../../bindings/index.js'
import { CLOSE, CONTINUE, closePayload, decode, events, frame, join, masked, PING, TEXT } from '../../support/frames.js'
import { bare, rotation, runs, type Toy } from './toys.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('the option', () => {
  const without = (field: keyof Extension) => ({ ...bare(), [field]: undefined })
  it.each([
    [{}, TypeError, /^extensions must be an array, not an Object$/],
    [null, TypeError, /^extensions must be an array, not null$/],
    [rotation(), TypeError, /^extensions must be an array, not an Object$/],
    [
      [undefined],
      TypeError,
      /^extensions\[0\] must be an extension that acceptUpgrade or verify agreed on, not undefined$/,
    ],
    [new Array(1), TypeError, /^extensions\[0\] must be an extension that .* agreed on, not undefined$/],
    [[bare(), 'x-rotation'], TypeError, /^extensions\[1\] must be an extension that .* agreed on, not "x-rotation"$/],
    [[without('name')], TypeError, /^extensions\[0\]\.name must be a string, not undefined$/],
    [[without('encodes')], TypeError, /^extensions\[0\]\.encodes must be a function, not undefined$/],
    [[without('encode')], TypeError, /^extensions\[0\]\.encode must be a function, not undefined$/],
    [[without('decode')], TypeError, /^extensions\[0\] must be an extension that .* agreed on, not an Object$/],
    [[{ ...bare(), release: 1 }], TypeError, /^extensions\[0\]\.release must be a function, not 1$/],
    [[without('reserved')], TypeError, /^extensions\[0\]\.reserved must be three bits, as \[1, 0, 0\], not undefined$/],
    [
      [{ ...bare(), reserved: [1, 0] }],
      TypeError,
      /^extensions\[0\]\.reserved must be three bits, as \[1, 0, 0\], not an Array$/,
    ],
    [
      [{ ...bare(), reserved: [0, 2, 0] }],
      RangeError,
      /^extensions\[0\]\.reserved\[1\] is 2; whole numbers from 0 to 1 are allowed$/,
    ],
    [[rotation(), runs(), bare()], RangeError, /^extensions\[2\]\.reserved has a bit that another extension has; /],
    [[bare({ reserved: [0, 1, 1] }), runs()], RangeError, /^extensions\[1\]\.reserved has a bit that another/],
  ])('%o is refused', (extensions, kind, message) => {
    const options = { extensions } as unknown as ConnectionOptions
    expect(() => new Connection('SERVER', options)).toThrow(kind)
    expect(() => new Connection('SERVER', options)).toThrow(message)
  })

  it('may be empty or undefined; then no message is encoded', () => {
    for (const extensions of [[], undefined]) {
      const connection = new Connection('SERVER', { extensions })
      expect(connection.send(new Data('a', 'text'))).toEqual(frame({ opcode: TEXT, payload: 'a' }))
    }
  })

  it('is read once: changing the list or an extension’s bits later changes nothing', () => {
    const toy = { ...bare(), reserved: [1, 0, 0] as [0 | 1, 0 | 1, 0 | 1] }
    const extensions: Extension[] = [toy]
    const connection = new Connection('SERVER', { extensions })
    extensions.length = 0
    toy.reserved[0] = 0
    expect(connection.send(new Data('a', 'text'))).toEqual(frame({ opcode: TEXT, rsv: 4, payload: 'a' }))
  })

  it('calls methods on the extension, which may be of a class', () => {
    class Counting implements Extension {
      readonly name = 'x-counting'
      #count = 0
      get reserved() {
        return [1, 0, 0] as const
      }
      encodes() {
        return true
      }
      encode() {
        return Uint8Array.of(++this.#count)
      }
      decode() {
        return Uint8Array.of(++this.#count)
      }
      release() {
        this.#count = 0
      }
    }
    const connection = new Connection('SERVER', { extensions: [new Counting()] })
    expect(connection.send(new Data('a', 'text'))).toEqual(frame({ opcode: TEXT, rsv: 4, payload: '\u0001' }))
    const received = decode(connection, [masked({ opcode: TEXT, rsv: 4 }), masked({ opcode: CLOSE })])
    expect(received).toEqual(['text 100 [02]', 'close 000 []', 'SEND_CLOSE'])
    connection.send(new Data('', 'close'))
  })
})

describe('connections', () => {
  it.each(['SERVER', 'CLIENT'] as const)(
    'with equal options never share what their extensions remember (%s)',
    (role) => {
      const peer: Role = role === 'CLIENT' ? 'SERVER' : 'CLIENT'
      const options = (): ConnectionOptions => ({ ownership: 'take', extensions: [rotation()] })
      const ends = [1, 2, 3].map((often) => ({
        often,
        from: new Connection(role, options()),
        to: new Connection(peer, options()),
      }))
      for (let round = 0; round < 4; round++) {
        for (const { often, from, to } of ends) {
          for (let i = 0; i < often; i++) {
            const text = `${often} ${round} ${i}`
            const expected = `text 100 [${Buffer.from(text).toString('hex')}]`
            expect(decode(to, [from.send(new Data(text, 'text'))])).toEqual([expected, 'NEED_DATA'])
          }
        }
      }
    },
  )

  it('with and without extensions keep their rules apart, though all else is equal', () => {
    const options: ConnectionOptions = { reservedBits: [1, 1, 1] }
    const plain = new Connection('SERVER', options)
    const coded = new Connection('SERVER', { ...options, extensions: [bare()] })
    const later = new Connection('SERVER', options)
    const marked = new Data('a', 'text', { rsv1: 1 })
    expect(() => coded.send(marked)).toThrow(/belongs to an extension/)
    for (const connection of [plain, later]) expect(connection.send(marked)[0]).toBe(0xc1)
  })
})

describe('release', () => {
  type Step = [(connection: Connection) => void, released: 0 | 1]
  const coded = masked({ opcode: TEXT, rsv: 4, payload: rotation().encode(Uint8Array.of(0x61), true) })
  const peersClose = masked({ opcode: CLOSE, payload: closePayload(1000) })
  const receive = (...parts: Uint8Array[]) => {
    return (connection: Connection) => {
      connection.recv(join(...parts))
      events(connection)
    }
  }
  const close = (connection: Connection) => {
    connection.send(new Data('', 'close', { statusCode: 1000 }))
  }
  const eof = (connection: Connection) => connection.recvEof()
  const ask = (connection: Connection) => {
    events(connection)
  }
  const unmasked = frame({ opcode: TEXT })
  const notText = masked({ opcode: TEXT, rsv: 4, payload: rotation().encode(Uint8Array.of(0xff), true) })
  const rows: [string, ...Step[]][] = [
    ['this end closes', [receive(coded), 0], [close, 0], [receive(coded, peersClose), 1], [eof, 1]],
    ['the peer closes', [receive(coded, peersClose), 0], [close, 1], [eof, 1], [ask, 1]],
    ['the peer closes, and the network ends first', [receive(peersClose), 0], [eof, 0], [ask, 0], [close, 1]],
    ['the network ends', [receive(coded), 0], [eof, 1], [eof, 1], [ask, 1]],
    ['it ends inside a message', [receive(masked({ opcode: TEXT, fin: 0, rsv: 4 })), 0], [eof, 1]],
    ['it ends before all was asked for', [(one) => one.recv(join(coded, coded)), 0], [eof, 0], [ask, 1]],
    ['it ends after a close was sent', [close, 0], [eof, 1], [ask, 1]],
    ['a violation', [receive(coded, unmasked), 1], [close, 1], [eof, 1]],
    ['a violation that nobody answers', [receive(unmasked), 1], [eof, 1], [ask, 1]],
    ['text that is none once decoded', [receive(notText), 1], [ask, 1], [close, 1]],
    ['a violation after a close was sent', [close, 0], [receive(unmasked), 1], [eof, 1]],
  ]
  it.each(rows)('%s: once, and then nothing is called any more', (_, ...steps) => {
    const toys: Toy[] = [rotation(), runs()]
    const connection = new Connection('SERVER', { extensions: [...toys, bare({ reserved: [0, 0, 1] })] })
    for (const [step, released] of steps) {
      const before = toys.map(({ calls }) => calls.length)
      const was = toys[0].released
      step(connection)
      expect(toys.map((toy) => toy.released)).toEqual([released, released])
      if (was === 1) expect(toys.map(({ calls }) => calls.length)).toEqual(before)
    }
  })

  it('comes after the rest of a message that is sent once the peer has closed', () => {
    const toy = rotation()
    const connection = new Connection('SERVER', { extensions: [toy] })
    connection.send(new Data('a', 'text', { fin: false }))
    receive(peersClose)(connection)
    expect(connection.send(new Data('b', 'continue'))).toHaveLength(3)
    expect([toy.calls.at(-1)?.method, toy.released]).toEqual(['encode', 0])
    close(connection)
    expect(toy.released).toBe(1)
  })
})

describe('memory', () => {
  const part = { opcode: TEXT, fin: 0, rsv: 4, payload: 'a' } as const
  it.each([
    ['between messages', [masked({ ...part, fin: 1 }), masked({ opcode: PING })], events],
    ['a long chunk ago', [masked({ opcode: TEXT, rsv: 4, payload: 'a'.repeat(5000) })], events],
    ['inside a frame', [masked({ ...part, fin: 1, payload: 'abc' }).slice(0, -1)], events],
    ['inside a message', [masked(part), masked({ opcode: CONTINUE, fin: 0 })], events],
    [
      'with messages not asked for',
      [join(masked(part), masked({ opcode: PING }))],
      (one: Connection) => one.nextEvent(),
    ],
    ['after a violation', [masked({ ...part, fin: 1 }), frame({ opcode: TEXT })], events],
    ['after a close', [masked({ ...part, fin: 1 }), masked({ opcode: CLOSE })], events],
  ])('holds no extension of a connection that was dropped %s', async (_, chunks, ask) => {
    const drop = (delivery: ConnectionOptions['delivery']) => {
      const extension = bare()
      const connection = new Connection('SERVER', { delivery, extensions: [extension] })
      connection.send(new Data('a', 'text'), new Data('b', 'text', { fin: false }))
      for (const chunk of chunks) connection.recv(chunk)
      ask(connection)
      return new WeakRef(extension)
    }
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      const dropped = drop(delivery)
      // What a WeakRef was made for in a job stays until its end.
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      expect(dropped.deref()).toBe(undefined)
    }
  })
})
