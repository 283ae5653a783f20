// @ts-check
// Turns what one connection receives and sends into rows of the report.
// Knows Message, Data and the errors of noio-ws; not how a connection is run.

import { LocalProtocolError } from 'noio-ws'
import { HEAD_SIZE } from './report.js'

/**
 * @import { Data, Message, RemoteProtocolError } from 'noio-ws'
 * @import { Direction, Frame, Report } from './report.js'
 * @import { Tap } from './tap.js'
 */

/** Opcodes that the inspector registers in addition to those of RFC 6455, to show that the codec takes them. */
export const CUSTOM_OPCODES = {
  nonControl: { 'latin-1': 3, patch: 4 },
  control: { compare: 11, roster: 12 },
}
/** @type {Readonly<Record<string, number>>} */
const OPCODES = {
  ...{ continue: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 },
  ...CUSTOM_OPCODES.nonControl,
  ...CUSTOM_OPCODES.control,
}

const FIRST_CONTROL = 8
const NOTHING = { length: 0, wire: 0, frames: 0 }

/** Writes about one peer. */
export class PeerLog {
  #report
  #peer
  #tap
  /** What a raw peer wrote last. @type {{ length: number, head: string } | undefined} */
  #chunk
  /** The message in progress, by direction. */
  #progress = { in: { type: '', ...NOTHING }, out: { type: '', ...NOTHING } }

  /** @param {Report} report @param {string} peer @param {Tap} [tap] Knows what compressed frames are on the wire. */
  constructor(report, peer, tap) {
    this.#report = report
    this.#peer = peer
    this.#tap = tap
  }

  /** @param {Message} message */
  received(message) {
    const { type, fin, reserved, message: payload } = message
    const time = message.time.getTime()
    const content = { length: payload.length, payload }
    const wire = this.#tap?.takeReceived()
    const frame = { time, type, fin, rsv: reserved.join(''), ...(wire ? { ...wire, plain: payload } : content) }
    this.#frame('in', frame, message.statusCode, message.reason)
  }

  /** @param {Data} data */
  sent(data) {
    const { type, fin, rsv1, rsv2, rsv3, statusCode } = data
    const content = payloadOf(data)
    const isFirst = type !== 'continue'
    const wire = OPCODES[type] < FIRST_CONTROL ? this.#tap?.takeSent(isFirst) : undefined
    // The extension sets its bits on the first frame, after it was asked for.
    const set = (wire && isFirst && this.#tap?.reserved) || [0, 0, 0]
    const rsv = [rsv1, rsv2, rsv3].map((bit, i) => bit | set[i]).join('')
    const frame = { time: Date.now(), type, fin, rsv, ...(wire ? { ...wire, plain: content.payload } : content) }
    this.#frame('out', frame, statusCode, typeof data.data === 'string' ? data.data : undefined)
  }

  /** The bytes of a raw peer, as they came. @param {Uint8Array} chunk */
  bytes(chunk) {
    this.#chunk = { length: chunk.length, head: Buffer.from(chunk.subarray(0, HEAD_SIZE)).toString('base64') }
    this.#report.other({ kind: 'bytes', time: Date.now(), peer: this.#peer, direction: 'in', ...this.#chunk })
  }

  /** The peer broke the protocol, or the page asked for a frame that would. @param {RemoteProtocolError | LocalProtocolError} error */
  error(error) {
    const { name, code, message: sentence } = error
    const row = { kind: /** @type {const} */ ('error'), time: Date.now(), peer: this.#peer, name, code, sentence }
    if (error instanceof LocalProtocolError) this.#report.other({ ...row, direction: 'out' })
    else this.#report.other({ ...row, direction: 'in', closeCode: error.closeCode, ...this.#chunk })
  }

  /** @param {string} event @param {string} sentence @param {{ code: number, reason: string }} [close] */
  note(event, sentence, close) {
    this.#report.other({ kind: 'note', time: Date.now(), peer: this.#peer, event, sentence, ...close })
  }

  /**
   * @param {Direction} direction
   * @param {Pick<Frame, 'time' | 'type' | 'fin' | 'rsv' | 'length' | 'payload' | 'plain'>} frame
   * @param {number | undefined} code
   * @param {string | undefined} reason
   */
  #frame(direction, frame, code, reason) {
    const opcode = OPCODES[frame.type]
    const progress = this.#progress[direction]
    const isData = opcode < FIRST_CONTROL
    if (isData && opcode !== 0) Object.assign(progress, { type: frame.type, ...NOTHING })
    if (isData) {
      progress.length += frame.plain?.length ?? frame.length
      progress.wire += frame.length
      progress.frames++
    }
    /** @type {Frame} */
    const row = { ...frame, peer: this.#peer, direction, opcode, isText: isText(frame.type, progress.type) }
    if (code !== undefined) row.code = code
    if (reason !== undefined && frame.type === 'close') row.reason = reason
    const { type: _, ...message } = progress
    if (isData && frame.fin && progress.frames > 1) row.message = message
    this.#report.frame(row)
  }
}

/** @param {string} type @param {string} messageType */
function isText(type, messageType) {
  return type === 'text' || (type === 'continue' && messageType === 'text')
}

/** The payload as it is on the wire, or the beginning of it. @param {Data} data */
function payloadOf({ data, statusCode }) {
  const body = typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data)
  if (statusCode === undefined) return { length: body.length, payload: body }
  const payload = Buffer.concat([Uint8Array.of(statusCode >> 8, statusCode & 0xff), body])
  return { length: payload.length, payload }
}
