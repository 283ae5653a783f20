// The decoder: gives the module one peer's bytes, block by block, and remembers what the module forgets between two.
// Knows the frame in progress; nothing of opcode names, messages or the closing handshake.

import {
  BLOCK,
  BLOCK_SIZE,
  CALL_CONSUMED,
  CALL_HEAD,
  CALL_INCOMPLETE,
  CALL_KEY,
  CALL_MESSAGE_OPCODE,
  CALL_MESSAGE_SIZE,
  CALL_REMAINING,
  CALL_UTF8,
  HEAD_ENDS,
  HEAD_FIN,
  HEAD_MASKED,
  OPCODE_CONTROL,
  RULES_REFUSE_MASK,
  UTF8_OFF,
} from '../../assembly/layout.js'
import { setBytes } from '../base/bytes.js'
import { rotateKey } from '../memory/codec.js'
import { blockView, doubles, memory, wasm, words } from '../memory/wasm-memory.js'
import type { Chunk } from '../model/chunk.js'
import type { Settings } from '../options/settings.js'
import { EventTable } from './event-table.js'
import { NO_HEADER, PartialHeader } from './partial-header.js'

export class Decoder {
  /** What the last block holds. */
  readonly rows = new EventTable()
  readonly #settings: Settings
  #header = NO_HEADER
  // What the call block holds between two blocks of this peer's.
  /** Payload bytes of the frame in progress still to come; 0 between frames. */
  remaining = 0
  /** The first byte of the header of that frame, with HEAD_MASKED. */
  frameHead = 0
  #messageSize = 0
  #key = 0
  #messageOpcode = 0
  #utf8 = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** The masking key of that frame for the next payload byte, first byte lowest; 0 where it has none. */
  get key(): number {
    return this.frameHead & HEAD_MASKED ? this.#key : 0
  }

  /** Whether what is to come of that frame can break no rule: it is neither text nor a control frame's. */
  get canDeferUnmasking(): boolean {
    return (this.frameHead & OPCODE_CONTROL) === 0 && this.#utf8 === UTF8_OFF
  }

  /** Whether a message begins next, and its payload needs no unmasking. */
  get beginsUnmasked(): boolean {
    return !this.#unmasks && this.isBetweenMessages
  }

  /** Whether neither a header, nor a frame, nor a message is in progress. */
  get isBetweenMessages(): boolean {
    return this.remaining === 0 && this.#messageOpcode === 0 && this.#header.size === 0
  }

  /**
   * Decodes one block of a chunk, beginning at `from`; every row of the block before must have been read. Payloads are
   * unmasked in place. Returns how many bytes were used up.
   */
  decode(chunk: Chunk, from: number): number {
    const left = chunk.size - from
    const length = Math.min(left, BLOCK_SIZE)
    const consumed = this.#run(chunk.part(from, from + length))
    const text = wasm.joinTexts(this.rows.left)
    const endsInText = text >= 0
    if (endsInText) chunk.setAscii(from + text, from + consumed)
    if ((this.#unmasks || endsInText) && consumed > 0) setBytes.call(chunk.bytes, blockView(consumed), from)
    if (words[CALL_INCOMPLETE >> 2] === 0 || length < left) return consumed
    this.#header = new PartialHeader(memory.slice(BLOCK + consumed, BLOCK + length))
    return length
  }

  /**
   * Leaves out the next `size` payload bytes of the frame in progress, which {@link canDeferUnmasking}: they stay as they
   * are. Returns the frame's head, with HEAD_ENDS where that is all of it.
   */
  skip(size: number): number {
    this.#key = rotateKey(this.#key, size)
    this.remaining -= size
    if (this.remaining > 0) return this.frameHead
    if (this.frameHead & HEAD_FIN) {
      this.#messageOpcode = 0
      this.#messageSize = 0
    }
    return this.frameHead | HEAD_ENDS
  }

  /** Gives the module a block and returns how many bytes of it were used up. */
  #run(bytes: Uint8Array): number {
    this.rows.claim()
    memory.set(bytes, BLOCK)
    const carried = this.#header.size
    if (carried > 0) {
      this.#header.copyTo(memory, BLOCK)
      this.#header = NO_HEADER
    }
    doubles[CALL_REMAINING >> 3] = this.remaining
    doubles[CALL_MESSAGE_SIZE >> 3] = this.#messageSize
    words[CALL_HEAD >> 2] = this.frameHead
    words[CALL_KEY >> 2] = this.#key
    words[CALL_MESSAGE_OPCODE >> 2] = this.#messageOpcode
    words[CALL_UTF8 >> 2] = this.#utf8
    const { rules, maxFrameSize, maxMessageSize } = this.#settings
    this.rows.fill(wasm.decode(bytes.length, carried, rules, maxFrameSize, maxMessageSize))
    this.remaining = doubles[CALL_REMAINING >> 3]
    this.#messageSize = doubles[CALL_MESSAGE_SIZE >> 3]
    this.frameHead = words[CALL_HEAD >> 2]
    this.#key = words[CALL_KEY >> 2]
    this.#messageOpcode = words[CALL_MESSAGE_OPCODE >> 2]
    this.#utf8 = words[CALL_UTF8 >> 2]
    return words[CALL_CONSUMED >> 2]
  }

  /** Whether the peer's frames may be masked. */
  get #unmasks(): boolean {
    return (this.#settings.rules & RULES_REFUSE_MASK) === 0
  }
}
