// No codec: copies the bytes once, which is the least that work on all of them can cost.

import type { Codec, Payload } from './codec.js'

function copies(payloads: readonly Payload[], target: Buffer): Buffer {
  for (const payload of payloads) {
    if (typeof payload === 'string') target.write(payload)
    else target.set(payload)
  }
  return target
}

const codec: Codec = {
  copies: true,
  decoder() {
    let target = Buffer.alloc(0)
    return (chunk) => {
      if (target.length < chunk.length) target = Buffer.from(new ArrayBuffer(chunk.length))
      target.set(chunk)
    }
  },
  encoder(_role, _form, outlet) {
    const target = Buffer.from(new ArrayBuffer(2 ** 20))
    return (payloads) => outlet.write(copies(payloads, target))
  },
}

export default codec
