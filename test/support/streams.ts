// Generators: options of a connection, streams of frames for it (valid, with faults, mutated, random), and cuts.
// Knows what RFC 6455 lets a peer send and how to break it; nothing of what a codec must make of it.

import fc from 'fast-check'
import { concat, type Head, type Key, type LengthBytes, maskBytes, writeHeader } from './frame-reference.js'
import { mutate, Random, randomText, TEXT_KINDS, type TextKind } from './random.js'
import { type Options, rulesOf } from './receive-reference.js'

const NO_LIMIT = Number.POSITIVE_INFINITY

/** Options, the limits aside: {@link Stream} has them where they matter to its sizes. */
export const options: fc.Arbitrary<Options> = fc.record({
  role: fc.constantFrom('CLIENT' as const, 'SERVER' as const),
  delivery: fc.constantFrom('frame' as const, 'message' as const, 'chunk' as const),
  ownership: fc.constantFrom('copy' as const, 'take' as const),
  opcodeNonControlMod: fc.constantFrom({}, {}, { 'latin-1': 3 }, { three: 3, seven: 7 }),
  opcodeControlMod: fc.constantFrom({}, {}, { compare: 11 }, { eleven: 11, fifteen: 15 }),
  reservedBits: fc.oneof(
    fc.constantFrom([1, 1, 1] as const, [0, 0, 0] as const, [1, 0, 0] as const),
    fc.tuple(bit(), bit(), bit()),
  ),
  maxFrameSize: fc.constant(NO_LIMIT),
  maxMessageSize: fc.constant(NO_LIMIT),
  acceptUnmasked: fc.boolean(),
})

function bit(): fc.Arbitrary<0 | 1> {
  return fc.constantFrom(0 as const, 1 as const)
}

/** Payload sizes in bytes: mostly small, and both sides of every border that headers and blocks have. */
export const size: fc.Arbitrary<number> = fc.oneof(
  { weight: 10, arbitrary: fc.nat(10) },
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: fc.constantFrom(63, 64, 65, 124, 125, 126, 127, 128) },
  { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 16_370, 16_384, 16_385, 32_769, 65_535, 65_536, 65_537) },
)

const seed = fc.integer({ min: 0, max: 0x7fffffff })

const control = fc.record({
  /** Which of the control opcodes, ping and pong and the registered ones, and which reserved bits. */
  opcode: fc.nat(7),
  reserved: fc.nat(7),
  size: fc.oneof(fc.nat(5), fc.constantFrom(124, 125)),
  seed,
})
type Control = typeof control extends fc.Arbitrary<infer T> ? T : never

const message = fc.record({
  opcode: fc.oneof(fc.constant(0), fc.nat(7)),
  reserved: fc.oneof(fc.constant(0), fc.nat(7)),
  text: fc.constantFrom<TextKind>(...TEXT_KINDS),
  size,
  seed,
  /** Where the payload is cut into fragments, modulo its size. */
  cuts: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(70_000), { maxLength: 5 })),
  /** Control frames before the fragments, in turn. */
  between: fc.array(fc.option(control, { nil: undefined }), { maxLength: 4 }),
})
type MessageScript = typeof message extends fc.Arbitrary<infer T> ? T : never

const close = fc.record({
  statusCode: fc.constantFrom(undefined, 1000, 1001, 1003, 1007, 1014, 3000, 4999),
  size: fc.oneof(fc.nat(5), fc.constantFrom(122, 123)),
  text: fc.constantFrom<TextKind>(...TEXT_KINDS),
  seed,
})
type Close = typeof close extends fc.Arbitrary<infer T> ? T : never

/** One frame on its way to the wire. */
interface Wire {
  first: number
  key: Key | undefined
  payload: Uint8Array
  lengthBytes?: LengthBytes | undefined
  declared?: bigint
}

