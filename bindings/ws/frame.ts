// Frames made by hand, as programs do that send the same to many: Sender.frame makes one, sendFrame sends it as it is.
// Knows RFC 6455 section 5.2; neither the state of a connection nor what is allowed.

import { randomFillSync } from 'node:crypto'
import type { Outgoing, SendCallback } from './outgoing.js'
import { bytesOf } from './payload.js'

/** What a frame is to be; opcode and the bits as RFC 6455 section 5.2 has them. */
export interface FrameOptions {
  readonly opcode: number
  readonly fin?: boolean
  readonly rsv1?: boolean
  readonly mask?: boolean
  /** Whether the payload must not be masked in place. */
  readonly readOnly?: boolean
  readonly generateMask?: ((mask: Buffer) => void) | undefined
  /** Where the masking key is written before it is used. */
  readonly maskBuffer?: Buffer
}

const FIN = 0x80
const RSV1 = 0x40
const MASK = 0x80
const TWO_BYTES = 126
const EIGHT_BYTES = 127

/** Sends frames that are ready. */
export class Sender {
  readonly #outgoing: Outgoing

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing
  }

  /** A frame as a list of buffers to be written one after another. */
  static frame(data: string | Uint8Array, options: FrameOptions): Buffer[] {
    const given = typeof data === 'string' ? Buffer.from(data) : bytesOf(data)
    const { length } = given
    const extended = length > 0xffff ? 8 : length >= TWO_BYTES ? 2 : 0
    const header = Buffer.alloc(2 + extended + (options.mask ? 4 : 0))
    header[0] = (options.fin ? FIN : 0) | (options.rsv1 ? RSV1 : 0) | options.opcode
    header[1] = extended === 0 ? length : extended === 2 ? TWO_BYTES : EIGHT_BYTES
    if (extended === 2) header.writeUInt16BE(length, 2)
    else if (extended === 8) header.writeUIntBE(length, 4, 6)
    const payload = Buffer.from(given.buffer as ArrayBuffer, given.byteOffset, length)
    if (!options.mask) return [header, payload]

    header[1] |= MASK
    const key = header.subarray(2 + extended)
    const given4 = options.maskBuffer ?? Buffer.alloc(4)
    if (options.generateMask) options.generateMask(given4)
    else randomFillSync(given4)
    given4.copy(key, 0, 0, 4)
    const target = options.readOnly === false ? payload : Buffer.from(payload)
    for (let i = 0; i < length; i++) target[i] = (target[i] as number) ^ (key[i & 3] as number)
    return [header, target]
  }

  /** Sends what {@link Sender.frame} made, in its place among everything else that is sent. */
  sendFrame(list: readonly (Uint8Array | string)[], callback?: SendCallback): void {
    for (const part of list) this.#outgoing.bytes(typeof part === 'string' ? Buffer.from(part) : part)
    if (callback !== undefined) this.#outgoing.callback(callback)
  }
}
