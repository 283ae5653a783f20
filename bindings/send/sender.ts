// The sending half of a connection: Data in, frames out, in the form that was asked for.
// Knows what may be sent by the message in progress and by the state it is told; moves no state but its own.

import { MAX_HEADER, OPCODE_CLOSE, STAGE_SIZE } from '../../assembly/layout.js'
import { frames } from '../memory/arena.js'
import { stageText } from '../memory/codec.js'
import { stage, stageView } from '../memory/wasm-memory.js'
import { bytesOf, type Data, firstOf, partsOf, partsSizeOf, payloadOf, plainOf, setParts } from '../model/data.js'
import { frameSize } from '../model/frame-size.js'
import { type State, TRANSITIONS } from '../model/state.js'
import type { Settings } from '../options/settings.js'
import { writeFrame, writeHeader, writeOver } from './frame-writer.js'
import { givenKey, randomKey } from './masking-keys.js'
import { allowedOpcode, checkFrame, type MessageState, opcodeOf } from './rules.js'

/** Up to this many bytes, a frame of a server is copied as a whole: two writes cost less than new memory only above. */
const SMALL_FRAME = 64

/** Frames that may be sent: their masking keys, undefined for a server, and the message in progress once they are sent. */
interface Checked {
  readonly keys: readonly number[] | undefined
  readonly message: MessageState
}

/** What a server sends for a frame, as a list. */
type Parts = readonly Uint8Array[]

