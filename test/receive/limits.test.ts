// maxFrameSize and maxMessageSize: exact, decided from the header alone, and the same in every delivery.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection } from '../../bindings/index.js'
import { BINARY, CONTINUE, decode, events, join, masked, noise, PING } from '../support/frames.js'

describe('limits', () => {
  const frames = (...sizes: number[]) =>
    join(
      ...sizes.map((size, i) =>
        masked({ opcode: i === 0 ? BINARY : CONTINUE, fin: i === sizes.length - 1 ? 1 : 0, payload: noise(size) }),
      ),
    )

  for (const delivery of ['frame', 'message', 'chunk'] as const) {
    it(`hold exactly ('${delivery}')`, () => {
      const frame = { delivery, maxFrameSize: 1000 }
      const message = { delivery, maxMessageSize: 1000 }
      expect(decode(new Connection('SERVER', frame), [frames(1000, 999, 1000)]).at(-1)).toBe('NEED_DATA')
      expect(decode(new Connection('SERVER', frame), [frames(1001)]).at(-1)).toBe('error ERR_FRAME_TOO_BIG 1009')
      expect(decode(new Connection('SERVER', message), [frames(400, 0, 600)]).at(-1)).toBe('NEED_DATA')
      expect(decode(new Connection('SERVER', message), [frames(400, 0, 601)]).at(-1)).toBe(
        'error ERR_MESSAGE_TOO_BIG 1009',
      )
      const two = join(frames(400, 600), frames(1000))
      expect(decode(new Connection('SERVER', message), [two]).at(-1)).toBe('NEED_DATA')
    })
  }

  it('are decided from the header alone', () => {
    const connection = new Connection('SERVER', { maxFrameSize: 1000 })
    connection.recv(frames(1001).slice(0, 4))
    expect(events(connection)).toEqual(['error ERR_FRAME_TOO_BIG 1009'])
  })

  it('are 16 MiB by default, and none with Infinity', () => {
    const header = (length: number) =>
      Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, length >>> 24, length >> 16, length >> 8, length)
    const limit = 16 * 1024 * 1024
    expect(decode(new Connection('SERVER'), [header(limit)])).toEqual(['NEED_DATA'])
    expect(decode(new Connection('SERVER'), [header(limit + 1)])).toEqual(['error ERR_FRAME_TOO_BIG 1009'])
    const none = { maxFrameSize: Number.POSITIVE_INFINITY, maxMessageSize: Number.POSITIVE_INFINITY }
    expect(decode(new Connection('SERVER', none), [header(limit + 1)])).toEqual(['NEED_DATA'])
  })

  it('do not count control frames', () => {
    const options = { maxFrameSize: 0, maxMessageSize: 0 }
    const stream = join(masked({ opcode: PING, payload: 'ping' }), masked({ opcode: BINARY }))
    expect(decode(new Connection('SERVER', options), [stream])).toHaveLength(3)
  })
})
