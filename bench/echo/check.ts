// Checks a server byte for byte before it is measured: what it must send back is written here by hand.
// Knows the wire; not how any of the servers works.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { headEnd, REQUEST, refusal } from './handshake.js'
import { BINARY, CLOSE, CONTINUE, masked, PING, PONG, TEXT, unmasked } from './wire.js'

const TIME_LIMIT = 10_000

/** Bytes to send and what must come back, before the next are sent. */
interface Exchange {
  readonly what: string
  readonly sent: readonly Buffer[]
  readonly expected: Buffer
  /** Bytes in one write; all in one where it is missing. */
  readonly cut?: number
}

function text(size: number): Buffer {
  return Buffer.from('aé€😀'.repeat(Math.ceil(size / 10)), 'utf8').subarray(0, size - (size % 10))
}

function message(opcode: number, payload: Buffer): Exchange {
  const what = `${opcode === TEXT ? 'text' : 'binary'} of ${payload.length} bytes`
  return { what, sent: [masked(opcode, payload)], expected: unmasked(opcode, payload) }
}

function exchanges(): Exchange[] {
  const list = [0, 1, 16, 125, 126, 1024, 65535, 65536, 256 * 1024, 1024 * 1024].flatMap((size) => [
    message(BINARY, randomBytes(size)),
    message(TEXT, text(size)),
  ])
  const many = Array.from({ length: 500 }, (_, i) => randomBytes((i * 37) % 300))
  const batch = {
    sent: many.map((payload) => masked(BINARY, payload)),
    expected: Buffer.concat(many.map((payload) => unmasked(BINARY, payload))),
  }
  list.push({ ...batch, what: '500 frames at once' }, { ...batch, what: '500 frames in pieces', cut: 1013 })
  const large = [100, 20_000, 70_000, 10, 16_385].map((size) => randomBytes(size))
  list.push({
    what: 'small and large frames at once',
    sent: large.map((payload) => masked(BINARY, payload)),
    expected: Buffer.concat(large.map((payload) => unmasked(BINARY, payload))),
  })
  const short = masked(TEXT, text(300))
  list.push({ what: 'a frame byte by byte', sent: [short], expected: unmasked(TEXT, text(300)), cut: 1 })
  list.push({
    what: 'ping',
    sent: [masked(PING, Buffer.from('are you there?'))],
    expected: unmasked(PONG, Buffer.from('are you there?')),
  })
  // All of these servers give whole messages to their programs: fragments come back as one frame.
  const whole = text(100)
  list.push({
    what: 'fragments with a ping between them',
    sent: [
      masked(TEXT, whole.subarray(0, 33), false),
      masked(PING, Buffer.from('?')),
      masked(CONTINUE, whole.subarray(33, 34), false),
      masked(CONTINUE, whole.subarray(34)),
    ],
    expected: Buffer.concat([unmasked(PONG, Buffer.from('?')), unmasked(TEXT, whole)]),
  })
  return list
}

/** The last exchange. Section 5.5.1: "the endpoint typically echos the status code it received". */
function closing(): Exchange {
  const payload = randomBytes(20)
  return {
    what: 'a frame and a close at once',
    sent: [masked(BINARY, payload), masked(CLOSE, Buffer.of(0x03, 0xe8))],
    expected: Buffer.concat([unmasked(BINARY, payload), unmasked(CLOSE, Buffer.of(0x03, 0xe8))]),
  }
}

/** Throws where the server does not answer as it must. */
export async function check(server: { name: string; port: number; raw: boolean }): Promise<void> {
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
  const received = new Received(socket)
  try {
    if (!server.raw) {
      socket.write(REQUEST)
      const wrong = refusal(await received.until(headEnd))
      if (wrong !== undefined) throw new Error(wrong)
    }
    for (const exchange of [...exchanges(), closing()]) {
      const sent = Buffer.concat(exchange.sent)
      const expected = server.raw ? sent : exchange.expected
      const cut = exchange.cut ?? sent.length
      for (let at = 0; at < sent.length; at += cut) {
        socket.write(sent.subarray(at, at + cut))
        // So that the kernel does not put the pieces together again.
        if (cut < sent.length) await new Promise(setImmediate)
      }
      const answer = await received
        .until((bytes) => (bytes.length < expected.length ? -1 : expected.length))
        .catch((error) => Promise.reject(new Error(`${exchange.what}: ${error.message}`)))
      if (!answer.equals(expected)) throw new Error(`${exchange.what}: ${difference(answer, expected)}`)
    }
    if (received.rest > 0) throw new Error('it sends more than it should')
  } catch (error) {
    throw new Error(`${server.name} does not echo as it must: ${(error as Error).message}`)
  } finally {
    socket.destroy()
  }
}

function difference(answer: Buffer, expected: Buffer): string {
  const at = expected.findIndex((byte, i) => answer[i] !== byte)
  const show = (bytes: Buffer) => bytes.subarray(at, at + 16).toString('hex')
  return `byte ${at} of ${expected.length} is ${show(answer)}..., not ${show(expected)}...`
}

/** Collects what arrives. */
class Received {
  #chunks: Buffer[] = []
  #wake = () => {}
  #over: string | undefined

  constructor(socket: Socket) {
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#wake()
    })
    const end = (why: string) => {
      this.#over ??= why
      this.#wake()
    }
    socket.on('error', (error) => end(error.message))
    socket.on('end', () => end('it ended the connection'))
    setTimeout(() => end(`no whole answer within ${TIME_LIMIT / 1000} s`), TIME_LIMIT).unref()
  }

  /** Bytes that nobody has asked for. */
  get rest(): number {
    return this.#chunks.reduce((size, chunk) => size + chunk.length, 0)
  }

  /** What came up to the place that `end` says, once it says another than -1. */
  async until(end: (bytes: Buffer) => number): Promise<Buffer> {
    for (;;) {
      const bytes = Buffer.concat(this.#chunks)
      const size = end(bytes)
      this.#chunks = [size === -1 ? bytes : bytes.subarray(size)]
      if (size !== -1) return bytes.subarray(0, size)
      if (this.#over !== undefined) throw new Error(`${this.#over}, after ${bytes.length} bytes of the answer`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
