// Frames on the wire, written and read as RFC 6455 section 5.2 draws them: what every codec is given and checked against.
// Knows no codec: what is measured must not come from what is measured.

export const OPCODE_CONTINUE = 0
export const OPCODE_TEXT = 1
export const OPCODE_BINARY = 2

export interface Frame {
  readonly fin: boolean
  readonly opcode: number
  /** The masking key, or undefined for a frame that is not masked. */
  readonly key: Buffer | undefined
  readonly payload: Buffer
}

export function frameSize(length: number, masked: boolean): number {
  return 2 + (length > 0xffff ? 8 : length > 125 ? 2 : 0) + (masked ? 4 : 0) + length
}

/** Writes a frame to `target` at `at`; returns where it ends. */
export function writeFrame(target: Buffer, at: number, { fin, opcode, key, payload }: Frame): number {
  const { length } = payload
  const mask = key === undefined ? 0 : 0x80
  target[at++] = (fin ? 0x80 : 0) | opcode
  if (length <= 125) {
    target[at++] = mask | length
  } else if (length <= 0xffff) {
    target[at++] = mask | 126
    at = target.writeUInt16BE(length, at)
  } else {
    target[at++] = mask | 127
    at = target.writeBigUInt64BE(BigInt(length), at)
  }
  if (key === undefined) {
    target.set(payload, at)
  } else {
    target.set(key, at)
    at += 4
    for (let i = 0; i < length; i++) target[at + i] = payload[i] ^ key[i & 3]
  }
  return at + length
}

/** The frames of a stream, unmasked; throws where it does not end with one. */
export function readFrames(stream: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < stream.length; ) {
    const [first, second] = [stream[at], stream[at + 1]]
    at += 2
    let length = second & 0x7f
    if (length === 126) {
      length = stream.readUInt16BE(at)
      at += 2
    } else if (length === 127) {
      length = Number(stream.readBigUInt64BE(at))
      at += 8
    }
    const key = second & 0x80 ? stream.subarray(at, at + 4) : undefined
    if (key !== undefined) at += 4
    const end = at + length
    if (end > stream.length) throw new Error('the stream ends inside a frame')
    const payload = Buffer.from(stream.subarray(at, end))
    if (key !== undefined) for (let i = 0; i < length; i++) payload[i] ^= key[i & 3]
    frames.push({ fin: (first & 0x80) !== 0, opcode: first & 0x0f, key, payload })
    at = end
  }
  return frames
}
