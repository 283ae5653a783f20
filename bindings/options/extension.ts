// What an extension is to a connection (RFC 6455 section 9): how it is agreed upon, and what it does to messages.
// Knows no extension, and no connection.

import type { Bit } from '../model/data.js'

/**
 * Parameters of an offer or an answer, by name, in the order they came: each value of each, true where it has none. A
 * name that came twice has two.
 */
export type ExtensionParameters = ReadonlyMap<string, readonly (string | true)[]>

/** How an extension is agreed upon in the opening handshake; made by its configuration. */
export interface ExtensionNegotiator {
  /** Its registered name: 'permessage-deflate'. */
  readonly name: string
  /** Client: what to offer, the most wanted first. Values are tokens. */
  offers(): readonly ExtensionParameters[]
  /**
   * Client: the extension as the server's answer wants it.
   * @throws Error where the answer is not one to any of the offers; it says why.
   */
  accepted(parameters: ExtensionParameters): Extension
  /** Server: the answer to one offer, and the extension; undefined where the offer is declined, as every wrong one is. */
  accept(
    offer: ExtensionParameters,
  ): { readonly parameters: ExtensionParameters; readonly extension: Extension } | undefined
}

/**
 * An extension as one connection has agreed upon it, with what it remembers between messages. Its messages are those
 * whose first frame has its reserved bits on; control frames are none. An
 * extension serves one connection, once; its methods are called while the connection is at work, and must not use it.
 */
export interface Extension {
  /** Its registered name: 'permessage-deflate'. */
  readonly name: string
  /**
   * The reserved bits that it claims: [1, 0, 0]. Two extensions of a connection may not claim the same one; one that
   * claims none has no messages.
   */
  readonly reserved: readonly [Bit, Bit, Bit]
  /**
   * Whether a message that is to be sent should be encoded. `size`: of its first frame's payload, in bytes. `fin`: whether
   * that is all of it.
   */
  encodes(type: string, size: number, fin: boolean): boolean
  /**
   * Encodes the payload of one frame of such a message; `fin`: the last one. The payload is only read, and not kept.
   * {@link Connection.sendInto} counts on at most a sixteenth and 64 bytes more than there were.
   * @returns Memory that is the caller's; it may be the payload itself.
   */
  encode(payload: Uint8Array, fin: boolean): Uint8Array
  /**
   * Decodes a piece of a received message, in the order of the bytes; it may be changed in place. `fin`: the last piece,
   * which may be empty. `budget`: bytes that the message may still become.
   * @returns What the piece becomes, in memory that is the caller's; it may be the piece itself.
   * @throws ExtensionError where the bytes are wrong, or become more than `budget`.
   */
  decode(payload: Uint8Array, fin: boolean, budget: number): Uint8Array
  /**
   * The connection has ended or failed, and calls nothing any more: memory may be released. Called once, when the
   * connection has its new state. What it throws is discarded, so that the event or bytes that end the connection are not
   * lost with it.
   */
  release?(): void
}

/** Why an extension cannot decode what it received. */
export class ExtensionError extends Error {
  /** 1007 where the bytes are wrong, 1009 where they become more than the budget. */
  readonly closeCode: 1007 | 1009

  constructor(message: string, closeCode: 1007 | 1009) {
    super(message)
    this.name = 'ExtensionError'
    this.closeCode = closeCode
  }
}
