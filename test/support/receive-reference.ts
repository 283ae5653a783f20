// The slow, obvious reference of the receiving half of a connection: a whole stream in, its events and its end out.
// Knows RFC 6455 and the public names of options and events; nothing of how the codec under test works.

import { checkUtf8, concat, DEFINED_OPCODES, decodeStream, type Frame, type Rules } from './frame-reference.js'

/** The options of a connection that decide what its bytes mean, by their public names. */
export interface Options {
  readonly role: 'CLIENT' | 'SERVER'
  readonly delivery: 'frame' | 'message' | 'chunk'
  readonly ownership: 'copy' | 'take'
  readonly opcodeNonControlMod: Readonly<Record<string, number>>
  readonly opcodeControlMod: Readonly<Record<string, number>>
  readonly reservedBits: readonly [0 | 1, 0 | 1, 0 | 1]
  readonly maxFrameSize: number
  readonly maxMessageSize: number
  readonly acceptUnmasked: boolean
}

/** A message as it is delivered; under 'chunk' the pieces of a frame together. */
export interface Event {
  readonly type: string
  readonly reserved: readonly number[]
  readonly fin: boolean
  readonly payload: Uint8Array
  /** How many bytes of the stream must have arrived for it. */
  readonly end: number
  /** Of a close frame only, as is the reason. */
  readonly statusCode: number | undefined
  readonly reason: string | undefined
  /** The type of the frame that answers it. */
  readonly reply: 'pong' | 'close' | undefined
}

/** What a stream comes to. */
export interface Outcome {
  readonly events: readonly Event[]
  /** Under 'chunk': what may have been handed out of a data frame of which no last piece ever comes. */
  readonly rest: Event | undefined
  /** The rule that is broken after these events. */
  readonly violation: { readonly code: string; readonly closeCode: number } | undefined
  /** After the events: the state, and what nextEvent answers (it throws after a violation). */
  readonly state: 'OPEN' | 'CLOSING' | 'CLOSED'
  readonly answer: 'NEED_DATA' | 'SEND_CLOSE' | 'CONNECTION_CLOSED' | undefined
  /** The same after the end of the network. */
  readonly stateAfterEof: 'CLOSING' | 'CLOSED'
  readonly answerAfterEof: 'SEND_CLOSE' | 'CONNECTION_CLOSED' | undefined
  /** Once a close frame that was owed has been sent. */
  readonly closeCode: number
  readonly closeReason: string
}

const NAMES = { continue: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/** Sections 5.5.1 and 5.5.2: what a frame is answered with, unless a close frame was sent before. */
const REPLIES: Readonly<Record<string, Event['reply']>> = { ping: 'pong', close: 'close' }

/** Section 7.4.1: too big is 1009, data that is not what its type says 1007, everything else a protocol error, 1002. */
const CLOSE_CODES: Readonly<Record<string, number>> = {
  ERR_FRAME_TOO_BIG: 1009,
  ERR_MESSAGE_TOO_BIG: 1009,
  ERR_INVALID_UTF8: 1007,
  ERR_CLOSE_REASON: 1007,
}

/** What a connection makes of `bytes`. `closeSent`: it had sent a close frame before any of them arrived. */
export function receive(bytes: Uint8Array, options: Options, closeSent = false): Outcome {
  const decoded = decodeStream(bytes, rulesOf(options))
  const frames = [...decoded.frames]
  let code: string | undefined = decoded.violation?.code
  let rest: Event | undefined

  const last = frames.at(-1)
  if (last !== undefined && decoded.violation?.code === 'ERR_INVALID_UTF8') {
    frames.pop()
    const before = last.payload.subarray(0, Math.max(0, decoded.violation.at - last.payloadStart))
    rest = eventOf(last, before, options, closeSent)
  } else if (last !== undefined && last.payload.length < last.length) {
    frames.pop()
    if (last.message !== undefined) rest = eventOf(last, last.payload, options, closeSent)
  } else if (last !== undefined && isClose(last)) {
    code = closeViolation(last.payload)
    if (code !== undefined) frames.pop()
  }
  if (options.delivery !== 'chunk') rest = undefined

  const single = frames.map((frame) => eventOf(frame, frame.payload, options, closeSent))
  const events = options.delivery === 'message' ? join(single) : single
  const violation = code === undefined ? undefined : { code, closeCode: CLOSE_CODES[code] ?? 1002 }
  const close = events.find(({ type }) => type === 'close')
  return { events, rest, violation, ...closing(close, violation !== undefined, closeSent) }
}

/** The rules that an endpoint with these options holds its peer to. */
export function rulesOf(options: Options): Rules {
  const custom = [...Object.values(options.opcodeNonControlMod), ...Object.values(options.opcodeControlMod)]
  const [rsv1, rsv2, rsv3] = options.reservedBits
  const fromServer = options.role === 'CLIENT'
  return {
    opcodes: [...DEFINED_OPCODES, ...custom],
    reserved: (rsv1 << 6) | (rsv2 << 5) | (rsv3 << 4),
    masking: fromServer ? 'refused' : options.acceptUnmasked ? 'either' : 'required',
    maxFrameSize: options.maxFrameSize,
    maxMessageSize: options.maxMessageSize,
  }
}

function isClose(frame: Frame): boolean {
  return (frame.first & 0x0f) === 8
}

/** Sections 5.5.1 and 7.4: nothing, or a status code that may be on the wire and a reason that is UTF-8. */
function closeViolation(payload: Uint8Array): string | undefined {
  if (payload.length === 0) return undefined
  if (payload.length === 1) return 'ERR_CLOSE_PAYLOAD_LENGTH'
  if (!mayBeSent(payload[0] * 256 + payload[1])) return 'ERR_CLOSE_CODE'
  return checkUtf8(payload.subarray(2)).verdict === 'valid' ? undefined : 'ERR_CLOSE_REASON'
}

/** The status codes of section 7.4.1 that may be sent, IANA's 1012 to 1014, and the ranges of 7.4.2. */
const DEFINED_STATUS_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]

