// For a page: its own WebSocket against the server, in every configuration; leaves its report where the test finds it.
// Loads nothing of the package.

import { CONFIGURATIONS } from './configurations.js'

const noise = new Uint8Array(200_000)
for (let at = 0; at < noise.length; at += 50_000) crypto.getRandomValues(noise.subarray(at, at + 50_000))
const lines = Array.from({ length: 30_000 }, (_, line) => `line ${line}: ☃ ${(line * 7919) % 1009}`).join('\n')
const SIZES = [0, 1, 125, 126, 1000, 1024, 65_535, 65_536, 200_000]
const MESSAGES = SIZES.flatMap((size) => [lines.slice(0, size), noise.slice(0, size), new Uint8Array(size).fill(size)])

/** @param {string | Uint8Array} one @param {unknown} other */
function same(one, other) {
  if (typeof one === 'string') return one === other
  if (!(other instanceof ArrayBuffer) || other.byteLength !== one.length) return false
  return new Uint8Array(other).every((byte, at) => byte === one[at])
}

/** @param {string} base @param {string} path @param {string} extensions */
async function visit(base, path, extensions) {
  const socket = new WebSocket(base + path)
  socket.binaryType = 'arraybuffer'
  /** @param {string} type @returns {Promise<any>} */
  const next = (type) =>
    new Promise((resolve, reject) => {
      socket.addEventListener(type, resolve, { once: true })
      for (const wrong of ['error', 'close']) {
        if (type !== wrong) socket.addEventListener(wrong, () => reject(new Error(`${path}: ${wrong}`)), { once: true })
      }
    })
  await next('open')
  if (socket.extensions !== extensions) throw new Error(`${path}: agreed upon '${socket.extensions}'`)
  for (const message of MESSAGES) {
    socket.send(message)
    const { data } = await next('message')
    if (!same(message, data)) throw new Error(`${path}: ${message.length} came back as others`)
  }
  // All at once.
  /** @type {unknown[]} */
  const echoed = []
  socket.addEventListener('message', ({ data }) => echoed.push(data))
  for (const message of MESSAGES) socket.send(message)
  socket.send('how many?')
  while (echoed.length <= MESSAGES.length) await next('message')
  if (!MESSAGES.every((message, index) => same(message, echoed[index]))) throw new Error(`${path}: others came back`)
  const compressed = Number(echoed.at(-1))
  const right = extensions === '' ? compressed === 0 : compressed > 10
  if (!right) throw new Error(`${path}: ${compressed} compressed messages`)
  socket.close(4000, 'done')
  const { code, wasClean } = await next('close')
  if (code !== 4000 || !wasClean) throw new Error(`${path}: closed with ${code}, clean: ${wasClean}`)
}

/** @param {string} base */
async function run(base) {
  let parts = 0
  let error = ''
  try {
    for (const [path, { extensions }] of Object.entries(CONFIGURATIONS)) {
      await visit(base, path, extensions)
      parts++
    }
  } catch (thrown) {
    error = String(thrown)
  }
  return { parts, onImport: 0, compiled: 0, instances: 0, error }
}

Object.assign(globalThis, { report: await run(`ws://127.0.0.1:${location.hash.slice(1)}`) })
