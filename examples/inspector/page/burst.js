// @ts-check
// Bursts of 10,000 messages: has them sent, and shows how far the server has counted and how fast it was.
// Knows the link and the commands; counting is the server's.

import { command } from './feed.js'
import { packed, roughBytes, whole } from './format.js'

/**
 * @import { Burst } from '../report.js'
 * @import { Link } from './link.js'
 */

const MESSAGES = 10_000
/** Messages sent before the page gets a turn, and bytes that may wait in the browser. */
const AT_ONCE = 500
const MAX_BUFFERED = 1024 * 1024

/** @param {Link} link @param {number} size @returns {Promise<string | undefined>} Why it does not happen. */
export async function burstFromBrowser(link, size) {
  const refusal = await command('measure', { count: MESSAGES, size })
  if (refusal !== undefined) return refusal
  const payload = new Uint8Array(size).fill(0x7e)
  const connection = link.count
  for (let sent = 0; sent < MESSAGES && link.isOpen && link.count === connection; ) {
    if (link.bufferedAmount < MAX_BUFFERED) {
      for (let i = 0; i < AT_ONCE && sent < MESSAGES; i++, sent++) link.send(payload)
    }
    await new Promise((resolve) => setTimeout(resolve))
  }
  return undefined
}

/** @param {number} size */
export const burstFromServer = (size) => command('burst', { count: MESSAGES, size })

/** @param {Burst} burst @param {{ progress: HTMLProgressElement, count: HTMLElement, time: HTMLElement, rate: HTMLElement }} elements */
export function showBurst(burst, { progress, count, time, rate }) {
  const { direction, messages, expected, frames, bytes, plain, ms, isOver } = burst
  progress.max = expected
  progress.value = messages
  const state = messages === expected ? 'done' : isOver ? 'cut off' : 'running'
  const way = direction === 'in' ? '▼ in' : '▲ out'
  count.textContent = `${way} ${whole(messages)} / ${whole(expected)} messages`
  count.dataset.state = state
  time.textContent = `${whole(frames)} frames in ${whole(ms)} ms, ${state}`
  const seconds = Math.max(ms, 1) / 1000
  const size = bytes === plain ? `${roughBytes(bytes / seconds)}/s` : packed(plain, bytes, roughBytes)
  rate.textContent = `${whole(frames / seconds)} frames/s · ${size}`
}
