// What is measured once in a process: the heap of idle connections, and the way from import to the first message.
// Knows a codec by its interface.

import { type CodecName, loadCodec, Sink } from '../codecs/codec.js'
import { messageStream } from '../streams.js'
import { usedMemory } from './kept.js'

const CONNECTIONS = 20_000

/** A message such as each connection gets. */
function hello(): { bytes: Buffer; payloads: readonly Buffer[] } {
  return messageStream({ content: 'binary', masked: true, size: 16, fragments: 1, messages: 1 })
}

/** Bytes of heap and buffers per connection that has received one message and is idle. */
export async function idleMemory(name: CodecName): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc')
  const { connection } = await loadCodec(name)
  if (connection === undefined) throw new Error('this codec has no connections')
  const sink = new Sink()
  const { bytes } = hello()
  // What there is once, for all connections, is not counted.
  for (let i = 0; i < 100; i++) connection(Buffer.from(bytes), sink)
  const held: unknown[] = new Array(CONNECTIONS).fill(undefined)
  const before = await usedMemory()
  for (let i = 0; i < CONNECTIONS; i++) held[i] = connection(Buffer.from(bytes), sink)
  const after = await usedMemory()
  if (sink.messages !== CONNECTIONS + 100 || held.includes(undefined)) throw new Error('connections are missing')
  return (after - before) / CONNECTIONS
}

/** Milliseconds from before the import of the codec until its first message was decoded. */
export async function startTime(name: CodecName): Promise<number> {
  const { bytes, payloads } = hello()
  const sink = new Sink()
  sink.expect(payloads)
  const start = performance.now()
  const codec = await loadCodec(name)
  codec.decoder('SERVER', { strings: false, pieces: false }, sink)(bytes)
  const time = performance.now() - start
  if (sink.messages !== 1) throw new Error('the first message was not decoded')
  return time
}
