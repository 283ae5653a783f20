// The invariant: any bytes, in any cut, give the same events or the same RemoteProtocolError, never another exception,
// never a wasm trap, never a payload byte that was not sent. Knows a plan; nothing of how inputs are made.

import { Connection } from '../../bindings/index.js'
import { concat, LENIENT, type Rules, writeFrame } from '../support/frame-reference.js'
import { Random } from '../support/random.js'
import { type Outcome, outcomeOf } from './expected.js'
import { Find, type Make, Peer } from './peer.js'
import { type Plan, readPlan, type Way } from './plan.js'

export { Find }

/** What one input came to. */
export interface Result {
  readonly plan: Plan
  readonly outcome: Outcome
}

const make: Make = (role, options) => new Connection(role, options)

/** Puts an input to the test; throws a Find where the invariant does not hold. `connect` stands in for the codec. */
export function check(input: Uint8Array, connect: Make = make): Result {
  const plan = readPlan(input)
  const outcome = outcomeOf(plan.stream, plan.rules)
  const random = new Random(plan.seed)
  try {
    const peers = plan.ways.map((way) => new Peer(connect, plan, way, plan.stream, outcome, random))
    if (plan.bystander) peers.push(bystander(connect, plan, random))
    run(peers, plan, random)
  } catch (error) {
    if (error instanceof Find) throw error
    throw new Find(`${error instanceof Error ? error.stack : error}`, { cause: error })
  }
  return { plan, outcome }
}

function run(peers: readonly Peer[], plan: Plan, random: Random): void {
  let waiting = peers.filter((peer) => !peer.done)
  while (waiting.length > 0) {
    const peer = random.pick(waiting)
    peer.feed()
    if (plan.patience === 0) peer.drain()
    else {
      // Events of several connections are asked for in turn, so that each finds the module as another one left it.
      for (let turn = random.below(plan.patience); turn > 0; turn--) random.pick(peers).drain(1 + random.below(3))
    }
    if (plan.sends && random.once(4)) random.pick(peers).send()
    waiting = waiting.filter((one) => !one.done)
  }
  for (const peer of peers) peer.finish()
}

const EUROS = new TextEncoder().encode('€'.repeat(50))

/** Traffic of the other role, which must come through whatever the input does: a text in fragments, and a ping. */
const BYSTANDERS = (['SERVER', 'CLIENT'] as const).map((role) => {
  const key = role === 'SERVER' ? ([0xde, 0xad, 0xbe, 0xef] as const) : undefined
  const frames = [
    writeFrame({ first: 0x01, key }, EUROS.subarray(0, 70)),
    writeFrame({ first: 0x89, key }, EUROS.subarray(0, 30)),
    writeFrame({ first: 0x00, key }, EUROS.subarray(70, 71)),
    writeFrame({ first: 0x80, key }, EUROS.subarray(71)),
    writeFrame({ first: 0x82, key }, new Uint8Array(300).fill(0x99)),
  ]
  const stream = concat([...frames, ...frames])
  const rules: Rules = { ...LENIENT, masking: role === 'SERVER' ? 'required' : 'refused' }
  return { role, stream, outcome: outcomeOf(stream, rules) }
})

function bystander(connect: Make, plan: Plan, random: Random): Peer {
  const { role, stream, outcome } = BYSTANDERS[plan.role === 'SERVER' ? 1 : 0]
  const { names } = readPlan(new Uint8Array(0))
  const manner = { role, options: {}, names, closeFirst: false, replies: plan.replies, sends: plan.sends, eof: false }
  const way: Way = { delivery: 'message', ownership: 'take', cut: 3, cutArgument: 200 }
  return new Peer(connect, manner, way, stream, outcome, random)
}
