// The sending half of a connection: Data in, frames out, in the form that was asked for.
// Knows what may be sent, by the message in progress and the closing handshake, which the connection moves.

import { frames } from '../memory/arena.js'
import { type Data, firstOf, payloadOf } from '../model/data.js'
import { frameSize } from '../model/frame-size.js'
import type { Closing } from '../model/state.js'
import type { Settings } from '../options/settings.js'
import { writeFrame, writeOver } from './frame-writer.js'
import { givenKey, randomKey } from './masking-keys.js'
import { type Parts, plainFrames, plainInto, plainParts, serverParts } from './plain-frames.js'
import { type MessageState, messageAfter, opcodeOf } from './rules.js'

/** Frames that may be sent: their masking keys, undefined for a server, and the message in progress once they are sent. */
interface Checked {
  readonly keys: readonly number[] | undefined
  readonly message: MessageState
}

export class Sender {
  readonly settings: Settings
  /** How far the closing handshake has come; undefined while the connection is open, as most are. */
  closing: Closing | undefined
  #message: MessageState

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** Frames, one after another; a LocalProtocolError where one may not be sent, and then nothing has changed. */
  send(data: readonly Data[]): Uint8Array<ArrayBuffer> {
    const plain = this.isPlain ? plainFrames(data, this.settings) : undefined
    return plain ?? Sender.#frames(this, data)
  }

  /** The same for one frame, as a list for writev; a server's is encoded once, however many connections send it. */
  sendParts(data: Data): Parts {
    if (this.settings.role === 'CLIENT') return Object.freeze([this.send([data])])
    const plain = this.isPlain ? plainParts(data) : undefined
    return plain ?? Sender.#parts(this, data)
  }

  /** The same, written to `at` in `out`. Returns where it ends, -1 where there is no room for it. */
  sendInto(data: Data, out: Uint8Array, at: number): number {
    const plain = this.isPlain ? plainInto(data, out, at, this.settings) : undefined
    return plain ?? Sender.#into(this, data, out, at)
  }

  /** Whether most frames need no look at each rule: see plain-frames.ts. */
  get isPlain(): boolean {
    const { maskKey, extensions } = this.settings
    const isBetween = this.#message === undefined && this.closing === undefined
    return isBetween && maskKey === undefined && extensions === undefined
  }

  // Static, because methods that are private cost each object 8 bytes.

  static #frames(sender: Sender, data: readonly Data[]): Uint8Array<ArrayBuffer> {
    const { settings } = sender
    const { keys, message } = Sender.#check(sender, data)
    // What can fail comes before an extension has moved on.
    data.forEach(payloadOf)
    const encodedFrames = data.map((frame) => encoded(frame, settings))
    const firsts = encodedFrames.map((frame) => firstByte(frame, settings))
    const payloads = encodedFrames.map(payloadOf)
    let size = 0
    for (const payload of payloads) size += frameSize(payload.length, keys !== undefined)
    const out = frames.take(size)
    let at = 0
    for (let i = 0; i < payloads.length; i++) at = writeFrame(out, at, firsts[i], payloads[i], keys?.[i])
    sender.#message = message
    return out
  }

  static #parts(sender: Sender, data: Data): Parts {
    const { message } = Sender.#check(sender, [data])
    const frame = encoded(data, sender.settings)
    const parts = serverParts(frame, firstByte(frame, sender.settings))
    sender.#message = message
    return parts
  }

  static #into(sender: Sender, data: Data, out: Uint8Array, at: number): number {
    const { settings } = sender
    const room = out.length - at
    const checked = Sender.#check(sender, [data], room)
    if (checked === undefined) return -1
    const frame = encoded(data, settings)
    const payload = payloadOf(frame)
    if (frameSize(payload.length, checked.keys !== undefined) > room) {
      throw new RangeError(`the payload became ${payload.length} bytes, which do not fit in the ${room} of the target`)
    }
    const end = writeOver(out, at, firstByte(frame, settings), payload, checked.keys?.[0])
    sender.#message = checked.message
    return end
  }

  /** Checks frames that are to be sent one after another, and draws their keys; undefined where one needs more than `room`. */
  static #check(sender: Sender, data: readonly Data[]): Checked
  static #check(sender: Sender, data: readonly Data[], room: number): Checked | undefined
  static #check(sender: Sender, data: readonly Data[], room = Infinity): Checked | undefined {
    const { settings } = sender
    const { role, maskKey } = settings
    const allowed = () => messageAfter(data, sender.closing?.state ?? 'OPEN', sender.#message, settings)
    const message = allowed()
    if (room < Infinity && mostBytes(data[0], settings) > room) return undefined
    if (role === 'SERVER') return { keys: undefined, message }
    const keys = Array.from(data, () => (maskKey === undefined ? randomKey() : givenKey(maskKey)))
    // A caller's maskKey may have used this connection itself.
    return { keys, message: maskKey === undefined ? message : allowed() }
  }
}

/** The most bytes that a frame that may be sent is expected to have. */
function mostBytes(data: Data, settings: Settings): number {
  const { extensions, role } = settings
  const { length } = payloadOf(data)
  const most = extensions === undefined ? length : extensions.bound(length, opcodeOf(data, settings))
  return frameSize(most, role === 'CLIENT')
}

/** A frame as the extensions make it. */
function encoded(data: Data, settings: Settings): Data {
  const { extensions } = settings
  return extensions === undefined ? data : extensions.encode(data, opcodeOf(data, settings))
}

/** The first byte of its header. */
function firstByte(data: Data, settings: Settings): number {
  return firstOf(data) | opcodeOf(data, settings)
}
