// Frames written by hand, byte after byte as RFC 6455 section 5.2 draws them, and what a connection makes of bytes.
// Knows no encoder of the project's: what is tested here must not come from what is tested.

import { Information, type Message, RemoteProtocolError } from '../../bindings/index.js'
import { Random } from './random.js'

export interface FrameFields {
  fin?: 0 | 1
  rsv?: number
  opcode: number
  payload?: Uint8Array | string
  /** Masks the payload with this key; no key, no mask. */
  key?: readonly number[]
}

export const KEY = [0x37, 0xfa, 0x21, 0x3d] as const
export const TEXT = 1
export const BINARY = 2
export const CONTINUE = 0
export const CLOSE = 8
export const PING = 9
export const PONG = 10

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text))
}

/** A frame on the wire. */
export function frame({ fin = 1, rsv = 0, opcode, payload = '', key }: FrameFields): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === 'string' ? utf8(payload) : payload
  const out = [(fin << 7) | (rsv << 4) | opcode]
  const mask = key === undefined ? 0 : 0x80
  if (bytes.length <= 125) out.push(mask | bytes.length)
  else if (bytes.length <= 0xffff) out.push(mask | 126, bytes.length >> 8, bytes.length & 0xff)
  else {
    out.push(mask | 127)
    for (let shift = 56n; shift >= 0n; shift -= 8n) out.push(Number((BigInt(bytes.length) >> shift) & 0xffn))
  }
  const header = out.length + (key?.length ?? 0)
  const whole = new Uint8Array(header + bytes.length)
  whole.set(out)
  if (key !== undefined) whole.set(key, out.length)
  for (let i = 0; i < bytes.length; i++) whole[header + i] = bytes[i] ^ (key === undefined ? 0 : key[i % 4])
  return whole
}

/** A frame as a client sends it. */
export function masked(fields: FrameFields): Uint8Array<ArrayBuffer> {
  return frame({ key: KEY, ...fields })
}

/** The payload of a close frame. */
export function closePayload(code: number, reason = ''): Uint8Array {
  return join(new Uint8Array([code >> 8, code & 0xff]), utf8(reason))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts))
}

/** The parts of a connection that the functions below use, whatever opcodes it has registered. */
export interface Receiving {
  recv(chunk: Uint8Array): void
  nextEvent(): Message | Information
}

/** A message, or an error, as one comparable line. */
export function show(event: Message | Information | RemoteProtocolError): string {
  if (typeof event === 'string') return event
  if (event instanceof RemoteProtocolError) return `error ${event.code} ${event.closeCode}`
  const flags = `${event.fin ? '' : ' …'}${event.partial ? ' partial' : ''}`
  const payload = event.message
  const body = payload.length > 40 ? `${payload.length}B#${checksum(payload)}` : Buffer.from(payload).toString('hex')
  return `${event.type} ${event.reserved.join('')} [${body}]${flags}`
}

function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0
  return sum >>> 0
}

/** All events that are ready, up to and with the first that is no message, or the error. */
export function events(connection: Pick<Receiving, 'nextEvent'>): string[] {
  const seen: string[] = []
  for (;;) {
    try {
      const event = connection.nextEvent()
      seen.push(show(event))
      if (typeof event === 'string') return seen
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      seen.push(show(error))
      return seen
    }
  }
}

/** The messages of a stream given in these chunks, and the last answer. */
export function decode(connection: Receiving, chunks: Iterable<Uint8Array>): string[] {
  const seen: string[] = []
  let last: string = Information.NEED_DATA
  for (const chunk of chunks) {
    connection.recv(chunk)
    const ready = events(connection)
    last = ready.pop() as string
    seen.push(...ready)
    if (last.startsWith('error')) break
  }
  return [...seen, last]
}

/** `bytes` in chunks of `size`, each a copy of its own. */
export function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

/** Bytes without a pattern, the same in every run whatever its seed; other ones for each `which`. */
export function noise(length: number, which = 1): Uint8Array<ArrayBuffer> {
  return new Random(which).bytes(length)
}
