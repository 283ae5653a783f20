// The load generator of the chat: connections of which some talk, and all hear everything. Knows no server.

import type { Socket } from 'node:net'
import { constants, inflateRawSync } from 'node:zlib'
import { open } from './open.js'
import { stayAwake, takeOrders } from './process.js'
import { CLIENTS } from './rows.js'
import { masked, TEXT } from './wire.js'

export type ChatOrder =
  | { readonly do: 'open'; readonly port: number; readonly deflate: boolean }
  | { readonly do: 'run'; readonly ms: number }
  | { readonly do: 'close' }

export interface ChatReport {
  /** Messages that were heard, by all together. */
  readonly heard: number
  readonly error?: string
}

/** Clients that say something, each again once it has heard as many messages as there are talkers. */
const TALKERS = 16
/** Bytes of a message. */
export const SIZE = 125
const TEXTS = 512
const DRAIN_LIMIT = 30_000
/** What RFC 7692 section 7.2.1 takes from the end of a compressed message. */
const TAIL = Buffer.of(0, 0, 0xff, 0xff)
const { Z_SYNC_FLUSH } = constants

/** Something like what programs send: JSON whose values differ. */
const texts = Array.from({ length: TEXTS }, (_, i) => {
  const value = (i * 2654435761) % 2 ** 32
  const start = `{"room":"general","from":"guest ${i % 97}","at":${1.7e12 + value},"said":"`
  return `${start}${value
    .toString(36)
    .repeat(12)
    .slice(0, SIZE - start.length - 2)}"}`
})
const frames = texts.map((text) => masked(TEXT, Buffer.from(text)))

let running = false
let sent = 0
let heard = 0
let next = 0
let done = (_error?: string): void => {}

class Member {
  socket: Socket | undefined
  /** Messages since it last said something. */
  since = 0
  /** The first message, which is looked at: there is no other before it that it could refer to. */
  first: Buffer | undefined = Buffer.alloc(0)
  #header = Buffer.alloc(4)
  #headerSize = 0
  #rest = 0
  readonly talks: boolean

  constructor(talks: boolean) {
    this.talks = talks
  }

  say(): void {
    this.socket?.write(frames[next++ % TEXTS])
    sent++
  }

  received(bytes: Buffer): void {
    if (this.first !== undefined && sent > 0) this.first = Buffer.concat([this.first, bytes])
    const count = this.#count(bytes)
    heard += count
    this.since += count
    if (this.talks && running && this.since >= TALKERS) {
      this.since -= TALKERS
      this.say()
    }
    if (!running && heard === sent * CLIENTS) done()
  }

  /** Frames that end in these bytes. A server's are not masked (RFC 6455 section 5.2); these are shorter than 64 KiB. */
  #count(bytes: Buffer): number {
    let count = 0
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest > 0) {
        const size = Math.min(this.#rest, bytes.length - at)
        at += size
        this.#rest -= size
        if (this.#rest === 0) count++
        continue
      }
      this.#header[this.#headerSize++] = bytes[at++]
      const isLong = (this.#header[1] & 0x7f) === 126
      if (this.#headerSize < 2 || (isLong && this.#headerSize < 4)) continue
      this.#rest = isLong ? this.#header.readUInt16BE(2) : this.#header[1] & 0x7f
      this.#header.fill(0)
      this.#headerSize = 0
    }
    return count
  }
}

let members: Member[] = []

/** Opens them all, and looks at the first message that each of them hears. */
async function openAll({ port, deflate }: ChatOrder & { do: 'open' }): Promise<void> {
  members = Array.from({ length: CLIENTS }, (_, i) => new Member(i < TALKERS))
  sent = 0
  heard = 0
  for (const member of members) {
    const closed = () => done('it closed a connection')
    member.socket = await open(port, deflate, (bytes) => member.received(bytes), closed)
  }
  const text = texts[next % TEXTS]
  await settled(() => members[0].say())
  for (const member of members) {
    const frame = member.first ?? Buffer.alloc(0)
    const payload = frame.subarray(frame[1] === 126 ? 4 : 2)
    const plain = deflate ? inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: Z_SYNC_FLUSH }) : payload
    if (frame[0] !== (deflate ? 0xc1 : 0x81) || String(plain) !== text) throw new Error('it sends another message')
    member.first = undefined
  }
}

/** Waits until everybody has heard everything. */
function settled(begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(`${sent * CLIENTS - heard} messages were not heard`), DRAIN_LIMIT)
    done = (error) => {
      clearTimeout(timer)
      done = () => {}
      running = false
      if (error === undefined) resolve()
      else reject(new Error(error))
    }
    begin()
  })
}

async function run(ms: number): Promise<void> {
  sent = 0
  heard = 0
  await settled(() => {
    running = true
    setTimeout(() => {
      running = false
      if (heard === sent * CLIENTS) done()
    }, ms)
    for (const member of members) {
      member.since = 0
      if (member.talks) member.say()
    }
    stayAwake(() => running || heard < sent * CLIENTS)
  })
}

function close(): void {
  for (const { socket } of members) socket?.destroy()
  members = []
}

takeOrders<ChatOrder, ChatReport>(async (order) => {
  if (order.do === 'open') await openAll(order)
  else if (order.do === 'run') await run(order.ms)
  else close()
  return { heard }
})
