// The options of a connection: their types, defaults and checks. Connections with equal options share one Settings.
// Knows no state of a connection.

import {
  HEAD_RSV,
  RULES_CLAIMED_SHIFT,
  RULES_NEED_MASK,
  RULES_REFUSE_MASK,
  RULES_RSV_SHIFT,
} from '../../assembly/layout.js'
import { checkType, checkWhole } from '../base/check.js'
import { CONNECTION_OPTIONS, checkOptions } from '../base/options.js'
import { describe, outOfRange } from '../base/show.js'
import { type Bit, readBits } from '../model/data.js'
import type { Allowed } from '../model/errors.js'
import { Opcodes } from '../model/opcodes.js'
import type { Extension } from './extension.js'
import { ExtensionChain } from './extension-chain.js'

/** Which end of the connection this is: a client masks what it sends, a server does not (RFC 6455 section 5.1). */
export type Role = 'CLIENT' | 'SERVER'

/**
 * What a Message is. 'frame': every frame is one, fragments as they come. 'message': fragments are joined. 'chunk':
 * payload is handed out as it arrives, in bounded memory; control frames always whole.
 */
export type Delivery = 'frame' | 'message' | 'chunk'

/** 'copy': a chunk given to recv is only read. 'take': it belongs to the connection from then on. */
export type Ownership = 'copy' | 'take'

/** Options of a {@link Connection}; each has a default. */
export interface ConnectionOptions<NonControl extends string = string, Control extends string = string> {
  /** Names for opcodes 3 to 7, further data frames: `{ 'latin-1': 3 }`. Default: none. RFC 6455 section 5.2. */
  opcodeNonControlMod?: Readonly<Record<NonControl, number>> | undefined
  /** Names for opcodes 11 to 15, further control frames: `{ compare: 11 }`. Default: none. */
  opcodeControlMod?: Readonly<Record<Control, number>> | undefined
  /** What a Message is. Default 'frame'. */
  delivery?: Delivery | undefined
  /**
   * Whose a chunk is that was given to recv. Default 'copy': it is only read, and payloads never share memory with it.
   * 'take': it is the connection's, which may unmask it in place; payloads may lie in it.
   */
  ownership?: Ownership | undefined
  /**
   * The reserved bits that the peer may set in addition to those of {@link extensions}. Default [1, 1, 1], all of them, and
   * [0, 0, 0] where extensions are given; RFC 6455 section 5.2 wants [0, 0, 0]. Text with a reserved bit on that is no
   * extension's is not validated.
   */
  reservedBits?: readonly [Bit, Bit, Bit] | undefined
  /**
   * The extensions that were negotiated, in the order of the server's answer; noio-ws/handshake gives them. They are this
   * connection's own: an extension serves one connection, once. Messages are encoded by each in order, and decoded in reverse; maxMessageSize holds before and
   * after. Default: none. RFC 6455 section 9.
   */
  extensions?: readonly Extension[] | undefined
  /**
   * The largest payload of a data frame, in bytes. Default 16 MiB; Infinity for no limit. A frame over it fails the
   * connection with 1009, decided from its header. A frame is part of a message: see maxMessageSize. RFC 6455 section
   * 10.4.
   */
  maxFrameSize?: number | undefined
  /** The largest payload of a message over all its fragments, in bytes, in every delivery. Default 16 MiB. */
  maxMessageSize?: number | undefined
  /** Server only: accept frames that are not masked, against RFC 6455 section 5.1. Default false. */
  acceptUnmasked?: boolean | undefined
  /**
   * Client only: makes the masking keys, unsigned 32-bit numbers, sent in network byte order. It must be unpredictable
   * (RFC 6455 section 10.3), except in tests. Default: the platform's CSPRNG, drawn in batches.
   */
  maskKey?: (() => number) | undefined
  /** The clock of a message's `time`, in ms since the epoch. Default Date.now. */
  now?: (() => number) | undefined
}

/** The options as they are used. */
export interface Settings extends Allowed {
  readonly role: Role
  readonly delivery: Delivery
  readonly take: boolean
  readonly maskKey: (() => number) | undefined
  readonly now: () => number
  /** What the extensions remember is one connection's: its settings are shared with no other. */
  readonly extensions: ExtensionChain | undefined
}

