// Messages through both streams of both roles: what arrives is what was written, in buffers of its own.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection, Data } from '../../bindings/index.js'
import { fromDuplex } from '../../bindings/streams/index.js'
import { BINARY, CONTINUE, closePayload, frame, join, masked, noise, TEXT, utf8 } from '../support/frames.js'
import { checkAsync } from '../support/seed.js'
import { all, pair, pipes, rejection, settle, withPeer } from './pairs.js'

const sizes = [0, 1, 125, 126, 4096, 16_369, 16_370, 16_384, 65_535, 65_536, 1_000_000]

for (const [from, to] of [
  ['CLIENT', 'SERVER'],
  ['SERVER', 'CLIENT'],
] as const) {
  describe(`from ${from} to ${to}`, () => {
    it('gives bytes and text of every size as they were, one after another and all at once', async () => {
      for (const atOnce of [false, true]) {
        const ends = pair()
        const received = all(ends[to].readable)
        const writer = ends[from].writable.getWriter()
        const written: (string | Uint8Array)[] = []
        for (const size of sizes) written.push(noise(size), 'ü'.repeat(size))
        for (const chunk of written) {
          const write = writer.write(chunk)
          if (!atOnce) await write
        }
        await writer.close()
        const chunks = await received
        expect(chunks.length).toBe(written.length)
        for (const [index, chunk] of chunks.entries()) {
          if (typeof chunk === 'string') expect(chunk).toBe(written[index])
          else expect(Buffer.compare(chunk, written[index] as Uint8Array)).toBe(0)
        }
      }
    })

    it('takes every kind of view, and may reuse its memory after the write', async () => {
      const ends = pair()
      const reader = ends[to].readable.getReader()
      const writer = ends[from].writable.getWriter()
      const memory = noise(200_000)
      for (const view of [
        new DataView(memory.buffer, 3, 5),
        new Float64Array(memory.buffer, 8, 9000),
        Buffer.from(memory.buffer, 100, 50),
        memory.buffer,
        memory,
      ]) {
        const bytes = ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view
        const expected = Buffer.from(new Uint8Array(bytes).slice())
        const read = reader.read()
        await writer.write(view)
        new Uint8Array(memory.buffer).fill(0xee)
        const { value } = await read
        expect(Buffer.compare(value as Uint8Array, expected)).toBe(0)
        memory.set(noise(200_000))
      }
    })

    it('gives each payload a buffer of its own', async () => {
      const ends = pair()
      const writer = ends[from].writable.getWriter()
      const writes = [noise(10), noise(300), noise(5000)].map((chunk) => writer.write(chunk))
      const reader = ends[to].readable.getReader()
      for (const size of [10, 300, 5000]) {
        const value = (await reader.read()).value as Uint8Array<ArrayBuffer>
        expect(value.constructor).toBe(Uint8Array)
        expect([value.byteOffset, value.byteLength, value.buffer.byteLength]).toEqual([0, size, size])
        structuredClone(value, { transfer: [value.buffer] })
      }
      await Promise.all(writes)
    })
  })
}

describe('writing', () => {
  it('puts messages that wait together', async () => {
    const { socket, peer } = withPeer('SERVER')
    const writer = socket.writable.getWriter()
    await settle()
    const writes = Array.from({ length: 1000 }, (_, index) => writer.write(`${index}`))
    const first = (await peer.chunk()) as Uint8Array
    const second = (await peer.chunk()) as Uint8Array
    expect(first.length + second.length).toBe(1000 * 2 + 10 + 90 * 2 + 900 * 3)
    await Promise.all(writes)
    peer.connection.recv(first)
    peer.connection.recv(second)
    expect([...peer.connection.messages()].map((message) => message.text())).toEqual(
      Array.from({ length: 1000 }, (_, index) => `${index}`),
    )
  })

  it('writes a message that does not wait at once', async () => {
    const { socket, peer } = withPeer('CLIENT')
    const writer = socket.writable.getWriter()
    for (let index = 0; index < 10; index++) {
      const write = writer.write(`${index}`)
      expect((await peer.next())?.text()).toBe(`${index}`)
      await write
    }
  })

  it('refuses what is no message with a TypeError, and closes with 1011', async () => {
    for (const wrong of [null, undefined, 1, {}, [], new Date(), new Uint8Array(new SharedArrayBuffer(4))]) {
      const { socket, peer } = withPeer('SERVER')
      const writer = socket.writable.getWriter()
      const before = writer.write('before')
      const error = await Promise.all([
        rejection(writer.write(wrong as string)),
        before,
        peer.next().then((message) => expect(message?.text()).toBe('before')),
        peer.next().then((message) => expect(message?.statusCode).toBe(1011)),
      ])
      expect(error[0]).toBeInstanceOf(TypeError)
      expect((error[0] as Error).message).toMatch(/^a message must be a string/)
      expect(await rejection(writer.write('after'))).toBe(error[0])
    }
  })
})

