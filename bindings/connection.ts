// Connection: the state of one WebSocket connection, from its first frame to the end of the closing handshake.
// Knows states and events; frames are receive.ts and send.ts, and the network is the caller's.

import { OPCODE_CLOSE, OPCODE_CONTINUE } from '../assembly/layout.js'
import { bytesIn, copyOf, describe, isBytes, wrongType } from './bytes.js'
import { openCodec } from './codec.js'
import { Data, payloadOf } from './data.js'
import { encode, encodeInto, encodeParts, encodePlain, encodePlainInto, encodePlainParts } from './encode.js'
import { LocalProtocolError, RemoteProtocolError, type Violation } from './errors.js'
import { type Extended, readExtensions } from './extended.js'
import type { Information } from './information.js'
import { MESSAGE_UNANSWERED, Message } from './message.js'
import type { BuiltInType } from './opcodes.js'
import { Receiver } from './receive.js'
import { checkFrame, drawKeys, type Keys, opcodeOf, type Sending } from './send.js'
import { type ConnectionOptions, type Role, readSettings, type Settings } from './settings.js'
import { readShort } from './short.js'
import { Arrival, Source } from './source.js'
import { ANSWERS, REFUSALS, type State, type Step, TRANSITIONS } from './state.js'
import { frameSize } from './writer.js'

/** What a Date can hold, in ms on either side of the epoch. */
const LAST_TIME = 8.64e15

/** A chunk is copied in parts of this size, in bytes, so that a payload that is kept keeps no more than one of them. */
const COPY_SIZE = 16 * 1024

/** "1006 ... the connection was closed abnormally, e.g., without sending or receiving a Close control frame." */
const ABNORMAL = 1006

/**
 * One end of a WebSocket connection after its opening handshake: give it the bytes that arrive, ask it for events, and
 * write the bytes that it makes. It does no I/O and starts no timer.
 *
 * @typeParam NonControl - Names of the registered data opcodes, inferred from the options.
 * @typeParam Control - Names of the registered control opcodes, inferred from the options.
 */
export class Connection<NonControl extends string = never, Control extends string = never> {
  readonly #settings: Settings
  /** What the extensions remember; the settings are shared with other connections. */
  readonly #extended: Extended | undefined
  #state: State = 'OPEN'
  /** A message that was received when nothing was in flight, and is not yet asked for; it comes before #receiver's. */
  #ready: Message | undefined
  #receiver: Receiver | undefined
  #sending: Sending
  #ended = false
  /** The close frame received. */
  #close: Message | undefined
  #violation: RemoteProtocolError | undefined

  /**
   * @param role 'CLIENT' masks what it sends and refuses masked frames; 'SERVER' the other way round (RFC 6455 section
   * 5.1).
   * @param options See {@link ConnectionOptions}; each has a default.
   * @throws TypeError where an option has the wrong type, RangeError where it is out of range, Error where the
   * runtime does not let it compile the module; it says what to do.
   */
  constructor(role: Role, options?: ConnectionOptions<NonControl, Control>) {
    this.#extended = readExtensions(options?.extensions)
    this.#settings = readSettings(role, options, this.#extended?.claimed)
    openCodec()
  }

  /** Which end of the connection this is. */
  get role(): Role {
    return this.#settings.role
  }

  /**
   * 'CLOSING' from the first close frame in either direction, or from a violation; 'CLOSED' when the closing handshake
   * is complete, or the network has ended while no close frame is owed. Where one is owed, after the peer's close or a
   * violation, sending it ends the connection. What was received counts once nextEvent has given it. RFC 6455 section
   * 7.1.
   */
  get state(): 'OPEN' | 'CLOSING' | 'CLOSED' {
    const state = this.#state
    return state === 'OPEN' || state === 'CLOSED' ? state : 'CLOSING'
  }

  /**
   * Once CLOSED: the status code of the close frame received, 1005 where it carried none, 1006 where none was received.
   * RFC 6455 section 7.1.5.
   */
  get closeCode(): number | undefined {
    return this.#state === 'CLOSED' ? (this.#close?.statusCode ?? ABNORMAL) : undefined
  }

  /** Once CLOSED: the reason of the close frame received, '' where there is none. RFC 6455 section 7.1.6. */
  get closeReason(): string | undefined {
    return this.#state === 'CLOSED' ? (this.#close?.reason ?? '') : undefined
  }

