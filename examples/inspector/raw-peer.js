// @ts-check
// The raw peer: a TCP client of this very server that writes bytes by hand, because a browser never breaks the protocol.
// Knows the wire format of RFC 6455 section 5.2 and nothing of the codec, whose mistakes it could otherwise share.

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const FIN = 0x80
const MASK = 0x80
const [CONTINUE, TEXT, BINARY, CLOSE, PING] = [0x0, 0x1, 0x2, 0x8, 0x9]
const MASKING_KEY = [0x1d, 0xc0, 0xff, 0xee]
/** How long a raw peer lives, in ms. */
const TIME_LIMIT = 5000

/**
 * A masked frame with a payload of up to 125 bytes.
 * @param {number} first The header's first byte: FIN, reserved bits and opcode.
 * @param {readonly number[] | string} payload
 * @param {readonly number[]} [lengthBytes] The length, if it is to be written in another way than it should.
 */
function frame(first, payload, lengthBytes) {
  const bytes = [...Buffer.from(/** @type {string} */ (payload))]
  const [length, ...extended] = lengthBytes ?? [bytes.length]
  return [first, MASK | length, ...extended, ...MASKING_KEY, ...bytes.map((byte, i) => byte ^ MASKING_KEY[i % 4])]
}

const BYE = frame(FIN | CLOSE, [0x03, 0xe8])

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} label
 * @property {boolean} breaks Whether it breaks the protocol.
 * @property {number[]} bytes
 */

/** @param {string} id @param {string} label @param {number[][]} frames @returns {Scenario} */
const broken = (id, label, ...frames) => ({ id, label, breaks: true, bytes: frames.flat() })
/** @param {string} id @param {string} label @param {number[][]} frames @returns {Scenario} */
const allowed = (id, label, ...frames) => ({ id, label, breaks: false, bytes: frames.flat() })

/** What a raw peer can do. */
export const SCENARIOS = [
  broken('unmasked', 'Frame that is not masked', [FIN | TEXT, 5, ...Buffer.from('Hello')]),
  broken('opcode', 'Opcode that nobody registered', frame(FIN | 0x5, 'opcode 5')),
  broken('length', 'Length not minimal', frame(FIN | BINARY, 'short', [126, 0, 5])),
  broken('length-top-bit', 'Length with its top bit set', [FIN | BINARY, MASK | 127, 0x80, 0, 0, 0, 0, 0, 0, 1]),
  broken('utf8', 'Text that is not UTF-8', frame(FIN | TEXT, [0x63, 0x61, 0x66, 0xe9, 0x21])),
  broken('utf8-fragments', 'Character cut off by a fragment', frame(TEXT, [0xe2, 0x82]), frame(FIN | CONTINUE, 'A')),
  broken('close-1006', 'Close frame with code 1006', frame(FIN | CLOSE, [0x03, 0xee])),
  broken('close-length', 'Close frame of one byte', frame(FIN | CLOSE, [0x03])),
  broken('close-reason', 'Close reason that is not UTF-8', frame(FIN | CLOSE, [0x03, 0xe8, 0xff])),
  broken('ping-fragmented', 'Fragmented ping', frame(PING, 'half a ping')),
  broken('ping-long', 'Ping of more than 125 bytes', [FIN | PING, MASK | 126, 0, 126, ...MASKING_KEY]),
  broken('continue', 'Continuation of nothing', frame(FIN | CONTINUE, 'of what?')),
  broken('interrupted', 'Message inside a message', frame(TEXT, 'first, '), frame(FIN | TEXT, 'second')),
  broken('too-big', 'Frame over the size limit', [FIN | BINARY, MASK | 127, 0, 0, 0, 0, 1, 0, 0, 1, ...MASKING_KEY]),
  allowed('custom', 'Custom opcode', frame(FIN | 0xb, 'opcode 11 is registered'), BYE),
  allowed('reserved', 'Reserved bits', frame(FIN | 0x60 | TEXT, 'two reserved bits are on'), BYE),
  allowed('interleaved', 'Ping between fragments', frame(TEXT, 'a, '), frame(FIN | PING, 'hi'), frame(0x80, 'b'), BYE),
  allowed('gone', 'End of TCP without a close frame', frame(FIN | TEXT, 'gone')),
]

/**
 * Opens a WebSocket to this server and writes the bytes of `scenario`.
 * @param {Scenario} scenario
 * @param {number} port
 * @param {string} target The path and query of the WebSocket.
 */
export function runRawPeer(scenario, port, target) {
  const host = `127.0.0.1:${port}`
  const socket = connect(port, '127.0.0.1')
  const limit = setTimeout(() => socket.destroy(), TIME_LIMIT)
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clearTimeout(limit))
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, `Origin: http://${host}`, 'Upgrade: websocket']
  lines.push('Connection: Upgrade', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`)
  socket.write([...lines, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n'))
  let answer = ''
  socket.on('data', (chunk) => {
    if (answer.includes('\r\n\r\n')) return
    answer += chunk.toString('latin1')
    if (!answer.includes('\r\n\r\n')) return
    // Otherwise a client leaves it to the server to end TCP.
    if (scenario.id === 'gone') socket.end(Uint8Array.from(scenario.bytes))
    else socket.write(Uint8Array.from(scenario.bytes))
  })
}
