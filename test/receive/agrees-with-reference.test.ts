// Receiving: the codec agrees with the slow reference on every stream, in every cut and order of calls.
// Knows the generators and the comparison; what an event must be is said in support/receive-reference.ts.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remoteCodes } from '../../bindings/model/errors.js'
import { agree } from '../support/agree.js'
import { receive } from '../support/receive-reference.js'
import { difference, type Run, run, WHOLE, way } from '../support/run.js'
import { check, sample } from '../support/seed.js'
import { any, cut, faulty, mutated, random, type Stream, valid } from '../support/streams.js'

describe('the codec agrees with the reference, in any cut,', () => {
  const kinds: [string, fc.Arbitrary<Stream>, number][] = [
    ['valid streams', valid, 500],
    ['streams with a fault in a frame', faulty, 900],
    ['mutated streams', mutated, 900],
    ['random bytes', random, 600],
  ]
  it.each(kinds)('on %s', (_, streams, runs) => {
    check(fc.property(streams, way, agree), runs)
  })
})

describe('the streams', () => {
  it('break every rule, and end in every way', () => {
    const ends = new Set<string | undefined>()
    for (const { options, bytes } of sample(fc.oneof(faulty, mutated, random), 2000)) {
      const { violation, answer } = receive(bytes, options)
      ends.add(violation?.code ?? answer)
    }
    // These connections have no extensions.
    const codes = remoteCodes()
      .map(({ code }) => code)
      .filter((code) => code !== 'ERR_EXTENSION_DATA')
    expect([...ends].sort()).toEqual([...codes, 'NEED_DATA', 'SEND_CLOSE'].sort())
  })
})

/** What no cut may change: under 'chunk' the pieces may end elsewhere where a frame never does. */
function sameRun(expected: Run, actual: Run): void {
  const compared = expected.violation === undefined ? expected : { ...expected, rest: undefined }
  const wrong = difference(compared, expected.violation === undefined ? actual : { ...actual, rest: undefined })
  if (wrong !== undefined) throw new Error(wrong)
}

describe('any cut of a stream gives the same events', () => {
  it('as the whole of it, byte by byte and in chunks of any sizes', () => {
    const sizes = fc.array(cut, { minLength: 1, maxLength: 3 })
    check(
      fc.property(any, sizes, fc.constantFrom('each', 'last'), ({ options, bytes }, cuts, drain) => {
        const whole = run(options, bytes, WHOLE)
        for (const one of [[1], ...cuts]) sameRun(whole, run(options, bytes, { ...WHOLE, cut: one, drain }))
      }),
      250,
    )
  })

  it('as the whole of it, cut in two at every place', () => {
    const short = any.filter(({ bytes }) => bytes.length <= 120)
    check(
      fc.property(short, ({ options, bytes }) => {
        const whole = run(options, bytes, WHOLE)
        for (let at = 1; at < bytes.length; at++) {
          sameRun(whole, run(options, bytes, { ...WHOLE, cut: [at, bytes.length] }))
        }
      }),
      150,
    )
  })
})
