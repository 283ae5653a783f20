// What the platform takes for the memory of a result, whichever codec asks for it: a view of bytes that are there, or a
// copy of them in a buffer of its own.

import type { Repeated } from '../measure.js'
import type { Work } from '../rows.js'

const COUNT = 4096
/** Results that are alive at a time; with fewer, the compiler might do without them. */
const KEPT = 64

export function buffers({ size, isNew }: Extract<Work, { kind: 'buffer' }>): Repeated {
  const source = new Uint8Array(size + COUNT).fill(1)
  const { buffer } = source
  const kept = new Array<Uint8Array>(KEPT)
  return {
    messages: COUNT,
    bytes: size * COUNT,
    prepare() {},
    async run() {
      if (isNew) {
        const whole = source.subarray(0, size)
        for (let i = 0; i < COUNT; i++) kept[i % KEPT] = new Uint8Array(whole)
      } else {
        for (let i = 0; i < COUNT; i++) kept[i % KEPT] = new Uint8Array(buffer, i, size)
      }
    },
    async check() {
      await this.run()
      if (kept.some((bytes) => bytes.length !== size || bytes[0] !== 1)) throw new Error('not what it should be')
    },
    finish() {},
  }
}
