// Decoding of masked binary frames, noio-ws beside ws's Receiver with bufferutil, in one process, in turn.
// A first look, not the benchmark: `npm run bench:decode`. Knows only the two public APIs.

import { cpus } from 'node:os'
import type { Writable } from 'node:stream'
import { Connection, Data } from 'noio-ws'
import * as ws8 from 'ws'

// Exported by ws, but missing in its types.
const { Receiver } = ws8 as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable
}

const CHUNK = 64 * 1024
const ROUNDS = 25
const SIZES = [16, 125, 1024, 16 * 1024]

/** One way to decode: takes the chunks of a stream and answers how many payload bytes it saw. */
interface Candidate {
  readonly name: string
  decode(chunks: readonly Uint8Array[]): Promise<number> | number
}

const ws: Candidate = {
  name: 'ws + bufferutil',
  decode(chunks) {
    let bytes = 0
    const receiver = new Receiver({ isServer: true, maxPayload: 0 })
    receiver.on('message', (data: Buffer) => {
      bytes += data.length
    })
    return new Promise((resolve) => {
      receiver.on('finish', () => resolve(bytes))
      for (const chunk of chunks) receiver.write(chunk)
      receiver.end()
    })
  },
}

function noio(ownership: 'take' | 'copy'): Candidate {
  return {
    name: `noio-ws, '${ownership}'`,
    decode(chunks) {
      let bytes = 0
      const connection = new Connection('SERVER', { ownership })
      for (const chunk of chunks) {
        connection.recv(chunk)
        for (;;) {
          const event = connection.nextEvent()
          if (typeof event === 'string') break
          bytes += event.message.length
        }
      }
      return bytes
    },
  }
}

const candidates = [ws, noio('take'), noio('copy')]

/** A stream of whole frames, at least `target` bytes. */
function stream(size: number, target: number): { bytes: Uint8Array; frames: number } {
  const client = new Connection('CLIENT')
  const frames = Math.max(4, Math.ceil(target / (size + 8)))
  const data = new Data(new Uint8Array(size).fill(0x61), 'binary')
  return { bytes: client.send(...new Array<Data<'binary'>>(frames).fill(data)), frames }
}

/** Both unmask in place, so every run gets chunks of its own. */
function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(Buffer.from(bytes.subarray(at, at + CHUNK)))
  return chunks
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

console.log(
  `Node ${process.version}, ${cpus()[0]?.model}, ${ROUNDS} rounds, median ns per frame and ws's time over ours`,
)
for (const size of SIZES) {
  const { bytes, frames } = stream(size, 2 * 1024 * 1024)
  const times = candidates.map((): number[] => [])
  for (let round = -5; round < ROUNDS; round++) {
    for (const [i, candidate] of candidates.entries()) {
      const chunks = chunksOf(bytes)
      const start = process.hrtime.bigint()
      const seen = await candidate.decode(chunks)
      const time = Number(process.hrtime.bigint() - start) / frames
      if (seen !== frames * size) throw new Error(`${candidate.name} saw ${seen} of ${frames * size} bytes`)
      if (round >= 0) times[i].push(time)
    }
  }
  const medians = times.map(median)
  const cells = candidates.map(
    ({ name }, i) => `${name} ${medians[i].toFixed(0)} (${(medians[0] / medians[i]).toFixed(1)})`,
  )
  console.log(`${String(size).padStart(6)} B   ${cells.join('   ')}`)
}
