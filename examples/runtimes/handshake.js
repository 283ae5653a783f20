// @ts-check
// As much of the opening handshake (RFC 6455 section 4) as these examples need, over raw bytes in any runtime.
// Not an HTTP parser: a real server checks the whole request.

/** The GUID of section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const LONGEST_HEAD = 8192

/** What a server answers to a key. @param {string} key */
export async function acceptOf(key) {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + GUID))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
}

/** Sixteen random bytes in base64. */
export function newKey() {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
}

/** Collects the head of a request or response, up to its empty line, and gives back the bytes behind it. */
export class Head {
  #text = ''

  /**
   * @param {Uint8Array} chunk
   * @returns {Uint8Array | undefined} What came behind the head, once that is whole.
   */
  take(chunk) {
    const before = this.#text.length
    this.#text += Array.from(chunk, (byte) => String.fromCharCode(byte)).join('')
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1 && this.#text.length > LONGEST_HEAD) throw new Error('the head is too long')
    if (end === -1) return undefined
    this.#text = this.#text.slice(0, end + 2)
    return chunk.subarray(end + 4 - before)
  }

  /** The value of a header. @param {string} name */
  header(name) {
    return new RegExp(`^${name}: *(.*?) *\r$`, 'im').exec(this.#text)?.[1]
  }
}

/** @param {string} accept */
export function response(accept) {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
}

/** @param {string} host @param {string} key */
export function request(host, key) {
  const lines = ['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade']
  return `${lines.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
}