export class Sender {
  readonly settings: Settings
  #message: MessageState

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** Frames, one after another, where `state` allows each of them; else a LocalProtocolError, and nothing has changed. */
  send(data: readonly Data[], state: () => State): Uint8Array<ArrayBuffer> {
    const { keys, message } = this.#check(data, state)
    const encoded = data.map((frame) => this.#encoded(frame))
    const firsts = encoded.map((frame) => this.#first(frame))
    const payloads = encoded.map(payloadOf)
    let size = 0
    for (const payload of payloads) size += frameSize(payload.length, keys !== undefined)
    const out = frames.take(size)
    let at = 0
    for (let i = 0; i < payloads.length; i++) at = writeFrame(out, at, firsts[i], payloads[i], keys?.[i])
    this.#message = message
    return out
  }

  /** The same for one frame, as a list for writev; a server's is encoded once, however many connections send it. */
  sendParts(data: Data, state: () => State): Parts {
    if (this.settings.role === 'CLIENT') return Object.freeze([this.send([data], state)])
    const { message } = this.#check([data], state)
    const encoded = this.#encoded(data)
    const parts = serverParts(encoded, this.#first(encoded))
    this.#message = message
    return parts
  }

  /** The same, written to `at` in `out`. Returns where it ends, -1 where there is no room for it. */
  sendInto(data: Data, out: Uint8Array, at: number, state: () => State): number {
    const room = out.length - at
    const checked = this.#check([data], state, room)
    if (checked === undefined) return -1
    const encoded = this.#encoded(data)
    const payload = payloadOf(encoded)
    if (frameSize(payload.length, checked.keys !== undefined) > room) {
      throw new RangeError(`an extension made ${payload.length} bytes of a payload; there is room for ${room}`)
    }
    const end = writeOver(out, at, this.#first(encoded), payload, checked.keys?.[0])
    this.#message = checked.message
    return end
  }

  /** Checks frames that are to be sent one after another, and draws their keys; undefined where one needs more than `room`. */
  #check(data: readonly Data[], state: () => State): Checked
  #check(data: readonly Data[], state: () => State, room: number): Checked | undefined
  #check(data: readonly Data[], state: () => State, room = Number.POSITIVE_INFINITY): Checked | undefined {
    const { role, maskKey } = this.settings
    const message = this.#allowed(data, state())
    if (room < Number.POSITIVE_INFINITY && this.#mostBytes(data[0]) > room) return undefined
    if (role === 'SERVER') return { keys: undefined, message }
    const keys = Array.from(data, () => (maskKey === undefined ? randomKey() : givenKey(maskKey)))
    // A caller's maskKey may have used this connection itself.
    return { keys, message: maskKey === undefined ? message : this.#allowed(data, state()) }
  }

  /** The message in progress after frames that are sent in `state`, where that allows them. */
  #allowed(data: readonly Data[], state: State): MessageState {
    const { settings } = this
    let message = this.#message
    for (const frame of data) {
      const opcode = allowedOpcode(frame, state, message, settings)
      message = checkFrame(frame, opcode, message, settings.extensions?.claimedBits ?? 0)
      if (opcode === OPCODE_CLOSE) state = TRANSITIONS[state].sendClose as State
    }
    return message
  }

  // Most frames, without a look at each rule: whole binary messages, and texts given as strings, have none to break
  // while the connection is open and no message is in progress. Row 'client sends 16 B, `send`': 5.7x.

  /** The frames; undefined where another one is among them, or they are too many bytes: then nothing is done. */
  sendPlain(data: readonly Data[]): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#sendsPlain) return undefined
    const masked = this.settings.role === 'CLIENT'
    if (data.length === 1) {
      const first = plainOf(data[0])
      if (first === 0) return undefined
      const payload = payloadNow(data[0])
      const frame = frames.take(frameSize(payload.length, masked))
      writeFrame(frame, 0, first, payload, masked ? randomKey() : undefined)
      return frame
    }
    let most = 0
    for (let i = 0; i < data.length; i++) {
      if (plainOf(data[i]) === 0) return undefined
      most += MAX_HEADER + (bytesOf(data[i])?.length ?? 3 * (data[i].data as string).length)
    }
    if (most > STAGE_SIZE) return undefined
    let end = 0
    for (let i = 0; i < data.length; i++) {
      end = writeFrame(stage, end, plainOf(data[i]), payloadNow(data[i]), masked ? randomKey() : undefined)
    }
    const out = frames.take(end)
    out.set(stageView(end))
    return out
  }

  /** The same for one frame of a server, as a list. */
  sendPlainParts(data: Data): Parts | undefined {
    if (!this.#sendsPlain || this.settings.role === 'CLIENT') return undefined
    const first = plainOf(data)
    return first === 0 ? undefined : serverParts(data, first)
  }

  /** The same for one frame, written to `at` in `out`. Returns where it ends, -1 where there is no room for it. */
  sendPlainInto(data: Data, out: Uint8Array, at: number): number | undefined {
    const first = this.#sendsPlain ? plainOf(data) : 0
    if (first === 0) return undefined
    const masked = this.settings.role === 'CLIENT'
    const payload = payloadNow(data)
    if (frameSize(payload.length, masked) > out.length - at) return -1
    return writeOver(out, at, first, payload, masked ? randomKey() : undefined)
  }

  get #sendsPlain(): boolean {
    const { maskKey, extensions } = this.settings
    return this.#message === undefined && maskKey === undefined && extensions === undefined
  }

  /** The most bytes that a frame that may be sent is expected to have. */
  #mostBytes(data: Data): number {
    const { extensions, role } = this.settings
    const { length } = payloadOf(data)
    const most = extensions === undefined ? length : extensions.bound(length, opcodeOf(data, this.settings))
    return frameSize(most, role === 'CLIENT')
  }

  /** A frame as the extensions make it. */
  #encoded(data: Data): Data {
    const { extensions } = this.settings
    return extensions === undefined ? data : extensions.encode(data, opcodeOf(data, this.settings))
  }

  /** The first byte of its header. */
  #first(data: Data): number {
    return firstOf(data) | opcodeOf(data, this.settings)
  }
}

/** Payload bytes to be copied at once: a string is encoded anew each time, which costs less than to keep it. */
function payloadNow(data: Data): Uint8Array {
  return bytesOf(data) ?? stageText(data.data as string) ?? payloadOf(data)
}

/** A server's frame: as it was encoded before, where that is still right. */
function serverParts(data: Data, first: number): Parts {
  const payload = payloadOf(data)
  const { length } = payload
  const size = frameSize(length, false)
  const isSmall = size <= SMALL_FRAME
  const headLength = isSmall ? size : size - length
  const last = partsOf(data)
  // Freezing a list costs as much as making it, so whether a caller has changed this one is looked at; and whether the
  // payload lies in a buffer that was resized.
  const isRight = last?.[0]?.length === headLength && last[0][0] === first && partsSizeOf(data) === length
  if (isRight && last.length === (isSmall ? 1 : 2) && (isSmall || last[1] === payload)) return last
  const head = frames.take(headLength)
  if (isSmall) writeFrame(head, 0, first, payload, undefined)
  else writeHeader(head, 0, first, length, undefined)
  const parts = isSmall ? [head] : [head, payload]
  setParts(data, parts)
  return parts
}
