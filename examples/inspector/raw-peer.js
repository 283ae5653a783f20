// @ts-check
// The raw peer: a TCP client of this very server that writes bytes by hand, because a browser never breaks the protocol.
// Knows the wire format of RFC 6455 section 5.2 and nothing of the codec, whose mistakes it could otherwise share.

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'

const FIN = 0x80
const [RSV1, RSV2] = [0x40, 0x20]
const MASK = 0x80
const [CONTINUE, TEXT, BINARY, CLOSE, PING] = [0x0, 0x1, 0x2, 0x8, 0x9]
const MASKING_KEY = [0x1d, 0xc0, 0xff, 0xee]
/** How long a raw peer lives, in ms. */
const TIME_LIMIT = 5000

/**
 * A masked frame with a payload of up to 125 bytes, unless the length is given.
 * @param {number} first The header's first byte: FIN, reserved bits and opcode.
 * @param {readonly number[] | string} payload
 * @param {readonly number[]} [lengthBytes] The length, if it is long, or to be written in another way than it should.
 */
function frame(first, payload, lengthBytes) {
  const bytes = [...Buffer.from(/** @type {string} */ (payload))]
  const [length, ...extended] = lengthBytes ?? [bytes.length]
  return [first, MASK | length, ...extended, ...MASKING_KEY, ...bytes.map((byte, i) => byte ^ MASKING_KEY[i % 4])]
}

const BYE = frame(FIN | CLOSE, [0x03, 0xe8])

/** "Hello" in a DEFLATE block, RFC 7692 section 7.2.3.1. */
const HELLO = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
/** "caf" and a byte that is not UTF-8, in a block without compression and the empty one after it; section 7.2.3.3. */
const STORED = [0x00, 0x04, 0x00, 0xfb, 0xff, 0x63, 0x61, 0x66, 0xe9, 0x00]
/** DEFLATE has no block of type 3. */
const NO_BLOCK = [0xff, 0xff, 0xff]

/** The same in two fragments; the first has RSV1 on, the second the bits that are given. @param {number} second */
const helloInTwo = (second) => [
  ...frame(RSV1 | TEXT, HELLO.slice(0, 3)),
  ...frame(FIN | second | CONTINUE, HELLO.slice(3)),
]
/** One byte over 16 MiB, all of them zero; some 16 KiB after compression, less their tail. */
const BOMB = deflateRawSync(Buffer.alloc(2 ** 24 + 1), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const BOMB_LENGTH = [126, BOMB.length >> 8, BOMB.length & 0xff]

/**
 * @typedef {'protocol' | 'compression' | 'allowed'} Kind What a scenario breaks, if anything.
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} label
 * @property {Kind} kind
 * @property {boolean | undefined} deflate Whether permessage-deflate must be agreed upon, or must not; else it may be.
 * @property {number[]} bytes
 */

/** @param {Kind} kind @param {boolean} [deflate] */
const scenarios = (kind, deflate) => {
  /** @param {string} id @param {string} label @param {number[][]} frames @returns {Scenario} */
  return (id, label, ...frames) => ({ id, label, kind, deflate, bytes: frames.flat() })
}
const broken = scenarios('protocol')
const miscompressed = scenarios('compression', true)
const allowed = scenarios('allowed')
const plain = scenarios('allowed', false)
const compressed = scenarios('allowed', true)

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
  miscompressed('deflate-data', 'Compressed data that is none', frame(FIN | RSV1 | BINARY, NO_BLOCK)),
  miscompressed('deflate-utf8', 'Compressed text that is not UTF-8', frame(FIN | RSV1 | TEXT, STORED)),
  miscompressed('deflate-big', '16 KiB that become over 16 MiB', frame(FIN | RSV1 | BINARY, [...BOMB], BOMB_LENGTH)),
  miscompressed('deflate-continue', 'RSV1 on a continuation', helloInTwo(RSV1)),
  miscompressed('deflate-ping', 'RSV1 on a ping', frame(FIN | RSV1 | PING, HELLO)),
  allowed('custom', 'Custom opcode', frame(FIN | 0xb, 'opcode 11 is registered'), BYE),
  plain('reserved', 'Reserved bits', frame(FIN | RSV1 | RSV2 | TEXT, 'two reserved bits are on'), BYE),
  allowed('interleaved', 'Ping between fragments', frame(TEXT, 'a, '), frame(FIN | PING, 'hi'), frame(0x80, 'b'), BYE),
  allowed('gone', 'End of TCP without a close frame', frame(FIN | TEXT, 'gone')),
  compressed('deflate-fragments', 'Compressed text in fragments', helloInTwo(0), BYE),
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
  // Whether the server takes it is in the target.
  lines.push('Sec-WebSocket-Extensions: permessage-deflate')
  lines.push('Connection: Upgrade', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`)
  socket.write([...lines, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n'))
  let answer = ''
  socket.on('data', (chunk) => {
    if (answer.includes('\r\n\r\n')) return
    answer += chunk.toString('latin1')
    if (!answer.includes('\r\n\r\n')) return
    // Otherwise a client leaves it to the server to end TCP.
    const bytes = Uint8Array.from(scenario.bytes)
    if (scenario.id === 'gone') socket.end(bytes)
    else socket.write(bytes)
  })
}
