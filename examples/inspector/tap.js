// @ts-check
// An extension around another one that does the work: keeps what the frames of encoded messages were on the wire.
// Knows the Extension interface of noio-ws; neither which extension is inside, nor what is made of what it keeps.

import { HEAD_SIZE } from './report.js'

/**
 * @import { Extension } from 'noio-ws'
 * @typedef {{ length: number, payload: Uint8Array }} Wire A payload on the wire: its length, and the first bytes of it.
 */

/** @implements {Extension} */
export class Tap {
  #inside
  /** What was decoded last, until someone asks. @type {Wire | undefined} */
  #received
  /** Of each message that is sent, whether it is encoded, and of each frame of one that is, what it became. */
  #verdicts = /** @type {boolean[]} */ ([])
  #sent = /** @type {Wire[]} */ ([])
  #sendsEncoded = false

  /** @param {Extension} inside */
  constructor(inside) {
    this.#inside = inside
    this.name = inside.name
    this.reserved = inside.reserved
  }

  /** @param {string} type @param {number} size @param {boolean} fin */
  encodes(type, size, fin) {
    const verdict = this.#inside.encodes(type, size, fin)
    this.#verdicts.push(verdict)
    return verdict
  }

  /** @param {Uint8Array} payload @param {boolean} fin */
  encode(payload, fin) {
    const encoded = this.#inside.encode(payload, fin)
    this.#sent.push(wire(encoded))
    return encoded
  }

  /** @param {Uint8Array} payload @param {boolean} fin @param {number} budget */
  decode(payload, fin, budget) {
    this.#received = wire(payload)
    return this.#inside.decode(payload, fin, budget)
  }

  release() {
    this.#inside.release?.()
  }

  /** What the frame that the connection gave last was on the wire; undefined where it came as it is. */
  takeReceived() {
    const received = this.#received
    this.#received = undefined
    return received
  }

  /**
   * What the next data frame became that the connection was given to send; undefined where it went as it is.
   * @param {boolean} isFirst Whether it begins a message.
   */
  takeSent(isFirst) {
    if (isFirst) this.#sendsEncoded = this.#verdicts.shift() === true
    return this.#sendsEncoded ? this.#sent.shift() : undefined
  }
}

/** A copy: a payload may lie in a chunk that is much larger, and is the connection's. @param {Uint8Array} payload @returns {Wire} */
function wire(payload) {
  return { length: payload.length, payload: payload.slice(0, HEAD_SIZE) }
}