/** What is done to a frame before it is written. */
const fault = fc.oneof(
  fc.record({ kind: fc.constant('first' as const), bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({
    kind: fc.constant('begins as' as const),
    first: fc.constantFrom(0, 1, 2, 3, 8, 9, 0x80, 0x81, 0x82, 0x83, 0x87, 0x88, 0x8b, 0x8f, 0x90, 0xa0, 0xc0),
  }),
  fc.record({ kind: fc.constant('mask' as const) }),
  fc.record({ kind: fc.constant('length' as const), bytes: fc.constantFrom<LengthBytes>(2, 8) }),
  fc.record({
    kind: fc.constant('declared' as const),
    bytes: fc.constantFrom<(LengthBytes | undefined)[]>(undefined, 2, 8),
    length: fc.constantFrom(1n, 2n, 125n, 126n, 65_535n, 65_536n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  }),
  fc.record({ kind: fc.constant('payload' as const), seed }),
  fc.record({ kind: fc.constant('close' as const), payload: fc.uint8Array({ maxLength: 4 }) }),
)
type Fault = typeof fault extends fc.Arbitrary<infer T> ? T : never

/** What is done to the stream after that. `at` counts from the start of the frame, modulo the frames there are. */
const at = fc.record({ frame: fc.nat(20), byte: fc.oneof(fc.nat(14), fc.nat(200)) })
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at, bits: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128, 255) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
  fc.record({ kind: fc.constant('remove' as const), at, count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('truncate' as const), at }),
  fc.record({ kind: fc.constant('splice' as const), at, from: at, count: fc.integer({ min: 1, max: 300 }) }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** A stream, and the connection that is to receive it. */
export interface Stream {
  readonly options: Options
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly [fc.toStringMethod]: () => string
}

const script = {
  options,
  messages: fc.array(message, { maxLength: 6 }),
  close: fc.oneof(fc.constant(undefined), close),
  /** Bytes after the close frame, or after a frame that is the last. */
  tail: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 20 })),
  /** Which limit stands how near to the largest frame or message. */
  limit: fc.record({
    of: fc.constantFrom('none' as const, 'none' as const, 'frame' as const, 'message' as const),
    delta: fc.integer({ min: -1, max: 1 }),
  }),
}

/** Streams with no fault, but for a limit that they may exceed. */
export const valid: fc.Arbitrary<Stream> = fc.record({ ...script, tail: fc.constant(new Uint8Array(0)) }).map(build)

/** Streams in which one or two frames break a rule, or look as if they did. */
export const faulty: fc.Arbitrary<Stream> = fc
  .record({
    ...script,
    faults: fc.array(fc.record({ frame: fc.nat(20), fault }), { minLength: 1, maxLength: 2 }),
  })
  .map(build)

/** Streams with flipped bits, bytes put in or left out, the end cut off, or parts of them put elsewhere. */
export const mutated: fc.Arbitrary<Stream> = fc
  .record({ ...script, changes: fc.array(change, { minLength: 1, maxLength: 4 }) })
  .map(build)

/** Bytes that only look like frames by chance, and bytes that headers are made of. */
export const random: fc.Arbitrary<Stream> = fc
  .record({
    options,
    parts: fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.constantFrom(0, 1, 2, 0x80, 0x81, 0x82, 0x83, 0x84, 0x88, 0x89, 0x8a, 126, 127, 0xfe, 0xff), {
          maxLength: 12,
        }),
      ),
      { maxLength: 12 },
    ),
  })
  .map(({ options, parts }) => named(options, concat(parts.map((part) => Uint8Array.from(part)))))

/** Every kind of stream. */
export const any: fc.Arbitrary<Stream> = fc.oneof(
  { weight: 2, arbitrary: valid },
  { weight: 3, arbitrary: faulty },
  { weight: 3, arbitrary: mutated },
  { weight: 1, arbitrary: random },
)

/** Sizes of chunks, used in turn and over again; some are empty. */
export const cut: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([NO_LIMIT]),
  fc.constant([1]),
  fc.array(fc.oneof(fc.nat(6), fc.nat(200), fc.nat(40_000)), { minLength: 1, maxLength: 12 }).map((all) => [...all, 1]),
)

/** `bytes` in chunks of these sizes. */
export function* chunks(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = Math.min(bytes.length, from + sizes[i % sizes.length])
    yield bytes.subarray(from, to)
    from = to
  }
}

interface Script {
  options: Options
  messages: MessageScript[]
  close: Close | undefined
  tail: Uint8Array
  limit: { of: 'none' | 'frame' | 'message'; delta: number }
  faults?: { frame: number; fault: Fault }[]
  changes?: Change[]
}

function build({ options, messages, close, tail, limit, faults = [], changes = [] }: Script): Stream {
  const frames = messages.flatMap((script) => messageFrames(script, options))
  if (close !== undefined) frames.push(closeFrame(close, options))
  const limited = { ...options }
  if (limit.of === 'message') {
    limited.maxMessageSize = Math.max(0, limit.delta + Math.max(0, ...messages.map((script) => script.size)))
  } else if (limit.of === 'frame') {
    const sizes = frames.filter(({ first }) => (first & 8) === 0).map(({ payload }) => payload.length)
    limited.maxFrameSize = Math.max(0, limit.delta + Math.max(0, ...sizes))
  }
  for (const { frame, fault } of faults) if (frames.length > 0) spoil(frames[frame % frames.length], fault)
  const written = frames.map(write)
  const starts = written.map((_, i) => written.slice(0, i).reduce((sum, bytes) => sum + bytes.length, 0))
  let bytes = concat([...written, tail])
  for (const change of changes) bytes = changed(bytes, starts, change)
  return named(limited, bytes)
}