describe('reading', () => {
  it('joins fragments, whatever the cut, around pings', async () => {
    const wire = join(
      masked({ fin: 0, opcode: TEXT, payload: 'one ' }),
      masked({ opcode: 9, payload: 'in between' }),
      masked({ fin: 0, opcode: CONTINUE, payload: 'mess' }),
      masked({ opcode: CONTINUE, payload: 'age' }),
      masked({ opcode: BINARY, payload: Uint8Array.of(1, 2) }),
      masked({ opcode: 8, payload: closePayload(1000) }),
    )
    for (const size of [1, 2, 7, wire.length]) {
      const { socket, peer } = withPeer('SERVER')
      const received = all(socket.readable)
      const answers = (async () => [(await peer.next())?.text(), (await peer.next())?.statusCode, await peer.next()])()
      for (let at = 0; at < wire.length; at += size) await peer.write(wire.slice(at, at + size))
      expect(await received).toEqual(['one message', Uint8Array.of(1, 2)])
      expect(await answers).toEqual(['in between', 1000, undefined])
      await peer.end()
      expect(await socket.closed).toEqual({ closeCode: 1000, reason: '' })
    }
  })

  it('begins with the bytes that came behind the opening handshake', async () => {
    const whole = masked({ opcode: TEXT, payload: 'early and late' })
    for (const received of [whole.slice(0, 9), whole.slice(0, 9).buffer]) {
      const { socket, peer } = withPeer('SERVER', { received })
      const read = socket.readable.getReader().read()
      await peer.write(whole.slice(9))
      expect((await read).value).toBe('early and late')
    }
  })

  it('says what was agreed upon', async () => {
    const ends = pair({ negotiated: { protocol: 'chat', extensions: 'permessage-deflate' } })
    const { readable, writable, protocol, extensions } = await ends.CLIENT.opened
    expect([protocol, extensions]).toEqual(['chat', 'permessage-deflate'])
    expect([readable, writable]).toEqual([ends.CLIENT.readable, ends.CLIENT.writable])
    const { protocol: none, extensions: noneEither } = await pair().SERVER.opened
    expect([none, noneEither]).toEqual(['', ''])
  })

  it('takes a connection that exists', async () => {
    const [mine, others] = pipes()
    const connection = new Connection('SERVER', { delivery: 'message' })
    const socket = fromDuplex(mine, connection)
    const writer = others.writable.getWriter()
    const read = socket.readable.getReader().read()
    await writer.write(new Connection('CLIENT').send(new Data('hello', 'text')))
    expect((await read).value).toBe('hello')
  })

  it('refuses fragments and types that have no place in a stream', async () => {
    const fragment = masked({ fin: 0, opcode: TEXT, payload: 'half' })
    const custom = masked({ opcode: 3, payload: utf8('x') })
    for (const [wire, options, code, message] of [
      [fragment, {}, 1011, /delivery 'message'/],
      [fragment.slice(0, -1), { delivery: 'chunk' }, 1011, /delivery 'message'/],
      [custom, { opcodeNonControlMod: { latin: 3 } }, 1003, /'latin'/],
    ] as const) {
      const [mine, others] = pipes()
      const socket = fromDuplex(mine, { connection: new Connection('SERVER', options) })
      const writer = others.writable.getWriter()
      const reader = others.readable.getReader()
      const failed = rejection(socket.readable.getReader().read())
      await writer.write(join(wire, custom.slice(0, 0)))
      expect(((await failed) as Error).message).toMatch(message)
      expect((await reader.read()).value).toEqual(frame({ opcode: 8, payload: closePayload(code) }))
    }
  })

  it('lets no reserved bit pass that nobody asked for', async () => {
    const { socket, peer } = withPeer('SERVER')
    const failed = rejection(socket.readable.getReader().read())
    await peer.write(masked({ opcode: TEXT, rsv: 4, payload: 'x' }))
    expect(await failed).toMatchObject({ cause: { code: 'ERR_RESERVED_BIT' } })
  })
})

