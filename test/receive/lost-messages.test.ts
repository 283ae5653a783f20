// Messages whose bytes went away after they were given: an error that says so, and never another payload or text.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, Message } from '../../bindings/index.js'
import { transfer } from '../memory/resizable.js'
import { DELIVERIES, isSame } from '../memory/results.js'
import { bare } from '../options/extensions/toys.js'
import { BINARY, CLOSE, closePayload, join, masked, noise, PING, TEXT, utf8 } from '../support/frames.js'
import { ends, expectFailed, expectLost, LOSSES, taking, thrown } from './lost.js'

/** Payloads of a few sizes, as text and not. */
const PAYLOADS: Readonly<Record<string, [opcode: number, payload: Uint8Array]>> = {
  '5 bytes of ASCII': [TEXT, utf8('hello')],
  '40 bytes of ASCII': [TEXT, utf8('hello '.repeat(6).padEnd(40))],
  '500 bytes of ASCII': [TEXT, utf8('x'.repeat(500))],
  '40,000 bytes of ASCII': [TEXT, utf8('x'.repeat(40_000))],
  '10 bytes that are not ASCII': [TEXT, utf8('é'.repeat(5))],
  '900 bytes that are not ASCII': [TEXT, utf8('κόσμε'.repeat(90))],
  '70 bytes': [BINARY, noise(70)],
  '3,000 bytes': [BINARY, noise(3000)],
}

const stream = (opcode: number, payload: Uint8Array, count: number) =>
  join(...new Array<Uint8Array>(count).fill(masked({ opcode, payload })))

describe.each(Object.entries(LOSSES))('a payload that was not looked at before its chunk was lost: %s', (_, make) => {
  it.each(Object.entries(PAYLOADS))('%s', (_, [opcode, payload]) => {
    for (const delivery of DELIVERIES) {
      // The last of its chunk: what was cut off was its own.
      for (const count of [1, 2]) {
        for (const look of [
          (one: Message) => one.message,
          (one: Message) => one.text(),
          (one: Message) => one.json(),
        ]) {
          const connection = taking('SERVER', { delivery })
          const { chunk, lose } = make(stream(opcode, payload, count))
          connection.recv(chunk)
          const messages = [...connection.messages()]
          lose()
          const last = messages.at(-1) as Message
          const isText = opcode === TEXT
          const error = thrown(() => look(last))
          // What was read in time may still be right.
          if (error === undefined) {
            const text = ends(() => last.text())
            if (isText) expect(text).toBe(Buffer.from(payload).toString())
            else
              expect(
                isSame(
                  ends(() => last.message),
                  payload,
                ),
              ).toBe(true)
          } else if (!(error instanceof SyntaxError)) {
            expectLost(error, delivery)
            // And again, as long as it is asked for.
            expectLost(
              thrown(() => look(last)),
              delivery,
            )
          }
        }
      }
    }
  })

  it('a ping is not answered with another payload', () => {
    for (const size of [1, 40, 60, 125]) {
      const payload = noise(size)
      const connection = taking('SERVER')
      const { chunk, lose } = make(masked({ opcode: PING, payload }))
      connection.recv(chunk)
      const [ping] = connection.messages()
      lose()
      let pong: Data<'pong' | 'close'> | undefined
      const error = thrown(() => {
        pong = ping.response()
      })
      if (error === undefined) expect(isSame(pong?.data as Uint8Array, payload), `${size} bytes`).toBe(true)
      else expectLost(error, `${size} bytes`)
    }
  })

  it('a close keeps its code and reason, for the connection at least', () => {
    for (const closesFirst of [false, true]) {
      const connection = taking('SERVER')
      if (closesFirst) connection.send(new Data('', 'close', { statusCode: 1000 }))
      const { chunk, lose } = make(masked({ opcode: CLOSE, payload: closePayload(3333, 'going away') }))
      connection.recv(chunk)
      const close = connection.nextEvent() as Message
      lose()
      if (!closesFirst) connection.send(new Data('', 'close', { statusCode: 1000 }))
      expect([connection.state, connection.closeCode, connection.closeReason]).toEqual(['CLOSED', 3333, 'going away'])
      for (const [field, right] of [
        ['statusCode', 3333],
        ['reason', 'going away'],
      ] as const) {
        const error = thrown(() => close[field])
        if (error === undefined) expect(close[field]).toBe(right)
        else expectLost(error, field)
      }
    }
  })
})

describe('a program that transfers payloads as it gets them', () => {
  it.each(['copy', 'take'] as const)('is told so by the loop, where others lie next to them (%s)', (ownership) => {
    for (const delivery of DELIVERIES) {
      for (const size of [0, 10, 64, 65, 100, 1000, 20_000]) {
        for (const extensions of [[], [bare({ reserved: [0, 0, 1] })]]) {
          const payload = noise(size)
          const chunk = stream(BINARY, payload, 4)
          const connection = new Connection('SERVER', { ownership, delivery, extensions })
          connection.recv(chunk)
          const pieces: Uint8Array[] = []
          let lost = false
          const error = thrown(() => {
            for (const { message } of connection.messages()) {
              pieces.push(message.slice())
              if (message.length > 0) {
                lost ||= message.buffer === chunk.buffer
                transfer(message)
              }
            }
          })
          const how = `${size} bytes, '${delivery}'`
          const all = join(payload, payload, payload, payload)
          const seen = join(...pieces)
          expect(isSame(seen, all.subarray(0, seen.length)), how).toBe(true)
          if (lost) expect(error, how).toBeInstanceOf(TypeError)
          if (error === undefined) {
            expect(seen.length, how).toBe(all.length)
            expect(connection.state).toBe('OPEN')
          } else {
            expectLost(error, how)
            expectFailed(connection as Connection, how)
          }
        }
      }
    }
  })

  it('may transfer the last one of a chunk, whatever comes next', () => {
    for (const delivery of DELIVERIES) {
      for (const size of [10, 100, 5000]) {
        const connection = taking('SERVER', { delivery })
        for (let i = 0; i < 5; i++) {
          connection.recv(stream(BINARY, noise(size), 1))
          for (const { message } of ends(() => connection.messages())) {
            expect(isSame(message, noise(size))).toBe(true)
            transfer(message)
          }
        }
        expect(connection.nextEvent()).toBe('NEED_DATA')
      }
    }
  })

  it('and slices them first, as it was told to, loses nothing', () => {
    for (const ownership of ['copy', 'take'] as const) {
      const connection = new Connection('SERVER', { ownership })
      connection.recv(stream(BINARY, noise(300), 20))
      let count = 0
      for (const { message } of connection.messages()) {
        expect(isSame(message, noise(300))).toBe(true)
        transfer(message.slice())
        count++
      }
      expect(count).toBe(20)
    }
  })
})

it('a message that a test has built is read as it is', () => {
  const payload = utf8('built')
  const message = new Message(payload, 'text')
  expect(message.text()).toBe('built')
  expect(message.message).toBe(payload)
})
