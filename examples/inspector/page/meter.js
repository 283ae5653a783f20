// @ts-check
// The counters at the top: frames and bytes in one direction, how many a second, and a line of the last half minute.
// Knows totals as the server counts them; no frame.

import { roughBytes, whole } from './format.js'

/**
 * @import { Total } from '../report.js'
 * @typedef {Pick<Total, 'frames' | 'bytes'>} Count
 */

/** The time that a rate is measured over, how often, and the points of the line: ms, ms, number. */
const WINDOW = 1000
const TICK = 250
const POINTS = 120
const HEIGHT = 24

export class Meter {
  /** @type {(Count & { time: number })[]} */
  #samples = []
  /** @type {Count} */
  #total = { frames: 0, bytes: 0 }
  /** @type {number[]} */
  #rates = new Array(POINTS).fill(0)
  #parts
  #line

  /** @param {HTMLElement} element */
  constructor(element) {
    const part = (/** @type {string} */ name) =>
      /** @type {HTMLElement} */ (element.querySelector(`[data-part=${name}]`))
    this.#parts = { rate: part('rate'), byteRate: part('byteRate'), frames: part('frames'), bytes: part('bytes') }
    this.#line = /** @type {SVGPolylineElement} */ (element.querySelector('polyline'))
    setInterval(() => this.#tick(performance.now()), TICK)
  }

  /** @param {Count} total */
  set(total) {
    this.#total = total
  }

  /** @param {number} now */
  #tick(now) {
    const samples = this.#samples
    samples.push({ ...this.#total, time: now })
    while (samples.length > 2 && samples[1].time <= now - WINDOW) samples.shift()
    const [first] = samples
    const seconds = Math.max(now - first.time, TICK) / 1000
    const rate = Math.max(0, this.#total.frames - first.frames) / seconds
    const byteRate = Math.max(0, this.#total.bytes - first.bytes) / seconds
    this.#rates.push(rate)
    this.#rates.shift()
    show(this.#parts.rate, `${whole(rate)} frames/s`)
    show(this.#parts.byteRate, `${roughBytes(byteRate)}/s`)
    show(this.#parts.frames, `${whole(this.#total.frames)} frames`)
    show(this.#parts.bytes, roughBytes(this.#total.bytes))
    const top = Math.max(10, ...this.#rates)
    const points = this.#rates.map((value, i) => `${i},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`)
    this.#line.setAttribute('points', points.join(' '))
  }
}

/** @param {HTMLElement} element @param {string} value */
function show(element, value) {
  if (element.textContent !== value) element.textContent = value
}
