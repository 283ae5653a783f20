// The grammars of Sec-WebSocket-Extensions and Sec-WebSocket-Protocol (RFC 6455 sections 9.1 and 11.3).
// The cases that python-websockets' and ws's own tests are about are among these.

import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type ExtensionItem,
  formatExtensions,
  formatSubprotocols,
  parseExtensions,
  parseSubprotocols,
} from '../../bindings/handshake/index.js'
import { check } from '../support/seed.js'
import { parameters } from './samples.js'

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

const item = (name: string, ...pairs: [string, string | true][]): ExtensionItem => ({
  name,
  parameters: parameters(...pairs),
})

describe('Sec-WebSocket-Extensions', () => {
  it.each<[string, ExtensionItem[]]>([
    ['foo', [item('foo')]],
    ['foo, bar', [item('foo'), item('bar')]],
    ['foo;bar;baz=1;bar=2', [item('foo', ['bar', true], ['baz', '1'], ['bar', '2'])]],
    ['foo,bar;baz,foo;baz', [item('foo'), item('bar', ['baz', true]), item('foo', ['baz', true])]],
    ['foo;bar="hi"', [item('foo', ['bar', 'hi'])]],
    ['foo;bar="\\0"', [item('foo', ['bar', '0'])]],
    ['foo;bar="b\\a\\z"', [item('foo', ['bar', 'baz'])]],
    ['foo; bar = 42', [item('foo', ['bar', '42'])]],
    ['foo; bar= "42" ; baz', [item('foo', ['bar', '42'], ['baz', true])]],
    [',\t, ,  ,foo  ;bar = 42,,   baz,,', [item('foo', ['bar', '42']), item('baz')]],
    [
      'foo; bar\t; \tbaz=1\t ;  bar="1"\t\t, \tqux\t ;norf ',
      [item('foo', ['bar', true], ['baz', '1'], ['bar', '1']), item('qux', ['norf', true])],
    ],
    ['hasOwnProperty, toString', [item('hasOwnProperty'), item('toString')]],
    ['__proto__; __proto__=1; constructor', [item('__proto__', ['__proto__', '1'], ['constructor', true])]],
    ['permessage-deflate; server_max_window_bits=08', [item('permessage-deflate', ['server_max_window_bits', '08'])]],
    [TOKEN_CHARACTERS, [item(TOKEN_CHARACTERS)]],
  ])('%j', (header, expected) => {
    const items = parseExtensions(header)
    expect(items).toEqual(expected)
    expect(parseExtensions(formatExtensions(items))).toEqual(expected)
  })

  it('several headers are one list', () => {
    expect(parseExtensions(['foo; a', '', ' , ', 'bar'])).toEqual([item('foo', ['a', true]), item('bar')])
  })

  it('a name is not turned into a prototype', () => {
    const [{ parameters: found }] = parseExtensions('foo; __proto__=1')
    expect(found).toBeInstanceOf(Map)
    expect([...found]).toEqual([['__proto__', ['1']]])
    expect(Object.getPrototypeOf(found)).toBe(Map.prototype)
  })

  it.each([
    ['', 'is empty'],
    [' \t ', 'is empty'],
    [',', 'is empty'],
    [',\t,', 'is empty'],
    ['foo;', 'the end where a token'],
    ['foo; ', 'the end where a token'],
    ['foo; bar;', 'the end where a token'],
    ['foo;=', "'=' at character 4"],
    ['foo;;', "';' at character 4"],
    ['foo;,', "',' at character 4"],
    [';foo', "';' at character 0"],
    ['foo; bar=', 'the end where a token'],
    ['foo;bar=,', "',' at character 8"],
    ['foo;bar==1', "'=' at character 8"],
    ['foo;bar=""', "'\\x22' at character 9"],
    ['foo;bar=" "', "' ' at character 9"],
    ['foo;bar="baz', 'the end where'],
    ['foo;bar="1\\', 'the end where'],
    ['foo;bar="\\"', "'\\x22' at character 10"],
    ['foo;bar="b@z"', "'@' at character 10"],
    ['foo;bar="baz;"', "';' at character 12"],
    ['foo;bar="a,b"', "',' at character 10"],
    ['foo;bar="baz"qux', "'q' at character 13"],
    ['foo;bar="baz" qux', "'q' at character 14"],
    ['f oo', "'o' at character 2"],
    ['foo;ba r', "'r' at character 7"],
    ['f@o', "'@' at character 1"],
    ['f\\oo', "'\\x5c' at character 1"],
    ['"foo"', "'\\x22' at character 0"],
    ['foo;"bar"', "'\\x22' at character 4"],
    ['foo;bar=b"az"', "'\\x22' at character 9"],
    ['foo\u00e9', "'\\xe9' at character 3"],
    ['foo\u212a', "'\\u{212a}' at character 3"],
    ['foo\0', "'\\x00' at character 3"],
    ['foo\r\nbar', "'\\x0d' at character 3"],
    ['foo\u00a0', "'\\xa0' at character 3"],
  ])('%j is not in the grammar', (header, why) => {
    expect(() => parseExtensions(header)).toThrow(SyntaxError)
    expect(() => parseExtensions(header)).toThrow(why)
  })

  it.each([
    [[], 'at least one'],
    [[item('')], 'a token'],
    [[item('foo bar')], 'a token'],
    [[item('foo\r\nX: y')], 'a token'],
    [[item('foo', ['bar', ''])], 'a token'],
    [[item('foo', ['bar', 'a b'])], 'a token'],
    [[item('foo', ['b;r', true])], 'a token'],
  ])('%j is not written', (items, why) => {
    expect(() => formatExtensions(items)).toThrow(RangeError)
    expect(() => formatExtensions(items)).toThrow(why)
  })
})

