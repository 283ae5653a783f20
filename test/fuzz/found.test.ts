// Inputs that once broke the invariant, run again, and a few hundred new ones; and that a broken codec would be noticed.
// Knows the folder found/ and the invariant; the fuzzer itself is `npm run fuzz`.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Connection, Information, Message } from '../../bindings/index.js'
import { seededRandom } from '../support/seed.js'
import { foundInput, foundName, foundText } from './found.js'
import { change, fresh } from './generate.js'
import { check, Find } from './invariant.js'
import { minimise } from './minimise.js'
import type { Make } from './peer.js'
import { FLAG_TWIN, PLAN_SIZE } from './plan.js'

const folder = new URL('./found/', import.meta.url)

describe('found inputs', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.hex'))
  it.each(names)('%s', (name) => {
    check(foundInput(readFileSync(new URL(name, folder), 'utf8')))
  })

  it('are written as they are read', () => {
    const input = seededRandom(1).bytes(100)
    expect(foundInput(foundText(input, ['seed 1', 'two\nlines']))).toEqual(input)
    expect(foundName(input)).toMatch(/^[0-9a-f]{8}\.hex$/)
    expect(() => foundInput('0x00')).toThrow('hexadecimal')
  })
})

describe('the invariant', () => {
  it('holds for inputs from nothing and for changed ones', () => {
    const random = seededRandom(1)
    let input = fresh(random)
    for (let i = 0; i < 500; i++) {
      check(input)
      input = random.once(4) ? fresh(random) : change(random, input, fresh(random))
    }
  })

  it('holds for no bytes, and for plans without a stream', () => {
    check(new Uint8Array(0))
    for (let i = 0; i < 256; i++) check(new Uint8Array(PLAN_SIZE).fill(i, 0, i % PLAN_SIZE))
  })

  /** To a server that two connections are: a ping, a text in two fragments, all masked with 1, 2, 3, 4. */
  const input = new Uint8Array(PLAN_SIZE + 25)
  input[0] = FLAG_TWIN
  input.set([0x89, 0x82, 1, 2, 3, 4, 0x69, 0x6b, 0x01, 0x82, 1, 2, 3, 4, 0x69, 0x6b], PLAN_SIZE)
  input.set([0x80, 0x83, 1, 2, 3, 4, 0x69, 0x6b, 0x22], PLAN_SIZE + 16)

  it('holds for the input that the broken codecs below are given', () => {
    expect(check(input).outcome.frames.map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      'hi',
      'hi',
      'hi!',
    ])
  })

  it.each<[string, (connection: Connection<string, string>) => Partial<Connection<string, string>>]>([
    ['throws another error', () => ({ recv: () => throwing(new TypeError('no')) })],
    ['traps', () => ({ nextEvent: () => throwing(new WebAssembly.RuntimeError('unreachable')) })],
    ['drops what it is given', () => ({ recv: () => undefined })],
    ['changes a payload', (real) => ({ nextEvent: () => changed(real.nextEvent()) })],
    ['reads other bytes', (real) => ({ recv: (chunk) => real.recv(new Uint8Array(chunk).fill(0)) })],
    ['replies with other bytes', (real) => ({ send: (...data) => real.send(...data).fill(0) })],
    ['withholds events', () => ({ nextEvent: () => Information.NEED_DATA })],
  ])('does not hold for a codec that %s', (_, broken) => {
    const all = input.slice()
    all[0] |= 8
    expect(() => check(all, brokenBy(broken))).toThrow(Find)
  })
})

function throwing(error: Error): never {
  throw error
}

function changed<T>(event: T): T | Message {
  return event instanceof Message
    ? new Message(
        event.message.map((byte) => byte ^ 1),
        event.type,
      )
    : event
}

function brokenBy(broken: (connection: Connection<string, string>) => Partial<Connection<string, string>>): Make {
  return (role, options) => {
    const real = new Connection<string, string>(role, options)
    const faults = broken(real)
    const get = (_: unknown, name: keyof typeof real) => {
      const value = faults[name] ?? real[name]
      return typeof value === 'function' ? value.bind(real) : value
    }
    return new Proxy(real, { get: (target, name) => get(target, name as keyof typeof real) })
  }
}

describe('minimise', () => {
  it('leaves what is needed', () => {
    const long = seededRandom(2).bytes(500)
    long[100] = 7
    expect(minimise(long, (bytes) => bytes.includes(7))).toEqual(Uint8Array.of(7))
  })
})
