// Decoding: the same chunks again and again, filled anew before each time they are measured.
// Knows a codec by its interface.

import { type Codec, type Decode, Sink } from '../codecs/codec.js'
import type { Repeated } from '../measure.js'
import type { DecodeWork } from '../rows.js'
import { Chunks, cuts, messageStream } from '../streams.js'

/** Bytes of stream between two looks at the clock, by the size of a chunk: small chunks take more time per byte. */
function streamSize(chunk: number): number {
  if (chunk >= 1024) return 2 ** 20
  return chunk > 1 ? 2 ** 18 : 2 ** 15
}

/** Chunks between two looks at the clock, where each is a message. */
const TURNS = 4000

/** A message ends with the nextTick that follows: whatever a stream does there is part of the work. */
function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

export function decoding(codec: Codec, work: DecodeWork): Repeated {
  const { masked, content, strings, pieces, size, fragments, chunk } = work
  const inTurn = typeof chunk === 'object'
  const connections = inTurn ? chunk.connections : 1
  const messages = inTurn ? Math.max(TURNS, connections) : Math.max(1, Math.ceil(streamSize(chunk) / (size + 6)))
  const stream = messageStream({ content, masked, size, fragments, messages })
  const chunks = new Chunks(stream.bytes, inTurn ? stream.ends : cuts(stream.bytes.length, chunk))
  const sink = new Sink()
  const role = masked ? 'SERVER' : 'CLIENT'
  const decoders = Array.from({ length: connections }, () => codec.decoder(role, { strings, pieces }, sink))
  return {
    messages,
    bytes: size * messages,
    prepare: () => chunks.fill(),
    async run() {
      if (connections === 1) decodeAll(decoders[0], chunks.list)
      else decodeInTurn(decoders, chunks.list)
      await tick()
    },
    async check() {
      if (codec.copies) return
      const unitsSeen = strings ? stream.payloads.map((payload) => payload.toString()) : stream.payloads
      sink.expect(unitsSeen)
      this.prepare()
      await this.run()
      if (sink.messages !== messages) throw new Error(`${sink.messages} of ${messages} messages were decoded`)
      sink.expect(undefined)
    },
    finish(times) {
      if (codec.copies) return
      const { messages: seen } = sink
      if (seen !== times * messages) throw new Error(`${seen} of ${times * messages} messages were decoded`)
    },
  }
}

function decodeAll(decode: Decode, chunks: readonly Buffer[]): void {
  for (let i = 0; i < chunks.length; i++) decode(chunks[i])
}

function decodeInTurn(decoders: readonly Decode[], chunks: readonly Buffer[]): void {
  for (let i = 0, connection = 0; i < chunks.length; i++) {
    decoders[connection](chunks[i])
    if (++connection === decoders.length) connection = 0
  }
}
