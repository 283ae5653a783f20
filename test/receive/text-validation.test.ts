// Text is checked as it comes: it fails with the first byte that cannot be UTF-8, and only where it is to be checked.
// Knows the public API and frames written by hand.

import { describe, expect, it } from 'vitest'
import { Connection } from '../../bindings/index.js'
import { BINARY, CONTINUE, chunks, decode, join, masked, TEXT } from '../support/frames.js'

const hex = (text: string) => Buffer.from(text).toString('hex')

describe('text', () => {
  const invalid = join(
    masked({ opcode: TEXT, fin: 0, payload: 'ok ' }),
    masked({ opcode: CONTINUE, payload: Uint8Array.from([0xe2, 0x28, 0xa1, 0x61, 0x61, 0x61]) }),
  )

  it('fails with 1007 as soon as the bytes cannot be UTF-8, in the middle of a frame', () => {
    const upToTheByte = invalid.slice(0, 9 + 6 + 2)
    for (const delivery of ['frame', 'message', 'chunk'] as const) {
      for (const size of [1, upToTheByte.length]) {
        const connection = new Connection('SERVER', { delivery })
        const seen = decode(connection, chunks(upToTheByte, size))
        expect(seen.at(-1), `'${delivery}', chunks of ${size}`).toBe('error ERR_INVALID_UTF8 1007')
        const before = new Connection('SERVER', { delivery })
        expect(decode(before, chunks(upToTheByte.slice(0, -1), size)).at(-1)).toBe('NEED_DATA')
      }
    }
  })

  it('may be cut inside a character, by frames and by chunks', () => {
    const bytes = Buffer.from('aé€😀z')
    const stream = join(
      ...Array.from(bytes, (byte, i) =>
        masked({
          opcode: i === 0 ? TEXT : CONTINUE,
          fin: i === bytes.length - 1 ? 1 : 0,
          payload: Uint8Array.of(byte),
        }),
      ),
    )
    for (const size of [1, 3, 1000]) {
      const connection = new Connection('SERVER', { delivery: 'message' })
      expect(decode(connection, chunks(stream, size))).toEqual([`text 000 [${hex('aé€😀z')}]`, 'NEED_DATA'])
    }
  })

  it('is the same short or long, ASCII or not, whole or in pieces', () => {
    for (const text of [
      '',
      'a',
      'hello',
      'x'.repeat(8),
      'y'.repeat(31),
      'z'.repeat(32),
      'w'.repeat(33),
      'é'.repeat(9),
    ]) {
      for (const last of ['', 'plain', 'naïve']) {
        const stream = join(
          masked({ opcode: TEXT, payload: text }),
          masked({ opcode: TEXT, fin: 0, payload: text }),
          masked({ opcode: CONTINUE, payload: last }),
        )
        for (const size of [1, 5, 20, 1000]) {
          const connection = new Connection('SERVER', { delivery: 'message' })
          const texts: string[] = []
          for (const chunk of chunks(stream, size)) {
            connection.recv(chunk)
            for (const message of connection.messages()) texts.push(message.text())
          }
          expect(texts).toEqual([text, text + last])
        }
      }
    }
  })

  it('must be complete when the message ends', () => {
    const half = Buffer.from('é').subarray(0, 1)
    for (const stream of [
      masked({ opcode: TEXT, payload: half }),
      join(masked({ opcode: TEXT, fin: 0, payload: half }), masked({ opcode: CONTINUE })),
    ]) {
      expect(decode(new Connection('SERVER'), [stream]).at(-1)).toBe('error ERR_INVALID_UTF8 1007')
    }
  })

  it('is not validated with a reserved bit on, nor is a custom type, nor binary', () => {
    const payload = Uint8Array.from([0xff, 0xfe])
    const options = { opcodeNonControlMod: { raw: 3 } }
    const stream = join(
      masked({ opcode: TEXT, rsv: 4, fin: 0, payload }),
      masked({ opcode: CONTINUE, payload }),
      masked({ opcode: 3, payload }),
      masked({ opcode: BINARY, payload }),
    )
    expect(decode(new Connection('SERVER', options), [stream]).at(-1)).toBe('NEED_DATA')
  })

  it('is validated again after such a message', () => {
    const payload = Uint8Array.from([0xff])
    const stream = join(masked({ opcode: TEXT, rsv: 4, payload }), masked({ opcode: TEXT, payload }))
    expect(decode(new Connection('SERVER'), [stream]).at(-1)).toBe('error ERR_INVALID_UTF8 1007')
  })
})
