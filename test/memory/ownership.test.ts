// Whose bytes are whose: 'copy' only reads the chunk, 'take' may unmask in it, and payloads stay as they were given.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, type Message } from '../../bindings/index.js'
import { BINARY, chunks, join, masked, noise, TEXT } from '../support/frames.js'

const payloads = [3, 64, 65, 700, 20_000].map((size, i) => noise(size, i + 1))
const stream = join(...payloads.map((payload) => masked({ opcode: BINARY, payload })))

function receive(connection: Connection, pieces: Iterable<Uint8Array>): Message[] {
  const messages: Message[] = []
  for (const piece of pieces) {
    connection.recv(piece)
    messages.push(...connection.messages())
  }
  return messages
}

function same(messages: Message[]): boolean {
  return messages.every(({ message }, i) => Buffer.compare(message, payloads[i]) === 0)
}

describe("ownership 'copy'", () => {
  it('never writes the caller’s chunk', () => {
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      const chunk = stream.slice()
      const messages = receive(new Connection('SERVER', { delivery }), [chunk])
      for (const message of messages) message.message.fill(0)
      expect(Buffer.compare(chunk, stream)).toBe(0)
    }
  })

  it('lets the caller use the chunk again at once, even before the messages are asked for', () => {
    const connection = new Connection('SERVER')
    const scratch = new Uint8Array(50)
    for (const chunk of chunks(stream, 50)) {
      scratch.set(chunk)
      connection.recv(scratch.subarray(0, chunk.length))
      scratch.fill(0xee)
    }
    const messages = [...connection.messages()]
    expect(messages).toHaveLength(payloads.length)
    expect(same(messages)).toBe(true)
  })

  it('does the same for a Buffer, whose slice would be a view', () => {
    const connection = new Connection('SERVER')
    const chunk = Buffer.from(stream)
    connection.recv(chunk)
    chunk.fill(0)
    expect(same([...connection.messages()])).toBe(true)
  })

  it('gives small payloads a buffer of their own, so that keeping one keeps nothing else', () => {
    const [first, second] = receive(new Connection('SERVER'), [stream])
    expect([first.message.buffer.byteLength, second.message.buffer.byteLength]).toEqual([3, 64])
  })

  it('gives payloads that may be transferred away, empty ones too', () => {
    const bytes = join(masked({ opcode: BINARY }), masked({ opcode: BINARY, payload: 'x' }), masked({ opcode: BINARY }))
    for (let i = 0; i < 2; i++) {
      const messages = receive(new Connection('SERVER'), [bytes])
      for (const { message } of messages) {
        structuredClone(message, { transfer: [message.buffer as ArrayBuffer] })
        expect(message.length).toBe(0)
      }
      expect(messages).toHaveLength(3)
    }
  })

  it('never keeps more than 32 KiB with a payload that is kept', () => {
    const many = join(...Array.from({ length: 400 }, (_, i) => masked({ opcode: BINARY, payload: noise(300, i + 1) })))
    for (const { message } of receive(new Connection('SERVER'), [many])) {
      expect(message.buffer.byteLength).toBeLessThanOrEqual(32 * 1024)
    }
  })
})

describe("ownership 'take'", () => {
  it('gives the same payloads', () => {
    for (const size of [1, 50, 1000, stream.length]) {
      expect(same(receive(new Connection('SERVER', { ownership: 'take' }), chunks(stream, size)))).toBe(true)
    }
  })

  it('takes subclasses of Uint8Array for what they hold, and gives plain payloads', () => {
    class Tagged extends Uint8Array {
      static get [Symbol.species](): Uint8ArrayConstructor {
        return Array as unknown as Uint8ArrayConstructor
      }
    }
    for (const delivery of ['frame', 'chunk'] as const) {
      const connection = new Connection('SERVER', { ownership: 'take', delivery })
      const parts = [...chunks(stream, 100)]
      const messages = receive(
        connection,
        parts.map((part, i) => (i % 2 ? Buffer.from(part) : new Tagged(part))),
      )
      expect(Buffer.compare(join(...messages.map(({ message }) => message)), join(...payloads))).toBe(0)
      for (const { message } of messages) expect(message.constructor).toBe(Uint8Array)
    }
  })

  it('does not copy a payload that is whole in its chunk', () => {
    const chunk = stream.slice()
    for (const { message } of receive(new Connection('SERVER', { ownership: 'take' }), [chunk])) {
      expect(message.buffer).toBe(chunk.buffer)
    }
  })
})

describe('payloads', () => {
  for (const ownership of ['copy', 'take'] as const) {
    it(`stay right after later recv calls on this and other connections ('${ownership}')`, () => {
      const connection = new Connection('SERVER', { ownership })
      const others = [new Connection('SERVER', { ownership }), new Connection('SERVER')]
      const messages = receive(connection, chunks(stream, 997))
      for (let round = 0; round < 20; round++) {
        const junk = masked({ opcode: BINARY, payload: noise(30_000, round + 50) })
        for (const other of [connection, ...others]) receive(other, [junk.slice()])
      }
      expect(same(messages)).toBe(true)
      expect(new Set(messages.map(({ message }) => message)).size).toBe(messages.length)
    })

    it(`are never views of the module’s memory, nor overlap ('${ownership}')`, () => {
      const messages = receive(new Connection('SERVER', { ownership }), [stream.slice()])
      for (const { message } of messages) {
        expect(message.buffer.byteLength).toBeLessThanOrEqual(stream.length)
        message.fill(1)
      }
      const again = receive(new Connection('SERVER', { ownership }), [stream.slice()])
      expect(same(again)).toBe(true)
      expect(messages.every(({ message }) => message.every((byte) => byte === 1))).toBe(true)
    })
  }

  it('are the same object each time they are asked for', () => {
    const [message] = receive(new Connection('SERVER'), [masked({ opcode: TEXT, payload: 'once' })])
    expect(message.message).toBe(message.message)
  })
})
