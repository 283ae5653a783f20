// release() of an extension, a hook of the user's: it is called once the connection is where it goes, and an error that it
// throws is discarded, so that nothing of the connection's is lost. Knows the public API and toy extensions.

import { describe, expect, it } from 'vitest'
import {
  Connection,
  type ConnectionOptions,
  Data,
  type Extension,
  Message,
  RemoteProtocolError,
} from '../../bindings/index.js'
import { transfer } from '../memory/resizable.js'
import { DELIVERIES, isSame, OWNERSHIPS } from '../memory/results.js'
import { bare } from '../options/extensions/toys.js'
import { expectLost, thrown } from '../receive/lost.js'
import { CLOSE, closePayload, events, frame, join, masked, TEXT } from '../support/frames.js'

/** Where a connection is, as a hook may read it. */
type Seen = readonly [state: string, closeCode: number | undefined, closeReason: string | undefined]

const seen = ({ state, closeCode, closeReason }: Connection): Seen => [state, closeCode, closeReason]

interface Subject {
  readonly connection: Connection
  /** What each release() saw, in the order of the calls: the number of the extension, and the connection. */
  readonly calls: (readonly [number: number, ...seen: Seen])[]
}

/** A violation of another connection's. */
function anotherViolation(): unknown {
  const connection = new Connection('SERVER')
  connection.recv(frame({ opcode: 5 }))
  return thrown(() => connection.nextEvent())
}

const THROWN: Readonly<Record<string, unknown>> = {
  'an Error': new Error('release failed'),
  'a TypeError': new TypeError('release failed'),
  'the violation of another connection': anotherViolation(),
  'a string': 'release failed',
  undefined: undefined,
}

/** A server with two extensions whose release() looks at the connection, and then throws; `what`: nothing where it is absent. */
function subject(options: ConnectionOptions, ...what: readonly unknown[]): Subject {
  const calls: Subject['calls'] = []
  const extension = (number: number, reserved: Extension['reserved']) =>
    bare({
      reserved,
      release() {
        calls.push([number, ...seen(connection)])
        if (what.length > 0) throw what[0]
      },
    })
  const extensions = [extension(1, [1, 0, 0]), extension(2, [0, 1, 0])]
  const connection = new Connection('SERVER', { ...options, extensions }) as Connection
  return { connection, calls }
}

const bye = new Data('', 'close', { statusCode: 1000 })
const peersClose = masked({ opcode: CLOSE, payload: closePayload(1001, 'away') })
const ourClose = frame({ opcode: CLOSE, payload: closePayload(1000) })
const unmasked = frame({ opcode: TEXT, payload: 'unmasked' })

/** Nothing that comes later calls release() again, or throws what it threw. */
function expectOnce({ connection, calls }: Subject, at: Seen): void {
  expect(calls).toEqual([
    [1, ...at],
    [2, ...at],
  ])
  connection.recv(peersClose)
  connection.recvEof()
  thrown(() => events(connection))
  expect(calls).toHaveLength(2)
}

const ways: [name: string, ConnectionOptions][] = DELIVERIES.flatMap((delivery) =>
  OWNERSHIPS.map((ownership): [string, ConnectionOptions] => [
    `'${delivery}', '${ownership}'`,
    { delivery, ownership },
  ]),
)

const CASES: [name: string, what: unknown[]][] = [
  ['returns', []],
  ...Object.entries(THROWN).map(([name, one]): [string, unknown[]] => [`throws ${name}`, [one]]),
]

