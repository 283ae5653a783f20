// What each end offers, answers, accepts and refuses: RFC 7692 section 7.1, parameter by parameter.
// Knows the negotiator; no header, and no message.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PermessageDeflateOptions, permessageDeflate } from '../../bindings/permessage-deflate/index.js'
import { check } from '../support/seed.js'
import { agree, parameters, text } from './pairs.js'

const names = ['server_no_context_takeover', 'client_no_context_takeover'] as const
const sizes = ['server_max_window_bits', 'client_max_window_bits'] as const

/** What a server with `options` answers to an offer; undefined where it declines. */
function answerTo(offer: string, options: PermessageDeflateOptions = {}): string | undefined {
  const accepted = permessageDeflate(options).accept(parameters(offer))
  return accepted && text(accepted.parameters)
}

/** What a client with `options` makes of an answer: '' where it accepts, or why not. */
function verdict(answer: string, options: PermessageDeflateOptions = {}): string {
  try {
    permessageDeflate(options).accepted(parameters(answer))
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('a client offers', () => {
  it.each<[PermessageDeflateOptions, string]>([
    [{}, 'client_max_window_bits'],
    [{ serverNoContextTakeover: true }, 'server_no_context_takeover; client_max_window_bits'],
    [{ clientNoContextTakeover: true }, 'client_no_context_takeover; client_max_window_bits'],
    [{ serverMaxWindowBits: 8 }, 'server_max_window_bits=8; client_max_window_bits'],
    [{ serverMaxWindowBits: 15 }, 'server_max_window_bits=15; client_max_window_bits'],
    [{ clientMaxWindowBits: 10 }, 'client_max_window_bits=10'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
      'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    ],
  ])('for %j', (options, offer) => {
    expect(permessageDeflate(options).offers().map(text)).toEqual([offer])
  })
})

describe('a server answers', () => {
  it.each<[offer: string, options: PermessageDeflateOptions, answer: string | undefined]>([
    ['', {}, ''],
    // 7.1.1.1: asked for, it is in the answer; and it may be there without that.
    ['server_no_context_takeover', {}, 'server_no_context_takeover'],
    ['', { serverNoContextTakeover: true }, 'server_no_context_takeover'],
    // 7.1.1.2
    ['client_no_context_takeover', {}, 'client_no_context_takeover'],
    ['', { clientNoContextTakeover: true }, 'client_no_context_takeover'],
    // 7.1.2.1: the same or a smaller value.
    ['server_max_window_bits=10', {}, 'server_max_window_bits=10'],
    ['server_max_window_bits=8', {}, 'server_max_window_bits=8'],
    ['server_max_window_bits=15', {}, 'server_max_window_bits=15'],
    ['server_max_window_bits=10', { serverMaxWindowBits: 9 }, 'server_max_window_bits=9'],
    ['server_max_window_bits=10', { serverMaxWindowBits: 12 }, 'server_max_window_bits=10'],
    ['', { serverMaxWindowBits: 12 }, 'server_max_window_bits=12'],
    // 7.1.2.2: never without having been offered.
    ['client_max_window_bits', {}, ''],
    ['client_max_window_bits=10', {}, 'client_max_window_bits=10'],
    ['client_max_window_bits', { clientMaxWindowBits: 9 }, 'client_max_window_bits=9'],
    ['client_max_window_bits=8', { clientMaxWindowBits: 9 }, 'client_max_window_bits=8'],
    ['client_max_window_bits=15', { clientMaxWindowBits: 9 }, 'client_max_window_bits=9'],
    ['', { clientMaxWindowBits: 9 }, undefined],
    ['server_max_window_bits=9', { clientMaxWindowBits: 9 }, undefined],
    // A browser's.
    ['client_max_window_bits', { serverMaxWindowBits: 15 }, 'server_max_window_bits=15'],
  ])('%j with %j', (offer, options, answer) => {
    expect(answerTo(offer, options)).toBe(answer)
  })

  it('chooses for each connection anew', () => {
    const negotiator = permessageDeflate({ serverMaxWindowBits: 12 })
    const answers = ['server_max_window_bits=9', '', 'server_no_context_takeover'].map((offer) => {
      const accepted = negotiator.accept(parameters(offer))
      return accepted && text(accepted.parameters)
    })
    expect(answers).toEqual([
      'server_max_window_bits=9',
      'server_max_window_bits=12',
      'server_no_context_takeover; server_max_window_bits=12',
    ])
  })
})

describe('a client accepts', () => {
  it.each<[answer: string, options: PermessageDeflateOptions]>([
    ['', {}],
    ['server_no_context_takeover', {}],
    ['client_no_context_takeover', {}],
    ['server_max_window_bits=8', {}],
    ['client_max_window_bits=8', {}],
    // 7.1.2.2: a hint; "with a value greater than the one in the extension negotiation offer".
    ['client_max_window_bits=12', { clientMaxWindowBits: 10 }],
    ['', { clientMaxWindowBits: 10 }],
    ['', { clientNoContextTakeover: true }],
    ['server_no_context_takeover', { serverNoContextTakeover: true }],
    ['server_max_window_bits=10', { serverMaxWindowBits: 10 }],
    ['server_max_window_bits=9', { serverMaxWindowBits: 10 }],
  ])('%j with %j', (answer, options) => {
    expect(verdict(answer, options)).toBe('')
  })

  it.each<[answer: string, options: PermessageDeflateOptions, why: string]>([
    ['', { serverNoContextTakeover: true }, 'server_no_context_takeover was asked for'],
    ['', { serverMaxWindowBits: 10 }, 'server_max_window_bits is not in the answer; at most 10'],
    ['server_max_window_bits=11', { serverMaxWindowBits: 10 }, 'server_max_window_bits is 11; at most 10'],
    ['client_max_window_bits', {}, 'client_max_window_bits has no value'],
  ])('not %j with %j', (answer, options, why) => {
    expect(verdict(answer, options)).toContain(why)
  })
})

describe('what no end accepts', () => {
  const values = [
    '',
    '0',
    '7',
    '16',
    '08',
    '015',
    '999',
    '-9',
    '+9',
    '9.0',
    '1e1',
    '0x9',
    ' 9',
    '9 ',
    'nine',
    '８',
    '9\n',
  ]
  const wrong = [
    ...sizes.flatMap((name) => values.map((value) => [`${name}=${value}`, new Map([[name, [value]]])] as const)),
    ...names.flatMap((name) =>
      ['', 'true', '1'].map((value) => [`${name}=${value}`, new Map([[name, [value]]])] as const),
    ),
    ...names.map((name) => [`${name} twice`, new Map([[name, [true, true] as const]])] as const),
    ...sizes.map((name) => [`${name} twice`, new Map([[name, ['9', '9']]])] as const),
    ...sizes.map((name) => [`${name} never`, new Map([[name, []]])] as const),
    ['server_max_window_bits', parameters('server_max_window_bits')] as const,
    ...['unknown', 'Server_No_Context_Takeover', '', '__proto__', 'constructor', 'toString'].map(
      (name) => [`unknown: ${name}`, new Map([[name, [true] as const]])] as const,
    ),
    ['a long one', new Map([['x'.repeat(100_000), ['y'.repeat(100_000)]]])] as const,
  ]

  it.each(wrong)('%s', (_name, given) => {
    expect(permessageDeflate().accept(given)).toBeUndefined()
    let message = ''
    try {
      permessageDeflate().accepted(given)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/^permessage-deflate: .*RFC 7692 section 7\.1/)
    expect(message.length).toBeLessThan(200)
  })

  it('nor anything else that is not right, and nothing crashes', () => {
    const value = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constant(true as const))
    const name = fc.oneof(fc.constantFrom(...names, ...sizes), fc.string())
    check(
      fc.property(fc.array(fc.tuple(name, fc.array(value, { maxLength: 2 })), { maxLength: 5 }), (entries) => {
        const given = new Map(entries)
        const fine = [...given].every(([name, values]) => {
          if (values.length !== 1) return false
          if ((names as readonly string[]).includes(name)) return values[0] === true
          if (name === 'client_max_window_bits' && values[0] === true) return true
          return (sizes as readonly string[]).includes(name) && /^([89]|1[0-5])$/.test(String(values[0]))
        })
        expect(permessageDeflate().accept(given) !== undefined).toBe(fine)
      }),
    )
  })
})

describe('both ends', () => {
  const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined })
  const options = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  })

  it('agree whatever their options, and keep to the stricter', () => {
    check(
      fc.property(options, options, (client, server) => {
        const { answer } = agree(client, server)
        const given = parameters(answer)
        expect(given.has('server_no_context_takeover')).toBe(
          client.serverNoContextTakeover || server.serverNoContextTakeover,
        )
        const most = Math.min(client.serverMaxWindowBits ?? 15, server.serverMaxWindowBits ?? 15)
        expect(Number(given.get('server_max_window_bits')?.[0] ?? 15)).toBe(most)
        const least = Math.min(client.clientMaxWindowBits ?? 15, server.clientMaxWindowBits ?? 15)
        expect(Number(given.get('client_max_window_bits')?.[0] ?? 15)).toBe(least)
      }),
    )
  })
})

