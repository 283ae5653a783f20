// A chunk that holds a part of a payload and is lost before the rest comes: nextEvent says so, recv does not, and nothing
// of what other connections receive gets into memory that results share. Knows the public API and frames by hand.

import { expect, it } from 'vitest'
import { Connection, Information, type Message } from '../../bindings/index.js'
import { transfer } from '../memory/resizable.js'
import { BINARY, join, masked, noise, PING, utf8 } from '../support/frames.js'

const lost = /transferred or shrunk.*slice\(\)/

it('its memory is not lent to others, for results that share it to show', () => {
  const stream = join(masked({ opcode: BINARY, payload: noise(7000) }), masked({ opcode: PING, payload: 'x' }))
  for (let i = 0; i < 40; i++) {
    const connection = new Connection('SERVER', { ownership: 'take' })
    const chunk = stream.slice(0, 5000)
    connection.recv(chunk)
    expect(connection.nextEvent()).toBe(Information.NEED_DATA)
    transfer(chunk)
    connection.recv(stream.slice(5000))
    expect(() => connection.nextEvent()).toThrow(lost)

    const secret = masked({ opcode: BINARY, payload: utf8('SECRET'.repeat(400)) })
    const waiting = new Connection('SERVER')
    waiting.recv(secret.subarray(0, 1500))
    expect(waiting.nextEvent()).toBe(Information.NEED_DATA)
    const other = new Connection('SERVER')
    other.recv(masked({ opcode: BINARY, payload: noise(300) }))
    const { message } = other.nextEvent() as Message
    expect(Buffer.from(message.buffer as ArrayBuffer).includes('SECRETSECRET')).toBe(false)
  }
})

it('recv takes what comes after it without an error, and the next event is the error', () => {
  const size = 2 ** 20
  const stream = masked({ opcode: BINARY, payload: noise(size) })
  for (const step of [5000, 16_384, 70_000]) {
    const connection = new Connection('SERVER', { ownership: 'take' })
    let first: Uint8Array | undefined
    for (let at = 0; at < size - step; at += step) {
      const chunk = stream.slice(at, at + step)
      connection.recv(chunk)
      if (at === 0) expect(connection.nextEvent()).toBe(Information.NEED_DATA)
      if (at === 0) first = chunk
      if (at === step) transfer(first as Uint8Array)
    }
    connection.recv(stream.slice(Math.floor((size - 1) / step) * step))
    connection.recvEof()
    const errors = [0, 1].map(() => {
      try {
        return connection.nextEvent()
      } catch (error) {
        return error
      }
    })
    expect(errors[0]).toBeInstanceOf(TypeError)
    expect(errors[1]).toBe(errors[0])
    expect(connection.state).toBe('CLOSING')
  }
})
