// Frames that are not masked, whose payload a client does not have to change: the same events in any cut.
// Knows the public API, frames written by hand, and the slow reference.

import { describe, expect, it } from 'vitest'
import { Connection } from '../../bindings/index.js'
import { agreeOn, everyWay, optionsOf, UNCUT } from '../support/agree.js'
import { BINARY, CLOSE, CONTINUE, closePayload, frame, join, noise, PING, TEXT, utf8 } from '../support/frames.js'

const binary = (size: number) => frame({ opcode: BINARY, payload: noise(size, size + 1) })
const REST = Number.POSITIVE_INFINITY

/** A client's, and those of a server that takes unmasked frames. */
function* options() {
  yield* everyWay('CLIENT')
  yield* everyWay('SERVER', { acceptUnmasked: true })
}

describe('frames that are not masked', () => {
  it.each([
    0, 1, 39, 40, 41, 124, 125, 126, 127, 255, 256, 257, 2046, 2048, 2050, 16_383, 16_384, 16_385, 65_535, 65_536,
    70_000, 200_000,
  ])('of %i bytes are found, alone and one after another, whole and cut near their headers', (size) => {
    const one = binary(size)
    const three = join(one, binary(3), one, frame({ opcode: 3, rsv: 2, payload: noise(size) }))
    for (const given of options()) {
      for (const bytes of [one, join(one, one), three]) agreeOn(given, bytes, UNCUT)
      for (const near of [0, one.length, one.length + 5]) {
        for (const at of [1, 2, 3, 4, 5, 9, 10, 11, 12]) agreeOn(given, three, [near + at, REST])
      }
      agreeOn(given, three, [Math.max(1, size >> 1)])
      agreeOn(given, three, [1000, 7])
    }
  })

  const small = join(
    binary(39),
    binary(40),
    frame({ opcode: TEXT, payload: 'a text that is looked at, of more than forty bytes' }),
    binary(41),
    frame({ opcode: PING, payload: 'ping' }),
    frame({ opcode: 3, payload: noise(50) }),
    frame({ opcode: TEXT, rsv: 4, payload: noise(45) }),
    frame({ opcode: BINARY, fin: 0, payload: noise(44) }),
    frame({ opcode: 11, payload: noise(100) }),
    frame({ opcode: CONTINUE, fin: 0, payload: noise(60) }),
    frame({ opcode: CONTINUE, payload: noise(43) }),
    binary(130),
    frame({ opcode: CLOSE, payload: closePayload(1000) }),
    binary(50),
  )

  const ways = [...everyWay('CLIENT')].map((given) => [given.delivery, given.ownership, given] as const)
  it.each(ways)(
    "among others are found in every cut in two, and in chunks of every size ('%s', '%s')",
    (_, __, given) => {
      for (let at = 1; at <= small.length; at++) {
        agreeOn(given, small, [at, REST])
        if (at < 130) agreeOn(given, small, [at])
      }
    },
  )

  it('among others are found when all chunks come before the first event is asked for', () => {
    for (const given of options()) {
      for (const size of [1, 41, 43, 300]) agreeOn(given, small, [size], { drain: 'last' })
      for (const size of [1, 41, 43, 300]) agreeOn(given, small, [size], { drain: 'after eof' })
    }
  })

  it('of every kind of content keep the rules of their type', () => {
    for (const payload of [
      utf8('é'.repeat(30)),
      noise(60),
      utf8('x'.repeat(60)),
      join(utf8('x'.repeat(59)), utf8('é')),
    ]) {
      for (const opcode of [TEXT, BINARY, 3, 4, 11, CLOSE]) {
        for (const rsv of [0, 4, 2]) {
          for (const fin of [0, 1] as const) {
            const bytes = join(binary(50), frame({ opcode, rsv, fin, payload }), binary(50))
            for (const given of everyWay('CLIENT', { reservedBits: [1, 0, 1] })) agreeOn(given, bytes, UNCUT)
          }
        }
      }
    }
  })

  it('over a limit fail from their header, at it do not', () => {
    for (const size of [40, 125, 126, 70_000]) {
      for (const off of [-1, 0, 1]) {
        for (const limits of [{ maxFrameSize: size + off }, { maxMessageSize: size + off }]) {
          const given = optionsOf('CLIENT', limits)
          agreeOn(given, join(binary(39), binary(size)), UNCUT)
          agreeOn(given, join(binary(39), binary(size).slice(0, 20)), UNCUT)
          agreeOn(given, join(binary(39), binary(size)), [30, 20, REST])
        }
      }
    }
  })

  it('must not be masked, nor have a length in more bytes than it needs', () => {
    const payload = noise(100)
    for (const wrong of [
      frame({ opcode: BINARY, payload, key: [1, 2, 3, 4] }),
      join(Uint8Array.of(0x82, 126, 0, 100), payload),
      join(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0, 0, 100), payload),
      join(Uint8Array.of(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 100), payload),
      join(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff), noise(65_535)),
    ]) {
      for (const given of everyWay('CLIENT')) {
        agreeOn(given, join(binary(60), wrong), UNCUT)
        agreeOn(given, wrong, UNCUT)
      }
    }
  })
})

