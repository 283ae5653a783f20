// A conversation over noio-ws/streams between the two ends of any transport; throws where it is not as it should be.
// Knows no platform.

import { Connection, Data } from 'noio-ws'
import { fromDuplex, fromNodeStream } from 'noio-ws/streams'

/** @typedef {{ readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array> }} Duplex */

/** What one writes the other reads. @param {() => Duplex} transform @returns {[Duplex, Duplex]} */
export function pipes(transform = () => new TransformStream()) {
  const [there, back] = [transform(), transform()]
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ]
}

/** @param {unknown} is @param {unknown} should @param {string} what */
function same(is, should, what) {
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`)
}

/** @typedef {import('noio-ws/streams').NodeStream} NodeStream */

/** @param {Duplex | NodeStream} transport @param {import('noio-ws/streams').NewConnection} options */
function open(transport, options) {
  return 'pipe' in transport
    ? fromNodeStream(/** @type {NodeStream} */ (transport), options)
    : fromDuplex(/** @type {Duplex} */ (transport), options)
}

/**
 * Messages of several sizes, many at once, and the closing handshake.
 *
 * @param {Duplex | NodeStream} client
 * @param {Duplex | NodeStream} server
 */
export async function converse(client, server) {
  const keepAlive = { interval: 20, timeout: 5000 }
  const ends = {
    client: open(client, { role: 'CLIENT', keepAlive }),
    server: open(server, { role: 'SERVER' }),
  }
  const echo = (async () => {
    const writer = ends.server.writable.getWriter()
    for await (const message of values(ends.server.readable)) await writer.write(message)
  })()
  const reader = ends.client.readable.getReader()
  const writer = ends.client.writable.getWriter()
  for (const size of [0, 1, 126, 70_000, 1_000_000]) {
    for (const message of ['ü'.repeat(size), new Uint8Array(size).fill(size)]) {
      const write = writer.write(message)
      const { value } = await reader.read()
      await write
      same(value?.length, size, 'length')
      same(typeof value, typeof message, 'type')
      if (typeof value === 'string') same(value, message, 'text')
      else same(value?.[size - 1], message[size - 1], 'last byte')
    }
  }
  for (let index = 0; index < 1000; index++) void writer.write(`${index}`)
  for (let index = 0; index < 1000; index++) same((await reader.read()).value, `${index}`, 'message')
  // Pings, and the pongs to them, while nothing is said.
  await new Promise((resolve) => setTimeout(resolve, 100))
  ends.client.close({ closeCode: 4000, reason: 'done' })
  const [said, heard] = await Promise.all([ends.client.closed, ends.server.closed, echo])
  same(said.closeCode, 4000, 'the code of the client')
  same(`${heard.closeCode} ${heard.reason}`, '4000 done', 'what the server heard')
  same((await reader.read()).done, true, 'the end')
}

/**
 * A peer that vanishes, behind a message.
 *
 * @param {Duplex | NodeStream} mine
 * @param {Duplex | NodeStream} others
 */
export async function vanish(mine, others) {
  const socket = open(mine, { role: 'SERVER' })
  const bytes = new Connection('CLIENT').send(new Data('last words', 'text'))
  if ('pipe' in others) {
    const stream = /** @type {any} */ (others)
    stream.write(bytes)
    stream.end()
  } else {
    const writer = /** @type {Duplex} */ (others).writable.getWriter()
    await writer.write(bytes)
    await writer.close()
  }
  /** @type {any} */
  const error = await socket.closed.catch((/** @type {unknown} */ reason) => reason)
  same(`${error.name} ${error.closeCode}`, 'WebSocketError 1006', 'the end')
  const reader = socket.readable.getReader()
  same((await reader.read()).value, 'last words', 'what came before the end')
  const read = await reader.read().catch((/** @type {unknown} */ reason) => reason)
  same(read, error, 'the end of the readable')
}

/** As for await, where a ReadableStream is not iterable. @template T @param {ReadableStream<T>} readable */
async function* values(readable) {
  const reader = readable.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
}