describe('any messages in any cut', () => {
  /** A transport that cuts what goes through it. */
  const cutting = (sizes: readonly number[]) => {
    let turn = 0
    return new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (let at = 0; at < chunk.length; ) {
          const size = sizes[turn++ % sizes.length]
          controller.enqueue(chunk.slice(at, at + size))
          at += size
        }
      },
    })
  }
  const message = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 0, max: 20_000 }))
  const cuts = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 5, maxLength: 9 })

  it('go both ways at the same time, and end', async () => {
    await checkAsync(
      fc.asyncProperty(fc.array(message), fc.array(message), cuts, cuts, async (one, other, there, back) => {
        const [up, down] = [cutting(there), cutting(back)]
        const client = fromDuplex({ readable: down.readable, writable: up.writable }, { role: 'CLIENT' })
        const server = fromDuplex({ readable: up.readable, writable: down.writable }, { role: 'SERVER' })
        const chunks = (messages: (string | number)[]) => messages.map((m) => (typeof m === 'string' ? m : noise(m, m)))
        const write = async (writable: WritableStream<string | Uint8Array>, messages: (string | Uint8Array)[]) => {
          const writer = writable.getWriter()
          await Promise.all(messages.map((chunk) => writer.write(chunk)))
          writer.releaseLock()
        }
        const [sent, answered] = [chunks(one), chunks(other)]
        const received = [all(server.readable), all(client.readable)]
        await Promise.all([write(client.writable, sent), write(server.writable, answered)])
        const ended = client.writable.close()
        expect(
          Buffer.from(JSON.stringify(await Promise.all(received))).equals(
            Buffer.from(JSON.stringify([sent, answered])),
          ),
        ).toBe(true)
        await ended
        expect((await Promise.all([client.closed, server.closed])).map(({ closeCode }) => closeCode)).toEqual([
          1005, 1005,
        ])
      }),
      40,
    )
  })
})

describe('options', () => {
  it('are checked before either stream is locked', () => {
    const [mine] = pipes()
    for (const [options, error, message] of [
      [undefined, TypeError, /second argument/],
      [{ role: 'BOTH' }, RangeError, /role/],
      [{ connection: {} }, TypeError, /must be a Connection/],
      [{ role: 'CLIENT', closeTimeout: '1' }, TypeError, /closeTimeout/],
      [{ role: 'CLIENT', closeTimeout: -1 }, RangeError, /closeTimeout/],
      [{ role: 'CLIENT', closeTimeout: 2 ** 31 }, RangeError, /closeTimeout/],
      [{ role: 'CLIENT', closeTimeout: Number.NaN }, RangeError, /closeTimeout/],
      [{ role: 'CLIENT', keepAlive: { interval: 0 } }, RangeError, /interval/],
      [{ role: 'CLIENT', keepAlive: 5 }, TypeError, /keepAlive/],
      [{ role: 'CLIENT', received: 'x' }, TypeError, /chunk/],
    ] as const) {
      const make = () => fromDuplex(mine, options as never)
      expect(make).toThrow(error)
      expect(make).toThrow(message)
      expect([mine.readable.locked, mine.writable.locked]).toEqual([false, false])
    }
  })

  it('that are undefined are as if they were not there', async () => {
    const [mine, others] = pipes()
    const none = { connection: undefined, received: undefined, closeTimeout: undefined, maxMessageSize: undefined }
    const socket = fromDuplex(mine, { role: 'SERVER', ...none } as never)
    await others.writable.getWriter().write(masked({ opcode: TEXT, payload: 'hello' }))
    expect((await socket.readable.getReader().read()).value).toBe('hello')
  })

  it('leave the readable unlocked where the writable is locked', () => {
    const [mine] = pipes()
    mine.writable.getWriter()
    expect(() => fromDuplex(mine, { role: 'CLIENT' })).toThrow(TypeError)
    expect(mine.readable.locked).toBe(false)
  })
})
