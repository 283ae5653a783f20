// Encoding, for one connection or as a broadcast to many. What was encoded is dropped at once, as if it were written.
// Knows a codec by its interface.

import { BATCH, type Codec, type Encode, Outlet, type Payload } from '../codecs/codec.js'
import { readFrames } from '../frames.js'
import type { Repeated } from '../measure.js'
import type { EncodeWork, Work } from '../rows.js'
import { payloads } from '../streams.js'

/** Payloads between two looks at the clock: about this many bytes, and at most so many. */
const BYTES = 2 ** 20
const MOST = 4096

export function encoding(codec: Codec, { role, strings, size, form, ready }: EncodeWork): Repeated {
  const outlet = new Outlet()
  const encode = codec.encoder?.(role, form, outlet, ready)
  if (encode === undefined) throw new Error('this codec encodes nothing')
  const variants: Payload[] = payloads(strings ? 'ASCII' : 'binary', size)
  const count = Math.max(BATCH, Math.min(MOST, Math.ceil(BYTES / (size + 1))))
  const list = Array.from({ length: Math.ceil(count / BATCH) * BATCH }, (_, i) => {
    const variant = variants[i % variants.length]
    return strings ? variant.toString() : variant
  })
  return repeated(encode, outlet, { list, times: 1, masked: role === 'CLIENT', isChecked: !codec.copies })
}

export function broadcasting(codec: Codec, { size, connections }: Extract<Work, { kind: 'broadcast' }>): Repeated {
  const outlet = new Outlet()
  const encode = codec.broadcaster?.(connections, outlet)
  if (encode === undefined) throw new Error('this codec broadcasts nothing')
  return repeated(encode, outlet, {
    list: payloads('binary', size).slice(0, 8),
    times: connections,
    masked: false,
    isChecked: true,
  })
}

/** What is to be encoded, and how it must come out: each payload so many times, masked or not. */
interface Task {
  readonly list: readonly Payload[]
  readonly times: number
  readonly masked: boolean
  readonly isChecked: boolean
}

function repeated(encode: Encode, outlet: Outlet, { list, times, masked, isChecked }: Task): Repeated {
  return {
    messages: list.length * times,
    bytes: list.reduce((sum, payload) => sum + payload.length, 0) * times,
    prepare: () => encode.prepare?.(list),
    async run() {
      encode(list)
    },
    async check() {
      if (!isChecked) return
      this.prepare()
      outlet.record()
      encode(list)
      const frames = readFrames(outlet.recorded())
      if (frames.length !== list.length * times) {
        throw new Error(`${frames.length} of ${list.length * times} frames were encoded`)
      }
      for (const [i, { fin, opcode, key, payload }] of frames.entries()) {
        const sent = list[Math.floor(i / times)]
        const isRight = fin && opcode === (typeof sent === 'string' ? 1 : 2) && (key !== undefined) === masked
        if (!isRight || !payload.equals(Buffer.from(sent as string))) throw new Error(`frame ${i} is not what was sent`)
      }
    },
    finish() {
      if (outlet.size === 0 && list[0].length > 0) throw new Error('nothing was encoded')
    },
  }
}
