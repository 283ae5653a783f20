// The README is true: it is short, and its programs run as they stand there, with ws at the other end.
// Knows the README's text and the built package.

import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { output, Page } from '../support/programs.js'

const page = new Page('README.md')
const closing: (() => void)[] = []

beforeAll(() => page.write())
afterAll(() => {
  for (const close of closing) close()
})

it('the README has at most 10 KB, and all its JavaScript is programs', () => {
  expect(Buffer.byteLength(page.text)).toBeLessThanOrEqual(10_000)
  expect(page.programs.map(({ name }) => name)).toEqual(['first.js', 'server.js', 'streams.js'])
  expect(page.blocks).toBe(page.programs.length)
})

it('first.js prints what it promises', async () => {
  expect(await output(page.run('first.js'))).toBe(page.programs[0].prints)
})

/** The next messages of a WebSocket, as text. */
async function messages(socket: WebSocket, count: number): Promise<string[]> {
  const texts: string[] = []
  socket.on('message', (data) => {
    texts.push(String(data))
    if (texts.length === count) socket.emit('enough')
  })
  await once(socket, 'enough')
  return texts
}

describe.each(['server.js', 'streams.js'])('%s', (name) => {
  let url: string
  let said: () => string
  beforeAll(async () => {
    const serving = await page.serve(name)
    closing.push(() => serving.server.kill())
    url = `ws://127.0.0.1:${serving.port}/`
    said = serving.said
  })

  it('sends back what ws sends, text and bytes, and closes', async () => {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    for (const [data, binary] of [
      ['échö', false],
      [Buffer.alloc(100_000, 7), true],
      ['', false],
    ] as const) {
      socket.send(data)
      const [received, isBinary] = await once(socket, 'message')
      expect([received.equals(Buffer.from(data)), isBinary]).toEqual([true, binary])
    }
    socket.close(1000)
    expect((await once(socket, 'close'))[0]).toBe(1000)
    expect(said()).toBe('')
  })

  it('says what a peer did wrong, and goes on', async () => {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
    raw.write(Uint8Array.of(0x81, 0)) // a frame that is not masked
    expect((await once(socket, 'close'))[0]).toBe(1002)
    const next = new WebSocket(url)
    await once(next, 'open')
    next.close()
    await once(next, 'close')
    expect(said()).toMatch(/mask/i)
  })
})

it('server.js gives what one says to all', async () => {
  const serving = await page.serve('server.js')
  closing.push(() => serving.server.kill())
  const sockets = [1, 2, 3].map(() => new WebSocket(`ws://127.0.0.1:${serving.port}/`))
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  const received = sockets.map((socket) => messages(socket, 2))
  sockets[0].send('one')
  sockets[0].send('two')
  for (const texts of await Promise.all(received)) expect(texts).toEqual(['one', 'two'])
  for (const socket of sockets) socket.close()
})
