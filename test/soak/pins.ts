// What one connection costs: idle, and in the hands of a peer that wants it to cost much.
// Knows what such peers send; nothing of traffic over time, which is soak.ts.

import { Connection, type ConnectionOptions, Data, RemoteProtocolError, type Role } from '../../bindings/index.js'
import { concat, type Key, writeFrame, writeHeader } from '../support/frame-reference.js'
import { memory, printRow, used } from './memory.js'

/**
 * The bound, in bytes per connection, of what stays in memory once the caller has asked for every event and dropped it:
 *
 *   FIXED + min(RATIO * bytes received, maxMessageSize)
 *
 * FIXED is the connection's own objects. RATIO is how far a buffer that grows may run ahead of the bytes in it (see
 * bindings/receive/partial-payload.ts); what a header declares appears nowhere. Events that the caller does not ask for are its own
 * choice: they cost the bytes that were given, and PER_CHUNK for each call of recv.
 */
export const FIXED = 1536
export const RATIO = 4
const PER_CHUNK = 512
/** A connection between two messages. */
const IDLE = 512

const KEY: Key = [0x37, 0xfa, 0x21, 0x3d]
const KIB = 1024
const DEFAULT_LIMIT = 16 * KIB * KIB

const frame = (first: number, payload: Uint8Array) => writeFrame({ first, key: KEY }, payload)
/** The header of a frame, and the first `present` bytes of its payload. */
const begun = (first: number, length: number, present: number) =>
  concat([writeHeader({ first, key: KEY }, BigInt(length)), new Uint8Array(present)])
const times = (count: number, bytes: Uint8Array) => concat(new Array<Uint8Array>(count).fill(bytes))

type Peer = Connection<string, string>

/** What a peer does to each of many connections. */
interface Scene {
  readonly name: string
  /** Default 'SERVER'. */
  readonly role?: Role
  readonly options?: ConnectionOptions
  readonly stream: Uint8Array
  /** Bytes per chunk. Default: one chunk. */
  readonly chunk?: number
  /** How the caller asks for events: all at once, never, or in turn with another connection's. Default 'all'. */
  readonly drain?: 'all' | 'never' | 'in turn'
  readonly bound?: (bytes: number, chunks: number) => number
}

const message = { delivery: 'message' } as const
const limited = { ...message, maxMessageSize: 64 * KIB }
const small = frame(0x82, new Uint8Array(16))

const SCENES: readonly Scene[] = [
  { name: 'made, nothing received', stream: new Uint8Array(0), bound: () => IDLE },
  { name: 'idle, after a message', stream: frame(0x82, new Uint8Array(1000)), bound: () => IDLE },
  {
    name: 'idle client, after a message',
    role: 'CLIENT',
    stream: writeFrame({ first: 0x82 }, new Uint8Array(1000)),
    bound: () => IDLE,
  },
  {
    name: "idle, after 100 fragments, 'message'",
    options: message,
    stream: concat([frame(0x02, new Uint8Array(99)), times(98, frame(0, new Uint8Array(99))), frame(0x80, small)]),
    bound: () => IDLE,
  },
  { name: 'half-open: 1 byte of a header', stream: Uint8Array.of(0x82) },
  { name: 'half-open: 13 bytes of a header, one by one', stream: begun(0x82, 2 ** 20, 0).subarray(0, 13), chunk: 1 },
  { name: '16 MiB declared, nothing sent', stream: begun(0x82, DEFAULT_LIMIT, 0) },
  { name: '16 MiB declared, 1 byte sent', stream: begun(0x82, DEFAULT_LIMIT, 1) },
  { name: '16 MiB declared, 100 bytes one by one', stream: begun(0x82, DEFAULT_LIMIT, 100), chunk: 1 },
  {
    name: '16 MiB declared, 1,000 bytes in tens',
    options: message,
    stream: begun(0x82, DEFAULT_LIMIT, 1000),
    chunk: 10,
  },
  { name: '16 MiB declared, 40,000 bytes in hundreds', stream: begun(0x82, DEFAULT_LIMIT, 40_000), chunk: 100 },
  {
    name: "16 MiB declared, 40,000 bytes, 'chunk'",
    options: { delivery: 'chunk' },
    stream: begun(0x82, DEFAULT_LIMIT, 40_000),
    chunk: 100,
    bound: () => FIXED,
  },
  {
    name: '1,000 empty fragments',
    options: message,
    stream: concat([frame(0x02, new Uint8Array(0)), times(1000, frame(0, new Uint8Array(0)))]),
    chunk: 60,
    bound: () => FIXED,
  },
  {
    name: '2,000 fragments of 1 byte',
    options: message,
    stream: concat([frame(0x02, new Uint8Array(1)), times(1999, frame(0, new Uint8Array(1)))]),
    chunk: 70,
  },
  {
    name: '64 fragments of 1,000 bytes, limit 64 KiB',
    options: limited,
    stream: concat([frame(0x02, new Uint8Array(1000)), times(63, frame(0, new Uint8Array(1000)))]),
    chunk: 1460,
  },
  {
    name: 'the last fragment unfinished, limit 64 KiB',
    options: limited,
    stream: concat([frame(0x02, new Uint8Array(30_000)), begun(0x80, 35_000, 34_000)]),
    chunk: 1460,
  },
  {
    name: "1,000 pings and 1 byte of a large frame, 'take'",
    options: { ownership: 'take' },
    stream: concat([times(1000, frame(0x89, new Uint8Array(16))), begun(0x82, DEFAULT_LIMIT, 1)]),
    bound: () => FIXED,
  },
  {
    name: 'a small frame and 1 byte of a large one',
    stream: concat([times(100, small), begun(0x82, DEFAULT_LIMIT, 1)]),
    bound: () => FIXED,
  },
  {
    name: '2,000 frames asked for in turn, and a begun one',
    stream: concat([times(2000, frame(0x82, new Uint8Array(0))), begun(0x82, 1000, 1)]),
    drain: 'in turn',
    bound: () => FIXED,
  },
  {
    name: '60,000 bytes of a message, then a violation',
    options: message,
    stream: concat([frame(0x02, new Uint8Array(60_000)), frame(0x02, small)]),
    chunk: 1460,
    bound: () => FIXED,
  },
  {
    name: '500 pings that nobody asks for',
    stream: times(500, frame(0x89, new Uint8Array(10))),
    chunk: 1460,
    drain: 'never',
    bound: (bytes, chunks) => FIXED + bytes + PER_CHUNK * chunks,
  },
  {
    name: 'the same, one byte per chunk',
    stream: times(50, frame(0x89, new Uint8Array(10))),
    chunk: 1,
    drain: 'never',
    bound: (bytes, chunks) => FIXED + bytes + PER_CHUNK * chunks,
  },
]

