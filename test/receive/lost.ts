// How a chunk can be lost between `recv` and `nextEvent`, and what a connection that has lost one must do.
// Knows the public API and the platform; nothing of what a receiver keeps of a chunk.

import { createContext, Script } from 'node:vm'
import { expect } from 'vitest'
import { Connection, type ConnectionOptions, Data, LocalProtocolError } from '../../bindings/index.js'
import { resizable, transfer } from '../memory/resizable.js'
import { isSame, payloadsIn } from '../memory/results.js'
import { closePayload, events, frame } from '../support/frames.js'

/** A chunk for `recv`, and what takes its bytes away. */
export interface Losable {
  readonly chunk: Uint8Array | ArrayBuffer
  lose(): void
}

/** Bytes that lie after and before something else in their buffer. */
const BESIDE = 24

export const LOSSES: Readonly<Record<string, (bytes: Uint8Array) => Losable>> = {
  transferred: (bytes) => {
    const chunk = bytes.slice()
    return { chunk, lose: () => transfer(chunk) }
  },
  // Node 22 and later.
  ...('transfer' in ArrayBuffer.prototype && {
    'moved by ArrayBuffer.prototype.transfer': (bytes: Uint8Array) => {
      const chunk = bytes.slice()
      return { chunk, lose: () => void (chunk.buffer as unknown as { transfer(): ArrayBuffer }).transfer() }
    },
  }),
  'a transferred ArrayBuffer': (bytes) => {
    const chunk = bytes.slice()
    return { chunk: chunk.buffer as ArrayBuffer, lose: () => transfer(chunk) }
  },
  'a transferred Buffer in the middle of another': (bytes) => {
    const chunk = Buffer.from(new ArrayBuffer(bytes.length + 2 * BESIDE), BESIDE, bytes.length)
    chunk.set(bytes)
    return { chunk, lose: () => transfer(chunk) }
  },
  'a view that follows its buffer, which is halved': (bytes) => {
    const buffer = resizable(bytes)
    return { chunk: new Uint8Array(buffer), lose: () => buffer.resize(bytes.length >> 1) }
  },
  'a view that follows its buffer, which is emptied': (bytes) => {
    const buffer = resizable(bytes)
    return { chunk: new Uint8Array(buffer), lose: () => buffer.resize(0) }
  },
  'a view of fixed length whose buffer loses its last byte': (bytes) => {
    const buffer = resizable(bytes)
    return { chunk: new Uint8Array(buffer, 0, bytes.length), lose: () => buffer.resize(bytes.length - 1) }
  },
  'a resizable ArrayBuffer that loses its last byte': (bytes) => {
    const buffer = resizable(bytes)
    return { chunk: buffer, lose: () => buffer.resize(bytes.length - 1) }
  },
  'a resizable buffer that is transferred': (bytes) => {
    const chunk = new Uint8Array(resizable(bytes))
    return { chunk, lose: () => transfer(chunk) }
  },
}

/** No call takes nearly as long, in ms; one that does never ends. */
const NEVER = 5000
const sandbox = createContext({ action: undefined as unknown })
const script = new Script('action()')

/** Whether a waiter is there already. */
let isWatched = false

/** Calls `action`, and throws where it does not return; a timeout of the test runner cannot interrupt a loop. */
export function ends<T>(action: () => T): T {
  if (isWatched) return action()
  sandbox.action = action
  isWatched = true
  try {
    return script.runInContext(sandbox, { timeout: NEVER }) as T
  } finally {
    isWatched = false
  }
}

/** What `action` throws; undefined where it throws nothing. */
export function thrown(action: () => unknown): unknown {
  try {
    ends(action)
  } catch (error) {
    return error
  }
  return undefined
}

/** The error says what has become of the chunk, and what to do instead. */
export function expectLost(error: unknown, what: string): void {
  expect(error, what).toBeInstanceOf(TypeError)
  const { message } = error as TypeError
  expect(message, what).toMatch(/transferred|shrunk|resized/)
  expect(message, what).toMatch(/slice\(\)/)
}

/** The next event of a connection that has lost what it had to read; and all that follows. */
export function expectFailed(connection: Connection, what: string): void {
  ends(() => checkFailed(connection, what))
}

function checkFailed(connection: Connection, what: string): void {
  const error = thrown(() => connection.nextEvent())
  expectLost(error, what)
  expect(connection.state, what).toBe('CLOSING')
  const again = () => {
    expect(
      thrown(() => connection.nextEvent()),
      what,
    ).toBe(error)
    expect(
      thrown(() => [...connection.messages()]),
      what,
    ).toBe(error)
  }
  again()
  // Whatever may still come, of either role.
  for (const key of [{}, { key: [1, 2, 3, 4] }]) {
    connection.recv(frame({ opcode: 1, payload: 'more', ...key }))
    connection.recv(new Uint8Array(30_000).fill(0x41))
  }
  again()
  const refused = thrown(() => connection.send(new Data('more', 'text')))
  expect(refused).toBeInstanceOf(LocalProtocolError)
  expect(refused).toMatchObject({ code: 'ERR_SEND_STATE' })
  // It was this end that lost it.
  expect((refused as Error).message).not.toMatch(/peer/)
  expect(connection.state).toBe('CLOSING')

  const [payload] = payloadsIn(connection.send(new Data('', 'close', { statusCode: 1011 })))
  expect(isSame(payload, closePayload(1011))).toBe(true)
  expect(connection.state).toBe('CLOSED')
  expect(connection.closeCode).toBe(1006)
  again()
  connection.recvEof()
  expect(connection.state).toBe('CLOSED')
  again()
}

/**
 * The same, unless what had come was read in time: then the events are those of `expected`, a connection that has lost
 * nothing, and all that follows is right.
 */
export function expectRightOrFailed(connection: Connection, expected: Connection, what: string): void {
  const error = thrown(() => {
    const right = events(expected)
    expect(events(connection), what).toEqual(right)
    expect(connection.state, what).toBe(expected.state)
  })
  if (error === undefined) return
  expectLost(error, what)
  expectFailed(connection, what)
}

/** What connections in the tests have in common. */
export function taking(role: 'CLIENT' | 'SERVER', options: ConnectionOptions = {}): Connection {
  return new Connection(role, { ownership: 'take', ...options }) as Connection
}