describe('Sec-WebSocket-Protocol', () => {
  it.each([
    ['foo', ['foo']],
    ['foo, bar', ['foo', 'bar']],
    ['foo,bar', ['foo', 'bar']],
    [',\t, ,  ,foo  ,,   bar,baz,,', ['foo', 'bar', 'baz']],
    ['chat, CHAT', ['chat', 'CHAT']],
    ['__proto__', ['__proto__']],
  ])('%j', (header, expected) => {
    expect(parseSubprotocols(header)).toEqual(expected)
    expect(parseSubprotocols(formatSubprotocols(expected))).toEqual(expected)
  })

  it.each([
    ['', 'is empty'],
    [',\t,', 'is empty'],
    ['foo; bar', "';' at character 3"],
    ['foo bar', "'b' at character 4"],
    ['foo=bar', "'=' at character 3"],
    ['"foo"', "'\\x22' at character 0"],
    ['f\u00f6o', "'\\xf6' at character 1"],
    ['foo, bar, foo', "'foo' twice"],
  ])('%j is not in the grammar', (header, why) => {
    expect(() => parseSubprotocols(header)).toThrow(SyntaxError)
    expect(() => parseSubprotocols(header)).toThrow(why)
  })

  it.each([[[]], [['']], [['a b']], [['a,b']], [['a', 'a']], [['a\r\nb']]])('%j is not written', (subprotocols) => {
    expect(() => formatSubprotocols(subprotocols)).toThrow(RangeError)
  })

  it('what is not a string is a TypeError', () => {
    expect(() => parseSubprotocols([1] as never)).toThrow(TypeError)
    expect(() => formatSubprotocols([1] as never)).toThrow(TypeError)
  })
})

const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 12 })
const blanks = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })

describe('whatever is written', () => {
  const entry = fc.tuple(token, fc.array(fc.oneof(token, fc.constant<true>(true)), { minLength: 1, maxLength: 3 }))
  const items = fc.array(
    fc.record({ name: token, parameters: fc.array(entry, { maxLength: 4 }).map((entries) => new Map(entries)) }),
    { minLength: 1, maxLength: 5 },
  )

  it('is read the same', () => {
    check(
      fc.property(items, (written) => {
        expect(parseExtensions(formatExtensions(written))).toEqual(written)
      }),
    )
    check(
      fc.property(fc.uniqueArray(token, { minLength: 1 }), (written) => {
        expect(parseSubprotocols(formatSubprotocols(written))).toEqual(written)
      }),
    )
  })

  it('is read the same with blanks, empty elements and quotes wherever they may be', () => {
    const loosely = fc.tuple(items, fc.infiniteStream(fc.tuple(blanks, fc.boolean())))
    check(
      fc.property(loosely, ([written, choices]) => {
        const next = () => choices.next().value
        const quoted = (value: string) =>
          next()[1] ? `"${[...value].map((c) => (next()[1] ? `\\${c}` : c)).join('')}"` : value
        const blank = () => next()[0]
        const elements = written.map(({ name, parameters: all }) =>
          [...all].reduce(
            (so, [parameter, values]) =>
              values.reduce<string>(
                (list, value) =>
                  `${list}${blank()};${blank()}${parameter}${value === true ? '' : `${blank()}=${blank()}${quoted(value)}`}`,
                so,
              ),
            name,
          ),
        )
        const list = elements
          .map((element) => `${blank()}${next()[1] ? `,${blank()}` : ''}${element}${blank()}`)
          .join(',')
        expect(parseExtensions(`${list}${next()[1] ? ',' : ''}`)).toEqual(written)
      }),
    )
  })

  it('any text is read, or is a SyntaxError', () => {
    const any = fc.string({ unit: fc.constantFrom(...'ab ,;="\\\t\r\n\0\u00e9'), maxLength: 30 })
    check(
      fc.property(any, (text) => {
        for (const read of [parseExtensions, parseSubprotocols]) {
          try {
            expect(read(text).length).toBeGreaterThan(0)
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError)
          }
        }
      }),
      500,
    )
  })
})

describe('reading takes time linear in the text', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const SIZE = 50_000
  it.each([
    ['blanks', 'x', ' '],
    ['commas', 'x', ','],
    ['commas and blanks', '', ', '],
    ['names', 'x', 'a,'],
    ['parameters', 'x', ';a=1'],
    ['blanks round parameters', 'x', ' ; a = 1'],
    ['one name', 'x', 'a'],
    ['a quote that never ends', 'x;a="', 'b'],
    ['escapes that never end', 'x;a="', '\\b'],
    ['quotes', 'x', ';a="b"'],
  ])('%s', (_, start, part) => {
    const header = start + part.repeat(SIZE / part.length)
    const looked = vi.spyOn(String.prototype, 'charCodeAt')
    for (const read of [parseExtensions, parseSubprotocols]) {
      try {
        read(header)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
      }
    }
    // Each of the two looks at a character a few times, and no more.
    expect(looked.mock.calls.length).toBeLessThan(2 * 6 * SIZE)
    expect(looked.mock.calls.length).toBeGreaterThan(0)
  })
})
