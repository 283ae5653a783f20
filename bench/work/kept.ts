// What stays of a connection's traffic where a program keeps its last message: heap and buffers, per connection.
// Knows a codec by its interface.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type Codec, Outlet, Sink } from '../codecs/codec.js'
import type { KeptWork } from '../rows.js'
import { generator, messageStream } from '../streams.js'

/** Remembers the payload that came last. */
class LastPayload extends Sink {
  last: Uint8Array | undefined

  override bytes(payload: Uint8Array): void {
    super.bytes(payload)
    this.last = payload
  }
}

/** Remembers the frame that was sent last. */
class LastFrame extends Outlet {
  last: Uint8Array | undefined

  override write(bytes: Uint8Array): void {
    super.write(bytes)
    this.last = bytes
  }
}

/** Bytes of heap and of buffers outside it, all that nobody has any more being gone. */
export async function usedMemory(): Promise<number> {
  // Twice at least: what is collected is freed by another thread.
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await sleep(10)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The connection of each read, so that all have the same number of them, in an order that tells nothing. */
function orderOf(connections: number, reads: number): Uint32Array {
  const next = generator(connections)
  const order = Uint32Array.from({ length: connections * reads }, (_, i) => i % connections)
  for (let i = order.length - 1; i > 0; i--) {
    const other = next() % (i + 1)
    const moved = order[i]
    order[i] = order[other]
    order[other] = moved
  }
  return order
}

/**
 * Bytes per connection that are there after the traffic and were not before it, with what the connections themselves
 * still hold. Every read is a chunk with a buffer of its own, as a socket's is, and is answered where frames are kept.
 */
export async function keptMemory(codec: Codec, work: KeptWork): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc')
  const { size, connections, messages, perRead, sent } = work
  const { bytes, payloads } = messageStream({ content: 'binary', masked: true, size, fragments: 1, messages: perRead })
  const expected = payloads[perRead - 1]
  const sink = new LastPayload()
  const outlet = new LastFrame()
  const answer = sent ? codec.encoder?.('SERVER', 'contiguous frame', outlet, false) : undefined
  const choices = { strings: false, pieces: false }
  const decoders = Array.from({ length: connections }, () => codec.decoder('SERVER', choices, sink))
  const received = new Array<Uint8Array | undefined>(connections).fill(undefined)
  const frames = new Array<Uint8Array | undefined>(connections).fill(undefined)
  const order = orderOf(connections, messages / perRead)
  const answered = [expected]

  function read(connection: number): void {
    decoders[connection](Buffer.from(new Uint8Array(bytes).buffer))
    received[connection] = sink.last
    if (answer === undefined) return
    answer(answered)
    frames[connection] = outlet.last
  }

  // What there is once for all connections, and what each makes with its first message, is no traffic's.
  for (let i = 0; i < connections; i++) read(i)
  received.fill(undefined)
  frames.fill(undefined)
  sink.last = undefined
  outlet.last = undefined
  sink.messages = 0
  const before = await usedMemory()
  for (const [i, connection] of order.entries()) {
    read(connection)
    // As between the turns of an event loop: some of what was dropped is collected.
    if (i % 1000 === 0) await turn()
  }
  const after = await usedMemory()
  // These were there before, and must not be collected until here.
  if (decoders.length * messages !== order.length * perRead) throw new Error('connections are missing')
  if (sink.messages !== connections * messages) throw new Error('messages are missing')
  for (const payload of received) {
    if (payload === undefined || !expected.equals(payload))
      throw new Error('a message that was kept is not what was sent')
  }
  for (const frame of frames) {
    if (sent && (frame === undefined || !expected.equals(frame.subarray(-size)))) throw new Error('a frame is wrong')
  }
  return (after - before) / connections
}