export function mayBeSent(statusCode: number): boolean {
  return DEFINED_STATUS_CODES.includes(statusCode) || (statusCode >= 3000 && statusCode <= 4999)
}

/** The name of each opcode, registered ones included. */
export function namesOf(options: Options): Map<number, string> {
  const names = { ...NAMES, ...options.opcodeNonControlMod, ...options.opcodeControlMod }
  return new Map(Object.entries(names).map(([name, opcode]) => [opcode, name]))
}

function eventOf(frame: Frame, payload: Uint8Array, options: Options, closeSent: boolean): Event {
  const type = namesOf(options).get(frame.first & 0x0f) ?? ''
  const reserved = [6, 5, 4].map((bit) => (frame.first >> bit) & 1)
  const end = frame.payloadStart + frame.length
  const reply = closeSent ? undefined : REPLIES[type]
  const event = { type, reserved, fin: frame.first >= 0x80, payload, end, reply }
  if (type !== 'close') return { ...event, statusCode: undefined, reason: undefined }
  // Section 7.1.5: "If this Close control frame contains no status code, _The WebSocket Connection Close Code_ is 1005."
  const statusCode = payload.length < 2 ? 1005 : payload[0] * 256 + payload[1]
  return { ...event, statusCode, reason: Buffer.from(payload.subarray(2)).toString() }
}

/** Puts fragments together; a message that is not complete gives nothing. */
function join(frames: readonly Event[]): Event[] {
  const events: Event[] = []
  let fragments: Event[] = []
  for (const frame of frames) {
    const begins = fragments.length === 0 && !frame.fin
    if (frame.type !== 'continue' && !begins) {
      events.push(frame)
      continue
    }
    fragments.push(frame)
    if (!frame.fin) continue
    const payload = concat(fragments.map((fragment) => fragment.payload))
    events.push({ ...fragments[0], fin: true, payload, end: frame.end })
    fragments = []
  }
  return events
}

/** Section 7.1: how the connection stands after its events, and how it ends. */
function closing(close: Event | undefined, failed: boolean, closeSent: boolean) {
  const closeCode = close?.statusCode ?? 1006
  const closeReason = close?.reason ?? ''
  const end = { closeCode, closeReason }
  const closed = { stateAfterEof: 'CLOSED', answerAfterEof: failed ? undefined : 'CONNECTION_CLOSED' } as const
  if (closeSent) {
    const over = failed || close !== undefined
    const answer = failed ? undefined : over ? ('CONNECTION_CLOSED' as const) : ('NEED_DATA' as const)
    return { ...end, ...closed, state: over ? ('CLOSED' as const) : ('CLOSING' as const), answer }
  }
  if (failed || close !== undefined) {
    // A close frame is owed, and may still be sent when the peer has ended its own direction.
    const answer = failed ? undefined : ('SEND_CLOSE' as const)
    return { ...end, state: 'CLOSING' as const, answer, stateAfterEof: 'CLOSING' as const, answerAfterEof: answer }
  }
  return { ...end, ...closed, state: 'OPEN' as const, answer: 'NEED_DATA' as const }
}
