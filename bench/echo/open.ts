// A connection of a load generator, up to the end of its opening handshake. Knows no frame.

import { connect, type Socket } from 'node:net'
import { headEnd, REQUEST, REQUEST_WITH_DEFLATE, refusal } from './handshake.js'

/** What is read goes here, from every connection: who wants to keep it copies it. */
const sink = Buffer.allocUnsafeSlow(256 * 1024)

/**
 * `received` is given the bytes behind the handshake, `closed` is called where the connection ends, unless it was destroyed
 * here.
 */
export function open(
  port: number,
  deflate: boolean,
  received: (bytes: Buffer) => void,
  closed: () => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head: Buffer | undefined = Buffer.alloc(0)
    const callback = (size: number) => {
      const bytes = sink.subarray(0, size)
      if (head === undefined) {
        received(bytes)
        return true
      }
      head = Buffer.concat([head, bytes])
      const end = headEnd(head)
      if (end === -1) return true
      const wrong = end < head.length ? 'it sends more than its answer' : refusal(head, deflate)
      head = undefined
      if (wrong === undefined) resolve(socket)
      else reject(new Error(wrong))
      return true
    }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: sink, callback } })
    socket.on('connect', () => socket.write(deflate ? REQUEST_WITH_DEFLATE : REQUEST))
    socket.on('error', reject)
    socket.on('end', closed)
  })
}