  /**
   * Takes bytes from the network, in any cut, and keeps them until {@link nextEvent} is asked for what they are. Never
   * throws for what they are: nextEvent does. Once it has given the peer's close frame or a violation, and after
   * {@link recvEof}, they are discarded.
   *
   * @param chunk Under ownership 'copy' only read; under 'take' the connection's from now on.
   * @throws TypeError where `chunk` is neither a Uint8Array nor an ArrayBuffer.
   */
  recv(chunk: Uint8Array | ArrayBuffer): void {
    const bytes = bytesIn(chunk)
    if (bytes === undefined) {
      throw wrongType('chunk', 'a Uint8Array or an ArrayBuffer', chunk)
    }
    if (!this.#ended && this.#receiver?.takeMore(bytes)) return
    // Before the state is looked at, because a caller's clock may use this connection itself.
    const arrival = new Arrival(this.#now())
    if (bytes.length === 0 || this.#ended || this.#close !== undefined || this.#violation !== undefined) return
    const settings = this.#settings
    if (this.#receiver === undefined && this.#ready === undefined) {
      this.#ready = readShort(bytes, settings, arrival)
      if (this.#ready !== undefined) return
    }
    if (settings.take) {
      this.#push(new Source(bytes, false, arrival))
    } else {
      for (let from = 0; from < bytes.length; from += COPY_SIZE) {
        this.#push(new Source(copyOf(bytes, from, Math.min(from + COPY_SIZE, bytes.length)), true, arrival))
      }
    }
  }

  /** Tells the connection that the network has ended: no more bytes will come. May be called more than once. */
  recvEof(): void {
    this.#ended = true
    if (this.#ready !== undefined || this.#receiver?.pending) return
    this.#step('eof')
    this.#discard()
  }

  /**
   * The next event: a message, or what to do where there is none. Everything that came before a violation is given
   * first.
   *
   * @throws RemoteProtocolError where the peer broke the protocol, and again on each later call.
   */
  nextEvent(): Message<BuiltInType | NonControl | Control> | Information {
    if (this.#violation !== undefined) throw this.#violation
    const ready = this.#ready
    if (ready !== undefined) {
      this.#ready = undefined
      return this.#decoded(ready) as Message<BuiltInType | NonControl | Control>
    }
    const receiver = this.#receiver
    if (receiver !== undefined) {
      const message = receiver.next(this.#state === 'OPEN' ? 0 : MESSAGE_UNANSWERED)
      if (message === undefined && receiver.violation !== undefined) this.#fail(receiver.violation)
      if (receiver.idle) {
        this.#receiver = undefined
        receiver.release()
      }
      if (message !== undefined) {
        if (message.type === 'close') this.#receivedClose(message)
        return (this.#extended === undefined ? message : this.#decoded(message)) as Message<
          BuiltInType | NonControl | Control
        >
      }
    }
    if (this.#ended) {
      this.#step('eof')
      this.#discard()
    }
    return ANSWERS[this.#state]
  }

  /**
   * The messages that are ready: {@link nextEvent} until it answers something else.
   *
   * @throws RemoteProtocolError as nextEvent does.
   */
  *messages(): IterableIterator<Message<BuiltInType | NonControl | Control>> {
    for (let event = this.nextEvent(); typeof event !== 'string'; event = this.nextEvent()) yield event
  }

  /**
   * Frames ready for the network, one after another in one new buffer.
   *
   * @returns A buffer that is the caller's.
   * @throws LocalProtocolError where one of them may not be sent; then none is, and nothing has changed.
   * @throws TypeError where an argument is not a Data.
   */
  send(...data: Data<BuiltInType | NonControl | Control>[]): Uint8Array<ArrayBuffer> {
    if (this.#isPlain) {
      const frames = encodePlain(data, this.#settings.role === 'CLIENT')
      if (frames !== undefined) return frames
    }
    const { sending, keys } = this.#prepare(data)
    const bytes = encode(
      data.map((frame) => this.#encoded(frame)),
      this.#settings,
      keys,
    )
    this.#sent(data, sending)
    return bytes
  }

  /**
   * The same bytes as {@link send} gives for one frame, as a list for writev. The list and its buffers are read-only: a
   * payload that need not be masked is the caller's own, not copied unless the whole frame has at most 64 bytes, and a
   * Data that is sent on many server connections is encoded once.
   *
   * @throws LocalProtocolError and TypeError as send does.
   */
  sendParts(data: Data<BuiltInType | NonControl | Control>): readonly Uint8Array[] {
    if (this.#isPlain && this.#settings.role === 'SERVER') {
      const parts = encodePlainParts(data)
      if (parts !== undefined) return parts
    }
    const { sending, keys } = this.#prepare([data])
    const parts = encodeParts(this.#encoded(data), this.#settings, keys)
    this.#sent([data], sending)
    return parts
  }

  /**
   * The same bytes as {@link send} gives for one frame, written into memory of the caller's, which costs the least: a
   * server can put its answers together there, and use it again once they are written to the network.
   *
   * @param target Where to write; the frame has the size of its payload and at most 14 bytes. With extensions there must
   * be room for a sixteenth of that and 64 bytes more: what they make of a payload is not known before.
   * @param offset Where in `target` the frame begins, in bytes, 0 to its length. Default 0.
   * @returns Where in `target` the frame ends; -1 where there is no room for it, and then nothing was sent or written.
   * @throws LocalProtocolError and TypeError as send does; TypeError and RangeError where `target` or `offset` is wrong.
   */
  sendInto(data: Data<BuiltInType | NonControl | Control>, target: Uint8Array, offset = 0): number {
    checkTarget(target, offset)
    if (this.#isPlain) {
      const end = encodePlainInto(target, offset, data, this.#settings.role === 'CLIENT')
      if (end !== undefined) return end
    }
    this.#check([data])
    if (frameSize(this.#most(data), this.#settings.role === 'CLIENT') > target.length - offset) return -1
    const { sending, keys } = this.#prepare([data])
    const end = encodeInto(target, offset, this.#encoded(data), this.#settings, keys)
    this.#sent([data], sending)
    return end
  }

  /** Whether a frame that breaks no rule between two messages may be sent without a look at each rule. */
  get #isPlain(): boolean {
    if (this.#state !== 'OPEN' || this.#sending !== undefined) return false
    return this.#settings.maskKey === undefined && this.#extended === undefined
  }

  /** Checks frames and draws their keys; changes nothing of the connection. */
  #prepare(data: readonly Data[]): { sending: Sending; keys: Keys } {
    const sending = this.#check(data)
    const keys = drawKeys(data.length, this.#settings)
    // A caller's maskKey may have used this connection itself.
    return { sending: this.#settings.maskKey === undefined ? sending : this.#check(data), keys }
  }

  /** A frame that was checked, as the extensions make it. */
  #encoded(data: Data): Data {
    return this.#extended === undefined ? data : this.#extended.encode(data, opcodeOf(data, this.#settings))
  }

  /** The most bytes that the payload of a frame that was checked is expected to have. */
  #most(data: Data): number {
    const { length } = payloadOf(data)
    return this.#extended === undefined ? length : this.#extended.bound(length, opcodeOf(data, this.#settings))
  }

  /** Checks frames that are to be sent one after another; changes nothing of the connection. */
  #check(data: readonly Data[]): Sending {
    let sending = this.#sending
    let state = this.#state
    for (let i = 0; i < data.length; i++) {
      const opcode = this.#opcode(data[i], state, sending)
      sending = checkFrame(data[i], opcode, sending, this.#settings.claimedBits)
      if (opcode === OPCODE_CLOSE) state = TRANSITIONS[state].sendClose as State
    }
    return sending
  }

  /** Frames that were checked are on their way; a close can only be the last of them. */
  #sent(data: readonly Data[], sending: Sending): void {
    this.#sending = sending
    if (data.length > 0 && data[data.length - 1].type === 'close') this.#step('sendClose')
  }

  /** The opcode of a frame that the state allows. */
  #opcode(data: unknown, state: State, sending: Sending): number {
    if (!(data instanceof Data)) throw wrongType('a frame to send', 'a Data', data)
    const opcode = opcodeOf(data, this.#settings)
    if (state === 'OPEN') return opcode
    const owed = opcode === OPCODE_CLOSE && TRANSITIONS[state].sendClose !== undefined
    // "An endpoint MAY delay sending a Close frame until its current message is sent."
    const rest = state === 'CLOSE_RECEIVED' && opcode === OPCODE_CONTINUE && sending !== undefined
    if (owed || rest) return opcode
    throw new LocalProtocolError('ERR_SEND_STATE', `'${data.type}' may not be sent: ${REFUSALS[state]}`)
  }

  /** What the extensions make of a message. */
  #decoded(message: Message): Message {
    if (this.#extended === undefined) return message
    const decoded = this.#extended.decode(message, this.#settings.maxMessageSize)
    return decoded instanceof Message ? decoded : this.#fail(decoded)
  }

  #push(chunk: Source): void {
    if (this.#receiver === undefined) this.#receiver = Receiver.open(this.#settings, chunk)
    else this.#receiver.push(chunk)
  }

  #now(): number {
    const { now } = this.#settings
    const time: unknown = now()
    if (typeof time !== 'number') throw new TypeError(`now must return ms since the epoch, not ${describe(time)}`)
    if (!(Math.abs(time) <= LAST_TIME)) {
      throw new RangeError(`now returned ${time}; a time is in ms, at most ${LAST_TIME} before or after the epoch`)
    }
    return time
  }

  /** Nothing more is received. */
  #discard(): void {
    this.#receiver?.discard()
    this.#receiver = undefined
  }

  #receivedClose(close: Message): void {
    this.#step('receiveClose')
    this.#close = close
    this.#discard()
  }

  #fail(violation: Violation): never {
    this.#step('violation')
    // Before there is an error: its stack keeps what is on the stack now, and the receiver may hold payload.
    this.#discard()
    this.#violation = new RemoteProtocolError(violation, this.#settings)
    throw this.#violation
  }

  #step(step: Step): void {
    const before = this.#state
    this.#state = TRANSITIONS[before][step] ?? before
    // After a violation nothing but a close frame is sent, and perhaps not even that.
    const over = (state: State) => state === 'CLOSED' || state === 'FAILED'
    if (over(this.#state) && !over(before)) this.#extended?.release()
  }
}

/** TypeError or RangeError where a frame cannot be written to `offset` in `target`. */
function checkTarget(target: unknown, offset: unknown): void {
  if (!isBytes(target) || !ArrayBuffer.isView(target)) throw wrongType('target', 'a Uint8Array', target)
  if (typeof offset !== 'number') throw wrongType('offset', 'a number', offset)
  if (!Number.isInteger(offset) || offset < 0 || offset > target.length) {
    throw new RangeError(`offset is ${offset}; the target has bytes 0 to ${target.length}`)
  }
}
