// Receiving: every frame arrives, whole, in order and only once, however the stream is cut.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection, Data, Information, type Message } from '../../bindings/index.js'
import {
  BINARY,
  CLOSE,
  CONTINUE,
  chunks,
  closePayload,
  decode,
  events,
  join,
  masked,
  noise,
  PING,
  PONG,
  TEXT,
} from '../support/frames.js'
import { seededRandom } from '../support/seed.js'

const mixed = join(
  masked({ opcode: TEXT, payload: 'hello' }),
  masked({ opcode: TEXT, payload: '' }),
  masked({ opcode: TEXT, fin: 0, payload: 'κόσ' }),
  masked({ opcode: PING, payload: 'are you there' }),
  masked({ opcode: CONTINUE, fin: 0 }),
  masked({ opcode: CONTINUE, payload: 'με 😀' }),
  masked({ opcode: BINARY, payload: noise(130) }),
  masked({ opcode: PONG }),
  masked({ opcode: BINARY, fin: 0, rsv: 4, payload: noise(7) }),
  masked({ opcode: CONTINUE, payload: noise(9) }),
  masked({ opcode: TEXT, payload: 'x'.repeat(70) }),
  masked({ opcode: CLOSE, payload: closePayload(1000, 'done') }),
)

describe('several frames in one recv', () => {
  it('are all delivered, in order, before NEED_DATA', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(...['a', 'b', 'c'].map((payload) => masked({ opcode: TEXT, payload }))))
    const texts = [connection.nextEvent(), connection.nextEvent(), connection.nextEvent()].map((event) =>
      (event as Message).text(),
    )
    expect(texts).toEqual(['a', 'b', 'c'])
    expect(connection.nextEvent()).toBe(Information.NEED_DATA)
  })

  it('may be 20,000, more than are read at once', () => {
    const connection = new Connection('CLIENT')
    const empty = new Uint8Array(40_000)
    for (let at = 0; at < empty.length; at += 2) empty[at] = 0x82
    connection.recv(empty)
    let count = 0
    for (const message of connection.messages()) count += message.type === 'binary' ? 1 : 0
    expect(count).toBe(20_000)
  })

  it('come out of messages() as of nextEvent()', () => {
    const connection = new Connection('SERVER')
    connection.recv(join(masked({ opcode: TEXT, payload: 'one' }), masked({ opcode: PING })))
    expect(Array.from(connection.messages(), ({ type }) => type)).toEqual(['text', 'ping'])
    expect([...connection.messages()]).toEqual([])
  })
})

describe('masked frames of every length form', () => {
  const sizes = [0, 1, 125, 126, 127, 1000, 16_383, 16_384, 16_385, 65_535, 65_536, 200_000]
  it.each(sizes)('of %i bytes are received', (size) => {
    const payload = noise(size)
    const connection = new Connection('SERVER')
    connection.recv(masked({ opcode: BINARY, payload }))
    const message = connection.nextEvent() as Message
    expect(Buffer.compare(message.message, payload)).toBe(0)
    expect(connection.nextEvent()).toBe(Information.NEED_DATA)
  })

  it.each(sizes)('of %i bytes are sent', (size) => {
    const payload = noise(size)
    const connection = new Connection('CLIENT', { maskKey: () => 0x37fa213d })
    const sent = connection.send(new Data(payload, 'binary'))
    expect(Buffer.compare(sent, masked({ opcode: BINARY, payload }))).toBe(0)
  })
})

describe('a stream of mixed frames', () => {
  const whole = decode(new Connection('SERVER'), [mixed])

  it('gives the events that were sent', () => {
    expect(whole).toHaveLength(13)
    expect(whole.map((event) => event.split(' ')[0])).toEqual(
      'text text text ping continue continue binary pong binary continue text close SEND_CLOSE'.split(' '),
    )
  })

  for (const ownership of ['copy', 'take'] as const) {
    for (const delivery of ['frame', 'message'] as const) {
      it(`gives the same events cut in two at every position ('${delivery}', '${ownership}')`, () => {
        const expected = decode(new Connection('SERVER', { delivery }), [mixed])
        for (let cut = 0; cut <= mixed.length; cut++) {
          const connection = new Connection('SERVER', { delivery, ownership })
          expect(decode(connection, [mixed.slice(0, cut), mixed.slice(cut)]), `cut at ${cut}`).toEqual(expected)
        }
      })

      it(`gives the same events in chunks of 1 to 40 bytes ('${delivery}', '${ownership}')`, () => {
        const expected = decode(new Connection('SERVER', { delivery }), [mixed])
        for (let size = 1; size <= 40; size++) {
          const connection = new Connection('SERVER', { delivery, ownership })
          expect(decode(connection, chunks(mixed, size)), `chunks of ${size}`).toEqual(expected)
        }
      })

      it(`gives the same events when all chunks come before the first nextEvent ('${delivery}', '${ownership}')`, () => {
        const expected = decode(new Connection('SERVER', { delivery }), [mixed])
        for (const size of [1, 3, 17, 64, 1000]) {
          const connection = new Connection('SERVER', { delivery, ownership })
          for (const chunk of chunks(mixed, size)) connection.recv(chunk)
          expect(events(connection), `chunks of ${size}`).toEqual(expected)
        }
      })
    }
  }

  it('gives the same events to a client, not masked', () => {
    const { stream, expected } = randomStream(7, false)
    expect(decode(new Connection('CLIENT'), chunks(stream, 1000))).toEqual(expected)
    expect(decode(new Connection('CLIENT'), chunks(stream, 1))).toEqual(expected)
  })
})

