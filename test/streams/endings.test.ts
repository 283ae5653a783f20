// Every way a connection can end, whichever end closes first and whenever the program reads, over each transport: what came
// before the end is read, the end says why it was, and nothing is left of the transport. The table of docs/streams.md.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Connection, RemoteProtocolError, type Role } from '../../bindings/index.js'
import { type StreamOptions, WebSocketError } from '../../bindings/streams/index.js'
import { CLOSE, closePayload, frame, join, masked, noise, TEXT } from '../support/frames.js'
import { rejection, settle } from './pairs.js'
import { type Link, TRANSPORTS, type Transport, type Wire } from './transports.js'
import { failOnUnhandled } from './unhandled.js'

failOnUnhandled()

/** A connection that says when it has received so many bytes. */
class Watched extends Connection {
  #bytes = 0
  #check = () => {}

  override recv(chunk: Uint8Array): void {
    super.recv(chunk)
    this.#bytes += chunk.byteLength
    this.#check()
  }

  received(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (this.#bytes >= bytes) resolve()
      }
      this.#check()
    })
  }
}

const make = (role: Role, fields: Parameters<typeof frame>[0]) => (role === 'SERVER' ? masked(fields) : frame(fields))

/** All that the other end receives, until there is no more. */
async function drain(wire: Wire): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let chunk = await wire.read(); chunk !== undefined; chunk = await wire.read()) chunks.push(chunk)
  return join(...chunks)
}

/** What a stream gives, and the error behind it. */
async function readAll(readable: ReadableStream<unknown>): Promise<{ messages: unknown[]; error: unknown }> {
  const messages: unknown[] = []
  const reader = readable.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { messages, error: undefined }
      messages.push(value)
    }
  } catch (error) {
    return { messages, error }
  }
}

interface Ending {
  options?: Partial<StreamOptions>
  fake?: boolean
  /** What the peer does, once its messages have arrived. `drained`: resolves when our direction has ended. */
  act(wire: Wire, role: Role, drained: Promise<unknown>): void | Promise<void>
  clean?: { closeCode: number; reason: string }
  message?: RegExp
  cause?: (cause: never) => boolean
}

const ENDINGS: Record<string, Ending> = {
  'a close frame': {
    act(wire, role, drained) {
      void wire.write(make(role, { opcode: CLOSE, payload: closePayload(4000, 'bye') }))
      if (role === 'CLIENT') wire.end()
      else void drained.then(() => wire.end())
    },
    clean: { closeCode: 4000, reason: 'bye' },
  },
  'a close frame and a FIN at once': {
    act(wire, role) {
      void wire.write(make(role, { opcode: CLOSE, payload: closePayload(4000, 'bye') }))
      wire.end()
    },
    clean: { closeCode: 4000, reason: 'bye' },
  },
  'a FIN': {
    act: (wire) => wire.end(),
    message: /without a close frame/,
    cause: (cause) => cause === undefined,
  },
  'a reset': {
    act: (wire) => wire.reset(),
    message: /the transport has failed/,
    cause: (cause: unknown) => cause instanceof Error,
  },
  'a violation': {
    act(wire, role, drained) {
      void wire.write(make(role, { opcode: 3 }))
      void drained.then(() => wire.end())
    },
    message: /opcode/,
    cause: (cause: unknown) => cause instanceof RemoteProtocolError,
  },
  'silence of a peer': {
    options: { keepAlive: { interval: 1000, timeout: 1000 }, closeTimeout: 3000 },
    fake: true,
    async act() {
      for (let turn = 0; turn < 4; turn++) {
        vi.advanceTimersByTime(1000)
        await settle()
        vi.advanceTimersByTime(1)
        await settle()
      }
    },
    message: /1000 ms|3000 ms/,
    cause: (cause: unknown) => cause instanceof DOMException && cause.name === 'TimeoutError',
  },
}

