// Ends without a closing handshake: peers that vanish, break the protocol, or do not answer; and the timers of it all.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RemoteProtocolError } from '../../bindings/index.js'
import { WebSocketError } from '../../bindings/streams/index.js'
import { closePayload, frame, join, masked, noise, PING, TEXT } from '../support/frames.js'
import { all, type Peer, rejection, settle, withPeer } from './pairs.js'
import { failOnUnhandled } from './unhandled.js'

failOnUnhandled()

const roles = ['CLIENT', 'SERVER'] as const
const send = (peer: Peer, fields: Parameters<typeof frame>[0]) =>
  peer.write(peer.connection.role === 'CLIENT' ? masked(fields) : frame(fields))

for (const role of roles) {
  describe(`a ${role}`, () => {
    it('whose transport ends without a close frame', async () => {
      const { socket, peer } = withPeer(role)
      const reader = socket.readable.getReader()
      await send(peer, { opcode: TEXT, payload: 'last words' })
      void peer.end()
      await settle()
      expect((await reader.read()).value).toBe('last words')
      const error = await rejection(reader.read())
      expect(error).toBeInstanceOf(WebSocketError)
      expect(error).toMatchObject({ closeCode: 1006, reason: '', message: expect.stringContaining('without a close') })
      expect(await rejection(socket.closed)).toBe(error)
      expect(await rejection(socket.writable.getWriter().write('x'))).toBe(error)
      expect(await peer.chunk().catch(() => undefined)).toBe(undefined)
    })

    it('whose transport fails, before and while it writes', async () => {
      for (const busy of [false, true]) {
        const { socket, peer } = withPeer(role)
        const cause = new Error('ECONNRESET')
        await settle()
        const write = busy ? rejection(socket.writable.getWriter().write(noise(100_000))) : undefined
        await settle()
        peer.fail(cause)
        expect(await rejection(socket.readable.getReader().read())).toMatchObject({ closeCode: 1006, cause })
        expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006, cause })
        if (write !== undefined) expect(await write).toMatchObject({ name: 'WebSocketError', cause })
      }
    })

    it('whose transport takes no more still reads what the peer had to say', async () => {
      const [cause, payload] = [new Error('EPIPE'), closePayload(1008, 'go away')]
      const there = new TransformStream<Uint8Array, Uint8Array>()
      const { fromDuplex } = await import('../../bindings/streams/index.js')
      const writable = new WritableStream<Uint8Array>({
        write() {
          throw cause
        },
      })
      const socket = fromDuplex({ readable: there.readable, writable }, { role })
      const writer = there.writable.getWriter()
      const make = role === 'SERVER' ? masked : frame
      expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ name: 'WebSocketError', cause })
      void writer.write(join(make({ opcode: TEXT, payload: 'last' }), make({ opcode: 8, payload })))
      void writer.close()
      expect(await all(socket.readable)).toEqual(['last'])
      expect(await socket.closed).toEqual({ closeCode: 1008, reason: 'go away' })
    })

    it('whose peer breaks the protocol gives what came before, and says why', async () => {
      const { socket, peer } = withPeer(role)
      const reader = socket.readable.getReader()
      void send(peer, { opcode: TEXT, payload: 'fine' }).then(() =>
        send(peer, { opcode: TEXT, payload: Uint8Array.of(0xff) }),
      )
      expect((await reader.read()).value).toBe('fine')
      const error = (await rejection(reader.read())) as WebSocketError
      expect(error).toMatchObject({ name: 'WebSocketError', closeCode: 1006 })
      expect(error.cause).toBeInstanceOf(RemoteProtocolError)
      expect(error.cause).toMatchObject({ code: 'ERR_INVALID_UTF8', closeCode: 1007 })
      expect((await peer.next())?.statusCode).toBe(1007)
      expect(await peer.next()).toBe(undefined)
      void peer.end()
      expect(await rejection(socket.closed)).toMatchObject({ cause: error.cause })
      expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ cause: error.cause })
    })

    it('whose peer sends a message over the limit', async () => {
      const { socket, peer } = withPeer(role, { maxMessageSize: 1000, maxFrameSize: 1000 })
      void send(peer, { opcode: TEXT, payload: 'x'.repeat(1001) }).catch(() => {})
      expect(await rejection(socket.readable.getReader().read())).toMatchObject({ cause: { closeCode: 1009 } })
      expect((await peer.next())?.statusCode).toBe(1009)
    })

    it('whose transport gives what are not bytes', async () => {
      const { socket, peer } = withPeer(role)
      void peer.write('text' as unknown as Uint8Array)
      expect(await rejection(socket.readable.getReader().read())).toMatchObject({
        closeCode: 1006,
        cause: expect.any(TypeError),
      })
    })

    it('answers pings in order, and the last of many where the peer does not read', async () => {
      const { socket, peer } = withPeer(role)
      const read = all(socket.readable)
      await send(peer, { opcode: PING, payload: 'one' })
      const pong = await peer.next()
      expect([pong?.type, pong?.text()]).toEqual(['pong', 'one'])
      for (let index = 0; index < 1000; index++) await send(peer, { opcode: PING, payload: `${index}` })
      expect((await peer.next())?.text()).toBe('0')
      expect((await peer.next())?.text()).toBe('999')
      await send(peer, { opcode: 8 })
      expect((await peer.next())?.type).toBe('close')
      void peer.end()
      expect(await read).toEqual([])
    })
  })
}

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })

  for (const role of roles) {
    it(`ends a ${role} whose peer does not answer its close frame`, async () => {
      const { socket, peer } = withPeer(role)
      const read = rejection(all(socket.readable))
      socket.close({ closeCode: 1000 })
      expect((await peer.next())?.type).toBe('close')
      let ended = false
      const closed = rejection(socket.closed).then((error) => {
        ended = true
        return error
      })
      vi.advanceTimersByTime(9_999)
      await settle()
      expect(ended).toBe(false)
      vi.advanceTimersByTime(1)
      expect(await closed).toMatchObject({ closeCode: 1006, message: expect.stringContaining('10000 ms') })
      expect(await read).toMatchObject({ closeCode: 1006 })
      expect(vi.getTimerCount()).toBe(0)
    })

    it(`leaves no timer behind a ${role} that has closed`, async () => {
      const { socket, peer } = withPeer(role, { keepAlive: true })
      expect(vi.getTimerCount()).toBe(1)
      await send(peer, { opcode: 8, payload: closePayload(1000) })
      await peer.next()
      void peer.end()
      await settle()
      await socket.closed
      expect(vi.getTimerCount()).toBe(0)
    })

    it(`kills the peer of a ${role} that is silent, and not before it could answer`, async () => {
      const { socket, peer } = withPeer(role, { keepAlive: { interval: 1000, timeout: 300 } })
      const read = rejection(socket.readable.getReader().read())
      const ping = peer.next()
      await settle()
      vi.advanceTimersByTime(1000)
      expect((await ping)?.type).toBe('ping')
      vi.advanceTimersByTime(299)
      // Anything counts.
      await send(peer, { opcode: 10 })
      await settle()
      vi.advanceTimersByTime(999)
      await settle()
      const second = peer.next()
      vi.advanceTimersByTime(2)
      expect((await second)?.type).toBe('ping')
      vi.advanceTimersByTime(301)
      await settle()
      vi.advanceTimersByTime(1)
      expect(await read).toMatchObject({ closeCode: 1006, message: expect.stringContaining('did not answer a ping') })
      expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006 })
      expect(vi.getTimerCount()).toBe(0)
      await expect(peer.write(new Uint8Array(1))).rejects.toThrow()
    })
  }

  it('does not pass for the peer while nobody reads what it sent', async () => {
    const options = { keepAlive: { interval: 1000, timeout: 300 }, highWaterMark: 1 }
    const { socket, peer } = withPeer('SERVER', options)
    void send(peer, { opcode: TEXT, payload: 'one' }).then(() => send(peer, { opcode: TEXT, payload: 'two' }))
    await settle()
    const ping = peer.next()
    for (let turn = 0; turn < 20; turn++) {
      vi.advanceTimersByTime(1000)
      await settle()
    }
    expect((await ping)?.type).toBe('ping')
    const reader = socket.readable.getReader()
    expect([(await reader.read()).value, (await reader.read()).value]).toEqual(['one', 'two'])
    const read = rejection(reader.read())
    await settle()
    vi.advanceTimersByTime(1300)
    await settle()
    vi.advanceTimersByTime(301)
    await settle()
    vi.advanceTimersByTime(1)
    expect(await read).toMatchObject({ message: expect.stringContaining('did not answer a ping') })
  })

  it('ends a peer that sends and takes nothing', async () => {
    const { socket, peer } = withPeer('SERVER', { keepAlive: { interval: 1000, timeout: 300 } })
    const writer = socket.writable.getWriter()
    const writes = [rejection(writer.write(noise(100_000))), rejection(writer.write('behind it'))]
    let ended = false
    void socket.closed.catch(() => {
      ended = true
    })
    void all(socket.readable).catch(() => {})
    for (let turn = 0; turn < 12; turn++) {
      await send(peer, { opcode: TEXT, payload: 'alive' })
      await settle()
      vi.advanceTimersByTime(100)
      await settle()
    }
    expect(ended).toBe(false)
    vi.advanceTimersByTime(101)
    await settle()
    expect(await rejection(socket.closed)).toMatchObject({ message: 'the peer has taken nothing for 1300 ms' })
    for (const write of writes) expect(await write).toMatchObject({ name: 'WebSocketError' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is no reason to end a peer that takes a message piece by piece', async () => {
    const { socket, peer } = withPeer('SERVER', { keepAlive: { interval: 1000, timeout: 300 } })
    let written = false
    void socket.writable
      .getWriter()
      .write(noise(1_000_000))
      .then(() => {
        written = true
      })
    let turns = 0
    for (; !written; turns++) {
      vi.advanceTimersByTime(1000)
      await send(peer, { opcode: 10 })
      await settle()
      await peer.chunk()
      await settle()
    }
    expect(turns).toBeGreaterThan(10)
  })

  it('may be without end', async () => {
    const { socket, peer } = withPeer('CLIENT', { closeTimeout: Number.POSITIVE_INFINITY })
    socket.close()
    await peer.next()
    expect(vi.getTimerCount()).toBe(0)
  })
})
