// A Data over memory that changes its size: header and payload agree in every frame that is made of it.
// Knows the public API; nothing of what is kept of a Data that was sent.

import { describe, expect, it } from 'vitest'
import { Connection, Data } from '../../bindings/index.js'
import { resizable } from '../memory/resizable.js'
import { isSame, payloadsIn, ROLES } from '../memory/results.js'
import { bare } from '../options/extensions/toys.js'
import { join, noise } from '../support/frames.js'

/** Sizes before and after: where all is copied, where the header grows, and where a large payload is in a part of its own. */
const CHANGES = [
  [10, 20],
  [60, 70],
  [60, 200],
  [100, 200],
  [120, 126],
  [125, 70_000],
  [300, 5000],
  [65_535, 65_536],
  [70_000, 20_000],
  [200, 100],
  [200, 10],
  [20, 0],
] as const

describe.each(ROLES)('payload that is sent again after its buffer was resized, by a %s', (role) => {
  for (const form of ['a view that follows it', 'the ArrayBuffer itself'] as const) {
    for (const extended of [false, true]) {
      it(`is sent as what it is now: ${form}${extended ? ', with an extension' : ''}`, () => {
        for (const [before, after] of CHANGES) {
          const buffer = resizable(noise(before), Math.max(before, after))
          const bytes = new Uint8Array(buffer)
          const data = new Data(form === 'the ArrayBuffer itself' ? buffer : bytes, 'binary')
          const connection = new Connection(role, extended ? { extensions: [bare()] } : {})
          const ways = {
            sendParts: () => join(...connection.sendParts(data)),
            send: () => connection.send(data),
            'send of two': () => connection.send(data, data),
            sendInto: () => {
              const target = new Uint8Array(2 * Math.max(before, after) + 100)
              return target.subarray(0, connection.sendInto(data, target))
            },
          }
          for (const size of [before, after, before]) {
            buffer.resize(size)
            bytes.set(noise(size))
            for (const [way, sent] of Object.entries(ways)) {
              const payloads = payloadsIn(sent())
              const what = `${way} of ${size} bytes`
              expect(payloads.length, what).toBe(way === 'send of two' ? 2 : 1)
              for (const payload of payloads) expect(isSame(payload, noise(size)), what).toBe(true)
            }
          }
        }
      })
    }
  }
})
