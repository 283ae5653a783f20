// The load generator, a process of its own: keeps frames in flight on many connections, and counts what comes back.
// Frames are masked beforehand and answers are not decoded, so that it costs less than any server. Knows no server.

import { connect, type Socket } from 'node:net'
import { headEnd, REQUEST, refusal } from './handshake.js'
import { stayAwake, takeOrders } from './process.js'
import type { Row } from './rows.js'
import { headerSize, type Ring, ringOf } from './wire.js'

/** What it is asked to do: one after another, each answered before the next. */
export type Order =
  | { readonly do: 'open'; readonly row: Row; readonly port: number; readonly raw: boolean }
  | { readonly do: 'run'; readonly ms: number }
  | { readonly do: 'close' }

export interface Report {
  /** Frames sent, all of which came back. */
  readonly frames: number
  /** Writes that they were sent in. */
  readonly writes: number
  /** What went wrong; then the rest means nothing. */
  readonly error?: string
}

/** Connections that are opened at a time: less than a server's backlog. */
const OPENED_AT_ONCE = 100
/** How long the last answers may take, in ms. */
const DRAIN_LIMIT = 30_000

/** What is read goes here, from every connection: nobody looks at it. */
const sink = Buffer.allocUnsafeSlow(256 * 1024)

let running = false
let frames = 0
let writes = 0
/** Frames that have not come back, on all connections. */
let missing = 0
let done = (_error?: string): void => {}

class Line {
  readonly #ring: Ring
  readonly #answerSize: number
  #socket: Socket | undefined
  #next: number
  #inFlight = 0
  /** Bytes of an answer that is not complete. */
  #partial = 0
  #closing = false

  constructor(ring: Ring, answerSize: number, first: number) {
    this.#ring = ring
    this.#answerSize = answerSize
    this.#next = first
  }

  open(port: number, raw: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let open = raw
      let head = Buffer.alloc(0)
      const answered = (chunk: Buffer) => {
        head = Buffer.concat([head, chunk])
        const end = headEnd(head)
        if (end === -1) return
        const wrong = end < head.length ? 'it sends more than its answer' : refusal(head)
        if (wrong !== undefined) reject(new Error(wrong))
        open = true
        resolve()
      }
      const callback = (size: number, bytes: Uint8Array) => {
        if (open) this.#received(size)
        else answered(Buffer.from(bytes.subarray(0, size)))
        return true
      }
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: sink, callback } })
      this.#socket = socket
      socket.on('connect', () => {
        if (raw) resolve()
        else socket.write(REQUEST)
      })
      socket.on('error', reject)
      socket.on('close', () => {
        if (!this.#closing) done('it closed a connection')
      })
    })
  }

  send(count: number): void {
    const { frames: all } = this.#ring
    this.#socket?.write(this.#ring.slice(this.#next, count))
    this.#next = (this.#next + count) % all
    this.#inFlight += count
    frames += count
    missing += count
    writes++
  }

  close(): void {
    this.#closing = true
    this.#socket?.destroy()
  }

  #received(size: number): void {
    const bytes = this.#partial + size
    const count = Math.floor(bytes / this.#answerSize)
    this.#partial = bytes - count * this.#answerSize
    this.#inFlight -= count
    missing -= count
    if (this.#inFlight < 0 || (this.#inFlight === 0 && this.#partial > 0)) done('it sends more bytes than it should')
    else if (running && count > 0) this.send(count)
    else if (missing === 0 && !running) done()
  }
}

let lines: Line[] = []
let inFlight = 0

async function open({ row, port, raw }: Order & { do: 'open' }): Promise<void> {
  const ring = ringOf(row.payload, row.inFlight)
  const answerSize = raw ? ring.frameSize : headerSize(row.payload) + row.payload
  inFlight = row.inFlight
  lines = Array.from({ length: row.connections }, (_, i) => new Line(ring, answerSize, (i * 7) % ring.frames))
  for (let i = 0; i < lines.length; i += OPENED_AT_ONCE) {
    await Promise.all(lines.slice(i, i + OPENED_AT_ONCE).map((line) => line.open(port, raw)))
  }
}

function run(ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    frames = 0
    writes = 0
    missing = 0
    running = true
    let timer = setTimeout(() => {
      running = false
      timer = setTimeout(() => done(`${missing} frames have not come back`), DRAIN_LIMIT)
      if (missing === 0) done()
    }, ms)
    done = (error) => {
      clearTimeout(timer)
      done = () => {}
      running = false
      if (error === undefined) resolve()
      else reject(new Error(error))
    }
    for (const line of lines) line.send(inFlight)
    stayAwake(() => running || missing > 0)
  })
}

function close(): void {
  for (const line of lines) line.close()
  lines = []
}

takeOrders<Order, Report>(async (order) => {
  if (order.do === 'open') await open(order)
  else if (order.do === 'run') await run(order.ms)
  else close()
  return { frames, writes }
})