const KNOWN = ['opcodeNonControlMod', 'opcodeControlMod', 'delivery', 'ownership', ...CONNECTION_OPTIONS] as const

const DEFAULT_LIMIT = 16 * 1024 * 1024
const DEFAULT_OPCODES = new Opcodes()

/** Checks the arguments of a connection; TypeError or RangeError where they are wrong. */
export function readSettings(role: Role, options: ConnectionOptions = {}): Settings {
  oneOf('role', role, 'CLIENT', 'SERVER')
  checkOptions(options, KNOWN)
  const { opcodeNonControlMod, opcodeControlMod, maskKey } = options
  const extensions = options.extensions === undefined ? undefined : new ExtensionChain(options.extensions)
  const bit = extensions === undefined ? 1 : 0
  const { reservedBits = [bit, bit, bit] } = options
  const { delivery = 'frame', ownership = 'copy', acceptUnmasked = false, now = Date.now } = options
  const { maxFrameSize = DEFAULT_LIMIT, maxMessageSize = DEFAULT_LIMIT } = options
  oneOf('delivery', delivery, 'frame', 'message', 'chunk')
  oneOf('ownership', ownership, 'copy', 'take')
  checkLimit('maxFrameSize', maxFrameSize)
  checkLimit('maxMessageSize', maxMessageSize)
  checkType('acceptUnmasked', acceptUnmasked, 'boolean')
  if (maskKey !== undefined) checkType('maskKey', maskKey, 'function')
  checkType('now', now, 'function')
  const custom = opcodeNonControlMod !== undefined || opcodeControlMod !== undefined
  const opcodes = custom ? new Opcodes(opcodeNonControlMod, opcodeControlMod) : DEFAULT_OPCODES
  const claimedBits = extensions?.claimedBits ?? 0
  const allowed = readBits('reservedBits', reservedBits)
  const refused = HEAD_RSV & ~(allowed | claimedBits)
  const settings: Settings = {
    role,
    delivery,
    take: ownership === 'take',
    maskKey,
    now,
    opcodes,
    claimedBits,
    maxFrameSize,
    maxMessageSize,
    extensions,
    rules:
      opcodes.bits |
      (refused << RULES_RSV_SHIFT) |
      ((claimedBits & ~allowed) << RULES_CLAIMED_SHIFT) |
      // A server's peer must mask, a client's must not (RFC 6455 section 5.1).
      (role === 'CLIENT' ? RULES_REFUSE_MASK : acceptUnmasked ? 0 : RULES_NEED_MASK),
  }
  if (extensions === undefined) return shared(settings)
  // Last, so that what is wrong with another option does not use them up.
  extensions.claim()
  return settings
}

/**
 * The settings made last: most programs have one or two kinds of connection. State of a thread, because
 * settings of its own would double what an idle connection keeps in memory.
 */
const recent: Settings[] = []
const RECENT = 4

/** Settings made lately that are the same, or else these. */
function shared(settings: Settings): Settings {
  const same = recent.find((other) => equal(other, settings))
  if (same !== undefined) return same
  if (recent.unshift(settings) > RECENT) recent.pop()
  return settings
}

function equal(a: Settings, b: Settings): boolean {
  return (Object.keys(a) as (keyof Settings)[]).every((name) => {
    return (
      a[name] === b[name] || (name === 'opcodes' && JSON.stringify(a[name].names) === JSON.stringify(b[name].names))
    )
  })
}

function oneOf(name: string, value: unknown, ...allowed: readonly string[]): void {
  const names = allowed.map((one) => `'${one}'`).join(' or ')
  checkType(name, value, 'string', names)
  if (!allowed.includes(value)) throw outOfRange(name, describe(value), `it must be ${names}`)
}

function checkLimit(name: string, value: unknown): void {
  if (value === Infinity) return
  checkWhole(name, value, 0, 2 ** 53 - 1, ', and Infinity')
}

/** What a Date can hold, in ms on either side of the epoch. */
const LAST_TIME = 8.64e15

/** The time by the connection's clock; TypeError or RangeError where a caller's gives none. */
export function readTime({ now }: Settings): number {
  const time: unknown = now()
  checkType('what now returned', time, 'number')
  if (!(Math.abs(time) <= LAST_TIME)) throw outOfRange('what now returned', time, 'it must be ms that a Date can hold')
  return time
}