function messageFrames(script: MessageScript, options: Options): Wire[] {
  const random = new Random(script.seed)
  const opcodes = [1, 2, ...Object.values(options.opcodeNonControlMod)]
  const opcode = opcodes[script.opcode % opcodes.length]
  const reserved = (script.reserved << 4) & rulesOf(options).reserved
  const isText = opcode === 1 && reserved === 0
  const payload = isText ? randomText(random, script.size, script.text) : random.bytes(script.size)
  const cuts = script.cuts.map((cut) => cut % (script.size + 1)).sort((a, b) => a - b)
  const ends = [...cuts, script.size]
  return ends.flatMap((end, i) => {
    const isLast = i === ends.length - 1
    const first = (isLast ? 0x80 : 0) | (i === 0 ? opcode | reserved : random.below(4) === 0 ? reserved : 0)
    const fragment = payload.subarray(i === 0 ? 0 : ends[i - 1], end)
    const before = script.between[i]
    const data = { first, key: keyFor(random, options), payload: fragment }
    return before === undefined ? [data] : [controlFrame(before, options), data]
  })
}

function controlFrame(script: Control, options: Options): Wire {
  const random = new Random(script.seed)
  const opcodes = [9, 10, ...Object.values(options.opcodeControlMod)]
  const reserved = (script.reserved << 4) & rulesOf(options).reserved
  const first = 0x80 | reserved | opcodes[script.opcode % opcodes.length]
  return { first, key: keyFor(random, options), payload: random.bytes(script.size) }
}

function closeFrame({ statusCode, size, text, seed }: Close, options: Options): Wire {
  const random = new Random(seed)
  const code = statusCode === undefined ? [] : [statusCode >> 8, statusCode & 0xff]
  const reason = statusCode === undefined ? new Uint8Array(0) : randomText(random, size, text)
  return { first: 0x88, key: keyFor(random, options), payload: concat([Uint8Array.from(code), reason]) }
}

function keyFor(random: Random, options: Options): Key | undefined {
  if (options.role === 'CLIENT' || (options.acceptUnmasked && random.once(3))) return undefined
  return random.once(10) ? [0, 0, 0, 0] : random.key()
}

function spoil(frame: Wire, fault: Fault): void {
  if (fault.kind === 'first') frame.first ^= fault.bits
  else if (fault.kind === 'begins as') frame.first = fault.first
  else if (fault.kind === 'mask') frame.key = frame.key === undefined ? [1, 2, 3, 4] : undefined
  else if (fault.kind === 'length') frame.lengthBytes = fault.bytes
  else if (fault.kind === 'declared') Object.assign(frame, { declared: fault.length, lengthBytes: fault.bytes })
  else if (fault.kind === 'payload') frame.payload = mutate(new Random(fault.seed), frame.payload)
  else Object.assign(frame, { first: 0x88, payload: fault.payload })
}

function write({ first, key, payload, lengthBytes, declared }: Wire): Uint8Array {
  const length = declared ?? BigInt(payload.length)
  // A length that does not fit into the bytes that were chosen for it takes its own.
  const fits = lengthBytes !== undefined && (lengthBytes === 8 || length <= 0xffffn)
  const head: Head = { first, key, lengthBytes: fits ? lengthBytes : undefined }
  return concat([writeHeader(head, length), key === undefined ? payload : maskBytes(payload, key)])
}

function changed(bytes: Uint8Array, starts: readonly number[], change: Change): Uint8Array<ArrayBuffer> {
  const place = ({ frame, byte }: Change['at']) =>
    Math.min(bytes.length, (starts.length === 0 ? 0 : starts[frame % starts.length]) + byte)
  const at = place(change.at)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (change.kind) {
    case 'flip':
      return concat([before, Uint8Array.from(after, (byte, i) => (i === 0 ? byte ^ change.bits : byte))])
    case 'insert':
      return concat([before, change.bytes, after])
    case 'remove':
      return concat([before, after.subarray(change.count)])
    case 'truncate':
      return before.slice()
    case 'splice': {
      const from = place(change.from)
      return concat([before, bytes.subarray(from, from + change.count), after])
    }
  }
}

/** A stream that a failing test shows as the program that repeats it needs it. */
function named(options: Options, bytes: Uint8Array<ArrayBuffer>): Stream {
  const show = () =>
    `${JSON.stringify(options, (_, value) => (value === NO_LIMIT ? 'Infinity' : value))} ${Buffer.from(bytes).toString('hex')}`
  return { options, bytes, [fc.toStringMethod]: show }
}