const FIRST = ['the peer', 'writable.close()', 'close()'] as const

for (const [name, open] of Object.entries(TRANSPORTS)) {
  describe.each(['CLIENT', 'SERVER'] as const)(`a %s over ${name}`, (role) => {
    let transport: Transport
    beforeAll(async () => {
      transport = await open(role)
    })
    afterAll(() => transport.close())

    const cases = Object.keys(ENDINGS).flatMap((ending) =>
      FIRST.flatMap((first) => (['as it comes', 'later'] as const).map((when) => [ending, first, when] as const)),
    )

    it.each(cases)('that ends by %s, closed first by %s, and read %s', async (ending, first, when) => {
      const { options, fake, act, clean, message, cause } = ENDINGS[ending]
      const link: Link = await transport.link()
      if (fake) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      const connection = new Watched(role, { delivery: 'message', ownership: 'take' })
      const socket = link.open({ ...options, connection })
      const drained = drain(link.wire)
      let read = when === 'as it comes' ? readAll(socket.readable) : undefined
      const ended = first === 'writable.close()' ? socket.writable.close() : undefined
      ended?.catch(() => {})
      if (first === 'close()') socket.close({ closeCode: 4321 })
      const messages = join(...['one', 'two'].map((payload) => make(role, { opcode: TEXT, payload })))
      await link.wire.write(messages)
      await connection.received(messages.length)
      await settle()
      await act(link.wire, role, drained)

      const expected = first === 'close()' ? [] : ['one', 'two']
      if (clean !== undefined) {
        expect(await socket.closed).toEqual(clean)
        read ??= readAll(socket.readable)
        expect(await read).toEqual({ messages: expected, error: undefined })
        await ended
        if (ended === undefined) {
          expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ name: 'InvalidStateError' })
        }
      } else {
        const error = (await rejection(socket.closed)) as WebSocketError
        expect(error).toBeInstanceOf(WebSocketError)
        expect(error.message).toMatch(message as RegExp)
        expect([error.closeCode, error.reason]).toEqual([1006, ''])
        expect(cause?.(error.cause as never), String(error.cause)).toBe(true)
        read ??= readAll(socket.readable)
        expect(await read).toEqual({ messages: expected, error })
        if (ended !== undefined) expect(await rejection(ended)).toBe(error)
        else if (first === 'the peer') expect(await rejection(socket.writable.getWriter().write('x'))).toBe(error)
        else
          expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ name: 'InvalidStateError' })
      }
      await link.gone
      if (ending === 'a violation') {
        const closes = first === 'the peer' ? 1002 : first === 'close()' ? 4321 : undefined
        const sent = new Connection(role === 'CLIENT' ? 'SERVER' : 'CLIENT')
        sent.recv(await drained)
        expect([...sent.messages()].at(-1)?.statusCode).toBe(closes ?? 1005)
      }
    })

    it.each(['as it comes', 'later'] as const)('that ends by a reset while it writes, and is read %s', async (when) => {
      const link = await transport.link()
      const connection = new Watched(role, { delivery: 'message', ownership: 'take' })
      const socket = link.open({ connection })
      let read = when === 'as it comes' ? readAll(socket.readable) : undefined
      const writer = socket.writable.getWriter()
      const writes = [rejection(writer.write(noise(20_000_000))), rejection(writer.write('x'))]
      const messages = make(role, { opcode: TEXT, payload: 'one' })
      await link.wire.write(messages)
      await connection.received(messages.length)
      await settle()
      link.wire.reset()
      const error = await rejection(socket.closed)
      expect(error).toMatchObject({ name: 'WebSocketError', closeCode: 1006, cause: expect.any(Error) })
      for (const write of writes) expect(await write).toMatchObject({ name: 'WebSocketError', closeCode: 1006 })
      read ??= readAll(socket.readable)
      expect(await read).toEqual({ messages: ['one'], error })
      await link.gone
    })
  })
}
