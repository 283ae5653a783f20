// How extensions are agreed upon (RFC 6455 section 9.1, RFC 7692 section 5): order, alternatives, reserved bits, release.

import { describe, expect, it } from 'vitest'
import { acceptUpgrade, requestUpgrade, type UpgradeAcceptance } from '../../bindings/handshake/index.js'
import { acceptFor } from '../../bindings/handshake/key.js'
import type { Bit, ExtensionNegotiator } from '../../bindings/index.js'
import { idle, negotiator, parameters, requestFields, responseFields } from './samples.js'

function accept(offers: string, extensions: readonly ExtensionNegotiator[]): UpgradeAcceptance {
  const request = { method: 'GET', headers: requestFields(['Sec-WebSocket-Extensions', offers]) }
  const result = acceptUpgrade(request, { extensions })
  if (!result.ok) throw new Error(result.reason)
  return result
}

const answered = ({ response }: UpgradeAcceptance) => response.headers['Sec-WebSocket-Extensions']

describe('a server', () => {
  it('answers in the order of the offers, with its own parameters', () => {
    const foo = negotiator('foo', {
      accept: (offer) => ({
        parameters: parameters(['a', offer.get('a')?.[0] ?? '0'], ['b', true]),
        extension: idle('foo').extension,
      }),
    })
    const result = accept('baz, bar, foo; a=7', [foo, negotiator('bar')])
    expect(answered(result)).toBe('bar, foo; a=7; b')
    expect(result.extensions.map(({ name }) => name)).toEqual(['bar', 'foo'])
    expect(result.connectionOptions).toEqual({ reservedBits: [0, 0, 0], extensions: result.extensions })
  })

  it('takes the first offer of an extension that will do, and no second one', () => {
    const seen: (string | true | undefined)[] = []
    const foo = negotiator('foo', {
      accept(offer) {
        const a = offer.get('a')?.[0]
        seen.push(a)
        return a === '1' ? undefined : { parameters: offer, extension: idle('foo').extension }
      },
    })
    const result = accept('foo; a=1, foo; a="2", bar, foo; a=3', [foo])
    expect(seen).toEqual(['1', '2'])
    expect(answered(result)).toBe('foo; a=2')
  })

  it('answers nothing where it takes nothing', () => {
    expect(answered(accept('foo', []))).toBe(undefined)
    expect(answered(accept('foo', [negotiator('foo', { accept: () => undefined })]))).toBe(undefined)
    expect(answered(accept('FOO, constructor, __proto__', [negotiator('foo')]))).toBe(undefined)
  })

  const claims: [Bit, Bit, Bit][] = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
  ]
  it('takes no extension that claims a reserved bit of another, and releases it', () => {
    const idles = claims.map((reserved, i) => idle(`x${i}`, reserved))
    const all = idles.map(({ extension }) =>
      negotiator(extension.name, { accept: () => ({ parameters: parameters(), extension }) }),
    )
    expect(answered(accept('x0, x1, x2', all))).toBe('x0, x2')
    expect(idles.map(({ released }) => released.length)).toEqual([0, 1, 0])
    expect(answered(accept('x2, x1, x0', all))).toBe('x2, x1')
  })

  it('does not send an answer that is none', () => {
    const { extension, released } = idle('foo')
    const broken = negotiator('foo', {
      accept: () => ({ parameters: parameters(['a', 'b\r\nX: y']), extension }),
    })
    expect(() => accept('foo', [broken])).toThrow(RangeError)
    expect(released).toEqual(['foo'])
  })

  it('does not ask a negotiator about a request that it refuses', () => {
    const strict = negotiator('foo', {
      accept() {
        throw new Error('asked')
      },
    })
    const headers = requestFields(['Sec-WebSocket-Extensions', 'foo'], ['Sec-WebSocket-Key', 'x'])
    expect(acceptUpgrade({ method: 'GET', headers }, { extensions: [strict] })).toMatchObject({ ok: false })
  })
})

describe('a client', () => {
  it('releases what it has where the rest of the answer is wrong', () => {
    const foo = idle('foo')
    const request = requestUpgrade('ws://a', { extensions: [negotiator('foo', { accepted: () => foo.extension })] })
    const accepted = acceptFor(request.headers['Sec-WebSocket-Key'] as string)
    const answer = (extensions: string) => ({
      status: 101,
      headers: responseFields(['Sec-WebSocket-Accept', accepted], ['Sec-WebSocket-Extensions', extensions]),
    })
    expect(request.verify(answer('foo, bar'))).toMatchObject({ ok: false })
    expect(foo.released).toEqual(['foo'])
    expect(request.verify(answer('foo'))).toMatchObject({ ok: true, extensions: [foo.extension] })
    expect(foo.released).toEqual(['foo'])
  })
})