/** Measures every scene; returns the names of those that cost more than they may. */
export async function pins(count: number): Promise<string[]> {
  const widths = [50, 9, 9, 7, 9]
  console.log(
    `\nWhat ${count.toLocaleString('en-US')} connections hold, in bytes per connection, after a forced collection`,
  )
  printRow(['each with', 'received', 'held', 'ratio', 'bound'], widths)
  const over: string[] = []
  // The first pass only warms up: code and hidden classes are nobody's in particular.
  for (const scene of SCENES) await held(scene, 50)
  for (const scene of SCENES) {
    const bytes = scene.stream.length
    const chunks = bytes === 0 ? 0 : Math.ceil(bytes / (scene.chunk ?? bytes))
    const number = bytes + 50 * chunks > 11_000 ? Math.ceil(count / 10) : count
    const most = scene.options?.maxMessageSize ?? DEFAULT_LIMIT
    const bound = scene.bound?.(bytes, chunks) ?? FIXED + Math.min(RATIO * bytes, most)
    const perConnection = await held(scene, number)
    const isOver = perConnection > bound
    if (isOver) over.push(scene.name)
    const ratio = bytes === 0 ? '' : (perConnection / bytes).toFixed(2)
    printRow([scene.name, bytes, perConnection, ratio, bound, isOver ? 'OVER' : ''], widths)
  }
  return over
}

async function held(scene: Scene, count: number): Promise<number> {
  const before = used(await memory())
  const connections: Peer[] = []
  const other: Peer = new Connection<string, string>('SERVER')
  for (let i = 0; i < count; i++) {
    const connection: Peer = new Connection<string, string>(scene.role ?? 'SERVER', scene.options)
    play(scene, connection, other)
    connections.push(connection)
  }
  const after = used(await memory())
  // Held up to here.
  return Math.max(0, after - before) / connections.length
}

function play(scene: Scene, connection: Peer, other: Peer): void {
  const { stream, chunk = stream.length, drain = 'all' } = scene
  for (let at = 0; at < stream.length; at += chunk) {
    connection.recv(stream.slice(at, at + chunk))
    if (drain === 'never') continue
    if (drain === 'in turn') {
      connection.nextEvent()
      other.recv(small)
      ask(other)
    }
    ask(connection)
  }
}

/** Asks for every event, and keeps none. */
function ask(connection: Peer): void {
  try {
    for (const { message } of connection.messages())
      if (message.length > 2 ** 30) throw new RangeError('no such message')
    if (connection.state === 'OPEN') connection.send(new Data('reply', 'text'))
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error
  }
}