describe.each(CASES)('where release() %s', (_, what) => {
  it.each(ways)('the peer’s close, after ours, is given and counts (%s)', (_, options) => {
    // At once, and in two chunks; alone, and after other messages.
    for (const before of [new Uint8Array(0), masked({ opcode: TEXT, payload: 'last words' })]) {
      for (const cut of [0, before.length + 3]) {
        const one = subject(options, ...what)
        const { connection, calls } = one
        connection.send(bye)
        const bytes = join(before, peersClose)
        connection.recv(bytes.slice(0, cut))
        const messages: Message[] = [...connection.messages()]
        connection.recv(bytes.slice(cut))
        expect(calls).toEqual([])
        if (before.length > 0 && cut === 0) messages.push(connection.nextEvent() as Message)
        const close = connection.nextEvent()
        expect(close).toBeInstanceOf(Message)
        expect((close as Message).statusCode).toBe(1001)
        expect((close as Message).reason).toBe('away')
        expect(messages.map((message) => message.text())).toEqual(before.length > 0 ? ['last words'] : [])
        expect(seen(connection)).toEqual(['CLOSED', 1001, 'away'])
        expect(connection.nextEvent()).toBe('CONNECTION_CLOSED')
        expectOnce(one, ['CLOSED', 1001, 'away'])
        expect(seen(connection)).toEqual(['CLOSED', 1001, 'away'])
      }
    }
  })

  const sends: Readonly<Record<string, (connection: Connection) => Uint8Array>> = {
    send: (connection) => connection.send(bye),
    sendParts: (connection) => join(...connection.sendParts(bye)),
    sendInto: (connection) => {
      const target = new Uint8Array(500)
      return target.subarray(0, connection.sendInto(bye, target))
    },
  }
  it.each(Object.entries(sends))('our close, after the peer’s, is there to be sent: %s', (_, send) => {
    const one = subject({}, ...what)
    const { connection, calls } = one
    connection.recv(peersClose)
    expect(events(connection).at(-1)).toBe('SEND_CLOSE')
    expect(calls).toEqual([])
    expect(isSame(send(connection), ourClose)).toBe(true)
    expect(seen(connection)).toEqual(['CLOSED', 1001, 'away'])
    expect(connection.nextEvent()).toBe('CONNECTION_CLOSED')
    expectOnce(one, ['CLOSED', 1001, 'away'])
    expect(() => connection.send(bye)).toThrow(/may not be sent/)
  })

  it.each(ways)('a violation is thrown as what it is, and again (%s)', (_, options) => {
    const notText = masked({ opcode: TEXT, payload: Uint8Array.of(0xff) })
    // One for an extension to decode, which is no text either.
    const decoded = masked({ opcode: TEXT, rsv: 4, payload: Uint8Array.of(0xff) })
    for (const [bytes, closeCode] of [
      [unmasked, 1002],
      [notText, 1007],
      [decoded, 1007],
      [join(masked({ opcode: TEXT, payload: 'fine' }), unmasked), 1002],
    ] as const) {
      const one = subject(options, ...what)
      const { connection } = one
      connection.recv(bytes.slice())
      const error = thrown(() => {
        for (const message of connection.messages()) expect(message.text()).toBe('fine')
      })
      expect(error).toBeInstanceOf(RemoteProtocolError)
      expect(error).toMatchObject({ closeCode })
      expect(seen(connection)).toEqual(['CLOSING', undefined, undefined])
      expect(thrown(() => connection.nextEvent())).toBe(error)
      expectOnce(one, ['CLOSING', undefined, undefined])
      const answer = connection.send((error as RemoteProtocolError).response())
      expect(isSame(answer.subarray(2, 4), Uint8Array.of(closeCode >> 8, closeCode & 0xff))).toBe(true)
      expect(seen(connection)).toEqual(['CLOSED', 1006, ''])
      expect(one.calls).toHaveLength(2)
    }
  })

  it('a violation after our close ends the connection', () => {
    const one = subject({}, ...what)
    one.connection.send(bye)
    one.connection.recv(unmasked)
    expect(events(one.connection).at(-1)).toMatch(/^error .* 1002$/)
    expect(seen(one.connection)).toEqual(['CLOSED', 1006, ''])
    expectOnce(one, ['CLOSED', 1006, ''])
  })

  it('recvEof ends the connection, at once or when all was asked for', () => {
    for (const received of [new Uint8Array(0), masked({ opcode: TEXT, fin: 0, payload: 'half' })]) {
      const one = subject({ delivery: 'message' }, ...what)
      one.connection.recv(received)
      expect(events(one.connection)).toEqual(['NEED_DATA'])
      one.connection.recvEof()
      expect(seen(one.connection)).toEqual(['CLOSED', 1006, ''])
      expect(one.connection.nextEvent()).toBe('CONNECTION_CLOSED')
      expectOnce(one, ['CLOSED', 1006, ''])
    }
    const one = subject({}, ...what)
    one.connection.recv(masked({ opcode: TEXT, payload: 'a' }))
    one.connection.recvEof()
    expect(one.calls).toEqual([])
    expect(events(one.connection)).toEqual(['text 000 [61]', 'CONNECTION_CLOSED'])
    expectOnce(one, ['CLOSED', 1006, ''])
  })

  it('a chunk that was transferred away is the error that says so', () => {
    const one = subject({ ownership: 'take' }, ...what)
    const chunk = masked({ opcode: TEXT, payload: 'x'.repeat(300) })
    one.connection.recv(chunk)
    transfer(chunk)
    const error = thrown(() => one.connection.nextEvent())
    expectLost(error, 'a chunk')
    expect(thrown(() => one.connection.nextEvent())).toBe(error)
    expectOnce(one, ['CLOSING', undefined, undefined])
  })
})
