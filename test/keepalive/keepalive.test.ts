// The keep-alive machine: single steps by hand, and against peers that fast-check invents.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeepAlive, type KeepAliveStep } from '../../bindings/keepalive/index.js'
import { check } from '../support/seed.js'

const options = { interval: 1000, timeout: 300 }
const wait = (at: number): KeepAliveStep => ({ action: 'wait', at })
const ping = (at: number): KeepAliveStep => ({ action: 'ping', at })
const dead: KeepAliveStep = { action: 'dead', reason: 'the peer did not answer a ping within 300 ms' }
const stalled: KeepAliveStep = { action: 'dead', reason: 'the peer has taken nothing for 1300 ms' }

describe('a keep-alive machine', () => {
  it('pings after the interval, once, and finds the peer dead after the time-out', () => {
    const machine = new KeepAlive(5000, options)
    expect(machine.next(5000)).toEqual(wait(6000))
    expect(machine.next(5999)).toEqual(wait(6000))
    expect(machine.next(6000)).toEqual(ping(6300))
    expect(machine.next(6000)).toEqual(wait(6300))
    expect(machine.next(6299)).toEqual(wait(6300))
    expect(machine.next(6300)).toEqual(dead)
    expect(machine.next(6301)).toEqual(dead)
  })

  it('takes whatever is received for a sign of life, even at the last moment', () => {
    const machine = new KeepAlive(0, options)
    machine.received(999)
    expect(machine.next(1000)).toEqual(wait(1999))
    expect(machine.next(1999)).toEqual(ping(2299))
    machine.received(2298)
    expect(machine.next(2299)).toEqual(wait(3298))
    expect(machine.next(3298)).toEqual(ping(3598))
    expect(machine.next(3598)).toEqual(dead)
    machine.received(3599)
    expect(machine.next(3599)).toEqual(wait(4599))
  })

  it('has defaults of 30 s and 10 s', () => {
    for (const given of [undefined, {}, { interval: undefined, timeout: undefined }]) {
      const machine = new KeepAlive(0, given)
      expect(machine.next(0)).toEqual(wait(30_000))
      expect(machine.next(30_000)).toEqual(ping(40_000))
    }
  })

  it('pings again where it was asked much too late', () => {
    const machine = new KeepAlive(0, options)
    expect(machine.next(1000)).toEqual(ping(1300))
    expect(machine.next(3_600_000)).toEqual(ping(3_600_300))
    expect(machine.next(3_600_600)).toEqual(dead)
  })

  it('does not judge a peer that is not listened to', () => {
    const machine = new KeepAlive(0, options)
    machine.pause()
    expect(machine.next(1000)).toEqual(ping(1300))
    for (let now = 1300; now < 100_000; now += 300) expect(machine.next(now)).toEqual(wait(now + 300))
    machine.resume(100_001)
    expect(machine.next(100_002)).toEqual(wait(100_301))
    expect(machine.next(100_301)).toEqual(dead)
  })

  it('finds a peer dead that sends and takes nothing', () => {
    const machine = new KeepAlive(0, options)
    machine.sending(100)
    machine.received(900)
    expect(machine.next(900)).toEqual(wait(1400))
    machine.sending(1000)
    machine.received(1390)
    expect(machine.next(1399)).toEqual(wait(1400))
    expect(machine.next(1400)).toEqual(stalled)
    expect(machine.next(1700)).toEqual(stalled)
    machine.sent(1701)
    expect(machine.next(1701)).toEqual(wait(2390))
  })

  it('counts from what was taken last, and not while nothing waits', () => {
    const machine = new KeepAlive(0, options)
    machine.sending(0)
    machine.sent(1000, true)
    machine.received(1500)
    expect(machine.next(2299)).toEqual(wait(2300))
    machine.sent(2299)
    expect(machine.next(2400)).toEqual(wait(2500))
    machine.received(5000)
    expect(machine.next(5000)).toEqual(wait(6000))
    machine.sending(5500)
    machine.pause()
    expect(machine.next(6000)).toEqual(ping(6300))
    expect(machine.next(6300)).toEqual(wait(6600))
    expect(machine.next(6800)).toEqual(stalled)
  })

  it('gives a peer that takes nothing another chance where it was asked much too late', () => {
    const machine = new KeepAlive(0, options)
    machine.sending(0)
    machine.received(3_600_000)
    expect(machine.next(3_600_000)).toEqual(wait(3_601_000))
    machine.received(3_601_299)
    expect(machine.next(3_601_299)).toEqual(wait(3_601_300))
    expect(machine.next(3_601_300)).toEqual(stalled)
  })

  it('stands still where the clock goes back', () => {
    const machine = new KeepAlive(1000, options)
    machine.received(500)
    expect(machine.next(0)).toEqual(wait(2000))
    expect(machine.next(2000)).toEqual(ping(2300))
    expect(machine.next(100)).toEqual(wait(2300))
  })

  it('refuses what is no time', () => {
    for (const wrong of ['1', undefined, 1n, null]) {
      expect(() => new KeepAlive(wrong as never)).toThrow(TypeError)
      expect(() => new KeepAlive(0).next(wrong as never)).toThrow(TypeError)
      expect(() => new KeepAlive(0).received(wrong as never)).toThrow(TypeError)
      expect(() => new KeepAlive(0).sending(wrong as never)).toThrow(TypeError)
      expect(() => new KeepAlive(0).sent(wrong as never)).toThrow(TypeError)
    }
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new KeepAlive(wrong)).toThrow(RangeError)
      expect(() => new KeepAlive(0).resume(wrong)).toThrow(RangeError)
    }
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new KeepAlive(0, { interval: wrong })).toThrow(/^interval is /)
      expect(() => new KeepAlive(0, { timeout: wrong })).toThrow(/^timeout is /)
    }
    expect(() => new KeepAlive(0, { interval: '5' as never })).toThrow(TypeError)
    expect(() => new KeepAlive(0, null as never)).toThrow(TypeError)
  })
})