describe('payload that looks like a frame', () => {
  const lookalike = binary(50)

  it.each([
    ['a message that goes on', frame({ opcode: TEXT, fin: 0, payload: 'begun' }), 0],
    ['a message that goes on after a ping', join(frame({ opcode: 3, fin: 0 }), frame({ opcode: PING })), 0],
    ['a ping', frame({ opcode: PING, payload: join(noise(20), lookalike) }), 20 + 2],
    ['a long frame', frame({ opcode: BINARY, payload: join(noise(20), lookalike, noise(300)) }), 20 + 4],
    // 126, and then 82 32, which is a length here, and there a frame of 50 bytes.
    ['a header', frame({ opcode: BINARY, payload: noise(0x8232) }), 2],
  ])('are part of what they lie in: %s', (_, bytes, at) => {
    const cut = at === 0 ? [bytes.length] : [at]
    for (const given of options()) {
      for (const drain of ['each', 'last'] as const) {
        agreeOn(given, join(bytes, lookalike), [...cut, REST], { drain })
        agreeOn(given, join(binary(60), bytes, lookalike), [62 + cut[0], REST], { drain })
        agreeOn(given, join(bytes, lookalike), UNCUT, { drain })
      }
    }
  })
})

describe('an unmasked payload', () => {
  it('is decoded as text where that is asked for', () => {
    const connection = new Connection('CLIENT')
    connection.recv(join(frame({ opcode: BINARY, payload: utf8('я'.repeat(40)) }), binary(2)))
    expect(Array.from(connection.messages(), (message) => message.text())[0]).toBe('я'.repeat(40))
  })

  it("is only read, and lies in the chunk under 'take'", () => {
    const bytes = join(binary(50), binary(3000), binary(60))
    const chunk = bytes.slice()
    const connection = new Connection('CLIENT', { ownership: 'take' })
    connection.recv(chunk)
    for (const { message } of connection.messages()) expect(message.buffer).toBe(chunk.buffer)
    expect(Buffer.compare(chunk, bytes)).toBe(0)
  })

  it('is kept apart from what other connections receive meanwhile', () => {
    const streams = [1, 2, 3].map((i) => join(...Array.from({ length: 20 }, (_, k) => binary(30 + 40 * i * (k + 1)))))
    const connections = streams.map(() => new Connection('CLIENT', { delivery: 'message' }))
    const payloads: Uint8Array[][] = streams.map(() => [])
    for (let at = 0; at < Math.max(...streams.map(({ length }) => length)); at += 700) {
      streams.forEach((stream, i) => {
        connections[i].recv(stream.slice(at, at + 700))
      })
      // One event at a time, so that events are left while other connections receive.
      for (let round = 0; round < 30; round++) {
        connections.forEach((connection, i) => {
          const event = connection.nextEvent()
          if (typeof event !== 'string') payloads[i].push(event.message)
        })
      }
    }
    streams.forEach((stream, i) => {
      const whole = new Connection('CLIENT')
      whole.recv(stream)
      const expected = Array.from(whole.messages(), ({ message }) => message)
      expect(payloads[i]).toHaveLength(20)
      expect(Buffer.compare(join(...payloads[i]), join(...expected))).toBe(0)
    })
  })
})
