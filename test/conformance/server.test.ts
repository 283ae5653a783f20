// The Autobahn server endpoints: the table sent to it over TCP, byte-exact answers, and the real client of ws.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { casesFor, ended, FORMS, portOf, RawClient, replies, start } from '../support/autobahn-endpoints.js'
import { binary, bytes, type Case, close, letters, octets, text, wire } from './case.js'
import { stream } from './stream.js'

const KEY = [0x12, 0x34, 0x56, 0x78]
const AT_ONCE = 16

describe.each(FORMS)('the server endpoint of $form', (form) => {
  let server: ChildProcess
  let port: number

  beforeAll(async () => {
    server = start('server.js', '--port', '0', ...form.args)
    port = await portOf(server)
  })

  afterAll(() => {
    server.kill()
  })

  async function checkCase(one: Case): Promise<void> {
    const got = await new RawClient(port, stream(ended(one), 'SERVER').bytes).ended
    const want = bytes(...replies(ended(one), form).map((reply) => wire(reply, 'CLIENT', [])))
    if (Buffer.compare(got.subarray(0, want.length), want) !== 0) {
      const at = want.findIndex((byte, i) => byte !== got[i])
      throw new Error(`answer differs at byte ${at} of ${want.length}; got ${got.length} bytes`)
    }
    const rest = got.subarray(want.length)
    const shown = rest.subarray(0, 40).toString('hex')
    if (one.violation === undefined) {
      if (rest.length > 0) throw new Error(`${shown} follows the answers`)
    } else {
      const isClose = rest[0] === 0x88 && rest[1] <= 125 && rest.length === 2 + rest[1]
      const code = rest.length < 4 ? undefined : rest.readUInt16BE(2)
      if (!isClose || code !== one.violation.closeCode)
        throw new Error(`${shown} is no close ${one.violation.closeCode}`)
    }
  }

  describe('by hand', () => {
    it('answers every case of the table, and ends TCP itself without a reset', async () => {
      const cases = casesFor('SERVER')
      expect(cases.length).toBeGreaterThan(900)
      const waiting = cases.values()
      const failures: string[] = []
      const worker = async () => {
        for (const one of waiting) {
          await checkCase(one).catch((error) => failures.push(`${one.autobahn} ${one.name}: ${error.message}`))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      expect(failures).toEqual([])
    })

    it('answers frames that come in the same packet as the request (bun#43149)', async () => {
      const got = await new RawClient(port, bytes(wire(text('early'), 'SERVER', KEY), wire(close(1000), 'SERVER', KEY)))
        .ended
      expect(got.toString('latin1')).toBe('\x81\x05early\x88\x02\x03\xe8')
    })

    it('ends when the client ends TCP without a close frame', async () => {
      const client = new RawClient(port, wire(text('last words'), 'SERVER', KEY))
      await once(client.socket, 'data')
      client.socket.end()
      expect((await client.ended).toString('latin1')).toBe('\x81\x0alast words')
    })

    it('waits with its time-out until a slow client has read the answers', async () => {
      const client = new RawClient(port, new Uint8Array(0))
      await once(client.socket, 'data')
      client.socket.pause()
      client.socket.write(
        bytes(wire(binary(octets(16 * 1024 * 1024)), 'SERVER', KEY), wire(close(1000), 'SERVER', KEY)),
      )
      // Longer than the server gives a client that has its close frame.
      await sleep(3000)
      client.socket.resume()
      const want = bytes(wire(binary(octets(16 * 1024 * 1024)), 'CLIENT', []), wire(close(1000), 'CLIENT', []))
      expect((await client.ended).equals(want)).toBe(true)
    })

    it('stops reading while the client does not read', async () => {
      const count = 96
      const message = wire(binary(octets(1024 * 1024)), 'SERVER', KEY)
      const client = new RawClient(port, new Uint8Array(0))
      await once(client.socket, 'data')
      client.socket.pause()
      for (let i = 0; i < count; i++) client.socket.write(message)
      const accepted = () => client.socket.bytesWritten - client.socket.writableLength
      for (let before = -1; before !== accepted(); ) {
        before = accepted()
        await sleep(500)
      }
      // The kernel's buffers, both ways, hold far less than half.
      expect(accepted()).toBeLessThan((count / 2) * message.length)
      client.socket.write(wire(close(1000), 'SERVER', KEY))
      client.socket.resume()
      const answer = wire(binary(octets(1024 * 1024)), 'CLIENT', [])
      const got = await client.ended
      expect(got.length).toBe(count * answer.length + 4)
      expect(got.subarray(0, answer.length).equals(answer)).toBe(true)
    })
  })

  describe("with ws's client", () => {
    const open = async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
      await once(socket, 'open')
      return socket
    }

    it.each([0, 1, 125, 126, 65535, 65536, 1024 * 1024])('echoes %i bytes as text and as binary', async (size) => {
      const socket = await open()
      socket.send(letters(size), { binary: false })
      const [asText, textIsBinary] = await once(socket, 'message')
      socket.send(octets(size))
      const [asBinary, binaryIsBinary] = await once(socket, 'message')
      expect([textIsBinary, binaryIsBinary]).toEqual([false, true])
      expect(Buffer.compare(asText, letters(size)) + Buffer.compare(asBinary, octets(size))).toBe(0)
      socket.close(4321, 'done')
      expect((await once(socket, 'close'))[0]).toBe(4321)
    })

    it('echoes a message that is sent in fragments, and answers a ping between them', async () => {
      const socket = await open()
      socket.send('one ', { fin: false })
      socket.ping('in between')
      socket.send('two', { fin: true })
      const [[pong], [message]] = await Promise.all([once(socket, 'pong'), once(socket, 'message')])
      expect([String(pong), String(message)]).toEqual(['in between', 'one two'])
      socket.close()
      expect((await once(socket, 'close'))[0]).toBe(1005)
    })
  })
})

describe('the server endpoint of noio-ws', () => {
  let server: ChildProcess
  let port: number

  beforeAll(async () => {
    server = start('server.js', '--port', '0')
    port = await portOf(server)
  })

  afterAll(() => {
    server.kill()
  })

  it.each([
    ['no key', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13'],
    [
      'a short key',
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13',
    ],
  ])('refuses an upgrade with %s', async (_, request) => {
    expect(await refusal(port, request)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('refuses version 8 and says which it speaks', async () => {
    const lines = ['GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade']
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    const answer = await refusal(port, [...lines, key, 'Sec-WebSocket-Version: 8'].join('\r\n'))
    expect(answer).toMatch(/^HTTP\/1\.1 426 .*\r\nSec-WebSocket-Version: 13\r\n/s)
  })
})

async function refusal(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(`${request}\r\n\r\n`)
  return Buffer.concat(await socket.toArray()).toString()
}