const limits = fc.record({ interval: fc.integer({ min: 50, max: 5000 }), timeout: fc.integer({ min: 1, max: 5000 }) })

/** Runs a machine as a caller with a perfect timer does, with a peer; the time at which it is dead, and the pings. */
function run(
  machine: KeepAlive,
  until: number,
  arrivals: readonly number[],
  answers: (ping: number) => number | undefined,
) {
  const coming = [...arrivals].sort((a, b) => a - b)
  const pings: number[] = []
  let step = machine.next(0)
  while (step.action !== 'dead') {
    const { at } = step
    if (at > until) return { pings, dead: undefined }
    // What arrives at the very moment counts.
    while (coming.length > 0 && coming[0] <= at) machine.received(coming.shift() as number)
    step = machine.next(at)
    if (step.action !== 'ping') continue
    pings.push(at)
    const answer = answers(at)
    if (answer === undefined) continue
    coming.push(answer)
    coming.sort((a, b) => a - b)
  }
  return { pings, dead: Math.max(...pings) }
}

describe('whatever arrives when', () => {
  it('a peer that answers in time is never dead, and hears no ping within the interval', () => {
    check(
      fc.property(
        limits,
        fc.array(fc.integer({ min: 1, max: 100_000 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, arrivals, slow) => {
          // In eighths of a millisecond, of which sums are exact.
          const delay = Math.floor(slow * given.timeout * 8) / 8
          const { pings, dead } = run(new KeepAlive(0, given), 100_000, arrivals, (at) => at + delay)
          expect(dead).toBe(undefined)
          const tooSoon = pings.filter((at, index) => {
            const heard = arrivals.some((arrival) => arrival <= at && arrival > at - given.interval)
            return heard || (index > 0 && at - pings[index - 1] < given.interval)
          })
          expect(tooSoon).toEqual([])
        },
      ),
    )
  })

  it('a peer that falls silent is dead after interval and time-out, and only then', () => {
    check(
      fc.property(limits, fc.array(fc.integer({ min: 1, max: 50_000 })), (given, arrivals) => {
        const machine = new KeepAlive(0, given)
        const { interval, timeout } = given
        const { dead } = run(machine, Number.POSITIVE_INFINITY, arrivals, () => undefined)
        const ping = dead as number
        const heard = Math.max(0, ...arrivals.filter((at) => at <= ping))
        expect(arrivals.some((at) => at > ping && at <= ping + timeout)).toBe(false)
        // It is asked at the end of the time-out of the ping before, if that is later than the interval.
        expect(ping - heard).toBeGreaterThanOrEqual(interval)
        expect(ping - heard).toBeLessThanOrEqual(Math.max(interval, timeout))
      }),
    )
  })

  it('every answer is one that can be acted upon, whatever the order of calls', () => {
    const call = fc.record({
      what: fc.constantFrom('received', 'pause', 'resume', 'next', 'sending', 'sent'),
      later: fc.integer({ min: -50, max: 3000 }),
    })
    check(
      fc.property(limits, fc.array(call, { maxLength: 200 }), (given, calls) => {
        const machine = new KeepAlive(0, given)
        let now = 0
        let paused = false
        for (const { what, later } of calls) {
          now += later
          if (what === 'pause') {
            machine.pause()
            paused = true
            continue
          }
          if (what === 'resume') paused = false
          if (what !== 'next') {
            machine[what as 'received' | 'resume' | 'sending' | 'sent'](now)
            continue
          }
          const step = machine.next(now)
          if (step.action === 'dead') expect(paused && step.reason.includes('ping')).toBe(false)
          else expect(step.at).toBeGreaterThan(now)
        }
      }),
    )
  })
})