describe('options', () => {
  it.each([
    [{ serverMaxWindowBits: 7 }, RangeError, 'serverMaxWindowBits is 7; whole numbers from 8 to 15 are allowed'],
    [{ clientMaxWindowBits: 16 }, RangeError, 'clientMaxWindowBits is 16'],
    [{ clientMaxWindowBits: 8.5 }, RangeError, 'clientMaxWindowBits is 8.5'],
    [{ clientMaxWindowBits: '9' }, TypeError, 'clientMaxWindowBits must be a number, not "9"'],
    [{ clientMaxWindowBits: true }, TypeError, 'clientMaxWindowBits must be a number, not true'],
    [{ serverNoContextTakeover: 1 }, TypeError, 'serverNoContextTakeover must be a boolean, not 1'],
    [{ clientNoContextTakeover: null }, TypeError, 'clientNoContextTakeover must be a boolean, not null'],
    [{ threshold: -1 }, RangeError, 'threshold is -1'],
    [{ threshold: Number.NaN }, RangeError, 'threshold is NaN'],
    [{ threshold: '1' }, TypeError, 'threshold must be a number of bytes, not "1"'],
    [{ level: 10 }, RangeError, 'level is 10; whole numbers from -1 to 9 are allowed'],
    [{ memLevel: 0 }, RangeError, 'memLevel is 0; whole numbers from 1 to 9 are allowed'],
    [{ backend: {} }, TypeError, 'backend.deflater must be a function, not undefined'],
    [{ backend: null }, TypeError, 'backend must be an object, not null'],
    [null, TypeError, 'options must be an object, not null'],
  ] as const)('%j are refused', (options, kind, message) => {
    const make = () => permessageDeflate(options as never)
    expect(make).toThrow(kind)
    expect(make).toThrow(message)
  })
})
