// Agreement of the codec with the slow reference on one stream: in events, in the violation, in the end of the
// connection, and in when each event was there. Knows both; nothing of where streams come from.

import { type Options, receive } from './receive-reference.js'
import { difference, run, type Way, WHOLE } from './run.js'
import { chunks } from './streams.js'

/** Throws where the two differ. */
export function agree({ options, bytes }: { options: Options; bytes: Uint8Array }, how: Way): void {
  const expected = receive(bytes, options, how.closeSent)
  const actual = run(options, bytes, how)
  const wrong = difference(expected, actual, how.drain === 'after eof' ? 'eof' : undefined)
  if (wrong !== undefined) throw new Error(wrong)
  const ends: number[] = []
  for (const chunk of chunks(bytes, how.cut)) ends.push((ends.at(-1) ?? 0) + chunk.length)
  expected.events.forEach(({ end }, i) => {
    const time = ends.find((given) => given >= end)
    if (actual.times[i] !== time) throw new Error(`event ${i} came with byte ${actual.times[i]}, expected ${time}`)
  })
}

/** The same for a stream of frames in a cut, with a message that says which. `way`: 'each' and 'array' by default. */
export function agreeOn(options: Options, bytes: Uint8Array, cut: readonly number[], way: Partial<Way> = {}): void {
  try {
    agree({ options, bytes }, { ...WHOLE, cut, ...way })
  } catch (error) {
    const begin = Buffer.from(bytes.subarray(0, 60)).toString('hex')
    const { role, delivery, ownership } = options
    throw new Error(`${role}, '${delivery}', '${ownership}', cut ${cut}, ${bytes.length} bytes ${begin}: ${error}`)
  }
}

/** One chunk. */
export const UNCUT = [Number.POSITIVE_INFINITY]

/** The options of a connection without limits, and with an opcode of its own for data and for control. */
export function optionsOf(role: Options['role'], changes: Partial<Options> = {}): Options {
  return {
    role,
    delivery: 'frame',
    ownership: 'copy',
    opcodeNonControlMod: { raw: 3 },
    opcodeControlMod: { compare: 11 },
    reservedBits: [1, 1, 1],
    maxFrameSize: Number.POSITIVE_INFINITY,
    maxMessageSize: Number.POSITIVE_INFINITY,
    acceptUnmasked: false,
    ...changes,
  }
}

/** These options in every delivery and ownership. */
export function* everyWay(role: Options['role'], changes: Partial<Options> = {}): Generator<Options> {
  for (const delivery of ['frame', 'message', 'chunk'] as const) {
    for (const ownership of ['copy', 'take'] as const) yield optionsOf(role, { ...changes, delivery, ownership })
  }
}
