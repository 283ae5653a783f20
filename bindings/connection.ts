// Connection: the state of one WebSocket connection, from its first frame to the end of the closing handshake.
// Knows states and events; frames are receive/ and send/, and the network is the caller's.

import { bytesIn, checkTarget } from './base/bytes.js'
import { wrongType } from './base/show.js'
import { openModule } from './memory/wasm-memory.js'
import { Arrival, lostMemory } from './model/chunk.js'
import type { Data } from './model/data.js'
import { remoteError, type Violation } from './model/errors.js'
import { Information } from './model/information.js'
import { isLost, MESSAGE_UNANSWERED, Message } from './model/message.js'
import type { BuiltInType } from './model/opcodes.js'
import { Closing } from './model/state.js'
import { type ConnectionOptions, type Role, readSettings, readTime } from './options/settings.js'
import { Receiver } from './receive/receiver.js'
import { readWholeFrame } from './receive/whole-frame.js'
import { Sender } from './send/sender.js'

/**
 * One end of a WebSocket connection (RFC 6455) after its opening handshake: give it the bytes that arrive, ask it for
 * events, and write the bytes that it makes. It does no I/O and starts no timer.
 * @typeParam NonControl - Names of the registered data opcodes, inferred from the options.
 * @typeParam Control - Names of the registered control opcodes, inferred from the options.
 */
export class Connection<NonControl extends string = never, Control extends string = never> {
  readonly #sender: Sender
  /** A message that was received when nothing was in flight, and is not yet asked for; it comes before #receiver's. */
  #ready: Message | undefined
  #receiver: Receiver | undefined

  /**
   * @param role 'CLIENT' masks what it sends and refuses masked frames; 'SERVER' the other way round. Section 5.1.
   * @param options See {@link ConnectionOptions}; each has a default.
   * @throws TypeError where an option has the wrong type, RangeError where it is out of range, Error where the runtime
   * does not let it compile the module.
   */
  constructor(role: Role, options?: ConnectionOptions<NonControl, Control>) {
    this.#sender = new Sender(readSettings(role, options))
    openModule()
  }

  /** Which end of the connection this is. */
  get role(): Role {
    return this.#sender.settings.role
  }

  /**
   * 'CLOSING' from the first close frame in either direction, or from a violation; 'CLOSED' when the closing handshake is
   * complete, or the network has ended while no close frame is owed. Where one is owed, after the peer's close or a
   * violation, sending it ends the connection. What was received counts once nextEvent has given it. Section 7.1.
   */
  get state(): 'OPEN' | 'CLOSING' | 'CLOSED' {
    return this.#sender.closing?.seen ?? 'OPEN'
  }

  /** Once CLOSED: the status code of the close frame received, 1005 where it had none, 1006 without one. Section 7.1.5. */
  get closeCode(): number | undefined {
    return this.#sender.closing?.status?.statusCode
  }

  /** Once CLOSED: the reason of the close frame received, '' where there is none. Section 7.1.6. */
  get closeReason(): string | undefined {
    return this.#sender.closing?.status?.reason
  }

