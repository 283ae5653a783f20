// Backpressure both ways: nothing is read without room, nothing is written without end, and memory stays flat.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { Connection, Data } from '../../bindings/index.js'
import { fromDuplex } from '../../bindings/streams/index.js'
import { BINARY, closePayload, frame, join, masked, noise, PING, TEXT } from '../support/frames.js'
import { settle, withPeer } from './pairs.js'

describe('reading', () => {
  it('takes a chunk from the transport only when the one before is used up', async () => {
    let pulled = 0
    const chunk = () => join(...Array.from({ length: 10 }, (_, index) => frame({ opcode: TEXT, payload: `${index}` })))
    const source = {
      pull(controller: ReadableStreamDefaultController<Uint8Array>) {
        pulled++
        controller.enqueue(chunk())
      },
    }
    const readable = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 })
    const options = { role: 'CLIENT', highWaterMark: 1 } as const
    const socket = fromDuplex({ readable, writable: new WritableStream() }, options)
    await settle()
    expect(pulled).toBe(1)
    const reader = socket.readable.getReader()
    for (let index = 0; index < 95; index++) {
      expect((await reader.read()).value).toBe(`${index % 10}`)
      await settle()
      // The message that waits to be read may be the first one of the next chunk.
      expect(pulled).toBe(Math.floor((index + 1) / 10) + 1)
    }
  })

  it('answers a ping when what came before it is read', async () => {
    const { socket, peer } = withPeer('CLIENT', { highWaterMark: 1 })
    await peer.write(join(...['1', '2'].map((payload) => frame({ opcode: TEXT, payload })), frame({ opcode: PING })))
    const answer = peer.next()
    let answered = false
    void answer.then(() => {
      answered = true
    })
    await settle()
    expect(answered).toBe(false)
    const reader = socket.readable.getReader()
    await reader.read()
    await reader.read()
    expect((await answer)?.type).toBe('pong')
  })
})

describe('a program that writes and never reads', () => {
  it.each([
    ['by default', {}, 64],
    ['as it says', { highWaterMark: 4096 }, 4],
  ])('is read for until its room is full, %s', async (_, options, most) => {
    const { socket, peer } = withPeer('SERVER', options)
    const message = masked({ opcode: BINARY, payload: noise(1024) })
    // With its last message, the room is full.
    for (let index = 0; index < most - 1; index++) await peer.write(message)
    void peer.write(masked({ opcode: PING, payload: 'there?' }))
    expect((await peer.next())?.text()).toBe('there?')
    await peer.write(message)
    let taken = 0
    for (let index = 0; index < 5; index++) {
      void peer.write(message).then(() => {
        taken++
      })
    }
    await settle()
    // What a reader has asked for, and is not looked at.
    expect(taken).toBeLessThan(3)
    let count = 0
    const reader = socket.readable.getReader()
    while (count < most + 5) count += (await reader.read()).value?.length === 1024 ? 1 : 0
  })

  it('sees the peer close', async () => {
    const { socket, peer } = withPeer('CLIENT')
    await peer.write(frame({ opcode: TEXT, payload: 'unread' }))
    await peer.write(frame({ opcode: 8, payload: closePayload(1001) }))
    expect((await peer.next())?.statusCode).toBe(1001)
    void peer.end()
    expect((await socket.closed).closeCode).toBe(1001)
  })
})

describe('writing', () => {
  it('waits for the transport', async () => {
    const { socket, peer } = withPeer('SERVER')
    const writer = socket.writable.getWriter()
    await settle()
    expect(writer.desiredSize).toBe(16 * 1024)
    let written = false
    void writer.write(noise(100_000)).then(() => {
      written = true
    })
    await settle()
    expect(written).toBe(false)
    expect(writer.desiredSize).toBeLessThan(0)
    expect((await peer.next())?.message.length).toBe(100_000)
    await writer.ready
    expect(written).toBe(true)
    expect(writer.desiredSize).toBe(16 * 1024)
  })

  it('holds no more than a batch before that', async () => {
    let bytes = 0
    const writable = new WritableStream<Uint8Array>({
      write(chunk) {
        bytes += chunk.length
        return new Promise(() => {})
      },
    })
    const socket = fromDuplex({ readable: new ReadableStream(), writable }, { role: 'SERVER' })
    const writer = socket.writable.getWriter()
    let taken = 0
    for (let index = 0; index < 1000; index++) {
      void writer.write(noise(1000)).then(() => {
        taken += 1000
      })
    }
    await settle()
    expect(taken).toBeLessThanOrEqual(32 * 1024)
    expect(bytes).toBeLessThanOrEqual(16 * 1024)
  })

  it('goes on while the peer writes and does not read, as long as the reader reads', async () => {
    const { socket, peer } = withPeer('SERVER')
    const client = new Connection('CLIENT')
    const writer = socket.writable.getWriter()
    await settle()
    void writer.write(noise(50_000))
    const reader = socket.readable.getReader()
    for (let index = 0; index < 100; index++) {
      const write = peer.write(client.send(new Data('', 'ping'), new Data(`${index}`, 'text')))
      expect((await reader.read()).value).toBe(`${index}`)
      await write
    }
    expect((await peer.next())?.message.length).toBe(50_000)
  })
})

describe('1 GiB from a fast peer to a slow reader', () => {
  const outfile = fileURLToPath(new URL('../../build/streams/memory.mjs', import.meta.url))

  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('memory/program.ts', import.meta.url))],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      loader: { '.wasm': 'binary' },
      logLevel: 'warning',
    })
  })

  for (const [role, size] of [
    ['CLIENT', 64 * 1024],
    ['SERVER', 4 * 1024],
  ] as const) {
    it(`leaves the memory of a ${role} flat, in messages of ${size} bytes`, async () => {
      const env = { ...process.env, SIZE: String(size) }
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', outfile, role], { env })
      const { received, closeCode, first, most } = JSON.parse(stdout)
      expect([received, closeCode]).toEqual([2 ** 30, 1000])
      expect(most - first).toBeLessThan(4 * 2 ** 20)
      expect(most).toBeLessThan(32 * 2 ** 20)
    })
  }
})
