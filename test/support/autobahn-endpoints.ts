// The two Autobahn endpoints as child processes, and what an endpoint must send for a case of the table.
// Knows the built package by way of examples/autobahn only.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Case, close, type Frame, frame } from '../conformance/case.js'
import { CHAPTERS } from '../conformance/cases/index.js'

const FOLDER = new URL('../../examples/autobahn/', import.meta.url)

export function start(script: 'server.js' | 'client.js', ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, FOLDER))
  return spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The port that the server prints. */
export async function portOf(server: ChildProcess): Promise<number> {
  const [line] = await once(server.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  const port = /^listening on ws:\/\/127\.0\.0\.1:(\d+)\n$/.exec(String(line))?.[1]
  if (port === undefined) throw new Error(`the server prints ${line}`)
  return Number(port)
}

/** The cases that an endpoint with no extension and no low limit can be put to, in one role. */
export function casesFor(role: 'CLIENT' | 'SERVER'): Case[] {
  const all = CHAPTERS.flatMap(({ cases }) => cases)
  return all.filter((one) => one.allowed === undefined && (one.role ?? role) === role && !declaresTooMuch(one))
}

/** The endpoints have a limit of 64 MiB, and the table's cases are about none unless they say so. */
function declaresTooMuch(one: Case): boolean {
  return (one.unfinished?.declared ?? 0n) > 0n || (one.violation?.frame.declared ?? 0n) > 2n ** 53n
}

/**
 * The forms that both endpoints have, with the arguments that choose them. ws, and so noio-ws/ws, answers a close with its
 * reason, too, and ends its side of TCP once the closing handshake is over, in both roles.
 */
export const FORMS = [
  { form: 'noio-ws', args: [], echoesReason: false, endsAtOnce: false },
  { form: 'noio-ws/ws', args: ['--ws'], echoesReason: true, endsAtOnce: true },
] as const
export type Form = (typeof FORMS)[number]

/** The frames that an echo endpoint must send, up to its close frame. */
export function replies(one: Case, { echoesReason }: Form): Frame[] {
  return (one.messages ?? one.frames).flatMap(({ opcode, payload }) => {
    if (opcode === 10) return []
    if (opcode === 9) return [frame(10, payload)]
    // A close is answered with its status code, and perhaps with its reason.
    return [frame(opcode, opcode === 8 && !echoesReason ? payload.subarray(0, 2) : payload)]
  })
}

/** Whether the case itself ends the connection; if not, a close frame is sent after it. */
export function ends(one: Case): boolean {
  return one.violation !== undefined || one.frames.some(({ opcode }) => opcode === 8)
}

/** The case with a close frame at its end, where it needs one. */
export function ended(one: Case): Case {
  if (ends(one)) return one
  const last = close(1000)
  return { ...one, frames: [...one.frames, last], messages: [...(one.messages ?? one.frames), last] }
}

const REQUEST = [
  'GET /chat HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
].join('\r\n')

/** A connection to the server by hand, which leaves it to the server to end TCP. */
export class RawClient {
  readonly socket: Socket
  #received: Buffer[] = []
  #size = 0
  /** Fulfilled when the server has sent FIN, with all that it sent before; rejected where it resets. */
  readonly ended: Promise<Buffer>

  /** `first` goes out together with the request. */
  constructor(port: number, first: Uint8Array) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.write(Buffer.concat([Buffer.from(`${REQUEST}\r\n\r\n`), first]))
    this.socket.on('data', (chunk) => {
      this.#received.push(chunk)
      this.#size += chunk.length
    })
    this.ended = new Promise((resolve, reject) => {
      this.socket.on('error', reject)
      this.socket.on('end', () => {
        this.socket.end()
        resolve(this.frames())
      })
    })
  }

  /** Bytes received so far, the handshake among them. */
  get size(): number {
    return this.#size
  }

  /** What came after the handshake's response. */
  frames(): Buffer {
    const all = Buffer.concat(this.#received)
    const head = all.indexOf('\r\n\r\n')
    const accepted = /^HTTP\/1\.1 101 .*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s
    if (!accepted.test(all.subarray(0, head).toString())) throw new Error(`the response is ${all.subarray(0, 200)}`)
    return all.subarray(head + 4)
  }
}