  /**
   * Takes bytes from the network, in any cut, and keeps them until {@link nextEvent} is asked for what they are. Never
   * throws for what they are: nextEvent does. Once it has given the peer's close frame or a violation, and after
   * {@link recvEof}, they are discarded.
   * @param chunk Under ownership 'copy' only read; under 'take' the connection's: do not transfer or resize its buffer.
   * @throws TypeError where `chunk` is neither a Uint8Array nor an ArrayBuffer; what the option `now` throws.
   */
  recv(chunk: Uint8Array | ArrayBuffer): void {
    const bytes = bytesIn(chunk)
    if (bytes === undefined) throw wrongType('chunk', 'a Uint8Array or an ArrayBuffer', chunk)
    const { settings } = this.#sender
    if (this.#receiver?.takeMiddle(bytes)) return
    // Before the state is looked at, because a caller's clock may use this connection itself.
    const arrival = new Arrival(readTime(settings))
    if (this.#sender.closing?.isDeaf || this.#receiver?.ended || bytes.length === 0) return
    if (this.#receiver === undefined && this.#ready === undefined) {
      this.#ready = readWholeFrame(bytes, settings, arrival)
      if (this.#ready !== undefined) return
    }
    this.#receiver ??= new Receiver(settings)
    this.#receiver.push(bytes, arrival)
  }

  /** Tells the connection that the network has ended: no more bytes will come. May be called more than once. */
  recvEof(): void {
    if (this.#ready === undefined && !this.#receiver?.pending) {
      Connection.#step(this, 'eof')
    } else {
      this.#receiver ??= new Receiver(this.#sender.settings)
      this.#receiver.ended = true
    }
  }

  /**
   * The next event: a message, or what to do where there is none. Everything that came before a violation is given first.
   * @throws RemoteProtocolError where the peer broke the protocol, and again on each later call.
   * @throws TypeError, likewise, where received bytes were transferred or shrunk before they were read. What they were is
   * lost: the connection is as after a violation.
   */
  nextEvent(): Message<BuiltInType | NonControl | Control> | Information {
    const receiver = this.#receiver
    let message = this.#ready
    if (message !== undefined) {
      this.#ready = undefined
      if (isLost(message)) Connection.#fail(this, lostMemory())
    } else if (receiver !== undefined) {
      message = receiver.next(this.#sender.closing === undefined ? 0 : MESSAGE_UNANSWERED)
      if (receiver.idle && !receiver.ended) this.#receiver = undefined
      if (message?.type === 'close') Connection.#step(this, 'receiveClose', message)
    }
    if (message === undefined) return Connection.#answer(this, receiver)
    const { extensions, maxMessageSize } = this.#sender.settings
    const decoded = extensions === undefined ? message : extensions.decode(message, maxMessageSize)
    if (!(decoded instanceof Message)) Connection.#fail(this, decoded)
    return decoded as Message<BuiltInType | NonControl | Control>
  }

  /** The messages that are ready: {@link nextEvent}, which may throw, until it answers something else. */
  *messages(): IterableIterator<Message<BuiltInType | NonControl | Control>> {
    for (let event = this.nextEvent(); typeof event !== 'string'; event = this.nextEvent()) yield event
  }

  /**
   * Frames ready for the network, one after another in one Uint8Array.
   * @returns Bytes that are the caller's; their ArrayBuffer may hold other results: `slice()` them before you transfer it.
   * @throws LocalProtocolError where one may not be sent, TypeError where one is not a Data: nothing is sent or changed.
   */
  send(...data: Data<BuiltInType | NonControl | Control>[]): Uint8Array<ArrayBuffer> {
    const frames = this.#sender.send(data)
    Connection.#sent(this, data.at(-1))
    return frames
  }

  /**
   * The same bytes as {@link send} gives for one frame, as a list for writev. The list and its buffers are read-only: a
   * payload that need not be masked is the caller's own, not copied unless the whole frame has at most 64 bytes, and a
   * Data that is sent on many server connections is encoded once.
   * @throws LocalProtocolError and TypeError as send does.
   */
  sendParts(data: Data<BuiltInType | NonControl | Control>): readonly Uint8Array[] {
    const parts = this.#sender.sendParts(data)
    Connection.#sent(this, data)
    return parts
  }

  /**
   * The same bytes as {@link send} gives for one frame, written into memory of the caller's, which costs the least: a
   * server can put its answers together there, and use it again once they are written to the network.
   * @param target Where to write; the frame has the size of its payload and at most 14 bytes. The payload may lie in it,
   * even where the frame goes. With extensions there must be room for a sixteenth of that and 64 bytes more: what they make
   * of a payload is not known before.
   * @param offset Where in `target` the frame begins, in bytes, 0 to its length. Default 0.
   * @returns Where in `target` the frame ends; -1 where there is no room for it, and then nothing was sent or written.
   * @throws LocalProtocolError and TypeError as send does; TypeError and RangeError where `target` or `offset` is wrong.
   */
  sendInto(data: Data<BuiltInType | NonControl | Control>, target: Uint8Array, offset = 0): number {
    checkTarget(target, offset)
    const end = this.#sender.sendInto(data, target, offset)
    if (end >= 0) Connection.#sent(this, data)
    return end
  }

  // Static, because methods that are private cost each object 8 bytes.

  /** What nextEvent answers where there is no message. */
  static #answer(self: Connection<string, string>, receiver: Receiver | undefined): Information {
    if (receiver?.failure !== undefined) Connection.#fail(self, receiver.failure)
    if (receiver?.ended) Connection.#step(self, 'eof')
    return self.#sender.closing?.answer() ?? Information.NEED_DATA
  }

  /** Frames are on their way; a close can only be the last of them. */
  static #sent(self: Connection<string, string>, last: Data | undefined): void {
    if (last?.type === 'close') Connection.#step(self, 'sendClose')
  }

  static #fail(self: Connection<string, string>, failure: Violation | Error): never {
    const error = failure instanceof Error ? failure : remoteError(failure, self.#sender.settings)
    Connection.#step(self, 'violation', error)
    throw error
  }

  static #step(self: Connection<string, string>, ...step: Parameters<Closing['step']>): void {
    const sender = self.#sender
    sender.closing ??= new Closing()
    const isOver = sender.closing.step(...step)
    if (step[0] !== 'sendClose') {
      self.#receiver?.discard()
      self.#receiver = undefined
    }
    // Last, as an extension is its user's.
    if (isOver) sender.settings.extensions?.release()
  }
}
