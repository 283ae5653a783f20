// The closing handshake from both ends and in every way there is to begin it (RFC 6455 section 7), and what is left to
// read and write meanwhile. In the words of the tests of WebSocketStream where it has some.
import { describe, expect, it } from 'vitest'
import { Connection, Data, LocalProtocolError, type RemoteProtocolError } from '../../bindings/index.js'
import { fromDuplex, WebSocketError } from '../../bindings/streams/index.js'
import { closePayload, frame, join, masked, noise, TEXT } from '../support/frames.js'
import { all, type Peer, pair, pipes, rejection, settle, withPeer } from './pairs.js'

const roles = ['CLIENT', 'SERVER'] as const

/** Answers the close frame of the stream under test; gives its code and reason. */
async function answerClose(peer: Peer): Promise<[number | undefined, string | undefined]> {
  for (;;) {
    const message = await peer.next()
    if (message === undefined) throw new Error('there was no close frame')
    if (message.type !== 'close') continue
    const answer = message.response()
    if (answer !== undefined) await peer.write(peer.connection.send(answer))
    return [message.statusCode, message.reason]
  }
}

for (const role of roles) {
  const other = role === 'CLIENT' ? 'SERVER' : 'CLIENT'
  describe(`a ${role} that closes`, () => {
    it('ends both sides with what it said', async () => {
      for (const [info, closeCode, reason] of [
        [undefined, 1005, ''],
        [{}, 1005, ''],
        [{ reason: '' }, 1005, ''],
        [{ reason: 'done' }, 1000, 'done'],
        [{ closeCode: 3456, reason: 'pizza' }, 3456, 'pizza'],
        [{ closeCode: 1001 }, 1001, ''],
        [{ closeCode: 4999, reason: 'ü'.repeat(61) }, 4999, 'ü'.repeat(61)],
      ] as const) {
        const ends = pair()
        const received = [all(ends[role].readable), all(ends[other].readable)]
        ends[role].close(info)
        expect(await ends[other].closed).toEqual({ closeCode, reason })
        // The answer has the same code, and no reason.
        expect(await ends[role].closed).toEqual({ closeCode, reason: '' })
        expect(await Promise.all(received)).toEqual([[], []])
        for (const end of [ends[role], ends[other]]) {
          expect(await rejection(end.writable.getWriter().write('x'))).toMatchObject({ name: 'InvalidStateError' })
        }
      }
    })

    it('refuses what a close frame cannot say, and stays open', async () => {
      const ends = pair()
      for (const [info, error] of [
        [{ closeCode: 1005 }, LocalProtocolError],
        [{ closeCode: 1006 }, LocalProtocolError],
        [{ closeCode: 2999 }, LocalProtocolError],
        [{ closeCode: 0 }, LocalProtocolError],
        [{ closeCode: 65_536 }, RangeError],
        [{ closeCode: '1000' }, TypeError],
        [{ closeCode: 1000, reason: 'x'.repeat(124) }, LocalProtocolError],
        [{ closeCode: 1000, reason: 5 }, TypeError],
        [null, TypeError],
        [1000, TypeError],
      ] as const) {
        expect(() => ends[role].close(info as never)).toThrow(error)
      }
      const read = ends[other].readable.getReader().read()
      await ends[role].writable.getWriter().write('still open')
      expect((await read).value).toBe('still open')
    })

    it('closes once', async () => {
      const ends = pair()
      ends[role].close({ closeCode: 4000 })
      ends[role].close({ closeCode: 4001 })
      await rejection(ends[role].writable.close())
      await ends[role].readable.cancel()
      void all(ends[other].readable)
      expect((await ends[other].closed).closeCode).toBe(4000)
      ends[role].close({ closeCode: 4002 })
    })

    it('by writable.close() says nothing but that, behind all that was written', async () => {
      const ends = pair()
      const writer = ends[role].writable.getWriter()
      for (let index = 0; index < 100; index++) void writer.write(noise(1000))
      const ended = writer.close()
      expect((await all(ends[other].readable)).length).toBe(100)
      await ended
      expect(await ends[role].closed).toEqual({ closeCode: 1005, reason: '' })
    })

    it('by writable.close() waits for the handshake, and gets what was on its way', async () => {
      const { socket, peer } = withPeer(role)
      let ended = false
      const done = socket.writable.close().then(() => {
        ended = true
      })
      expect((await peer.next())?.statusCode).toBe(1005)
      // More than the readable has room for, and nobody reads.
      for (let index = 0; index < 20; index++) {
        await peer.write(
          peer.connection.role === 'CLIENT'
            ? masked({ opcode: TEXT, payload: `${index}` })
            : frame({ opcode: TEXT, payload: `${index}` }),
        )
      }
      await settle()
      expect(ended).toBe(false)
      await peer.write(peer.connection.send(new Data('', 'close')))
      if (role === 'CLIENT') await peer.end()
      else void peer.end()
      await done
      expect(await all(socket.readable)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`))
      expect(await socket.closed).toEqual({ closeCode: 1005, reason: '' })
    })

    it('by close() sends what was written before, and refuses what comes after', async () => {
      const ends = pair()
      const read = all(ends[other].readable)
      const writer = ends[role].writable.getWriter()
      const writes = Array.from({ length: 20 }, (_, index) =>
        writer.write(index % 2 === 0 ? `${index}` : noise(20_000)),
      )
      ends[role].close({ closeCode: 4000, reason: 'that is all' })
      const late = rejection(writer.write('late'))
      await Promise.all(writes)
      expect(await late).toMatchObject({ name: 'InvalidStateError' })
      expect((await read).length).toBe(20)
      expect(await ends[other].closed).toEqual({ closeCode: 4000, reason: 'that is all' })
      expect((await ends[role].closed).closeCode).toBe(4000)
    })

    it('by close() and then abort() does not send what was written before', async () => {
      const { socket, peer } = withPeer(role)
      const writer = socket.writable.getWriter()
      await settle()
      const writes = Promise.allSettled(['1', '2', '3'].map((text) => writer.write(text)))
      socket.close({ closeCode: 4000 })
      await settle()
      const aborted = writer.abort(new WebSocketError('', { closeCode: 4001 }))
      expect((await peer.next())?.text()).toBe('1')
      expect(await answerClose(peer)).toEqual([4000, ''])
      void peer.end()
      await aborted
      expect((await writes).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
      expect((await socket.closed).closeCode).toBe(4000)
    })

    it('by close() has a deadline for what waits to be written, too', async () => {
      const { socket } = withPeer(role, { closeTimeout: 30 })
      const writer = socket.writable.getWriter()
      const writes = [noise(100_000), noise(100_000)].map((chunk) => rejection(writer.write(chunk)))
      socket.close({ closeCode: 4000 })
      expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006, cause: { name: 'TimeoutError' } })
      for (const write of writes) expect(await write).toMatchObject({ name: 'WebSocketError' })
    })

    it('by close() discards what still arrives', async () => {
      const { socket, peer } = withPeer(role)
      const writer = socket.writable.getWriter()
      await settle()
      const writes = Promise.allSettled([writer.write('1'), writer.write('2'), writer.write(noise(20_000))])
      socket.close({ closeCode: 4000 })
      const read = all(socket.readable)
      const types = []
      for (let index = 0; index < 4; index++) types.push((await peer.next())?.type)
      expect(types).toEqual(['text', 'text', 'binary', 'close'])
      expect((await writes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
      const late = { opcode: TEXT, payload: 'late' }
      await peer.write(role === 'SERVER' ? masked(late) : frame(late))
      await peer.write(peer.connection.send(new Data('', 'close', { statusCode: 4000 })))
      void peer.end()
      expect(await read).toEqual([])
      expect((await socket.closed).closeCode).toBe(4000)
    })

    it('by cancel and by abort, with what a WebSocketError says and nothing else does', async () => {
      const platform = Object.assign(new DOMException('', 'WebSocketError'), { closeCode: 4321, reason: 'theirs' })
      for (const how of ['cancel', 'abort'] as const) {
        for (const [reason, expected] of [
          [undefined, [1005, '']],
          [new Error('no'), [1011, '']],
          [new DOMException('enough', 'AbortError'), [1005, '']],
          [{ closeCode: 3333 }, [1005, '']],
          [new WebSocketError('', { closeCode: 3333 }), [3333, '']],
          [new WebSocketError('', { closeCode: 3333, reason: 'enough' }), [3333, 'enough']],
          [new WebSocketError('', { reason: 'only that' }), [1000, 'only that']],
          [new WebSocketError('', { closeCode: 1006 }), [1005, '']],
          [new WebSocketError('', { closeCode: 3333, reason: 'x'.repeat(124) }), [1005, '']],
          [platform, [4321, 'theirs']],
        ] as const) {
          const { socket, peer } = withPeer(role)
          const done = how === 'cancel' ? socket.readable.cancel(reason) : socket.writable.abort(reason)
          expect(await answerClose(peer)).toEqual(expected)
          await done
          void peer.end()
          expect((await socket.closed).closeCode).toBe(expected[0])
        }
      }
    })

    it('by abort does not wait for a peer that does not read', async () => {
      const { socket } = withPeer(role, { closeTimeout: 50 })
      const writer = socket.writable.getWriter()
      await settle()
      const writes = [rejection(writer.write(noise(100_000))), rejection(writer.write('x'))]
      await settle()
      const aborted = writer.abort(new Error('no more'))
      expect(await rejection(socket.closed)).toMatchObject({ name: 'WebSocketError', closeCode: 1006 })
      await Promise.all(writes)
      await aborted
    })
  })

  describe(`a ${role} whose peer closes`, () => {
    it('answers with the same code, and has read all that came before', async () => {
      for (const [payload, closeCode, reason] of [
        [new Uint8Array(0), 1005, ''],
        [closePayload(1001, 'gone'), 1001, 'gone'],
      ] as const) {
        const { socket, peer } = withPeer(role)
        const make = role === 'SERVER' ? masked : frame
        const wire = join(
          make({ opcode: TEXT, payload: 'a' }),
          make({ opcode: TEXT, payload: 'b' }),
          make({ opcode: 8, payload }),
          make({ opcode: TEXT, payload: 'too late' }),
        )
        void peer.write(wire)
        await settle()
        expect(await all(socket.readable)).toEqual(['a', 'b'])
        const answer = await peer.next()
        expect([answer?.type, answer?.statusCode, answer?.reason]).toEqual(['close', closeCode, ''])
        void peer.end()
        expect(await socket.closed).toEqual({ closeCode, reason })
        expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ name: 'InvalidStateError' })
      }
    })

    it('rejects what is not yet written', async () => {
      const { socket, peer } = withPeer(role)
      const writer = socket.writable.getWriter()
      await settle()
      const writes = Promise.allSettled([writer.write(noise(50_000)), writer.write(noise(50_000)), writer.write('x')])
      await peer.write(peer.connection.send(new Data('', 'close', { statusCode: 1000 })))
      expect((await peer.next())?.message.length).toBe(50_000)
      while ((await peer.next()) !== undefined && peer.connection.state !== 'CLOSED') {}
      void peer.end()
      const results = await writes
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
      expect((results[2] as PromiseRejectedResult).reason.name).toBe('InvalidStateError')
      expect((await socket.closed).closeCode).toBe(1000)
    })
  })
}

describe('a connection that was closing before', () => {
  it('is answered for', async () => {
    const [mine, others] = pipes()
    const connection = new Connection('SERVER', { delivery: 'message' })
    connection.recv(masked({ opcode: 8, payload: closePayload(1001, 'gone') }))
    connection.nextEvent()
    const socket = fromDuplex(mine, { connection, keepAlive: { interval: 1, timeout: 1 } })
    const reader = others.readable.getReader()
    expect((await reader.read()).value).toEqual(frame({ opcode: 8 }))
    void others.writable.close()
    expect(await socket.closed).toEqual({ closeCode: 1001, reason: 'gone' })
  })

  it('is ended in time where the peer does not answer', async () => {
    for (const role of roles) {
      const [mine] = pipes()
      const connection = new Connection(role, { delivery: 'message' })
      connection.send(new Data('', 'close', { statusCode: 1000 }))
      const socket = fromDuplex(mine, { connection, closeTimeout: 30, keepAlive: true })
      expect(await rejection(socket.writable.getWriter().write('x'))).toMatchObject({ name: 'InvalidStateError' })
      expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006, cause: { name: 'TimeoutError' } })
    }
  })

  it('is ended after a violation whose close frame is owed, and after one that was answered', async () => {
    for (const answered of [false, true]) {
      const [mine, others] = pipes()
      const connection = new Connection('SERVER', { delivery: 'message' })
      connection.recv(frame({ opcode: TEXT, payload: 'not masked' }))
      try {
        connection.nextEvent()
      } catch (error) {
        if (answered) connection.send((error as RemoteProtocolError).response())
      }
      const socket = fromDuplex(mine, { connection, closeTimeout: 30 })
      const reader = others.readable.getReader()
      if (!answered) expect((await reader.read()).value?.[0]).toBe(0x88)
      expect(await rejection(socket.closed)).toMatchObject({ cause: { code: 'ERR_NOT_MASKED' } })
    }
  })

  it('ends at once where it is over', async () => {
    const connection = new Connection('CLIENT', { delivery: 'message' })
    connection.recvEof()
    const socket = fromDuplex(pipes()[0], connection)
    expect(await rejection(socket.closed)).toMatchObject({ closeCode: 1006 })
    expect(await rejection(socket.readable.getReader().read())).toMatchObject({ closeCode: 1006 })
    socket.close()
  })
})

describe('the transport (RFC 6455 section 7.1.1)', () => {
  it('is closed by the server first', async () => {
    const { socket, peer } = withPeer('SERVER')
    socket.close()
    await answerClose(peer)
    expect(await peer.next()).toBe(undefined)
    let closed = false
    void socket.closed.then(() => {
      closed = true
    })
    await settle()
    expect(closed).toBe(false)
    await peer.end()
    await socket.closed
  })

  it('is closed by the client when the server has', async () => {
    const { socket, peer } = withPeer('CLIENT')
    socket.close()
    await answerClose(peer)
    let ended = false
    const end = peer.chunk().then(() => {
      ended = true
    })
    await settle()
    expect(ended).toBe(false)
    await peer.end()
    await end
    await socket.closed
  })

  it('is aborted when it does not end in time; the handshake was clean', async () => {
    for (const role of roles) {
      const { socket, peer } = withPeer(role, { closeTimeout: 30 })
      socket.close({ closeCode: 1000 })
      await answerClose(peer)
      expect(await socket.closed).toEqual({ closeCode: 1000, reason: '' })
      await expect(peer.write(new Uint8Array(1))).rejects.toThrow()
    }
  })
})
