// @ts-check
// What the page is told: rows for frames and other events, totals, and the measure of a burst, in bounded batches.
// Knows what a row says; not how it is sent to the page or shown there.

/**
 * A frame as the codec saw it.
 * @typedef {object} FrameRow
 * @property {'frame'} kind
 * @property {number} n Its number in the session, from 1; a gap means that frames were counted but not listed.
 * @property {number} time
 * @property {string} peer
 * @property {Direction} direction
 * @property {string} type
 * @property {number} opcode
 * @property {boolean} fin
 * @property {string} rsv Three bits: '100' where the first one is on.
 * @property {number} length Bytes of payload on the wire.
 * @property {string} head The first bytes of the payload on the wire, in base64.
 * @property {{ length: number, head: string }} [plain] Of a compressed message: what the payload is without compression.
 * @property {boolean} isText Whether it belongs to a text message.
 * @property {number} [code] Close frames.
 * @property {string} [reason] Close frames.
 * @property {{ length: number, wire: number, frames: number }} [message] Where it ends a fragmented message: the whole
 * of it, without compression and on the wire.
 */

/**
 * Bytes that a raw peer wrote, before the codec read them.
 * @typedef {{ kind: 'bytes', time: number, peer: string, direction: 'in', length: number, head: string }} BytesRow
 */

/**
 * A frame that broke the protocol, by the peer ('in') or by a command of the page ('out').
 * @typedef {object} ErrorRow
 * @property {'error'} kind
 * @property {number} time
 * @property {string} peer
 * @property {Direction} direction
 * @property {string} name
 * @property {string} code
 * @property {number} [closeCode]
 * @property {string} sentence
 * @property {number} [length] Bytes that a raw peer had written when the codec refused them.
 * @property {string} [head] The first of them, in base64.
 */

/**
 * Something else that happened to a connection.
 * @typedef {object} NoteRow
 * @property {'note'} kind
 * @property {number} time
 * @property {string} peer
 * @property {string} event
 * @property {string} sentence
 * @property {number} [code]
 * @property {string} [reason]
 */

/**
 * @typedef {'in' | 'out'} Direction As the server sees it.
 * @typedef {FrameRow | BytesRow | ErrorRow | NoteRow} Row
 * @typedef {{ frames: number, bytes: number, plain: number, compressed: number }} Total Bytes on the wire; those of
 * compressed messages also without compression, and on the wire again.
 * @typedef {{ direction: Direction, expected: number, size: number, messages: number, frames: number, bytes: number, plain: number, ms: number, isOver: boolean }} Burst
 * @typedef {{ time: number, rows: Row[], totals: Record<Direction, Total>, burst?: Burst }} Batch
 * @typedef {Omit<FrameRow, 'kind' | 'n' | 'head' | 'plain'> & { payload: Uint8Array, plain?: Uint8Array }} Frame
 * @typedef {Row & { payload?: Uint8Array, plainPayload?: Uint8Array }} Kept A row with bytes that are not yet text.
 */

/** Bytes of a payload that a row keeps. */
export const HEAD_SIZE = 256
/** Frames that a batch lists, the latest ones, and other rows. */
const MAX_FRAMES = 100
const MAX_OTHERS = 200
/** @type {Total} */
const NOTHING = { frames: 0, bytes: 0, plain: 0, compressed: 0 }

/** Collects rows between two batches. */
export class Report {
  /** @type {Record<Direction, Total>} */
  #totals = { in: { ...NOTHING }, out: { ...NOTHING } }
  /** @type {Kept[]} */
  #rows = []
  #frames = 0
  /** The number of the last frame that a batch listed. */
  reported = 0
  /** @type {Burst | undefined} */
  #burst
  #burstStart = 0
  #onNews

  /** @param {() => void} onNews Called for every row, to have a batch taken soon. */
  constructor(onNews) {
    this.#onNews = onNews
  }

  /** @param {Frame} frame */
  frame(frame) {
    const { payload, plain, ...rest } = frame
    const total = this.#totals[frame.direction]
    total.frames++
    total.bytes += frame.length
    this.#countBurst(frame)
    // A copy: the payload may lie in a chunk that is much larger, and text is encoded only where it is listed.
    /** @type {Kept} */
    const row = { kind: 'frame', n: ++this.#frames, head: '', ...rest, payload: payload.slice(0, HEAD_SIZE) }
    if (plain !== undefined) {
      total.plain += plain.length
      total.compressed += frame.length
      Object.assign(row, { plain: { length: plain.length }, plainPayload: plain.slice(0, HEAD_SIZE) })
    }
    this.#add(row)
  }

  /** @param {Row} row */
  other(row) {
    this.#add(row)
  }

  /**
   * Measures a burst from its first frame on: `expected` binary messages of `size` bytes.
   * @param {Direction} direction
   * @param {number} expected
   * @param {number} size
   */
  measure(direction, expected, size) {
    this.#burst = { direction, expected, size, messages: 0, frames: 0, bytes: 0, plain: 0, ms: 0, isOver: false }
    this.#onNews()
  }

  /** The burst ends early, with its connection. */
  endMeasure() {
    if (this.#burst === undefined) return
    this.#burst.isOver = true
    this.#onNews()
  }

  /** @returns {Batch} What is new. */
  take() {
    this.#trim(MAX_FRAMES)
    const rows = this.#rows.map(listed)
    this.#rows = []
    this.reported = this.#frames
    const burst = this.#burst
    if (burst?.isOver) this.#burst = undefined
    return { time: Date.now(), rows, totals: this.#totals, ...(burst && { burst: { ...burst } }) }
  }

  /** @param {Kept} row */
  #add(row) {
    this.#rows.push(row)
    if (this.#rows.length > 2 * (MAX_FRAMES + MAX_OTHERS)) this.#trim(MAX_FRAMES)
    this.#onNews()
  }

  /** Leaves out the oldest rows over the limits. @param {number} maxFrames */
  #trim(maxFrames) {
    let frames = maxFrames
    let others = MAX_OTHERS
    const kept = this.#rows.reverse().filter((row) => (row.kind === 'frame' ? frames-- > 0 : others-- > 0))
    this.#rows = kept.reverse()
  }

  /** @param {Frame} frame */
  #countBurst(frame) {
    const burst = this.#burst
    if (burst === undefined || burst.isOver || frame.direction !== burst.direction) return
    if (frame.type !== 'binary' && frame.type !== 'continue') return
    // A browser may send a message in fragments of its own choice.
    const length = frame.plain?.length ?? frame.length
    const ends = frame.fin && (frame.message?.length ?? length) === burst.size
    if (burst.frames === 0) this.#burstStart = performance.now()
    burst.frames++
    burst.bytes += frame.length
    burst.plain += length
    if (ends) burst.messages++
    burst.ms = performance.now() - this.#burstStart
    burst.isOver = burst.messages === burst.expected
  }
}

/** A row as the page gets it. @param {Kept} kept @returns {Row} */
function listed({ payload, plainPayload, ...row }) {
  if (row.kind !== 'frame' || payload === undefined) return row
  const frame = { ...row, head: base64(payload) }
  if (row.plain && plainPayload) frame.plain = { ...row.plain, head: base64(plainPayload) }
  return frame
}

/** @param {Uint8Array} bytes */
const base64 = (bytes) => Buffer.from(bytes).toString('base64')