function randomStream(seed: number, mask: boolean): { stream: Uint8Array; expected: string[] } {
  const random = seededRandom(seed)
  const parts = Array.from({ length: 60 }, () => {
    const payload = noise(random.below(4) === 0 ? random.below(40_000) : random.below(200), random.below(1e6) + 1)
    return mask ? masked({ opcode: BINARY, payload }) : join(new Uint8Array(0), plain(payload))
  })
  const stream = join(...parts)
  return { stream, expected: decode(new Connection(mask ? 'SERVER' : 'CLIENT'), [stream]) }
}

function plain(payload: Uint8Array): Uint8Array {
  const header = payload.length < 126 ? [0x82, payload.length] : [0x82, 126, payload.length >> 8, payload.length & 0xff]
  return join(new Uint8Array(header), payload)
}

describe('many connections on one module', () => {
  it('keep their events apart, whichever is asked first', () => {
    const random = seededRandom(99)
    const peers = Array.from({ length: 40 }, (_, i) => ({
      ...randomStream(i + 1, true),
      at: 0,
      seen: [] as string[],
      connection: new Connection('SERVER', { ownership: i % 2 ? 'take' : 'copy' }),
    }))
    const open = [...peers]
    while (open.length > 0) {
      const index = random.below(open.length)
      const peer = open[index]
      if (random.below(3) === 0 && peer.at < peer.stream.length) {
        const size = 1 + random.below(30_000)
        peer.connection.recv(peer.stream.slice(peer.at, peer.at + size))
        peer.at += size
      } else {
        // One event at a time, so that events are left while other connections receive.
        const event = peer.connection.nextEvent()
        if (typeof event !== 'string') peer.seen.push(decodeOne(event))
        else if (peer.at >= peer.stream.length) open.splice(index, 1)
      }
    }
    for (const peer of peers) expect([...peer.seen, 'NEED_DATA']).toEqual(peer.expected)
  })
})

function decodeOne(event: Message): string {
  return events({ nextEvent: once(event) })[0]
}

function once(event: Message): () => Message | Information {
  let given = false
  return () => {
    if (given) return Information.NEED_DATA
    given = true
    return event
  }
}

describe('recv', () => {
  it('takes a Uint8Array, a Buffer or an ArrayBuffer', () => {
    const bytes = masked({ opcode: TEXT, payload: 'hi' })
    for (const chunk of [bytes, Buffer.from(bytes), bytes.buffer.slice(0)]) {
      const connection = new Connection('SERVER')
      connection.recv(chunk)
      expect((connection.nextEvent() as Message).text()).toBe('hi')
    }
  })

  it('refuses anything else with a TypeError that names it', () => {
    const connection = new Connection('SERVER')
    const wrong: [unknown, RegExp][] = [
      ['text', /must be a Uint8Array or an ArrayBuffer, not "text"/],
      [[1, 2], /not an Array/],
      [new Uint16Array(2), /not a Uint16Array/],
      [new DataView(new ArrayBuffer(2)), /not a DataView/],
      [undefined, /not undefined/],
    ]
    for (const [chunk, message] of wrong) {
      expect(() => connection.recv(chunk as Uint8Array)).toThrow(TypeError)
      expect(() => connection.recv(chunk as Uint8Array)).toThrow(message)
    }
  })

  it('keeps what it was given before a wrong chunk', () => {
    const connection = new Connection('SERVER')
    const bytes = masked({ opcode: TEXT, payload: 'still here' })
    connection.recv(bytes.slice(0, 8))
    expect(() => connection.recv('junk' as unknown as Uint8Array)).toThrow(TypeError)
    connection.recv(bytes.slice(8))
    expect((connection.nextEvent() as Message).text()).toBe('still here')
  })

  it('takes empty chunks without an event', () => {
    const connection = new Connection('SERVER')
    connection.recv(new Uint8Array(0))
    expect(connection.nextEvent()).toBe(Information.NEED_DATA)
  })
})

describe('time', () => {
  it('is when the last byte of the frame came', () => {
    let clock = 1000
    const connection = new Connection('SERVER', { now: () => clock })
    const bytes = join(masked({ opcode: TEXT, payload: 'one' }), masked({ opcode: TEXT, payload: 'two' }))
    connection.recv(bytes.slice(0, 12))
    clock = 2000
    connection.recv(bytes.slice(12))
    clock = 3000
    const times = Array.from(connection.messages(), ({ time }) => time)
    expect(times).toEqual([new Date(1000), new Date(2000)])
  })

  it('is by default the time of day', () => {
    const connection = new Connection('SERVER')
    const before = Date.now()
    connection.recv(masked({ opcode: TEXT }))
    const after = Date.now()
    const time = (connection.nextEvent() as Message).time.getTime()
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(after)
  })
})
