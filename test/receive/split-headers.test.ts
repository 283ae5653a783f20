// Headers that are cut by the end of a chunk: read as if whole, and refused at the byte that breaks a rule.
// Knows the public API and frames written by hand.

import { expect, it } from 'vitest'
import { Connection, Information } from '../../bindings/index.js'
import { BINARY, decode, events, join, masked, noise, TEXT } from '../support/frames.js'

it('a header in any cut is read as one', () => {
  for (const size of [5, 125, 126, 300, 65_536]) {
    const wire = join(masked({ opcode: BINARY, payload: noise(size) }), masked({ opcode: TEXT, payload: 'x' }))
    for (const cut of [[1], [2, 1], [1, 1, 3, 1], [3, 2, 2, 7], [2, 8, 3, 1], [2, 2, 3, 1], [2, 9, 2, 1]]) {
      const chunks: Uint8Array[] = []
      let at = 0
      for (const size of cut) {
        chunks.push(wire.slice(at, at + size))
        at += size
      }
      chunks.push(wire.slice(at))
      expect(decode(new Connection('SERVER'), chunks)).toEqual(decode(new Connection('SERVER'), [wire.slice()]))
    }
  }
})

it('a header fails with the byte that breaks a rule', () => {
  const headers = [
    { bytes: [0x82, 0xfe, 0x00, 0x7d], code: 'ERR_LENGTH_NOT_MINIMAL' },
    { bytes: [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], code: 'ERR_LENGTH_NOT_MINIMAL' },
    { bytes: [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], code: 'ERR_LENGTH_TOP_BIT' },
  ]
  for (const { bytes, code } of headers) {
    const connection = new Connection('SERVER')
    const seen = bytes.map((byte) => {
      connection.recv(new Uint8Array([byte]))
      return events(connection).at(-1)
    })
    const last = seen.pop()
    expect(last).toContain(code)
    expect(seen).toEqual(seen.map(() => Information.NEED_DATA))
  }
})
