// @ts-check
// The channel to the server in addition to the WebSocket: reports come as Server-Sent Events, commands go as POSTs.
// Knows addresses and JSON; not what a report means.

/**
 * @import { Batch } from '../report.js'
 * @import { Hello } from '../session.js'
 */

/** 128 random bits; names this page to the server. */
export const session = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, '0'),
).join('')

/**
 * @param {{ onHello: (hello: Hello) => void, onReport: (batch: Batch) => void, onLost: () => void }} handlers
 */
export function openFeed({ onHello, onReport, onLost }) {
  const events = new EventSource(`events?session=${session}`)
  events.addEventListener('hello', ({ data }) => onHello(JSON.parse(data)))
  events.addEventListener('report', ({ data }) => onReport(JSON.parse(data)))
  events.addEventListener('error', onLost)
}

/**
 * Asks the server for something. Returns why it does not do it, or undefined.
 * @param {string} name
 * @param {Record<string, unknown>} [fields]
 * @returns {Promise<string | undefined>}
 */
export async function command(name, fields) {
  try {
    const response = await fetch(`command?session=${session}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...fields, name }),
    })
    return response.ok ? undefined : (await response.text()).trim()
  } catch {
    return 'The server does not answer.'
  }
}
